"""Harvest: ask a source for the papers of a window and keep every one; an empty answer is never a success."""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime, time, timedelta
from itertools import islice
from time import monotonic

import msgspec

from triage.core.announcements import harvestable_at, latest_listing, submission_window
from triage.core.paper import Paper
from triage.core.week import EASTERN, Week
from triage.errors import SourceError
from triage.pipeline.reconcile import Desk
from triage.pipeline.report import StepReport
from triage.store.engine import Database
from triage.store.imports import quarantine_records
from triage.store.marks import cover, load_marks
from triage.store.papers import count_week
from triage.store.runs import begin_run, find_last_run, finish_run
from triage.store.upsert import UpsertCount, upsert_papers

BATCH = 200


async def harvest_week(desk: Desk, week: Week) -> StepReport:
    """Papers first listed in a week, as far as their submission times tell; raises `SourceError`; idempotent.

    A quick way to one week: committed in batches, so what came before a failure is kept; and kept in `runs` from the
    first batch on, so that a harvest that broke off is known as such. Papers that moderators held are listed later
    than their submission says: the harvest of whole archives finds those.
    """
    database, source, now = desk.database, desk.lookup, desk.now
    start, end = submission_window(week)
    end = min(end, now)
    started = monotonic()
    desk.remember("week", now, {"categories": desk.categories, "week": str(week)})
    count, seen, run = UpsertCount(), 0, 0
    for batch in _cut_batches(source.submitted_between(start, end, desk.categories)):
        async with database.write() as session:
            if not seen:
                run = await begin_run(session, "harvest", str(week), now)
            count += await upsert_papers(session, batch, now, is_replay=desk.is_replay)
        seen += len(batch)
        desk.progress("harvest", seen, 0)
    if not seen:
        raise SourceError(
            f"{source.name} has no paper submitted from {start:%Y-%m-%d %H:%M %Z} to {end:%Y-%m-%d %H:%M %Z} in "
            f"{', '.join(desk.categories)}. That is not believed: nothing was changed; try again later."
        )
    async with database.write() as session:
        await quarantine_records(session, source.name, source.set_aside, now)
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


async def is_harvest_due(database: Database, categories: Collection[str], week: Week, now: datetime) -> bool:
    """Whether a listing of the week that is out was not harvested, or a harvest of the week broke off.

    Where whole archives are read from the week's beginning on, their marks tell; else the last harvest of that very
    week does: the last papers are submitted until Thursday 14:00, but arXiv answers with them only once they are
    announced. A few papers that the archives brought, because they were revised lately, are not the week.
    """
    async with database.read() as session:
        marks = await load_marks(session)
        last = await find_last_run(session, "harvest", str(week))
        given = await count_week(session, week, but_for_archives=True)
    if cover(marks, categories, week.monday):
        out = [day for day in week.listing_days if day <= latest_listing(now)]
        return bool(out) and any(marks[name].responded_at < harvestable_at(out[-1]) for name in categories)
    if last is None:
        return not given
    over = datetime.combine(week.listing_days[-1] + timedelta(days=1), time.min, EASTERN)
    return last.status != "done" or last.started_at < over


def _cut_batches(papers: Iterable[Paper]) -> Iterator[list[Paper]]:
    papers = iter(papers)
    while batch := list(islice(papers, BATCH)):
        yield batch
