"""What do other ways of harvesting lose? `python benchmarks/rivals.py [--runs 300] [--seed 20261122] [--json]`.

The same server, days and faults as in `benchmarks/faults.py`, for three honest harvesters of a few lines each and ours,
run once a day; each life ends with a day on which nothing goes wrong. Rivals do not pause, so a request takes three
seconds of the server's clock; a harvest of theirs that takes more than three real seconds counts as hung.
"""

import argparse
import asyncio
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, time, timedelta
from functools import partial
from typing import Protocol
from xml.etree import ElementTree as ET

import arxiv
import msgspec
import requests
import structlog
from rich.console import Console
from rich.progress import track

from benchmarks.fault_case import FOLLOWED, Timeline, World, make_timeline
from benchmarks.fault_plan import Plan
from benchmarks.fault_run import live_once
from benchmarks.fault_stage import Days, MakePlan, Stage
from benchmarks.faults import name_kind, name_timeline
from triage.adapters.fake_arxiv.faults import Kind
from triage.adapters.fake_arxiv.server import FakeArxiv
from triage.adapters.pace import INTERVAL
from triage.core.announcements import harvestable_at
from triage.core.paper import Paper, parse_arxiv_id

_PATIENCE = 3.0  # real seconds
_DAY = timedelta(days=1)
_CRITICAL = 50
_STRIDE = (
    21  # between the numbers of two runs, as `faults.py` counts them: other days each time, alone and mixed in turn
)


class Rival(Protocol):
    """Keeps what it finds in `papers`, the newest version by id."""

    papers: dict[str, int]

    def harvest(self, server: FakeArxiv, now: datetime) -> None:
        """A day's harvest, as a person would write it from the manual."""


class QueryPaging:
    """The `arxiv` package as its README shows, newest first, from four days before the last good harvest on."""

    def __init__(self) -> None:
        self.papers: dict[str, int] = {}
        self._since: datetime | None = None

    def harvest(self, server: FakeArxiv, now: datetime) -> None:
        """Two weeks at first; the package's pause left out, the rest at its defaults."""
        since = self._since or now - 14 * _DAY
        client = arxiv.Client(delay_seconds=0.0)
        client.query_url_format = server.query_url + "?{}"
        window = f"submittedDate:[{since - 4 * _DAY:%Y%m%d%H%M} TO {now:%Y%m%d%H%M}]"
        query = f"({' OR '.join(f'cat:{name}' for name in FOLLOWED)}) AND {window}"
        search = arxiv.Search(query=query, max_results=None, sort_by=arxiv.SortCriterion.SubmittedDate)
        for result in client.results(search):
            _keep(self.papers, result.entry_id)
        self._since = now


class FeedOnly:
    """Today's feed of each category."""

    def __init__(self) -> None:
        self.papers: dict[str, int] = {}

    def harvest(self, server: FakeArxiv, now: datetime) -> None:
        """Whatever is announced today."""
        del now
        for name in FOLLOWED:
            response = requests.get(f"{server.feed_url}/{name}", timeout=30)
            response.raise_for_status()
            for item in ET.fromstring(response.content).iter("item"):  # noqa: S314 -- a rival
                _keep(self.papers, item.findtext("guid", ""))


class DayByDay:
    """OAI-PMH by the `oaipmh-scythe` package: what changed yesterday, its retries at their defaults."""

    def __init__(self) -> None:
        self.papers: dict[str, int] = {}
        self._is_first = True

    def harvest(self, server: FakeArxiv, now: datetime) -> None:
        """Two weeks at first, then a day each day; filtered at home."""
        from oaipmh_scythe import Scythe
        from oaipmh_scythe.models import Record

        day = (now - _DAY).date().isoformat()
        since = (now - 14 * _DAY).date().isoformat() if self._is_first else day
        with Scythe(server.oai_url) as scythe:
            for record in scythe.list_records(from_=since, until=day, metadata_prefix="arXivRaw", set_="cs"):
                if not isinstance(record, Record):
                    continue
                raw = record.metadata
                if not set(FOLLOWED).isdisjoint((raw["categories"][0] or "").split()):
                    versions = record.xml.findall(".//{*}version")
                    _keep(self.papers, f"{raw['id'][0]}{versions[-1].get('version')}")
        self._is_first = False


def _keep(papers: dict[str, int], name: str) -> None:
    identifier = parse_arxiv_id(name)
    papers[identifier.id] = max(identifier.version or 1, papers.get(identifier.id, 0))


RIVALS: dict[str, Callable[[], Rival]] = {
    "arxiv 4.0.2 paging": QueryPaging,
    "feed only": FeedOnly,
    "OAI-PMH day by day": DayByDay,
}


_OURS = "triage"
_DAILY, _FAULTS, _LEFT_OUT = "every day", "every day, faults", "days left out"
SETTINGS = (_DAILY, _FAULTS, _LEFT_OUT)


