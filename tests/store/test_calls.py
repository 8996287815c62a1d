"""Calls to judges: what is reserved, settled, lost, found again and summed up."""

import math
from datetime import UTC, datetime, timedelta

import pytest
from fakes.call_case import ANSWER, CALL, KEY, NOW, PLENTY, SOON, CallCase
from msgspec.structs import replace

from triage.core.question import Answer
from triage.errors import StoreError
from triage.store.call_sums import CallSum, Spent, list_calls, summarise_calls
from triage.store.calls import KeptAnswer, Limits, Refusal, mark_unreadable, mark_valid
from triage.store.engine import Database
from triage.store.judge_models import ANSWER_CHARACTERS

_OTHER = "b" * 64


@pytest.fixture
async def case(database: Database) -> CallCase:
    """One paper and no calls."""
    case = CallCase(database)
    await case.add_paper()
    return case


async def test_an_answer_that_was_read_is_found_again(case: CallCase) -> None:
    """Whole, with the model's own name, its tokens and what the first token might have been."""
    assert await case.find() is None
    call_id = await case.answer()
    assert await case.find() == KeptAnswer(call_id, ANSWER)


async def test_only_readable_answers_are_found(case: CallCase) -> None:
    """None that is on its way, was not read yet, could not be read, failed or was too long to be kept whole."""
    first = await case.reserve()
    assert await case.find() is None
    await case.settle(first)
    assert await case.find() is None
    async with case.database.write() as session:
        await mark_unreadable(session, first, "No JSON.")
    assert await case.find() is None
    await case.settle(await case.reserve(), answer=None)
    assert await case.find() is None
    await case.answer(replace(ANSWER, text="x" * ANSWER_CHARACTERS))
    assert await case.find() is None
    long = replace(ANSWER, text="x" * (ANSWER_CHARACTERS - 1))
    call_id = await case.answer(long)
    assert await case.find() == KeptAnswer(call_id, long)


async def test_an_answer_belongs_to_its_question_and_judge(case: CallCase) -> None:
    """Another judge's answer to the same question is not used."""
    await case.answer()
    assert await case.find(key=_OTHER) is None
    assert await case.find(judge="http://localhost/large") is None


async def test_the_newest_answer_is_found(case: CallCase) -> None:
    """Also where an earlier one was read."""
    await case.answer()
    newer = replace(ANSWER, text="{}")
    call_id = await case.answer(newer)
    assert await case.find() == KeptAnswer(call_id, newer)


async def test_what_databases_refuse_is_kept_as_escapes_or_left_out(case: CallCase) -> None:
    """NUL, lone surrogates, endless probabilities and absurd counts do not lose the record of a paid call."""
    odd = Answer(
        text="a\0b\ud800",
        finish_reason="stop",
        tokens_in=10**30,
        tokens_out=-1,
        alternatives=(("yes", -0.5), ("no", -math.inf), ("maybe", math.nan)),
    )
    await case.answer(odd)
    kept = await case.find()
    assert kept is not None
    assert kept.answer == replace(
        odd, text="a\\x00b\\ud800", tokens_in=2**31 - 1, tokens_out=0, alternatives=(("yes", -0.5),)
    )


async def test_one_call_at_a_time_for_a_question(case: CallCase) -> None:
    """Until it is settled, the same question to the same judge waits; others do not."""
    call_id = await case.reserve()
    refusal = await case.ask(run="run-2")
    assert isinstance(refusal, Refusal)
    assert (refusal.kind, refusal.retry_at) == ("in flight", SOON)
    assert refusal.reason == (
        "The same question to http://localhost/small is already on its way; its answer comes by 12:02:00 UTC."
    )
    await case.reserve(key=_OTHER)
    await case.reserve(judge="http://localhost/large")
    await case.settle(call_id)
    await case.reserve(run="run-2")


async def test_a_call_that_expired_is_lost_and_counts_as_spent(case: CallCase) -> None:
    """The process that made it may have died after paying; another may ask from the moment on that it expired."""
    await case.reserve()
    assert isinstance(await case.ask(now=SOON - timedelta(microseconds=1)), Refusal)
    await case.reserve(now=SOON)
    assert await case.spent() == Spent(calls=2, usd=0.5, usd_this_week=0.5)
    async with case.database.read() as session:
        newest, oldest = await list_calls(session)
    assert (newest.state, newest.problem) == ("open", None)
    assert (oldest.state, oldest.problem) == ("lost", "It expired before anyone said how it ended.")


async def test_a_lost_call_may_be_settled_after_all(case: CallCase) -> None:
    """Its process was only slow: what it cost and what it answered count."""
    late = await case.reserve()
    other = await case.reserve(now=SOON)
    await case.settle(late, usd=0.01)
    await case.settle(other, usd=0.02)
    assert (await case.spent()).usd == pytest.approx(0.03)
    async with case.database.write() as session:
        await mark_valid(session, late)
    assert await case.find() == KeptAnswer(late, ANSWER)


async def test_a_call_is_settled_once(case: CallCase) -> None:
    """A second settlement, one of an unknown call and a mark on a call without an answer change nothing."""
    call_id = await case.reserve()
    async with case.database.write() as session:
        with pytest.raises(StoreError, match=rf"call {call_id} has no answer that could be marked"):
            await mark_valid(session, call_id)
    await case.settle(call_id, usd=0.2)
    for settled in (call_id, 99):
        with pytest.raises(StoreError, match=rf"call {settled} is unknown or was settled already"):
            await case.settle(settled, usd=0.0)
    assert (await case.spent()).usd == 0.2


