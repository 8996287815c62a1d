"""What every execution of a step reported."""

from datetime import datetime

import msgspec
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from triage.store.harvest_models import RunRow


class Run(msgspec.Struct, frozen=True):
    """One execution of one step, with its own report; `status` is `begun`, `done`, `failed` or `skipped`."""

    step: str
    week: str | None
    started_at: datetime
    seconds: float
    status: str
    report: dict[str, object]


async def record_run(session: AsyncSession, run: Run) -> None:
    """Keep a run."""
    session.add(RunRow(**msgspec.structs.asdict(run)))


async def begin_run(session: AsyncSession, step: str, week: str | None, now: datetime) -> int:
    """Keep that a step was begun, for the next run to see that it was not finished; hands out the run's key."""
    row = RunRow(step=step, week=week, started_at=now, seconds=0.0, status="begun", report={})
    session.add(row)
    await session.flush()
    return row.id


async def finish_run(
    session: AsyncSession, key: int, seconds: float, report: dict[str, object], status: str = "done"
) -> None:
    """Keep that a begun run was finished, or how it failed."""
    await session.execute(update(RunRow).where(RunRow.id == key).values(seconds=seconds, status=status, report=report))


async def find_last_run(session: AsyncSession, step: str, week: str | None) -> Run | None:
    """The latest run of a step for a week (None: of all weeks together) that was not skipped."""
    of_week = RunRow.week.is_(None) if week is None else RunRow.week == week
    wanted = RunRow.step == step, of_week, RunRow.status != "skipped"
    row = await session.scalar(select(RunRow).where(*wanted).order_by(RunRow.id.desc()).limit(1))
    return _to_run(row) if row else None


async def find_first_unfinished(session: AsyncSession, step: str, since: datetime) -> Run | None:
    """The earliest run of a step for no week in particular that began after `since` and came to no end, or failed."""
    wanted = RunRow.step == step, RunRow.week.is_(None), RunRow.status.in_(("begun", "failed"))
    query = select(RunRow).where(*wanted, RunRow.started_at > since).order_by(RunRow.started_at, RunRow.id).limit(1)
    row = await session.scalar(query)
    return _to_run(row) if row else None


async def find_last_reading(session: AsyncSession, archive: str) -> Run | None:
    """The latest harvest of a whole archive that came to its end."""
    wanted = RunRow.step == "harvest", RunRow.status == "done", RunRow.report["archive"].as_string() == archive
    row = await session.scalar(select(RunRow).where(*wanted).order_by(RunRow.id.desc()).limit(1))
    return _to_run(row) if row else None


async def list_runs(session: AsyncSession, limit: int = 20, offset: int = 0) -> list[Run]:
    """The latest runs, newest first, after the first `offset`."""
    rows = await session.scalars(select(RunRow).order_by(RunRow.id.desc()).offset(offset).limit(limit))
    return [_to_run(row) for row in rows]


async def count_runs(session: AsyncSession) -> int:
    """All that are kept."""
    return await session.scalar(select(func.count()).select_from(RunRow)) or 0


def _to_run(row: RunRow) -> Run:
    return Run(row.step, row.week, row.started_at, row.seconds, row.status, row.report)