class Score(msgspec.Struct):
    """What a harvester came to. `announced` papers; `failed` harvests ended in an error, `hung` ones not in time.

    `lost` papers are absent in the end, `stale` ones of an older version than arXiv's newest; `quiet` harvests ended
    well though a paper that was announced before that day, and after the first harvest, was not kept.
    """

    harvester: str
    setting: str
    announced: int = 0
    lost: int = 0
    stale: int = 0
    doubled: int = 0
    harvests: int = 0
    quiet: int = 0
    failed: int = 0
    hung: int = 0

    def add_end(self, wanted: dict[str, int], kept: dict[str, int]) -> None:
        """Count what is absent or old in the end."""
        self.announced += len(wanted)
        self.lost += sum(key not in kept for key in wanted)
        self.stale += sum(key in kept and kept[key] < version for key, version in wanted.items())

    def per_thousand(self, count: int) -> float:
        """Of the papers announced."""
        return 1000 * count / max(1, self.announced)


class _HungError(BaseException):
    """Nobody must catch it."""


class RivalRun(Days):
    """A rival's life."""

    def __init__(
        self, stage: Stage, timeline: Timeline, make_plan: MakePlan | None, rival: Rival, score: Score
    ) -> None:
        super().__init__(stage, timeline, make_plan)
        self._rival, self._score = rival, score

    def choose_fault(self, number: int, kind: Kind) -> str:
        """A request takes its time."""
        self.clock.sleep(INTERVAL)
        return super().choose_fault(number, kind)

    async def harvest(self, now: datetime, shown: dict[str, Paper]) -> None:
        """A day's."""
        del shown
        wanted = list_wanted(self.world)
        self._score.harvests += 1
        try:
            with _limit_time():
                self._rival.harvest(self.server, now)
        except _HungError:
            self._score.hung += 1
        except Exception:  # noqa: BLE001 -- whatever a rival dies of
            self._score.failed += 1
        else:
            self._score.quiet += not wanted.keys() <= self._rival.papers.keys()


def list_wanted(world: World) -> dict[str, int]:
    """The followed papers announced after the first harvest and before today (UTC), with their newest versions."""
    start, today = world.timeline.harvests[0], datetime.combine(world.clock.now().date(), time(), UTC)
    days = {one.arxiv_id: one.announced for one in world.timeline.papers}
    return {
        key: paper.version or 1
        for key, paper in world.list_followed().items()
        if (day := days[key]) is not None and start < harvestable_at(day) < today
    }


@contextmanager
def _limit_time() -> Iterator[None]:
    def stop(_number: int, _frame: object) -> None:
        raise _HungError

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, _PATIENCE)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


async def _live_ours(stage: Stage, timeline: Timeline, make_plan: MakePlan | None, score: Score) -> None:
    life, run = await live_once(stage, timeline, make_plan)
    kept = {key: paper["version"] or 0 for key, paper in life.store.papers.items()}
    score.add_end(list_wanted(run.world), kept)
    score.doubled += len(life.store.doubled)
    score.harvests += life.harvests
    score.quiet += len(life.quiet)
    score.failed += life.raised


async def compare(seed: int, runs: int, *, is_shown: bool) -> list[Score]:
    """Every harvester through the same days, in every setting."""
    scores = {(setting, name): Score(name, setting) for setting in SETTINGS for name in (*RIVALS, _OURS)}
    async with Stage.open() as stage:
        numbers = range(0, _STRIDE * runs, _STRIDE)
        for number in track(numbers, "runs", console=Console(stderr=True), disable=not is_shown):
            for (setting, name), score in scores.items():
                timeline = make_timeline(name_timeline(seed, number), is_daily=setting != _LEFT_OUT)
                make_plan = partial(Plan, f"{seed} {number}", name_kind(number)) if setting == _FAULTS else None
                if name == _OURS:
                    await _live_ours(stage, timeline, make_plan, score)
                else:
                    rival = RIVALS[name]()
                    run = RivalRun(stage, timeline, make_plan, rival, score)
                    await run.live()
                    score.add_end(list_wanted(run.world), rival.papers)
    return list(scores.values())


def print_table(scores: Sequence[Score], seed: int, runs: int) -> None:
    """Markdown, for the README."""
    print(
        "| setting | harvester | papers | lost per 1,000 | old version per 1,000 | doubled "
        "| quiet successes with less data | failed | hung |\n| --- | --- |" + " ---: |" * 7
    )
    for one in scores:
        print(
            f"| {one.setting} | {one.harvester} | {one.announced:,} | {one.per_thousand(one.lost):.1f} | "
            f"{one.per_thousand(one.stale):.1f} | {one.doubled} | {one.quiet:,} of {one.harvests:,} | "
            f"{one.failed:,} | {one.hung:,} |"
        )
    print(f"\n{runs} runs, every {_STRIDE}st of seed {seed}; failed and hung (after {_PATIENCE:g} s) count harvests.")


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; 1 if ours lost, doubled or hid anything."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=300)
    parser.add_argument("--seed", type=int, default=20261122)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(_CRITICAL))
    scores = asyncio.run(compare(options.seed, options.runs, is_shown=sys.stderr.isatty()))
    if options.json:
        sys.stdout.write(msgspec.json.encode(scores).decode() + "\n")
    else:
        print_table(scores, options.seed, options.runs)
    ours = [score for score in scores if score.harvester == _OURS]
    return int(any(score.lost or score.stale or score.doubled or score.quiet for score in ours))


if __name__ == "__main__":
    sys.exit(main())
