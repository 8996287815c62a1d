"""The spine of the harvest: every change of the archives since the last whole reading, checked against a second list.

The window begins `OVERLAP` before the mark, has no end, and the mark moves only in the transaction that takes over the
last page, so that whatever goes wrong in between is read again. arXiv pages a moving list by row offset, which loses
records without a word; the list of identifiers names them, and reading the same days again heals the rest.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from time import monotonic

import msgspec

from triage.core.announcements import utc_day
from triage.errors import InputError, SourceError, TriageError
from triage.pipeline.reconcile import Desk, ask_for, count_expected, find_gaps, settle, take_records
from triage.pipeline.report import StepReport
from triage.ports import RecordPage
from triage.store.engine import Session
from triage.store.imports import quarantine_records
from triage.store.marks import Mark, find_mark, save_mark
from triage.store.runs import begin_run, find_first_unfinished, find_last_reading, finish_run
from triage.store.upsert import UpsertCount
from triage.store.whereabouts import find_known
from triage.store.witnesses import Missing, list_missing

OVERLAP = timedelta(days=7)
FIRST_LOAD = timedelta(days=14)
_REMEMBERED = timedelta(
    days=35
)  # first loads that failed, records set aside: what lies further back stays with `repair`
_CLOCK_SKEW = timedelta(days=2)


class Window(msgspec.Struct, frozen=True):
    """What is asked for: an archive from a day (UTC) on; `unseen_until` is when it was last read to its end."""

    archive: str
    start: date
    unseen_until: datetime | None


class _Tally(msgspec.Struct):
    """What came of a reading so far."""

    count: UpsertCount = UpsertCount()
    read: int = 0
    set_aside: int = 0


async def harvest_archives(desk: Desk, since: date | None = None) -> list[StepReport]:
    """Bring the store up to date with every archive of the followed categories; idempotent; raises `SourceError`.

    `since` (UTC) reaches further back than the overlap would; on a first load two weeks are read without it.
    """
    check_since(since, desk.now)
    return [await harvest_window(desk, await plan_window(desk, archive, since)) for archive in desk.archives]


def check_since(since: date | None, now: datetime) -> None:
    """Raise `InputError` for a day that is not over: arXiv keeps the answer to an early question until midnight UTC."""
    if since is not None and since >= utc_day(now):
        raise InputError(f"--since {since} is not over yet (in UTC): expected a day before {utc_day(now)}.")


async def plan_window(desk: Desk, archive: str, since: date | None) -> Window:
    """From a week before the mark; from `since`, if that is earlier, or where no mark covers the categories.

    A first load begins two weeks before it was first tried, so that the days until it works are not lost at its start;
    and what a reading had to set aside is read again, for some weeks: it may be older than the overlap by now.
    """
    async with desk.database.read() as session:
        mark = await find_mark(session, desk.archive.name, archive)
        tried = await find_first_unfinished(session, "harvest", desk.now - _REMEMBERED)
        last = await find_last_reading(session, archive)
    if mark is None or not set(_of_archive(desk, archive)) <= set(mark.categories):
        begun = min(desk.now, tried.started_at) if tried else desk.now
        return Window(archive, since or utc_day(begun - FIRST_LOAD), None)
    start = utc_day(mark.responded_at - OVERLAP)
    if last is not None and last.report.get("set_aside"):
        start = min(start, max(date.fromisoformat(str(last.report["start"])), utc_day(desk.now - _REMEMBERED)))
    return Window(archive, min(start, since or start), mark.responded_at)


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
        tally.read += len(page.records)
        tally.set_aside += len(page.set_aside)
        desk.progress(f"harvest {window.archive}", tally.read, tally.read)
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
    headers = list(desk.archive.headers_since(window.archive, window.start))
    async with desk.database.read() as session:
        known = await find_known(session, (header.arxiv_id for header in headers))
        open_gaps = await list_missing(session)
    present = {*known, *(record.paper.arxiv_id for record in last.records)}
    gaps = {gap.arxiv_id: gap for gap in find_gaps(desk, headers, present, desk.archive.name)}
    gaps |= {gap.arxiv_id: gap for gap in open_gaps if gap.arxiv_id not in present}
    answer = ask_for(desk, list(gaps.values()))
    run, started = begun
    async with desk.database.write() as session:
        tally.count += await _take_page(session, desk, window, last)
        healed = await take_records(session, desk, answer.records, window.unseen_until)
        checks = await count_expected(session, desk, headers, answer.missing, window.start)
        await settle(session, answer.missing, checks)
        await _move_mark(session, desk, window, last.responded_at)
        report = _report(desk, window, tally, healed, answer.missing, monotonic() - started)
        told = {"archive": window.archive, "start": window.start.isoformat(), "set_aside": tally.set_aside}
        await finish_run(session, run, report.seconds, {**msgspec.to_builtins(report), **told})
    return report


async def _take_page(session: Session, desk: Desk, window: Window, page: RecordPage) -> UpsertCount:
    await quarantine_records(session, desk.archive.name, page.set_aside, desk.now)
    return await take_records(session, desk, page.records, window.unseen_until)


async def _move_mark(session: Session, desk: Desk, window: Window, responded_at: datetime) -> None:
    """Forwards only; its `since` reaches back as far as readings without a gap between them do."""
    categories = _of_archive(desk, window.archive)
    old = await find_mark(session, desk.archive.name, window.archive)
    since = window.start
    if old is not None and window.unseen_until is not None:
        since = min(since, old.since)
        categories = tuple(sorted({*categories, *old.categories}))
        responded_at = max(responded_at, old.responded_at)
    await save_mark(session, desk.archive.name, Mark(window.archive, categories, since, responded_at))


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
    failed = tally.set_aside + len(missing)
    return StepReport(
        step="harvest",
        seen=kept + failed,
        done=count.new + count.changed,
        skipped=count.unchanged,
        failed=failed,
        seconds=seconds,
        note=", ".join(notes),
    )


def _of_archive(desk: Desk, archive: str) -> tuple[str, ...]:
    return tuple(sorted(category for category in desk.categories if category.partition(".")[0] == archive))


def _check_clock(responded_at: datetime, now: datetime) -> None:
    """The mark is the server's time; the overlap forgives days, not a clock that is off by more."""
    if abs(responded_at - now) > _CLOCK_SKEW:
        raise SourceError(
            f"arXiv's clock says {responded_at:%Y-%m-%d %H:%M} UTC and ours {now:%Y-%m-%d %H:%M}: one of them is "
            "wrong. Nothing was marked as read; set the clock, or try again later."
        )
