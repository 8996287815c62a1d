"""The spine of the harvest: every change of the archives since the last whole reading, checked against a second list.

The window begins `OVERLAP` before the mark, has no end, and the mark moves only in the transaction that takes over the
last page, so that whatever goes wrong in between is read again. arXiv pages a moving list by row offset, which loses
records without a word; the list of identifiers names them, and reading the same days again heals the rest.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from time import monotonic

import msgspec

from triage.core.announcements import latest_listing_until, utc_day
from triage.errors import InputError, SourceError, SourceStoppedError, TriageError
from triage.pipeline.reconcile import Desk, ask_for, count_expected, find_gaps, settle, take_records
from triage.pipeline.report import StepReport
from triage.ports import DELETED, EARLIEST, Header, RecordPage
from triage.store.engine import Session
from triage.store.imports import quarantine_records
from triage.store.marks import Mark, join_marks, load_marks, save_marks
from triage.store.runs import begin_run, find_first_unfinished, find_last_reading, finish_run
from triage.store.upsert import UpsertCount
from triage.store.whereabouts import find_known
from triage.store.witnesses import Missing, list_missing

OVERLAP = timedelta(days=7)
FIRST_LOAD = timedelta(days=14)
_REMEMBERED = timedelta(days=35)  # a first load that failed, a record set aside; `repair` goes further back
_CLOCK_SKEW = timedelta(days=2)


class Window(msgspec.Struct, frozen=True):
    """What is asked for: an archive from a day (UTC) on; `marks` are how far its categories had been read before."""

    archive: str
    start: date
    marks: dict[str, Mark] = {}


class _Tally(msgspec.Struct):
    """What came of a reading so far; `nameless` are the records set aside whose id could not be read."""

    count: UpsertCount = UpsertCount()
    read: int = 0
    set_aside: int = 0
    nameless: int = 0
    named: dict[str, date] = {}

    def add(self, page: RecordPage) -> None:
        """Note a page; a record that was set aside may come again, and be good by then."""
        self.read += len(page.records)
        self.set_aside += len(page.set_aside)
        for bad in page.set_aside:
            if bad.arxiv_id is None or bad.datestamp is None:
                self.nameless += 1
            elif bad.reason != DELETED:
                self.named[bad.arxiv_id] = bad.datestamp
        for record in page.records:
            self.named.pop(record.paper.arxiv_id, None)


async def harvest_archives(desk: Desk, since: date | None = None) -> list[StepReport]:
    """Bring the store up to date with every archive of the followed categories; idempotent; raises `SourceError`.

    `since` (UTC) reaches further back than the overlap would; on a first load two weeks are read without it.
    """
    check_since(since, desk.now)
    reports: list[StepReport] = []
    failures: list[SourceError] = []
    for archive in desk.archives:
        try:
            reports.append(await harvest_window(desk, await plan_window(desk, archive, since)))
        except SourceStoppedError:
            raise
        except SourceError as error:  # the other archives are not to suffer for it
            failures.append(error)
    if failures:
        raise SourceError(" ".join(map(str, failures))) from failures[0]
    return reports


def check_since(since: date | None, now: datetime) -> None:
    """Raise `InputError` for a day that is not over: arXiv keeps the answer to an early question until midnight UTC."""
    if since is not None and since >= utc_day(now):
        raise InputError(f"--since {since} is not over yet (in UTC): expected a day before {utc_day(now)}.")
    if since is not None and since < EARLIEST:
        raise InputError(f"--since {since}: arXiv's list of changes begins on {EARLIEST}; expected no earlier day.")


async def plan_window(desk: Desk, archive: str, since: date | None) -> Window:
    """From a week before the mark; from `since`, if that is earlier, or where no mark covers the categories.

    A first load begins two weeks before it was first tried, so that the days until it works are not lost at its start;
    and what a reading had to set aside is read again, for some weeks: it may be older than the overlap by now.
    """
    categories = desk.list_categories(archive)
    async with desk.database.read() as session:
        marks = await load_marks(session, desk.archive.name)
        tried = await find_first_unfinished(session, "harvest", desk.now - _REMEMBERED)
        last = await find_last_reading(session, archive)
    marks = {category: marks[category] for category in categories if category in marks}
    starts = [utc_day(mark.responded_at - OVERLAP) for mark in marks.values()]
    if len(marks) < len(categories):
        begun = min(desk.now, tried.started_at) if tried else desk.now
        starts.append(since or utc_day(begun - FIRST_LOAD))
    elif last is not None and last.report.get("set_aside"):
        starts.append(max(date.fromisoformat(str(last.report["start"])), utc_day(desk.now - _REMEMBERED)))
    return Window(archive, min([*starts, *([since] if since else [])]), marks)


async def harvest_window(desk: Desk, window: Window) -> StepReport:
    """Read a window to its end, check it, and move the mark; what came before a failure is kept."""
    started = monotonic()
    desk.remember("archive", desk.now, {"categories": desk.categories, "window": msgspec.to_builtins(window)})
    async with desk.database.write() as session:
        run = await begin_run(session, "harvest", None, desk.now)
    try:
        report = await _read_window(desk, window, run, started)
    except TriageError as error:
        async with desk.database.write() as session:
            told: dict[str, object] = {"archive": window.archive, "error": str(error)}
            await finish_run(session, run, monotonic() - started, told, "failed")
        raise
    return report


async def _read_window(desk: Desk, window: Window, run: int, started: float) -> StepReport:
    tally = _Tally()
    last: RecordPage | None = None
    for page in desk.archive.records_since(window.archive, window.start):
        _check_clock(page.responded_at, desk.now)
        tally.add(page)
        desk.progress(f"harvest {window.archive}", tally.read, 0)
        if page.is_last:
            last = page
        else:
            async with desk.database.write() as session:
                tally.count += await _take_page(session, desk, window, page)
    if last is None:
        raise SourceError(f"{desk.archive.name} ended its list of {window.archive} without a last page.")
    return await _finish(desk, window, last, tally, (run, started))


async def _finish(desk: Desk, window: Window, last: RecordPage, tally: _Tally, begun: tuple[int, float]) -> StepReport:
    """Check the reading against the list of identifiers, ask for what is missing, then commit all of it at once."""
    listed = {header.arxiv_id: header for header in desk.archive.headers_since(window.archive, window.start)}
    headers = list(listed.values())
    async with desk.database.read() as session:
        known = await find_known(session, listed)
        open_gaps = await list_missing(session)
    present = {*known, *(one.paper.arxiv_id for one in last.records if desk.follows(one.paper.categories))}
    gaps = {gap.arxiv_id: gap for gap in find_gaps(desk, headers, present, desk.archive.name)}
    gaps |= {gap.arxiv_id: gap for gap in open_gaps if gap.arxiv_id not in present}
    gaps |= {gap.arxiv_id: gap for gap in _list_unread(desk, tally, listed)}
    answer = ask_for(desk, list(gaps.values()))
    run, started = begun
    async with desk.database.write() as session:
        tally.count += await _take_page(session, desk, window, last)
        healed = await take_records(session, desk, answer.records, window.marks)
        checks = await count_expected(session, desk, window.archive, headers, answer.missing, window.start)
        await settle(session, desk, answer, checks)
        await _move_marks(session, desk, window, last.responded_at)
        report = _report(desk, window, tally, healed, answer.missing, monotonic() - started)
        told = {"archive": window.archive, "start": window.start.isoformat(), "set_aside": tally.set_aside}
        await finish_run(session, run, report.seconds, {**msgspec.to_builtins(report), **told})
    return report


async def _take_page(session: Session, desk: Desk, window: Window, page: RecordPage) -> UpsertCount:
    await quarantine_records(session, desk.archive.name, page.set_aside, desk.now)
    return await take_records(session, desk, page.records, window.marks)


def _list_unread(desk: Desk, tally: _Tally, listed: Mapping[str, Header]) -> list[Missing]:
    """The records that could not be used, by name: to be asked for by id, whatever their categories are."""
    return [
        Missing(
            arxiv_id,
            listed[arxiv_id].categories if arxiv_id in listed else (),
            latest_listing_until(day),
            desk.archive.name,
            desk.now,
        )
        for arxiv_id, day in tally.named.items()
    ]


async def _move_marks(session: Session, desk: Desk, window: Window, responded_at: datetime) -> None:
    """Forwards only, for the categories that were kept."""
    old = await load_marks(session, desk.archive.name)
    new = (Mark(category, window.start, responded_at) for category in desk.list_categories(window.archive))
    await save_marks(session, desk.archive.name, [join_marks(old.get(mark.category), mark) for mark in new])


def _report(
    desk: Desk, window: Window, tally: _Tally, healed: UpsertCount, missing: Sequence[Missing], seconds: float
) -> StepReport:
    count = tally.count + healed
    kept = count.new + count.changed + count.unchanged
    notes = [f"{desk.archive.name} {window.archive} since {window.start}: {tally.read:,} read, {count.new:,} new"]
    notes += [f"{count.changed:,} changed"] if count.changed else []
    notes += [f"{healed.new:,} came by id"] if healed.new else []
    notes += [f"{tally.set_aside:,} set aside"] if tally.set_aside else []
    notes += [f"{len(missing):,} still missing (triage ledger)"] if missing else []
    failed = tally.nameless + len(missing)
    return StepReport(
        step="harvest",
        seen=kept + failed,
        done=count.new + count.changed,
        skipped=count.unchanged,
        failed=failed,
        seconds=seconds,
        note=", ".join(notes),
    )


def _check_clock(responded_at: datetime, now: datetime) -> None:
    """The mark is the server's time; the overlap forgives days, not a clock that is off by more."""
    if abs(responded_at - now) > _CLOCK_SKEW:
        raise SourceError(
            f"arXiv's clock says {responded_at:%Y-%m-%d %H:%M} UTC and ours {now:%Y-%m-%d %H:%M}: one of them is "
            "wrong. Nothing was marked as read; set the clock, or try again later."
        )
