"""What calls to judges came to: for the budget before each one, and for people after."""

from datetime import UTC, datetime

import msgspec
from sqlalchemy import case, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from triage.core.week import week_of
from triage.store.judge_models import CallRow, CallState, Purpose
from triage.store.models import PaperRow

_MONDAY_MIDNIGHT = datetime.min.time()
_SPENT = func.coalesce(CallRow.cost_usd, CallRow.reserved_usd)  # what has not been settled may have been paid


class Spent(msgspec.Struct, frozen=True):
    """Calls and money of one run, and money of all runs in a week; what is not settled counts as reserved."""

    calls: int
    usd: float
    usd_this_week: float


class CallSum(msgspec.Struct, frozen=True):
    """The calls to a judge that served one purpose and ended alike; `unreadable` of them gave no usable answer."""

    judge: str
    purpose: Purpose
    state: CallState
    calls: int
    usd: float
    tokens_in: int
    tokens_out: int
    seconds: float
    unreadable: int


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One call as `triage calls` shows it; `usd` is its cost, or its reservation while that is unknown."""

    id: int
    run: str
    purpose: Purpose
    week: str | None
    topic: str
    arxiv_id: str
    judge: str
    attempt: int
    question: str
    state: CallState
    usd: float
    tokens_in: int
    tokens_out: int
    seconds: float
    model: str
    finish_reason: str
    answer: str | None
    problem: str | None
    is_valid: bool
    started_at: datetime


async def sum_spent(session: AsyncSession, run: str, now: datetime) -> Spent:
    """What the run, and what all runs in the calendar ISO week (UTC) of `now`, have spent or may have."""
    week = week_of(now.astimezone(UTC).date())
    start, end = (datetime.combine(day, _MONDAY_MIDNIGHT, UTC) for day in (week.monday, week.end))
    of_run = select(func.count(), func.sum(_SPENT)).where(CallRow.run == run)
    of_week = select(func.sum(_SPENT)).where(CallRow.started_at >= start, CallRow.started_at < end)
    calls, usd = (await session.execute(of_run)).one()
    return Spent(calls, usd or 0.0, await session.scalar(of_week) or 0.0)


async def summarise_calls(session: AsyncSession, since: datetime) -> list[CallSum]:
    """The calls that were started from `since` on, summed up by judge, purpose and state."""
    is_unreadable = (CallRow.state == "answered") & ~CallRow.is_valid
    groups = CallRow.judge, CallRow.purpose, CallRow.state
    sums = (
        func.count(),
        func.sum(_SPENT),
        func.sum(CallRow.tokens_in),
        func.sum(CallRow.tokens_out),
        func.sum(CallRow.seconds),
        func.sum(case((is_unreadable, 1), else_=0)),
    )
    query = select(*groups, *sums).where(CallRow.started_at >= since).group_by(*groups).order_by(*groups)
    return [CallSum(*row) for row in await session.execute(query)]


async def list_calls(session: AsyncSession, limit: int = 20, *, run: str | None = None) -> list[Call]:
    """The latest calls, of one run or of all, newest first."""
    query = select(CallRow, PaperRow.arxiv_id).join(PaperRow, PaperRow.id == CallRow.paper_id)
    if run is not None:
        query = query.where(CallRow.run == run)
    rows = await session.execute(query.order_by(CallRow.id.desc()).limit(limit))
    return [_to_call(row, arxiv_id) for row, arxiv_id in rows]


def _to_call(row: CallRow, arxiv_id: str) -> Call:
    return Call(
        id=row.id,
        run=row.run,
        purpose=row.purpose,
        week=row.week,
        topic=row.topic,
        arxiv_id=arxiv_id,
        judge=row.judge,
        attempt=row.attempt,
        question=row.question,
        state=row.state,
        usd=row.reserved_usd if row.cost_usd is None else row.cost_usd,
        tokens_in=row.tokens_in,
        tokens_out=row.tokens_out,
        seconds=row.seconds,
        model=row.model,
        finish_reason=row.finish_reason,
        answer=row.answer,
        problem=row.problem,
        is_valid=row.is_valid,
        started_at=row.started_at,
    )
