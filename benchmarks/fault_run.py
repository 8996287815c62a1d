"""Our harvester's life beside a fake arXiv, day by day, and what came of it."""

import re
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import msgspec

from benchmarks.fault_case import FOLLOWED, Timeline
from benchmarks.fault_stage import Days, MakePlan, Stage
from triage.adapters.arxiv_api import ArxivApi, QueryLimits
from triage.adapters.arxiv_feed import ArxivFeed
from triage.adapters.arxiv_http import HttpLimits, Network, name_agent
from triage.adapters.oai_archive import OaiArchive
from triage.adapters.pace import Pace
from triage.core.announcements import harvestable_at, listing_day
from triage.core.paper import Paper
from triage.errors import SourceError
from triage.pipeline.listings import check_listings
from triage.pipeline.reconcile import Desk
from triage.pipeline.report import StepReport
from triage.pipeline.spine import harvest_archives

_PATIENT = HttpLimits(read=5.0, total=10.0, size=2**20)
_HASTY = HttpLimits(read=0.15, total=0.3, size=2**20)  # real seconds, for the faults that take them
_TEXTS = ("title", "abstract", "authors", "categories", "primary_category", "comment", "doi", "journal_ref")
_PAPER = ("version", *_TEXTS, "is_withdrawn")
_DAY, _HOURS = timedelta(days=1), timedelta(hours=6)
_NEVER = datetime.min.replace(tzinfo=UTC)
Row = dict[str, Any]


class Store(msgspec.Struct, frozen=True):
    """What a database holds, by natural keys; `announced` apart from the rest of a paper; `read_until` is the mark.

    `deleted` are the papers in quarantine that arXiv marked as deleted.
    """

    papers: dict[str, Row]
    versions: dict[str, list[tuple[Any, ...]]]
    announced: dict[str, str | None]
    missing: list[str]
    deleted: set[str]
    doubled: list[str]
    read_until: datetime


class Life(msgspec.Struct):
    """What a run came to: harvests that raised, days whose reports told of a failure, promises broken.

    `unsettled` are the papers whose listing day may depend on when they were first read: see `_find_unsettled`.
    """

    store: Store
    quiet: list[str]
    broken: list[str]
    requests: int
    smallest_gap: float
    harvests: int
    raised: int
    told: int
    unsettled: set[str]


