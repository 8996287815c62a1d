"""Reconcile: what witnesses name against what the store has, and asking by id for what it lacks."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime

import msgspec
import structlog
from msgspec.structs import replace

from triage.core.announcements import Reading, latest_listing, latest_listing_until, listings_between, place_paper
from triage.core.paper import Paper
from triage.errors import SourceError, SourceStoppedError
from triage.pipeline.report import Progress, Remember, forget, keep_quiet
from triage.ports import Archive, Header, Record, Source
from triage.store.engine import Database, Session
from triage.store.imports import quarantine_records
from triage.store.marks import Mark
from triage.store.upsert import UpsertCount, upsert_papers
from triage.store.whereabouts import Known, find_known
from triage.store.witnesses import Check, Missing, note_missing, save_checks, settle_missing

_log = structlog.get_logger(__name__)


class Desk(msgspec.Struct, frozen=True):
    """What a harvest works with: `archive` names every change, `lookup` answers for single ids."""

    database: Database
    archive: Archive
    lookup: Source
    categories: tuple[str, ...]
    now: datetime
    progress: Progress = keep_quiet
    remember: Remember = forget
    is_replay: bool = False

    @property
    def archives(self) -> tuple[str, ...]:
        """The archives that hold the followed categories, such as `cs`."""
        return tuple(sorted({category.partition(".")[0] for category in self.categories}))

    def list_categories(self, archive: str) -> tuple[str, ...]:
        """The followed categories of an archive."""
        return tuple(category for category in self.categories if category.partition(".")[0] == archive)

    def follows(self, categories: Collection[str]) -> bool:
        """Whether a paper of those categories is ours to keep."""
        return not set(self.categories).isdisjoint(categories)


class Answer(msgspec.Struct, frozen=True):
    """What came of asking for missing papers: the papers, and why the others did not come."""

    records: tuple[Record, ...] = ()
    missing: tuple[Missing, ...] = ()


async def take_records(
    session: Session, desk: Desk, records: Sequence[Record], marks: Mapping[str, Mark]
) -> UpsertCount:
    """Put the records that are followed, or known already, into the store, each on the listing day it was shown on.

    A paper that comes in, or into a followed category, or whose day was only computed since the last reading, is placed
    by its datestamp (`place_paper`); others stay. `marks` are those from before this reading.
    """
    known = await find_known(session, (record.paper.arxiv_id for record in records))
    papers: list[Paper] = []
    relisted: set[str] = set()
    for record in records:
        before = known.get(record.paper.arxiv_id)
        if before is None and not desk.follows(record.paper.categories):
            continue
        readings = _list_readings(desk, record.paper, marks)
        if _comes_in(desk, before, record.paper, readings):
            papers.append(replace(record.paper, announced=_place(record, readings)))
            relisted.add(record.paper.arxiv_id)
        else:
            papers.append(record.paper)
    return await upsert_papers(session, papers, desk.now, relisted=relisted, is_replay=desk.is_replay)


def find_gaps(desk: Desk, headers: Iterable[Header], known: Collection[str], witness: str) -> list[Missing]:
    """The followed papers that a list names and nobody has."""
    return [
        Missing(header.arxiv_id, header.categories, latest_listing_until(header.datestamp), witness, desk.now)
        for header in headers
        if header.arxiv_id not in known and desk.follows(header.categories)
    ]


def ask_for(desk: Desk, gaps: Sequence[Missing]) -> Answer:
    """Ask for missing papers by id. What does not come stays missing, with the reason, and is asked for again."""
    if not gaps:
        return Answer()
    found: dict[str, Paper] = {}
    reason = f"{desk.lookup.name} does not know it"
    try:
        for paper in desk.lookup.by_id(gap.arxiv_id for gap in gaps):
            found[paper.arxiv_id] = paper
    except SourceStoppedError:
        raise
    except SourceError as error:
        reason = str(error)
        _log.warning("missing_papers_not_answered", papers=len(gaps) - len(found), reason=reason)
    flaws = {bad.arxiv_id: f"{desk.lookup.name} sent what is no paper: {bad.reason}" for bad in desk.lookup.set_aside}
    return Answer(
        tuple(Record(found[gap.arxiv_id], gap.day) for gap in gaps if gap.arxiv_id in found),
        tuple(
            replace(gap, asked_at=desk.now, reason=flaws.get(gap.arxiv_id, reason))
            for gap in gaps
            if gap.arxiv_id not in found
        ),
    )


async def settle(session: Session, desk: Desk, answer: Answer, checks: Iterable[Check]) -> None:
    """Keep what is still missing, what was no paper and what the witnesses said; forget what was answered."""
    await quarantine_records(session, desk.lookup.name, desk.lookup.set_aside, desk.now)
    await quarantine_records(session, desk.archive.name, desk.archive.set_aside, desk.now)
    await note_missing(session, answer.missing)
    await settle_missing(session, [record.paper.arxiv_id for record in answer.records])
    await save_checks(session, checks, is_replay=desk.is_replay)


async def count_expected(
    session: Session, desk: Desk, archive: str, headers: Sequence[Header], missing: Sequence[Missing], since: date
) -> list[Check]:
    """How many papers an archive's list of identifiers holds per category and listing day from `since` on."""
    known = await find_known(session, (header.arxiv_id for header in headers))
    days = listings_between(since, latest_listing(desk.now))
    counts = {(category, day): 0 for day in days for category in desk.list_categories(archive)}
    listed = [known[header.arxiv_id] for header in headers if header.arxiv_id in known]
    for one in (*listed, *(Known(gap.categories, gap.day) for gap in missing)):
        for category in one.categories:
            if one.day is not None and (category, one.day) in counts:
                counts[category, one.day] += 1
    return [
        Check(category, day, desk.archive.name, expected, is_stale=False, checked_at=desk.now)
        for (category, day), expected in counts.items()
    ]


def _comes_in(desk: Desk, before: Known | None, paper: Paper, readings: Collection[Reading]) -> bool:
    if before is None or (not desk.follows(before.categories) and desk.follows(paper.categories)):
        return True
    last = max((reading.until for reading in readings), default=None)
    return before.is_computed and (last is None or before.first_seen is None or before.first_seen > last)


def _list_readings(desk: Desk, paper: Paper, marks: Mapping[str, Mark]) -> list[Reading]:
    """Earlier readings, to their end, of the followed categories of a paper."""
    ours = (marks[category] for category in paper.categories if category in marks and category in desk.categories)
    return [Reading(mark.since, mark.responded_at) for mark in ours]


def _place(record: Record, readings: Collection[Reading]) -> date | None:
    paper = record.paper
    if paper.published is None or paper.announced is not None:
        return paper.announced
    versions = max(len(paper.versions), paper.version or 1)
    is_edited = bool(paper.doi or paper.journal_ref)
    return place_paper(paper.published, record.datestamp, versions, read=readings, is_edited=is_edited)
