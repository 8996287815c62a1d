"""Answers of a judge, read as verdicts or refused."""

import json
import math
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triage.core.prompt import FLAGS, RELEVANCE, name_criterion_question
from triage.core.question import Answer
from triage.core.rubric import Criterion, JudgeRules, Topic
from triage.core.verdict import CERTAIN, CriterionGrade, WrittenTakeaway
from triage.core.verdict_reading import UnreadableError, read_filled, read_yes_no

RULES = JudgeRules(form="fill", languages=("en", "zh"))
ANCHORS = ("none", "little", "some", "much", "full")
TOPIC = Topic(
    name="trees",
    title="Trees",
    definition="About trees.",
    in_scope=("Trees",),
    out_of_scope=("Bushes",),
    cues=(),
    exemplars=(),
    criteria=(Criterion("centrality", "How central?", 3, ANCHORS), Criterion("evidence", "How sure?", 1, ANCHORS)),
)
GOOD = {
    "reference": "1a2b3c4d",
    "criteria": {"centrality": {"sentence": 1, "grade": 4}, "evidence": {"sentence": 3, "grade": 0}},
    "takeaway": {"sentence": 2, "en": "It finds 12% more.", "zh": ""},
    "relevance": 3,
    "flags": [],
}
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(sorted(GOOD)),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(sorted(GOOD)) | st.text(), inner),
    max_leaves=12,
)


def read(text: str, **fields: Any) -> Any:
    answer = Answer(text=text, **{"finish_reason": "stop", **fields})
    return read_filled(answer, TOPIC, RULES, "1a2b3c4d", sentences=3)


def with_change(*path: str, to: object) -> str:
    changed = json.loads(json.dumps(GOOD))
    place = changed
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = to
    return json.dumps(changed)


def without(*path: str) -> str:
    changed = json.loads(json.dumps(GOOD))
    place = changed
    for name in path[:-1]:
        place = place[name]
    del place[path[-1]]
    return json.dumps(changed)


def test_reads_a_filled_rubric() -> None:
    """Grades keep their sentences, empty takeaways are none, and relevance joins the grades half and half."""
    verdict = read(json.dumps(GOOD))
    assert verdict.grades == (CriterionGrade("centrality", 4, 1), CriterionGrade("evidence", 0, 3))
    assert verdict.takeaways == (WrittenTakeaway("It finds 12% more.", "en", 2),)
    assert verdict.flags == ()
    assert verdict.relevance == pytest.approx(0.6 * CERTAIN * 0.5)  # (3 + 3) / 2 on a scale from 0 to 4


@pytest.mark.parametrize(("grade", "relevance"), [(0, -0.6 * CERTAIN), (2, 0.0), (4, 0.6 * CERTAIN)])
def test_log_odds_are_linear_in_the_grades(grade: int, relevance: float) -> None:
    """All grades at the bottom, in the middle and at the top."""
    filled = json.loads(with_change("relevance", to=grade))
    filled["criteria"] = {name: {"sentence": 1, "grade": grade} for name in filled["criteria"]}
    assert read(json.dumps(filled)).relevance == pytest.approx(relevance)


