"""Calls to judges: the money is reserved before each one and settled after, and its answer is kept to be used again."""

import math
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Literal

import msgspec
from sqlalchemy import func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from triage.core.question import Answer, Form
from triage.errors import StoreError
from triage.store.call_sums import Spent, sum_spent
from triage.store.judge_models import ANSWER_CHARACTERS, CallRow, Purpose

_MOST_TOKENS = 2**31 - 1  # servers can say anything; PostgreSQL takes this much


class Limits(msgspec.Struct, frozen=True):
    """What one run may call and spend, and what all runs of a calendar week (ISO, UTC) may spend together."""

    calls: int
    usd: float
    usd_per_week: float


class NewCall(msgspec.Struct, frozen=True, kw_only=True):
    """A call about to be made. `key` is the question's, `reserved_usd` the most it can cost, `week` a listing week.

    `run` is a random id of the run, at most 32 characters; `question` says what is asked: `fill`, or one criterion.
    """

    key: str
    run: str
    purpose: Purpose
    week: str | None
    topic: str
    paper_id: int
    judge: str
    prompt: str
    form: Form
    fingerprint: str
    attempt: int
    question: str
    reserved_usd: float


class Settlement(msgspec.Struct, frozen=True, kw_only=True):
    """How a call ended. Without an answer it failed, and `problem` says why.

    `usd` is None where nobody knows what was paid, as after a time-out: then the reservation goes on counting.
    """

    usd: float | None
    seconds: float
    ended_at: datetime
    answer: Answer | None = None
    problem: str | None = None


class KeptAnswer(msgspec.Struct, frozen=True):
    """A readable answer of an earlier call, and that call's key in the store."""

    call_id: int
    answer: Answer


class Refusal(msgspec.Struct, frozen=True):
    """Why a call may not be made, as a sentence.

    `retry_at`, only for one in flight: it has ended by then, or is given up. A limit holds until the run or week ends.
    """

    kind: Literal["in flight", "calls", "usd", "usd per week"]
    reason: str
    retry_at: datetime | None = None


async def find_answer(session: AsyncSession, key: str, judge: str) -> KeptAnswer | None:
    """The newest readable answer of that judge to that question; an answer too long to be kept whole is none."""
    wanted = CallRow.key == key, CallRow.judge == judge, CallRow.state == "answered", CallRow.is_valid
    query = select(CallRow).where(*wanted, func.length(CallRow.answer) < ANSWER_CHARACTERS)
    row = await session.scalar(query.order_by(CallRow.ended_at.desc(), CallRow.id.desc()).limit(1))
    if row is None or row.answer is None:
        return None
    answer = Answer(
        text=row.answer,
        finish_reason=row.finish_reason,
        model=row.model,
        tokens_in=row.tokens_in,
        tokens_out=row.tokens_out,
        alternatives=tuple((token, logprob) for token, logprob in row.alternatives or ()),
    )
    return KeptAnswer(row.id, answer)


async def reserve_call(
    session: AsyncSession, new: NewCall, limits: Limits, now: datetime, expires_at: datetime
) -> int | Refusal:
    """Take the money for a call before it is made, and hand out the call's key; or say why it may not be made.

    To be alone in a `Database.write`, committed before the call: all who reserve wait for each other. An earlier call
    of the same question and judge that has expired is given up as lost, and goes on counting at its reservation.
    Granted only while what was spent and what is reserved stay within every limit. So spending exceeds a limit at most
    by what those calls that were not settled at the last grant under it turn out to cost beyond their reservations.
    """
    if session.get_bind().dialect.name == "postgresql":
        await session.execute(text("LOCK TABLE judge_calls IN SHARE ROW EXCLUSIVE MODE"))
    refusal = await _find_in_flight(session, new, now)
    if refusal is None:
        refusal = _find_limit(await sum_spent(session, new.run, now), new.reserved_usd, limits)
    if refusal is not None:
        return refusal
    row = CallRow(
        **msgspec.structs.asdict(new),
        state="open",
        tokens_in=0,
        tokens_out=0,
        seconds=0.0,
        model="",
        finish_reason="",
        is_valid=False,
        started_at=now,
        expires_at=expires_at,
    )
    session.add(row)
    await session.flush()
    return row.id


