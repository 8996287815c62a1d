"""What every execution of a step reported."""

from datetime import datetime

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from triage.store.models import RunRow


class Run(msgspec.Struct, frozen=True):
    """One execution of one step; `report` is the step's own record."""

    step: str
    week: str | None
    started_at: datetime
    seconds: float
    status: str
    report: dict[str, object]


async def record_run(session: AsyncSession, run: Run) -> None:
    """Keep a run."""
    session.add(RunRow(**msgspec.structs.asdict(run)))


async def list_runs(session: AsyncSession, limit: int = 20) -> list[Run]:
    """The latest runs, newest first."""
    rows = await session.scalars(select(RunRow).order_by(RunRow.id.desc()).limit(limit))
    return [Run(row.step, row.week, row.started_at, row.seconds, row.status, row.report) for row in rows]