class Run(Days):
    """Our own harvester, held to what it promises."""

    def __init__(self, stage: Stage, timeline: Timeline, make_plan: MakePlan | None) -> None:
        super().__init__(stage, timeline, make_plan)
        self.database, self.path = stage.database, stage.path
        self.pace = Pace(monotonic=self.clock.monotonic, sleep=self.clock.sleep)
        limits = _HASTY if self.plan and self.plan.is_slow else _PATIENT
        self.network = Network(self.pace, name_agent("bench@example.org"), limits, rng=Random(1))
        self.first_success: datetime | None = None
        self.quiet: list[str] = []
        self.broken: list[str] = []
        self.harvests = self.raised = self.told = 0

    async def harvest(self, now: datetime, shown: dict[str, Paper]) -> None:
        """As `triage harvest` does it; after a 403 a person says each morning that it may go on."""
        self.pace.resume()
        self.harvests += 1
        first, desk = len(self.server.log), self._open_desk(now)
        try:
            reports = await harvest_archives(desk)
        except SourceError:
            self.raised += 1
        else:
            self.first_success = self.first_success or self.clock.now()
            failed = await self._check(desk, reports)
            self.told += bool(failed)
            self._judge_success(shown, failed)
        self._judge_requests(first)

    async def _check(self, desk: Desk, reports: list[StepReport]) -> int:
        """Compare with the feed, as the same command does, and count what it says has failed."""
        try:
            check = await check_listings(desk, ArxivFeed(self.server.feed_url, self.network))
        except SourceError:
            return 1_000_000  # the command ends with an error: nothing is quiet
        return sum(report.failed for report in (*reports, check) if report)

    def _open_desk(self, now: datetime) -> Desk:
        archive = OaiArchive(self.server.oai_url, self.network)
        lookup = ArxivApi(self.server.query_url, self.network, limits=QueryLimits(page_size=10, per_query=100))
        return Desk(self.database, archive, lookup, FOLLOWED, now)

    def _judge_success(self, shown: dict[str, Paper], failed: int) -> None:
        """A harvest that did not raise has everything that changed until its mark, or says how much it lacks.

        A record that arXiv marks as deleted, which it never does, is no failure, and kept in quarantine by its name.
        """
        store, archive = read_store(self.path), self.world.archive
        lacking = [
            f"{key}v{paper.version}"
            for key, paper in shown.items()
            if key not in store.deleted.union(store.missing)
            and archive[key].modtime <= store.read_until
            and (key not in store.papers or (store.papers[key]["version"] or 0) < (paper.version or 0))
        ]
        if len(lacking) > failed:
            self.quiet.append(f"{self.clock.now():%Y-%m-%d}: {', '.join(lacking)} not in the store, {failed} told")

    def _judge_requests(self, first: int) -> None:
        """The rules of use: never `from` today, never `until`, and nothing more after a 403."""
        log = self.server.log[first:]
        for place, one in enumerate(log):
            today = (self.clock.now() - timedelta(seconds=self.clock.monotonic() - one.at)).astimezone(UTC).date()
            is_misled = any(
                before.fault == "date_in_future" for before in log[:place]
            )  # which day it is, the server says
            if "until" in one.params or (one.params.get("from", "") >= today.isoformat() and not is_misled):
                self.broken.append(f"asked on {today} for {one.params}")
            if one.fault == "status_403" and place + 1 < len(log):
                self.broken.append(f"{len(log) - place - 1} requests after a 403 on {today}")

    def report(self) -> Life:
        """What it came to."""
        gaps, most = self.server.gaps, self.server.most_at_once
        if most > 1:
            self.broken.append(f"{most} requests at once")
        return Life(
            store=read_store(self.path),
            quiet=self.quiet,
            broken=self.broken,
            requests=len(self.server.log),
            smallest_gap=min(gaps, default=float("inf")),
            harvests=self.harvests,
            raised=self.raised,
            told=self.told,
            unsettled=self._find_unsettled(),
        )

    def _find_unsettled(self) -> set[str]:
        """Papers whose listing day may honestly differ.

        Those that changed after the first harvest: only the newest change has a datestamp, and a paper that a later
        harvest is the first to read may have moved on. Those that were held and then came with the first load, which
        cannot know what was new and places them by their submission, unless the feed of that day was heard.
        """
        until = self.first_success or self.clock.now()
        first_loaded = {
            one.arxiv_id
            for one in self.world.timeline.papers
            if one.announced and harvestable_at(one.announced) <= until and _is_held(one)
        }
        changed = {one.arxiv_id for one in self.world.timeline.changes if one.at >= self.world.timeline.harvests[0]}
        return first_loaded | changed | self.touched | self._find_late(until)

    def _find_late(self, until: datetime) -> set[str]:
        """Papers first shown from the first harvest's day to the first that succeeded."""
        first = self.world.timeline.harvests[0]
        return {
            one.arxiv_id
            for one in self.world.timeline.papers
            if until > first + _HOURS and one.announced and first - _DAY < harvestable_at(one.announced) <= until
        }


def _is_held(paper: Paper) -> bool:
    return paper.published is not None and listing_day(paper.published) != paper.announced


def read_store(path: Path) -> Store:
    """Everything of the database that a fault must not change."""
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        papers = connection.execute("SELECT * FROM papers ORDER BY arxiv_id").fetchall()
        history = connection.execute(
            "SELECT arxiv_id, v.version, submitted, v.is_withdrawn FROM paper_versions v JOIN papers p "
            "ON p.id = paper_id ORDER BY 1, 2"
        ).fetchall()
        marks = connection.execute("SELECT responded_at FROM harvest_marks").fetchall()
        missing = [key for (key,) in connection.execute("SELECT arxiv_id FROM missing_papers")]
        deleted = connection.execute("SELECT raw FROM quarantine WHERE reason = 'deleted'").fetchall()
    versions: dict[str, list[tuple[Any, ...]]] = {}
    for key, *rest in history:
        versions.setdefault(key, []).append(tuple(rest))
    names = [row["arxiv_id"] for row in papers]
    return Store(
        papers={row["arxiv_id"]: {name: row[name] for name in _PAPER} for row in papers},
        versions=versions,
        announced={row["arxiv_id"]: row["announced"] for row in papers},
        missing=missing,
        deleted=set(re.findall("oai:arXiv.org:([^<]+)<", "".join(raw for (raw,) in deleted))),
        doubled=sorted({name for name in names if names.count(name) > 1}),
        read_until=max((datetime.fromisoformat(at).replace(tzinfo=UTC) for (at,) in marks), default=_NEVER),
    )


async def live_once(stage: Stage, timeline: Timeline, make_plan: MakePlan | None = None) -> tuple[Life, Run]:
    """A whole run, from an empty store on."""
    stage.empty()
    run = Run(stage, timeline, make_plan)
    await run.live()
    return run.report(), run