async def settle_call(session: AsyncSession, call_id: int, settlement: Settlement) -> None:
    """Put what a call gave and cost in place of its reservation, even after it was given up as lost.

    Raises `StoreError` for a call that was settled already: what was paid is never counted less than once.
    """
    answer = settlement.answer
    columns: dict[str, Any] = {
        "state": "failed" if answer is None else "answered",
        "cost_usd": settlement.usd,
        "seconds": settlement.seconds,
        "problem": settlement.problem,
        "ended_at": settlement.ended_at,
    }
    if answer is not None:
        columns |= {
            "tokens_in": _to_count(answer.tokens_in),
            "tokens_out": _to_count(answer.tokens_out),
            "model": answer.model,
            "finish_reason": answer.finish_reason,
            "answer": answer.text,
            "alternatives": _to_json(answer.alternatives),
        }
    is_unsettled = CallRow.state.in_(("open", "lost"))
    query = update(CallRow).where(CallRow.id == call_id, is_unsettled).values(**columns).returning(CallRow.id)
    if await session.scalar(query) is None:
        raise StoreError(f"The judge's call {call_id} is unknown or was settled already; nothing was changed.")


async def mark_valid(session: AsyncSession, call_id: int) -> None:
    """Keep that the answer was read: from now on it is given instead of asking again; idempotent."""
    await _mark(session, call_id, is_valid=True, problem=None)


async def mark_unreadable(session: AsyncSession, call_id: int, problem: str) -> None:
    """Keep why the answer could not be read; idempotent."""
    await _mark(session, call_id, is_valid=False, problem=problem)


async def _mark(session: AsyncSession, call_id: int, *, is_valid: bool, problem: str | None) -> None:
    query = update(CallRow).where(CallRow.id == call_id, CallRow.state == "answered")
    marked = query.values(is_valid=is_valid, problem=problem).returning(CallRow.id)
    if await session.scalar(marked) is None:
        raise StoreError(f"The judge's call {call_id} has no answer that could be marked; nothing was changed.")


async def _find_in_flight(session: AsyncSession, new: NewCall, now: datetime) -> Refusal | None:
    is_open = CallRow.key == new.key, CallRow.judge == new.judge, CallRow.state == "open"
    lost = update(CallRow).where(*is_open, CallRow.expires_at <= now)
    await session.execute(lost.values(state="lost", problem="It expired before anyone said how it ended."))
    expires_at = await session.scalar(select(CallRow.expires_at).where(*is_open))
    if expires_at is None:
        return None
    reason = f"The same question to {new.judge} is already on its way; its answer comes by {expires_at:%H:%M:%S} UTC."
    return Refusal("in flight", reason, expires_at)


def _find_limit(spent: Spent, usd: float, limits: Limits) -> Refusal | None:
    """The first limit that one more call would pass; what is no number passes every limit."""
    if spent.calls >= limits.calls:
        return Refusal("calls", f"This run has made {spent.calls} calls, as many as judge.calls in the rubric allows.")
    if not spent.usd + usd <= limits.usd:
        return Refusal("usd", _word_limit("This run", spent.usd, usd, limits.usd, "judge.usd"))
    if not spent.usd_this_week + usd <= limits.usd_per_week:
        told = "All runs of this week", spent.usd_this_week, usd, limits.usd_per_week, "judge.usd_per_week"
        return Refusal("usd per week", _word_limit(*told))
    return None


def _word_limit(who: str, spent: float, usd: float, limit: float, setting: str) -> str:
    return (
        f"{who} spent ${spent:.4f}; one more call could cost ${usd:.4f}, "
        f"and {setting} in the rubric allows ${limit:.4f}."
    )


def _to_count(number: int) -> int:
    return max(0, min(number, _MOST_TOKENS))


def _to_json(alternatives: Iterable[tuple[str, float]]) -> list[tuple[str, float]]:
    """Without what is impossible (minus infinity) or no number: JSON in PostgreSQL has neither."""
    return [(token, logprob) for token, logprob in alternatives if math.isfinite(logprob)]
