"""A week before a judge that fails, stops or costs too much: what was judged is kept, and no paper is lost."""

import asyncio

import pytest
from fakes.judging_case import (
    GR,
    NOW,
    PLACES,
    PRICE,
    WEEK,
    Case,
    list_order,
    title_at,
    wait_until,
)

from triage.adapters.fake_judge.server import draw_faults
from triage.errors import JudgeStoppedError
from triage.pipeline.asking import UnansweredError
from triage.pipeline.judge import judge_docket
from triage.store.calls import Limits
from triage.store.shortlists import publish_shortlist


async def test_an_endpoint_that_is_down_is_left_alone(case: Case) -> None:
    """After five papers in a row without any answer; every one of them has its reason."""
    docket = await case.open()
    case.server.script = ["ok"] * 3
    case.server.always = "status_503"
    with pytest.raises(UnansweredError, match="Paper after paper got no verdict"):
        await judge_docket(docket)
    verdicts = (await case.verdicts(docket)).values()
    assert case.requests == 3 + 5 * 5
    assert [bool(each.verdict) for each in verdicts].count(True) == 3
    assert sum("HTTP 503" in (each.reason or "") for each in verdicts) == 5
    assert {call.state for call in await case.calls()} == {"answered", "failed"}


async def test_a_model_that_says_nothing_readable_is_left_alone(case: Case) -> None:
    """After ten papers: three paid calls for each of a whole week would buy nothing."""
    docket = await case.open()
    case.server.always = "refusal"
    with pytest.raises(UnansweredError, match="no readable answer"):
        await judge_docket(docket)
    assert case.requests == 10 * 3
    assert len(await case.verdicts(docket)) == 10
    assert "not judged: no readable answer" in (await case.build()).ranked[0].reasons


async def test_topics_share_what_is_left(case: Case) -> None:
    """The first of two takes half of the calls, the second what is left then."""
    docket = await case.open(Limits(9, 1000.0, 1000.0))
    await judge_docket(docket, shared_by=2)
    assert case.requests == 4
    await judge_docket(docket)
    assert case.requests == 9


async def test_nobody_is_asked_about_a_published_list(case: Case) -> None:
    """It cannot change any more."""
    await case.build()
    async with case.bench.database.write() as session:
        await publish_shortlist(session, GR, str(WEEK), NOW)
    report = await judge_docket(await case.open())
    assert (case.requests, report.seen) == (0, 0)
    assert "published" in report.note


async def test_failures_that_are_not_in_a_row_end_nothing(case: Case) -> None:
    """An endpoint that fails every other paper is asked about all of them."""
    docket, everybody = await case.open(), sorted(list_order(await case.build(85)))
    down = {title_at(docket, place) for place in range(0, 14, 2)}
    case.server.choose_fault = lambda asked: "status_503" if any(title in asked.question for title in down) else "ok"
    report = await judge_docket(docket)
    assert report.failed == 7
    assert sorted(list_order(await case.build(85))) == everybody


@pytest.mark.parametrize("concurrency", [1, 4])
async def test_a_limit_of_calls_stops_hard(case: Case, concurrency: int) -> None:
    """Exactly so many calls, a whole list, and the report says so; a run with more goes on from there."""
    docket = await case.open(Limits(7, 1000.0, 1000.0), concurrency=concurrency)
    report = await judge_docket(docket)
    shortlist = await case.build()
    assert (case.requests, report.done, report.failed) == (7, 7, 0)
    assert "as many as judge.calls in the rubric allows" in report.note
    assert len(shortlist.ranked) == PLACES
    assert sum(entry.judgement == "judged" for entry in shortlist.ranked) <= 7
    await judge_docket(await case.open(concurrency=4))
    assert case.requests == len({logged.asked.question for logged in case.server.log})


@pytest.mark.parametrize("concurrency", [1, 4])
async def test_a_limit_of_money_stops_hard(case: Case, concurrency: int) -> None:
    """The server's own count stays within the budget; the list is whole, and the report says why it ended."""
    case.change_rules(usd=0.03)
    report = await judge_docket(await case.open(Limits(1000, 0.03, 1000.0), concurrency=concurrency))
    assert "judge.usd in the rubric allows $0.0300" in report.note
    calls = await case.calls()
    paid = sum(PRICE.cost(call.tokens_in, call.tokens_out) for call in calls)
    assert 0.02 < paid <= 0.03
    assert report.cost == pytest.approx(paid)
    assert report.done == len(calls) == case.requests
    assert len((await case.build()).ranked) == PLACES


async def test_no_call_at_all(case: Case) -> None:
    """A limit of none is a limit."""
    report = await judge_docket(await case.open(Limits(0, 1.0, 1.0)))
    assert (case.requests, report.seen) == (0, 0)
    assert len((await case.build()).ranked) == PLACES


async def test_a_judge_that_stops_keeps_what_it_said(case: Case) -> None:
    """The error says what a person must do; the next run goes on from there."""
    docket = await case.open()
    case.server.script, case.server.always = ["ok"] * 4, "status_401"
    with pytest.raises(JudgeStoppedError, match="key"):
        await judge_docket(docket)
    assert len(await case.verdicts(docket)) == 4
    assert case.requests == 5
    case.server.always = "ok"
    report = await judge_docket(await case.open())
    assert report.skipped == 4


async def test_a_stop_keeps_what_was_answered(case: Case) -> None:
    """As Ctrl-C does it: no call stays open, and the next run asks only about the rest."""
    case.server.thinking = 0.05
    docket = await case.open(concurrency=4)
    judging = asyncio.create_task(judge_docket(docket))
    await wait_until(lambda: case.requests >= 10)
    judging.cancel()
    with pytest.raises(asyncio.CancelledError):
        await judging
    kept, calls = await case.verdicts(docket), await case.calls()
    assert 4 <= len(kept) < case.requests
    assert "open" not in {call.state for call in calls}
    case.server.thinking = 0.0
    report = await judge_docket(await case.open(concurrency=4))
    assert report.skipped == len(kept)
    assert case.requests <= report.seen + 4


async def test_two_workers_share_the_work(case: Case) -> None:
    """Both end well with every paper asked about once."""
    one, two = await case.open(concurrency=2), await case.open(concurrency=3)
    await asyncio.gather(judge_docket(one), judge_docket(two))
    assert case.requests == len({logged.asked.question for logged in case.server.log})
    assert await case.verdicts(one) == await case.verdicts(two)


async def test_a_mixture_of_faults_loses_no_paper(case: Case) -> None:
    """Every paper is on the long list; what was asked about is judged or says why not."""
    names = ["status_500", "status_429_seconds", "cut_by_length", "grade_11", "refusal", "another_reference"]
    case.server.choose_fault = draw_faults(names, 7, 0.5)
    docket, everybody = await case.open(concurrency=3), sorted(list_order(await case.build(85)))
    report = await judge_docket(docket)
    assert report.seen == report.done + report.failed
    asked = {call.arxiv_id for call in await case.calls()}
    verdicts = await case.verdicts(docket)
    assert asked == set(verdicts)
    assert all(each.verdict or each.reason for each in verdicts.values())
    assert sorted(list_order(await case.build(85))) == everybody
