"""One question: from the kept answers, else within the budget, mended, asked again, and never twice at a time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fakes.call_case import CALL
from fakes.judging_case import (
    PRICE,
    Case,
    make_matter,
    make_question,
    open_case,
    read_relevance,
    wait_until,
)
from msgspec.structs import replace

from triage.adapters.fake_judge.script import look_for
from triage.adapters.fake_judge.server import FakeJudge
from triage.core.question import Answer
from triage.errors import JudgeStoppedError
from triage.pipeline.asking import (
    MAX_ATTEMPTS,
    MAX_REPAIRS,
    BudgetSpentError,
    JudgeDesk,
    NotJudgedError,
    UnansweredError,
    ask,
    estimate_cost,
)
from triage.store.calls import Limits, Settlement, mark_valid, reserve_call, settle_call
from triage.store.engine import Database

SOON = timedelta(seconds=60)


@pytest.fixture
async def case(judging_sample: Path, tmp_path: Path) -> AsyncIterator[Case]:
    """An endpoint that says yes to whatever is about something."""
    async with open_case(judging_sample, tmp_path, FakeJudge(look_for("something"))) as case:
        yield case


async def put(case: Case, desk: JudgeDesk, number: int = 0) -> int:
    """Ask a question about the week's first paper."""
    paper = (await case.papers())[0]
    return await ask(desk, make_matter(paper), "fill", make_question(number), read_relevance)


async def test_an_answer_is_paid_once_and_given_again(case: Case) -> None:
    """By any later run; the ledger has what the server counted, in place of what was reserved."""
    assert [await put(case, case.open_desk()) for _ in range(3)] == [4, 4, 4]
    (call,) = await case.calls()
    assert case.requests == 1
    assert (call.state, call.is_valid, call.problem) == ("answered", True, None)
    assert call.usd == pytest.approx(PRICE.cost(call.tokens_in, call.tokens_out))
    assert 0 < call.usd < estimate_cost(make_question(), PRICE)


async def test_a_bad_answer_is_shown_again_with_what_is_wrong(case: Case) -> None:
    """In the same conversation."""
    case.server.script = ["prose_only"]
    assert await put(case, case.open_desk()) == 4
    first, second = (logged.asked.body["messages"] for logged in case.server.log)
    assert second[: len(first)] == first
    assert [each["role"] for each in second[len(first) :]] == ["assistant", "user"]
    assert second[-2]["content"] == "This paper is highly relevant."
    assert "There is no relevance in it." in second[-1]["content"]
    bad, good = await case.calls()
    assert (bad.is_valid, bad.problem) == (False, "There is no relevance in it.")
    assert (good.is_valid, good.attempt) == (True, 2)


async def test_two_repairs_and_no_more(case: Case) -> None:
    """Then the reason says what was wrong last; each call is in the ledger."""
    case.server.always = "refusal_prose"
    with pytest.raises(
        NotJudgedError, match=r"^no readable answer: There is no relevance in it\. \(2 repairs asked for\)$"
    ) as caught:
        await put(case, case.open_desk())
    assert not isinstance(caught.value, UnansweredError)
    assert case.requests == 1 + MAX_REPAIRS == len(await case.calls())


async def test_five_attempts_and_no_more(case: Case) -> None:
    """With longer and longer pauses; what was refused by a status of its own is not billed."""
    case.server.always = "status_500"
    with pytest.raises(UnansweredError, match="HTTP 500"):
        await put(case, case.open_desk())
    calls = await case.calls()
    assert case.requests == MAX_ATTEMPTS == len(calls)
    assert case.ticker.slept == pytest.approx([1, 2, 4, 8])
    assert {call.state for call in calls} == {"failed"}
    assert {call.usd for call in calls} == {0.0}


@pytest.mark.parametrize(
    ("script", "requests"),
    [
        (["status_500", "prose_only", "status_500", "prose_only"], 5),
        (["status_500", "prose_only", "status_500", "prose_only", "status_500"], 5),
        (["prose_only", "status_500", "prose_only", "prose_only"], 4),
        (["status_500", "status_500", "status_500", "status_500"], 5),
        (["prose_only", "prose_only", "status_500", "status_500", "prose_only"], 5),
    ],
)
async def test_failures_and_bad_answers_are_counted_together(case: Case, script: list[str], requests: int) -> None:
    """At most five calls, whatever happens in which order."""
    case.server.script = [*script, *["ok"] * (5 - len(script))]
    case.server.always = "status_500"
    spoiled = len(script) == 5 or script.count("prose_only") == 3
    if spoiled:
        with pytest.raises(NotJudgedError):
            await put(case, case.open_desk())
    else:
        assert await put(case, case.open_desk()) == 4
    assert case.requests == requests


async def test_what_a_provider_asks_for_holds_for_everybody(case: Case) -> None:
    """While one waits for a 429's Retry-After, nobody else calls."""
    desk, may_go = case.open_desk(), asyncio.Event()
    waiting: list[float] = []

    async def hold(seconds: float) -> None:
        waiting.append(seconds)
        await may_go.wait()
        case.ticker.now = 2.0

    desk.pause._sleep = hold
    case.server.script = ["status_429_seconds"]
    first = asyncio.create_task(put(case, desk))
    await wait_until(lambda: waiting)
    others = [asyncio.create_task(put(case, desk, number)) for number in (1, 2, 3)]
    await wait_until(lambda: len(waiting) == 4)
    assert (waiting, case.requests) == ([2.0] * 4, 1)
    may_go.set()
    assert [*await asyncio.gather(first, *others)] == [4] * 4


