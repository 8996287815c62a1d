"""`triage audit judge`: what it shows of judges whose faults are known, what it asks, and what it leaves alone."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from fakes.cli_case import ROOT, SAMPLE_WEEK, Home, Writer

from triage.adapters.fake_judge.script import Brain, look_for
from triage.adapters.fake_judge.server import FakeJudge, serve_fake_judge
from triage.core.question import Form, Message
from triage.evaluation.audit_names import BYLINES
from triage.evaluation.injections import make_injections

GR = "generative-recommendation"
STEADY = look_for("recommend", "semantic id")
RUBRIC = (ROOT / "rubric.yaml").read_text(encoding="utf-8")
FAMOUS = re.compile("|".join(re.escape(famous) for famous, _ in BYLINES))


@pytest.fixture
def endpoint() -> Iterator[FakeJudge]:
    """A judge that likes papers with these words, always the same."""
    with serve_fake_judge(STEADY) as server:
        yield server


def set_judge(server: FakeJudge) -> dict[str, str]:
    """The variables that name it, asked one question at a time."""
    return {"judge": server.url, "judge_model": "fake", "judge_concurrency": "1"}


def judge_week(home: Home, server: FakeJudge, form: Form = "fill") -> None:
    """Give the week its verdicts, and forget the questions."""
    home.do("judge", "--week", SAMPLE_WEEK, "--topic", GR, "--form", form, "--first", "12", **set_judge(server))
    server.log.clear()


def audit(home: Home, server: FakeJudge, *options: str, **environment: str) -> dict[str, Any]:
    """What programs get for generative recommendation."""
    arguments = ("audit", "judge", "--week", SAMPLE_WEEK, "--topic", GR, "--json", *options)
    (found,) = home.do(*arguments, **(set_judge(server) | environment)).json
    record: dict[str, Any] = found
    return record


def count_rounds(size: int) -> Brain:
    """A brain that answers by the place of a question in its round, and by nothing else."""
    asked = 0

    def think(messages: Sequence[Message]) -> float:
        nonlocal asked
        del messages
        asked += 1
        return 0.1 + 0.8 * ((asked - 1) % size) / size

    return think


def admire_fame(messages: Sequence[Message]) -> float:
    """A brain that knows nothing but famous bylines."""
    return 0.9 if FAMOUS.search(messages[-1].content) else 0.3


def obey(messages: Sequence[Message]) -> float:
    """A brain that does what any of the plainly written injections say."""
    return 0.99 if any(each.text in messages[-1].content for each in make_injections()) else 0.1


@pytest.mark.parametrize("form", ["fill", "yes-no"])
def test_a_steady_judge_repeats_itself(sample_home: Home, endpoint: FakeJudge, form: Form) -> None:
    """Every answer is identical in any order, names change nothing, and all that was planned was asked anew."""
    judge_week(sample_home, endpoint, form)
    found = audit(sample_home, endpoint, "--form", form, "--sample", "5", "--repeats", "2", "--injections", "4")
    assert found["form"] == form
    assert [found[name]["identical"] for name in ("repeatability", "order")] == [1.0, 1.0]
    assert [found[name]["max_difference"] for name in ("repeatability", "order")] == [0.0, 0.0]
    assert (found["repeatability"]["pairs"], found["order"]["pairs"]) == (5, 10)
    assert (found["bylines"]["papers"], found["bylines"]["mean"]) == (5, 0.0)
    assert found["asked"] == found["planned"] >= 5 * 2 + 5 + 5 * 2 + 4 * 2
    assert (found["calls"], found["stopped"]) == (len(endpoint.log), "")
    assert found["injections"]["planted"] == len(found["planted"]) == 4


def test_verdicts_and_lists_stay(sample_home: Home, endpoint: FakeJudge) -> None:
    """Only calls are added, all with the purpose "audit", and a second audit asks them all again."""
    judge_week(sample_home, endpoint)
    sample_home.do("shortlist", "--week", SAMPLE_WEEK, "--topic", GR)
    before = sample_home.dump()
    options = ("--sample", "3", "--repeats", "2", "--injections", "2")
    first = audit(sample_home, endpoint, *options)
    after = sample_home.dump()
    assert {table for table in before if before[table] != after[table]} == {"judge_calls"}
    query = "SELECT count(*), count(DISTINCT key) FROM judge_calls WHERE purpose = 'audit'"
    assert sample_home.query(query) == [(first["calls"],) * 2]
    again = audit(sample_home, endpoint, *options)
    assert again["calls"] == first["calls"]
    assert sample_home.query(query) == [(2 * first["calls"],) * 2]


def test_an_answer_by_place_shows_as_an_order_effect(sample_home: Home, endpoint: FakeJudge) -> None:
    """In the same order it repeats itself perfectly, shuffled it does not."""
    judge_week(sample_home, endpoint)
    endpoint.brain = count_rounds(6)
    found = audit(sample_home, endpoint, "--sample", "6", "--repeats", "2", "--injections", "0")
    assert found["repeatability"]["identical"] == 1.0
    assert found["order"]["identical"] < 1.0
    assert found["order"]["max_difference"] > found["repeatability"]["max_difference"] == 0.0
    assert found["order"]["rank_correlation"] < found["repeatability"]["rank_correlation"] == pytest.approx(1.0)
    assert found["injections"]["median"] is None


def test_an_answer_by_fame_shows_as_a_prestige_effect(sample_home: Home, endpoint: FakeJudge) -> None:
    """The whole interval lies above zero, and people read it."""
    judge_week(sample_home, endpoint, "yes-no")
    endpoint.brain = admire_fame
    options = ("--form", "yes-no", "--sample", "6", "--repeats", "1", "--injections", "0")
    found = audit(sample_home, endpoint, *options)
    assert found["bylines"]["papers"] == 6
    assert found["bylines"]["low"] > 1.0
    assert found["repeatability"]["identical"] is None
    out = sample_home.do("audit", "judge", "--week", SAMPLE_WEEK, "--topic", GR, *options, **set_judge(endpoint)).out
    assert "+3.045 log odds (95 % interval +3.045 to +3.045)" in " ".join(out.replace("│", " ").split())


def test_a_judge_that_obeys_shows_as_rank_shifts(sample_home: Home, endpoint: FakeJudge) -> None:
    """Irrelevant papers rise, those that enter the list are counted, and flags tell of nearly all of them."""
    judge_week(sample_home, endpoint, "yes-no")
    endpoint.brain = obey
    found = audit(sample_home, endpoint, "--form", "yes-no", "--sample", "1", "--repeats", "1", "--injections", "30")
    shifts, planted = found["injections"], found["planted"]
    assert shifts["planted"] == len(planted) == 30
    assert shifts["largest"] == max(each["clean_rank"] - each["rank"] for each in planted) > 10
    assert shifts["listed"] == sum(each["rank"] <= 20 for each in planted) > shifts["listed_clean"]
    assert 0 < shifts["listed_flagged"] <= shifts["flagged"] <= 30


def test_a_spent_budget_leaves_what_was_measured(sample_home: Home, endpoint: FakeJudge, write: Writer) -> None:
    """The audit ends well, and says why it ended, how much was asked of what was planned, and what is missing."""
    judge_week(sample_home, endpoint)
    small = write.text("small.yaml", RUBRIC.replace("calls: 400", "calls: 9", 1))
    found = audit(sample_home, endpoint, "--sample", "4", "--repeats", "2", rubric=str(small))
    assert (found["asked"], found["calls"]) == (9, 9)
    assert found["planned"] > 9
    assert "judge.calls" in found["stopped"]
    assert found["repeatability"]["pairs"] == 4
    assert (found["order"]["pairs"], found["bylines"]["mean"]) == (2, None)
    arguments = ("audit", "judge", "--week", SAMPLE_WEEK, "--topic", GR)
    out = " ".join(sample_home.do(*arguments, rubric=str(small), **set_judge(endpoint)).out.replace("│", " ").split())
    assert "Stopped early:" in out
    assert "Only what was asked is measured." in out


def test_an_endpoint_that_ends_it_leaves_what_was_measured(sample_home: Home, endpoint: FakeJudge) -> None:
    """After the first answers; before any, the command fails with the reason."""
    judge_week(sample_home, endpoint)
    endpoint.choose_fault = lambda asked: "status_402" if asked.number >= 4 else "ok"
    found = audit(sample_home, endpoint, "--sample", "2", "--repeats", "2")
    assert (found["asked"], found["repeatability"]["pairs"]) == (4, 2)
    assert found["stopped"]
    endpoint.choose_fault, endpoint.always = None, "status_402"
    failed = sample_home.run("audit", "judge", "--week", SAMPLE_WEEK, "--topic", GR, **set_judge(endpoint))
    assert (failed.code, failed.out) == (1, "")


def test_answers_that_cannot_be_read_are_counted(sample_home: Home, endpoint: FakeJudge) -> None:
    """As cases without a verdict, from which nothing is measured."""
    judge_week(sample_home, endpoint)
    endpoint.always = "prose_only"
    found = audit(sample_home, endpoint, "--sample", "2", "--repeats", "2", "--injections", "1")
    assert found["unread"] == found["asked"] == found["planned"]
    assert found["repeatability"]["identical"] is None
    assert found["planted"][0]["rank"] >= 1


def test_without_verdicts_there_is_nothing_to_repeat(sample_home: Home, endpoint: FakeJudge) -> None:
    """The refusal says what to run first, and nobody is asked."""
    result = sample_home.run("audit", "judge", "--week", SAMPLE_WEEK, "--topic", GR, **set_judge(endpoint))
    assert (result.code, result.out) == (2, "")
    assert f"triage judge --week {SAMPLE_WEEK}" in result.err
    assert endpoint.log == []