async def test_spent_is_what_was_paid_or_may_have_been(case: CallCase) -> None:
    """A cost that is known replaces its reservation, be it nothing; one that is not known does not."""
    await case.settle(await case.reserve(), usd=0.125)
    await case.settle(await case.reserve(), usd=0.0, answer=None)
    await case.settle(await case.reserve(), usd=None, answer=None)
    await case.reserve()
    assert await case.spent() == Spent(calls=4, usd=0.625, usd_this_week=0.625)
    assert await case.spent("run-2") == Spent(calls=0, usd=0.0, usd_this_week=0.625)


async def test_a_week_begins_on_monday_in_utc(case: CallCase) -> None:
    """Wherever the clock's owner sits; Sunday's last moment is the week before."""
    monday = datetime(2026, 4, 20, tzinfo=UTC)
    for number, moment in enumerate((monday - timedelta(microseconds=1), monday, monday + timedelta(days=7))):
        await case.reserve(now=moment, key=str(number) * 64, reserved_usd=2.0**number)
    assert (await case.spent(now=NOW)).usd_this_week == 2.0
    eastern = (monday + timedelta(hours=1)).astimezone(tz=None)
    assert (await case.spent(now=eastern)).usd_this_week == 2.0
    assert await case.spent(now=monday - timedelta(days=1)) == Spent(3, 7.0, 1.0)


@pytest.mark.parametrize(
    ("limits", "kind", "reason"),
    [
        (
            replace(PLENTY, calls=2),
            "calls",
            "This run has made 2 calls, as many as judge.calls in the rubric allows.",
        ),
        (
            replace(PLENTY, usd=0.7),
            "usd",
            "This run spent $0.5000; one more call could cost $0.2500, and judge.usd in the rubric allows $0.7000.",
        ),
        (
            replace(PLENTY, usd_per_week=1.7),
            "usd per week",
            (
                "All runs of this week spent $1.5000; one more call could cost $0.2500, "
                "and judge.usd_per_week in the rubric allows $1.7000."
            ),
        ),
    ],
)
async def test_a_call_that_would_pass_a_limit_is_refused(
    case: CallCase, limits: Limits, kind: str, reason: str
) -> None:
    """The refusal names limit, spending and setting, and nothing is reserved."""
    await case.reserve(key=_OTHER, run="run-0", reserved_usd=1.0)
    for digit in "01":
        await case.reserve(key=digit * 64)
    refusal = await case.ask(limits)
    assert isinstance(refusal, Refusal)
    assert (refusal.kind, refusal.reason, refusal.retry_at) == (kind, reason, None)
    assert (await case.spent()).calls == 2


async def test_a_limit_may_be_reached(case: CallCase) -> None:
    """To the cent; and what costs nothing is not held up by money that is gone."""
    exact = Limits(calls=3, usd=0.5, usd_per_week=0.5)
    await case.reserve(exact, key="0" * 64)
    await case.reserve(exact, key="1" * 64)
    await case.reserve(exact, reserved_usd=0.0)


@pytest.mark.parametrize("usd", [math.nan, math.inf])
async def test_a_price_that_is_no_number_buys_nothing(case: CallCase, usd: float) -> None:
    """It passes every limit."""
    refusal = await case.ask(reserved_usd=usd)
    assert isinstance(refusal, Refusal)
    assert refusal.kind == "usd"


async def test_money_is_never_negative(case: CallCase) -> None:
    """Neither reserved nor paid: it would raise the limits."""
    with pytest.raises(StoreError, match="reserved_usd_not_negative"):
        await case.ask(reserved_usd=-1.0)
    with pytest.raises(StoreError, match="cost_usd_not_negative"):
        await case.settle(await case.reserve(), usd=-1.0)


async def test_calls_are_summed_up_by_judge_purpose_and_state(case: CallCase) -> None:
    """From a moment on; answers that nobody could read are counted."""
    await case.reserve(now=NOW - timedelta(hours=1))
    first = await case.answer(now=NOW, key=_OTHER)
    await case.settle(await case.reserve(key=_OTHER))
    await case.settle(await case.reserve(purpose="sample", key=_OTHER), usd=None, answer=None)
    async with case.database.read() as session:
        sums = await summarise_calls(session, NOW)
        calls = await list_calls(session, limit=2)
        of_run = await list_calls(session, run="run-2")
    assert sums == [
        CallSum(CALL.judge, "cascade", "answered", 2, 0.2, 1800, 80, 3.0, unreadable=1),
        CallSum(CALL.judge, "sample", "failed", 1, 0.25, 0, 0, 1.5, unreadable=0),
    ]
    assert [(call.id, call.state, call.usd, call.problem) for call in calls] == [
        (first + 2, "failed", 0.25, "It timed out."),
        (first + 1, "answered", 0.1, None),
    ]
    assert (calls[1].arxiv_id, calls[1].answer, calls[1].model) == ("2604.00001", ANSWER.text, ANSWER.model)
    assert of_run == []


async def test_an_unknown_paper_is_refused(case: CallCase) -> None:
    """A call is always about a paper of the store."""
    with pytest.raises(StoreError, match=r"(?i)foreign key"):
        await case.ask(paper_id=99, key=KEY)
