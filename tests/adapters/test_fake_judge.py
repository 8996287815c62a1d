import json
from collections import Counter
from typing import Any

import httpx2
import msgspec
import pytest
from fakes.judge_case import KEY, PAPER, REFERENCE, SCHEMA, ask, ask_yes_no, open_judge
from msgspec.structs import replace

from triage.adapters.fake_judge.faults import FAULTS, list_faults
from triage.adapters.fake_judge.faults_model import FILLED
from triage.adapters.fake_judge.script import fill, find_reference, look_for
from triage.adapters.fake_judge.server import OK, Asked, draw_faults, serve_fake_judge
from triage.core.question import Message
from triage.errors import JudgeError

MESSAGES = ask().messages
BY_NAME = {
    "$defs": {"grade": {"type": "object", "properties": {"grade": {"type": "integer", "maximum": 10}}}},
    "type": "object",
    "properties": {"criteria": {"type": "object", "properties": {"centrality": {"$ref": "#/$defs/grade"}}}},
}


def test_a_schema_is_filled_from_one_number() -> None:
    """Grades lie between their limits as the belief does, the reference is the paper's, the sentence the first."""
    assert fill(SCHEMA, MESSAGES, 0.5) == {
        "reference": REFERENCE,
        "criteria": [
            {"name": "centrality", "grade": 2, "sentence": 1},
            {"name": "evidence", "grade": 2, "sentence": 1},
        ],
        "relevance": 2,
        "takeaway": "We build semantic IDs that raise recall by 12 percent.",
        "flags": [],
    }


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        (BY_NAME, {"criteria": {"centrality": {"grade": 8}}}),
        ({"const": 7}, 7),
        ({"enum": ["en", "zh"]}, "en"),
        ({"type": "boolean"}, True),
        ({"type": "number", "minimum": 0, "maximum": 1}, 0.8),
        ({"anyOf": [{"type": "null"}, {"type": "integer", "minimum": 1, "maximum": 1}]}, 1),
        ({"type": "array", "items": {"type": "integer"}, "minItems": 2}, [3, 3]),
        ({"type": "array", "items": {"type": "object", "properties": {"a": {"const": 1}}}}, [{"a": 1}]),
    ],
)
def test_other_schemas_are_filled_too(schema: dict[str, Any], value: object) -> None:
    """References, choices, limits and lists."""
    assert fill(schema, MESSAGES, 0.8) == value


def test_a_paper_without_a_reference_or_sentences_is_answered_nevertheless() -> None:
    """The fake does not depend on how a prompt is written."""
    messages = [Message("user", "A paper")]
    assert find_reference(messages) == ""
    assert fill({"type": "string"}, messages, 0.5) == "The paper says what it says."


async def test_who_asks_for_any_json_gets_what_the_refused_schema_wanted() -> None:
    """A model would know it from the prompt."""
    with serve_fake_judge(look_for("semantic")) as server:
        server.unknown = {"json_schema"}
        async with open_judge(server) as judge:
            filled = json.loads((await judge.answer(ask())).text)
    assert filled["reference"] == REFERENCE
    assert len(filled["criteria"]) == 2


def test_a_brain_looks_at_the_first_question_alone() -> None:
    """What is said of the topic, or later of a bad answer, changes no mind."""
    brain = look_for("semantic", "quantum")
    conversation = [*MESSAGES, Message("assistant", "quantum"), Message("user", "quantum")]
    assert brain(MESSAGES) == brain(conversation) == pytest.approx(0.5)


def test_a_brain_looks_at_the_paper_alone() -> None:
    """The words of the question behind it are in every question."""
    brain = look_for("recommendation")
    asked = "<paper 0f>\nTitle: Sorting\n</paper 0f>\n\nIs it about recommendation?"
    assert brain([Message("user", asked)]) < 0.5 < brain([Message("user", asked.replace("Sorting", "Recommendation"))])


def _ask_as(number: int, question: str) -> Asked:
    return Asked(number, 0, question, "fill", {})


def test_faults_are_drawn_by_question_and_attempt() -> None:
    """The same seed spoils the same questions in whatever order they come; another seed others."""
    names = list_faults("fill", heals=True)
    draw, other = draw_faults(names, 1, 0.3), draw_faults(names, 2, 0.3)
    drawn = [draw(_ask_as(number, str(number))) for number in range(300)]
    assert drawn == [draw(_ask_as(0, str(number))) for number in range(300)]
    assert drawn != [other(_ask_as(0, str(number))) for number in range(300)]
    spoiled = 300 - Counter(drawn)[OK]
    assert 60 < spoiled < 120
    assert set(drawn) <= {OK, *names}


