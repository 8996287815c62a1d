"""Harvest: ask a source for the papers of a window and keep every one; an empty answer is never a success."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, time, timedelta
from itertools import islice
from time import monotonic

import msgspec

from triage.core.announcements import submission_window
from triage.core.paper import Paper
from triage.core.week import EASTERN, Week
from triage.errors import SourceError
from triage.pipeline.report import Progress, StepReport, keep_quiet
from triage.ports import Source
from triage.store.engine import Database
from triage.store.imports import BadLine, quarantine_lines
from triage.store.runs import begin_run, find_last_run, finish_run
from triage.store.upsert import UpsertCount, upsert_papers

BATCH = 200


async def harvest_week(
    database: Database,
    source: Source,
    categories: Sequence[str],
    week: Week,
    now: datetime,
    *,
    progress: Progress = keep_quiet,
) -> StepReport:
    """Papers first listed in a week, as far as their submission times tell; raises `SourceError`; idempotent.

    Committed in batches, so what came before a failure is kept; and kept in `runs` from the first batch on, so that a
    harvest that broke off is known as such. Papers that moderators held are listed later than their submission says:
    the OAI-PMH harvest finds those.
    """
    start, end = submission_window(week)
    end = min(end, now)
    started = monotonic()
    count, seen, run = UpsertCount(), 0, 0
    for batch in _cut_batches(source.submitted_between(start, end, categories)):
        async with database.write() as session:
            if not seen:
                run = await begin_run(session, "harvest", str(week), now)
            count += await upsert_papers(session, batch, now)
        seen += len(batch)
        progress("harvest", seen, seen)
    if not seen:
        raise SourceError(
            f"{source.name} has no paper submitted from {start:%Y-%m-%d %H:%M %Z} to {end:%Y-%m-%d %H:%M %Z} in "
            f"{', '.join(categories)}. That is not believed: nothing was changed; try again later."
        )
    await _quarantine(database, source, now)
    report = StepReport(
        step="harvest",
        week=str(week),
        seen=seen + len(source.set_aside),
        done=count.new + count.changed,
        skipped=count.unchanged,
        failed=len(source.set_aside),
        seconds=monotonic() - started,
        note=f"{source.name}: {count.new} new, {count.changed} changed",
    )
    async with database.write() as session:
        await finish_run(session, run, report.seconds, msgspec.to_builtins(report))
    return report


async def is_harvest_due(database: Database, week: Week) -> bool:
    """Whether a harvest of the week broke off, or was made before the week's last listing day was over.

    The last papers are submitted until Thursday 14:00, but arXiv answers with them only once they are announced.
    """
    async with database.read() as session:
        last = await find_last_run(session, "harvest", str(week))
    over = datetime.combine(week.listing_days[-1] + timedelta(days=1), time.min, EASTERN)
    return last is not None and (last.status != "done" or last.started_at < over)


async def _quarantine(database: Database, source: Source, now: datetime) -> None:
    """Keep what could not be taken for a paper; the same record read again is kept once."""
    async with database.write() as session:
        for record in source.set_aside:
            origin = f"{source.name} {hashlib.sha256(record.raw.encode()).hexdigest()[:12]}"
            await quarantine_lines(session, origin, [BadLine(1, record.reason, record.raw.encode())], now)


def _cut_batches(papers: Iterable[Paper]) -> Iterator[list[Paper]]:
    papers = iter(papers)
    while batch := list(islice(papers, BATCH)):
        yield batch