@pytest.mark.parametrize(
    "around",
    ["```json\n{}\n```", "Here is my verdict:\n{}\nI hope it helps.", "\ufeff {} \n", "```{}```"],
)
def test_lets_prose_and_fences_pass(around: str) -> None:
    """What stands around the one JSON object is left out."""
    assert read(around.replace("{}", json.dumps(GOOD))) == read(json.dumps(GOOD))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "empty"),
        (" \n", "empty"),
        ("I cannot judge this.", "no JSON object"),
        ("[1, 2]", "no JSON object"),
        ('{"reference": "1a2b', "no valid JSON"),
        ("{" * 10, "no valid JSON"),
        ('{"a": ' * 5_000, "characters, more than|no valid JSON"),
        ('{"a": ' + "[" * 15_000, "no valid JSON"),
        ('{"a": ' + "9" * 6_000 + "}", "no valid JSON"),
        (json.dumps(GOOD) * 2, "more than one JSON object"),
        (json.dumps(GOOD) + " " * 1_000_000, "more than 20000"),
        (json.dumps(GOOD)[:-1] + ', "relevance": 4}', "'relevance' stands twice"),
        (with_change("reference", to="99999999"), "reference must be 1a2b3c4d"),
        (with_change("reference", to=None), "reference must be 1a2b3c4d"),
        (without("reference"), "lacks the field 'reference'"),
        (with_change("score", to=1), "'score' that was not asked for"),
        (with_change("criteria", to=[]), "'criteria' must be a JSON object"),
        (without("criteria", "evidence"), "lacks the field 'evidence'"),
        (with_change("criteria", "beauty", to={"sentence": 1, "grade": 1}), "'beauty' that was not asked for"),
        (with_change("criteria", "evidence", to=3), "must be a JSON object"),
        (with_change("criteria", "evidence", "grade", to=11), "grade of 'evidence' must be a whole number from 0 to 4"),
        (with_change("criteria", "evidence", "grade", to=-1), "grade of 'evidence'"),
        (with_change("criteria", "evidence", "grade", to=True), "not True"),
        (with_change("criteria", "evidence", "grade", to=3.0), "not 3.0"),
        (with_change("criteria", "evidence", "grade", to="3"), "not '3'"),
        (with_change("criteria", "evidence", "grade", to=math.nan), "NaN is no number"),
        (with_change("relevance", to=math.inf), "Infinity is no number"),
        (with_change("relevance", to=5), "relevance must be a whole number"),
        (with_change("criteria", "evidence", "sentence", to=4), "must be a whole number from 1 to 3"),
        (with_change("criteria", "evidence", "sentence", to=0), "sentence of 'evidence'"),
        (with_change("takeaway", "sentence", to=9), "sentence of the takeaway"),
        (without("takeaway", "zh"), "lacks the field 'zh'"),
        (with_change("takeaway", "en", to=None), "takeaway in 'en' must be a text"),
        (with_change("flags", to="none"), "'flags' must be a list"),
        (with_change("flags", to=["boring"]), "'boring' is none of these"),
        (with_change("flags", to=[{}]), "is none of these"),
    ],
)  # fmt: skip
def test_refuses_what_is_no_verdict(text: str, problem: str) -> None:
    """Each fault is told in one short, printable sentence."""
    with pytest.raises(UnreadableError, match=problem) as refused:
        read(text)
    reason = str(refused.value)
    assert reason.endswith(".")
    assert reason.isprintable()
    assert len(reason) < 200


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"finish_reason": "length"}, "cut because it was too long"),
        ({"finish_reason": "content_filter"}, "content filter"),
        ({"finish_reason": "tool_calls"}, "did not finish: 'tool_calls'"),
        ({"refusal": "I will not."}, "refused: 'I will not.'"),
    ],
)
def test_refuses_an_answer_that_did_not_finish(fields: dict[str, str], problem: str) -> None:
    """Even when its text would do."""
    with pytest.raises(UnreadableError, match=problem):
        read(json.dumps(GOOD), **fields)


@given(st.text() | JSON_VALUES.map(json.dumps))
@settings(max_examples=150, deadline=None)
def test_any_text_is_a_verdict_or_unreadable(text: str) -> None:
    """Nothing else is ever raised."""
    with pytest.raises(UnreadableError):
        read(text)


@given(
    st.sampled_from([("relevance",), ("criteria",), ("criteria", "evidence"), ("takeaway", "en"), ("flags",)]),
    JSON_VALUES,
)
@settings(max_examples=150, deadline=None)
def test_any_field_is_right_or_unreadable(path: tuple[str, ...], value: object) -> None:
    """A good answer with any JSON value in one place reads or is refused."""
    try:
        verdict = read(with_change(*path, to=value))
    except UnreadableError:
        return
    assert abs(verdict.relevance) <= CERTAIN


GRADES = st.fixed_dictionaries({"sentence": st.integers(1, 3), "grade": st.integers(0, 4)})


@given(
    st.fixed_dictionaries({"centrality": GRADES, "evidence": GRADES}),
    st.fixed_dictionaries({"sentence": st.integers(1, 3), "en": st.text(max_size=80), "zh": st.text(max_size=80)}),
    st.integers(0, 4),
    st.lists(st.sampled_from(FLAGS), unique=True),
)
@settings(max_examples=80, deadline=None)
def test_reads_back_what_was_filled(
    criteria: dict[str, dict[str, int]], takeaway: dict[str, Any], relevance: int, flags: list[str]
) -> None:
    """Every valid filling of the schema is a verdict with the same grades, sentences and flags."""
    filled = {**GOOD, "criteria": criteria, "takeaway": takeaway, "relevance": relevance, "flags": flags}
    verdict = read(json.dumps(filled))
    assert {each.name: {"sentence": each.sentence, "grade": each.grade} for each in verdict.grades} == criteria
    assert set(verdict.flags) == set(flags)
    assert all(written.sentence == takeaway["sentence"] and written.text.strip() for written in verdict.takeaways)