def test_faults_of_the_other_form_are_not_drawn() -> None:
    """A yes-or-no question has no grades to spoil."""
    draw = draw_faults(list(FILLED), 1, 1.0)
    assert draw(Asked(0, 0, "q", "yes-no", {})) == OK


def test_every_fault_fits_a_form() -> None:
    """The lists to draw from hold everything that fits, once, by whether it heals."""
    listed = {form: list_faults(form, heals=True) + list_faults(form, heals=False) for form in ("fill", "yes-no")}
    assert {*listed["fill"], *listed["yes-no"]} == FAULTS.keys()
    assert "grade_11" not in listed["yes-no"]
    assert "no_logprobs" not in listed["fill"]
    assert "no_quota" not in list_faults("fill", heals=True)


async def _read_spoiled(fault: str) -> str:
    with serve_fake_judge(look_for("semantic"), [fault]) as server:
        async with open_judge(server) as judge:
            return (await judge.answer(ask())).text


@pytest.mark.parametrize("fault", sorted(FILLED))
async def test_a_spoiled_answer_differs_from_the_honest_one(fault: str) -> None:
    """A fault that changed nothing would prove nothing."""
    honest = fill(SCHEMA, MESSAGES, 0.98)
    assert await _read_spoiled(fault) != msgspec.json.encode(honest).decode()


@pytest.mark.parametrize(
    ("fault", "grades"),
    [
        ("grade_11", [11, 11]),
        ("grade_negative", [-1, -1]),
        ("wrong_types", ["three", "three"]),
        ("grades_null", [None, None]),
        ("missing_criterion", [4]),
        ("unknown_criterion", [4, 4]),
    ],
)
async def test_grades_are_spoiled_as_the_fault_says(fault: str, grades: list[object]) -> None:
    """And only they: the rest of the answer stays in order."""
    filled = json.loads(await _read_spoiled(fault))
    assert [each["grade"] for each in filled["criteria"]] == grades
    assert filled["reference"] == REFERENCE
    assert (filled["criteria"][0]["name"] == "beauty") == (fault == "unknown_criterion")


async def test_numbers_can_be_none() -> None:
    """NaN, which Python's own reader would take."""
    filled = json.loads(await _read_spoiled("not_a_number"))
    assert str(filled["criteria"][0]["grade"]) == "nan"
    assert filled["criteria"][0]["sentence"] == 1


async def test_a_member_can_come_twice() -> None:
    """Readers differ in which of the two they take."""
    pairs = json.loads(await _read_spoiled("duplicate_keys"), object_pairs_hook=lambda pairs: [key for key, _ in pairs])
    assert pairs[:2] == ["reference", "reference"]


async def test_the_log_tells_numbers_attempts_and_keys() -> None:
    """Delimiters that change from call to call do not make another question; a repair is a further attempt."""
    with serve_fake_judge(look_for("semantic"), ["status_500"]) as server:
        async with open_judge(server) as judge:
            with pytest.raises(JudgeError):
                await judge.answer(ask(f"{PAPER}\n<{'0' * 16}>"))
            again = ask(f"{PAPER}\n<{'f' * 16}>")
            await judge.answer(again)
            repair = (*again.messages, Message("assistant", "{"), Message("user", "That was no JSON."))
            await judge.answer(replace(again, messages=repair))
            await judge.answer(ask_yes_no())
    asked = [logged.asked for logged in server.log]
    assert [(each.number, each.attempt, each.form) for each in asked] == [
        (0, 0, "fill"), (1, 1, "fill"), (2, 2, "fill"), (3, 0, "yes-no"),
    ]  # fmt: skip
    assert [logged.fault for logged in server.log] == ["status_500", OK, OK, OK]
    assert all(logged.has_key and KEY in logged.headers["authorization"] for logged in server.log)
    assert [logged.at for logged in server.log] == sorted(logged.at for logged in server.log)
    assert server.most_at_once == 1


async def test_a_fault_that_does_not_fit_is_left_out() -> None:
    """A scripted grade of 11 cannot spoil a yes."""
    with serve_fake_judge(look_for("semantic"), ["grade_11"]) as server:
        async with open_judge(server) as judge:
            assert (await judge.answer(ask_yes_no())).text == "Yes"
    assert server.log[0].fault == OK


def test_another_path_is_not_found() -> None:
    """As on a server that serves something else."""
    with serve_fake_judge(look_for("semantic")) as server:
        answer = httpx2.post(f"{server.url}/completions", json={}, trust_env=False)
    assert answer.status_code == 404
    assert server.log == []