async def test_a_judge_that_will_not_go_on(case: Case) -> None:
    """It is asked once, and the error is the judge's."""
    case.server.always = "status_401"
    with pytest.raises(JudgeStoppedError, match="key"):
        await put(case, case.open_desk())
    (call,) = await case.calls()
    assert (case.requests, call.state) == (1, "failed")


async def test_a_limit_of_calls(case: Case) -> None:
    """The call that would pass it is not made; the limit is the run's, and kept answers are free."""
    desk = case.open_desk(Limits(2, 1000.0, 1000.0))
    for number in (0, 1):
        await put(case, desk, number)
    with pytest.raises(BudgetSpentError, match="2 calls"):
        await put(case, desk, 2)
    assert await put(case, desk, 1) == 4
    assert case.requests == 2
    await put(case, case.open_desk(Limits(2, 1000.0, 1000.0)), 2)


@pytest.mark.parametrize("is_weekly", [False, True])
async def test_a_limit_of_money(case: Case, *, is_weekly: bool) -> None:
    """It is never passed, not even by a call that turns out cheaper; a week's holds over all runs."""
    usd = 2.5 * estimate_cost(make_question(), PRICE)
    limits = Limits(1000, 1000.0, usd) if is_weekly else Limits(1000, usd, 1000.0)
    desk = case.open_desk(limits)
    number = 0
    with suppress(BudgetSpentError):
        for number in range(100):
            await put(case, case.open_desk(limits) if is_weekly else desk, number)
    with pytest.raises(BudgetSpentError, match="judge.usd_per_week" if is_weekly else r"judge\.usd in"):
        await put(case, desk, number)
    calls = await case.calls()
    spent = sum(call.usd for call in calls)
    assert len(calls) == case.requests > 2
    assert usd - estimate_cost(make_question(), PRICE) < spent <= usd


async def test_money_that_is_only_reserved_is_waited_for(case: Case) -> None:
    """Callers beside each other spend as much as one after the other: what a call did not need serves the next."""
    usd = 2.5 * estimate_cost(make_question(), PRICE)
    desk = case.open_desk(Limits(1000, usd, 1000.0))
    ended = await asyncio.gather(*(put(case, desk, number) for number in range(12)), return_exceptions=True)
    assert {type(each) for each in ended} == {int, BudgetSpentError}
    assert usd - estimate_cost(make_question(), PRICE) < sum(call.usd for call in await case.calls()) <= usd


async def reserve_elsewhere(case: Case, expires_in: timedelta) -> int:
    """Another process asks the same question."""
    paper, now = (await case.papers())[0], datetime.now(UTC)
    new = replace(CALL, key=make_question().key, paper_id=paper.key, judge=case.judge.name, run="another")
    async with case.bench.database.write() as session:
        call = await reserve_call(session, new, Limits(9, 9.0, 9.0), now, now + expires_in)
    assert isinstance(call, int)
    return call


async def test_a_call_in_flight_elsewhere_is_waited_for(case: Case) -> None:
    """And its answer taken: nobody calls twice."""
    call = await reserve_elsewhere(case, SOON)
    asking = asyncio.create_task(put(case, case.open_desk()))
    await wait_until(lambda: len(case.ticker.slept) > 2)
    assert (set(case.ticker.slept), case.requests) == ({1.0}, 0)
    answer = Answer(text='{"relevance": 3}', finish_reason="stop")
    async with case.bench.database.write() as session:
        await settle_call(session, call, Settlement(usd=0.1, seconds=1.0, ended_at=datetime.now(UTC), answer=answer))
        await mark_valid(session, call)
    assert await asking == 3
    assert case.requests == 0


async def test_a_call_that_died_elsewhere_is_made_again(case: Case) -> None:
    """Once its time is over; it goes on counting."""
    await reserve_elsewhere(case, timedelta(0))
    assert await put(case, case.open_desk()) == 4
    lost, answered = await case.calls()
    assert (lost.state, lost.usd, answered.state) == ("lost", CALL.reserved_usd, "answered")


async def test_two_processes_never_pay_the_same_answer_twice(case: Case, tmp_path: Path) -> None:
    """There is no moment between an answer and its being kept in which another could ask."""
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'triage.db'}")
    one, two = case.open_desk(), replace(case.open_desk(), database=database)
    for number in range(10):
        assert [*await asyncio.gather(put(case, one, number), put(case, two, number))] == [4, 4]
    await database.close()
    assert case.requests == 10


async def test_a_stop_while_it_waits_settles_the_call(case: Case) -> None:
    """What was reserved stands, and the same question can be asked again at once."""
    case.server.thinking = 0.3
    asking = asyncio.create_task(put(case, case.open_desk()))
    await wait_until(lambda: case.requests)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    (call,) = await case.calls()
    assert (call.state, call.problem) == ("failed", "The program was stopped while it waited.")
    assert call.usd == estimate_cost(make_question(), PRICE)
    case.server.thinking = 0.0
    assert await put(case, case.open_desk()) == 4


@pytest.mark.parametrize("steps", range(1, 120, 4))
async def test_a_stop_at_any_moment_leaves_no_call_open(case: Case, steps: int) -> None:
    """Neither one whose reservation, nor one whose settlement, was under way."""
    asking = asyncio.create_task(put(case, case.open_desk()))
    for _ in range(steps):
        await asyncio.sleep(0.0005)
    asking.cancel()
    await asyncio.wait([asking])
    assert all(call.state != "open" for call in await case.calls())


async def test_a_server_that_does_not_count(case: Case) -> None:
    """Without a count of tokens the reservation stands."""
    case.server.always = "no_usage"
    assert await put(case, case.open_desk()) == 4
    (call,) = await case.calls()
    assert call.usd == estimate_cost(make_question(), PRICE)