def logs(**probabilities: float) -> tuple[tuple[str, float], ...]:
    return tuple((token, math.log(probability)) for token, probability in probabilities.items())


def answer_all(
    relevance: tuple[tuple[str, float], ...],
    criteria: tuple[tuple[str, float], ...] = logs(Yes=0.75, No=0.25),
) -> dict[str, Answer]:
    def answer(alternatives: tuple[tuple[str, float], ...]) -> Answer:
        return Answer(text="Yes", finish_reason="length", alternatives=alternatives)

    graded = {name_criterion_question(criterion): answer(criteria) for criterion in TOPIC.criteria}
    return {RELEVANCE: answer(relevance), **graded}


def test_reads_yes_and_no_as_log_odds() -> None:
    """All spellings of the two words count; a grade is four times the share of yes, and counts half."""
    found = read_yes_no(
        answer_all((*logs(Yes=0.5, No=0.1), (" yes", math.log(0.3)), ("\u2581NO", math.log(0.1)))), TOPIC
    )
    assert found.relevance == pytest.approx((math.log(0.8 / 0.2) + math.log(0.75 / 0.25)) / 2)
    assert [each.name for each in found.grades] == ["centrality", "evidence"]
    assert [each.grade for each in found.grades] == pytest.approx([3.0, 3.0])
    assert {each.sentence for each in found.grades} == {None}


@pytest.mark.parametrize(
    ("alternatives", "relevance"),
    [(logs(Yes=1.0), CERTAIN), (logs(No=1.0), -CERTAIN), ((("Yes", 0.0), ("No", -9999.0)), CERTAIN)],
)
def test_is_never_surer_than_certain(alternatives: tuple[tuple[str, float], ...], relevance: float) -> None:
    """Also where the other word has no probability at all."""
    assert read_yes_no(answer_all(alternatives, alternatives), TOPIC).relevance == relevance


def drop_probabilities(answers: dict[str, Answer]) -> None:
    answers[RELEVANCE] = msgspec.structs.replace(answers[RELEVANCE], alternatives=())


def refuse(answers: dict[str, Answer]) -> None:
    answers[RELEVANCE] = msgspec.structs.replace(answers[RELEVANCE], refusal="No comment.")


def filter_out(answers: dict[str, Answer]) -> None:
    answers["criterion evidence"] = msgspec.structs.replace(answers[RELEVANCE], finish_reason="content_filter")


def lose_one(answers: dict[str, Answer]) -> None:
    del answers["criterion evidence"]


@pytest.mark.parametrize(
    ("spoil", "problem"),
    [
        (drop_probabilities, "no log-probabilities"),
        (refuse, "refused"),
        (filter_out, "content filter"),
        (lose_one, "'criterion evidence' has no answer"),
    ],
)
def test_refuses_what_says_neither(spoil: Callable[[dict[str, Answer]], None], problem: str) -> None:
    """One missing or stopped answer spoils the verdict, and the reason says so."""
    answers = answer_all(logs(Yes=0.9, No=0.1))
    spoil(answers)
    with pytest.raises(UnreadableError, match=problem):
        read_yes_no(answers, TOPIC)


@pytest.mark.parametrize("alternatives", [logs(Maybe=0.9, Yes=0.1), (("Yes", math.nan),), (("No", 3.0),)])
def test_refuses_probabilities_that_decide_nothing(alternatives: tuple[tuple[str, float], ...]) -> None:
    """Too little of them, or none that can be."""
    with pytest.raises(UnreadableError):
        read_yes_no(answer_all(alternatives), TOPIC)


@given(st.lists(st.tuples(st.sampled_from(["Yes", "no", "x", ""]) | st.text(max_size=3), st.floats()), max_size=6))
@settings(max_examples=150, deadline=None)
def test_any_probabilities_are_a_verdict_or_unreadable(alternatives: list[tuple[str, float]]) -> None:
    """Whatever a server gives, log odds stay finite and within bounds."""
    try:
        found = read_yes_no(answer_all(tuple(alternatives)), TOPIC)
    except UnreadableError:
        return
    assert abs(found.relevance) <= CERTAIN
