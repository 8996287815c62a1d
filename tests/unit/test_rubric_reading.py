"""Reading a rubric as a whole: what is valid, what is no rubric at all, and many mistakes at once."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triage.core.rubric import Cue, Exemplar, JudgeRules, NearCue, Rubric, ShortlistRules
from triage.core.rubric_reading import read_rubric
from triage.core.yaml_fields import MAX_BYTES
from triage.errors import RubricError

_VALID = Path(__file__).with_name("small_rubric.yaml").read_text(encoding="utf-8")
_NO_YAML = "cannot be read as YAML"
_TAB = (
    "while scanning for the next token; found character '\\t' that cannot start any token "
    "(indent with blanks, not with tabs)"
)


def _problems(text: str) -> list[str]:
    with pytest.raises(RubricError) as caught:
        read_rubric(text, "r.yaml")
    return str(caught.value).splitlines()


def _complaints(text: str) -> list[str]:
    try:
        read_rubric(text, "r.yaml")
    except RubricError as error:
        return str(error).splitlines()
    return []


def _swap(old: str, new: str) -> str:
    assert old in _VALID
    return _VALID.replace(old, new, 1)


def test_valid_text_becomes_records() -> None:
    """Plain and weighted cues, both spellings of anchors and unquoted ids are read as meant."""
    rubric = read_rubric(_VALID, "r.yaml")
    first, second = rubric.topics
    assert first.cues == (Cue("plain cue"), Cue("heavy cue*", 2.5), Cue("bad", -1.0))
    assert first.near == (NearCue(("agent*",), ("benchmark", "evaluat*"), 10, 2.0),)
    assert first.exemplars == (Exemplar("2410.10120", "A paper"),)  # as a number it would lose its last digit
    assert first.criteria[0].anchors == second.criteria[0].anchors == ("a", "b", "c", "d", "e")
    assert (second.near, second.tags) == ((), ())


def test_sizes_and_limits_may_be_left_out() -> None:
    """A rubric without `shortlist` and `judge` has their defaults."""
    lines = [line for line in _VALID.splitlines() if not line.startswith(("shortlist", "judge"))]
    rubric: Rubric = read_rubric("\n".join(lines), "r.yaml")
    assert (rubric.shortlist, rubric.judge) == (ShortlistRules(), JudgeRules())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "1: expected a mapping; found an empty file"),
        ("# only a comment\n", "1: expected a mapping; found an empty file"),
        ("- a\n- b\n", "1: expected a mapping; found a list"),
        ("just words", "1: expected a mapping; found the text 'just words'"),
        (
            "version: 1\n---\nversion: 1\n",
            f"2: column 1: {_NO_YAML}: expected a single document in the stream; but found another document",
        ),
        (
            "version: 1\njudge:\n\tcalls: 3\n",
            f"3: column 1: {_NO_YAML}: {_TAB}",
        ),
        (
            "a: 1\nb: [1, 2\n",
            f"3: column 1: {_NO_YAML}: while parsing a flow sequence; expected ',' or ']', but got '<stream end>'",
        ),
        (
            "a: 1\nb: &x [1]\nc: *x\n",
            f"2: column 4: {_NO_YAML}: anchors (&) and aliases (*) are not allowed",
        ),
        ("a: *x\n", f"1: column 4: {_NO_YAML}: found undefined alias 'x'"),
        ("[" * 50_000, f"1: column 20: {_NO_YAML}: nested too deep"),
        ("a: b\nc: \x00\n", "2: expected printable text; found the character U+0000"),
        ('a: b\nc: "\\U00110000"\n', f"2: {_NO_YAML}: chr() arg not in range(0x110000)"),
        ("a" * (MAX_BYTES + 1), "1: expected at most 1 MiB; found more"),
    ],
    ids=[
        "empty",
        "comment",
        "list",
        "text",
        "documents",
        "tab",
        "syntax",
        "anchor",
        "alias",
        "deep",
        "nul",
        "escape",
        "large",
    ],
)
def test_text_that_is_no_rubric_at_all_is_refused(text: str, expected: str) -> None:
    """Broken or hostile YAML ends in one sentence with its line."""
    assert _problems(text) == [f"r.yaml:{expected}"]


def test_all_mistakes_are_told_in_one_go() -> None:
    """Mistakes far from each other, and several within one list and record, are told together in the file's order."""
    text = _swap("version: 1", "version: x").replace("cs.IR", "CS").replace("- plain cue", "- ''")
    text = (
        text.replace("weight: 2.5", "weight: 99")
        .replace("What else.", "''")
        .replace("[a, b, c, d, e]", "['', b, c, d, 1]")
    )
    where = [line.split(": ")[:2] for line in _problems(text)]
    assert where == [
        ["r.yaml:1", "version"],
        ["r.yaml:2", "categories[0]"],
        ["r.yaml:12", "topics[0].cues[0]"],
        ["r.yaml:13", "topics[0].cues[1].weight"],
        ["r.yaml:27", "topics[1].definition"],
        ["r.yaml:33", "topics[1].criteria[0].anchors[0]"],
        ["r.yaml:33", "topics[1].criteria[0].anchors[4]"],
    ]


def test_block_values_are_told_with_the_line_of_their_name() -> None:
    """What spans lines is told where its name stands, unknown fields too; a repeated field hides no other problem."""
    block = "tags:\n      one: 1\n    tittle:\n      - x\n    title: Again\n    definition: ''"
    where = [line.split(": ")[:2] for line in _problems(_swap("tags: [one]", block))]
    assert where == [
        ["r.yaml:19", "topics[0].tags"],
        ["r.yaml:21", "topics[0].tittle"],
        ["r.yaml:23", "topics[0].title"],
        ["r.yaml:24", "topics[0].definition"],
    ]


def test_malformed_arxiv_id_says_why() -> None:
    """An id that lost a digit is told with the number of digits it should have."""
    (problem,) = _problems(_swap("2410.10120", "2410.1012"))
    where = "r.yaml:18: topics[0].exemplars[0].arxiv_id"
    assert problem == f"{where}: '2410.1012' is no arXiv id: 2410 takes 5 digits after the point"


def test_explicit_tags_build_nothing() -> None:
    """A tag that would make an unsafe loader run code is just a value of the wrong kind."""
    problems = _problems(_swap("title: First topic", "title: !!python/object/apply:os.getcwd []"))
    assert problems == ["r.yaml:7: topics[0].title: expected text; found a list"]


@given(st.text(max_size=60))
@settings(max_examples=60, deadline=None)
def test_no_text_ends_in_another_error(noise: str) -> None:
    """Whatever is typed into a field or appended, the rubric is read or a `RubricError` says why not."""
    for text in (_swap("First topic", noise), f"{_VALID}{noise}", noise):
        assert all(line.startswith("r.yaml:") for line in _complaints(text))


@given(st.permutations(_VALID.split("\n  - name: ")[1].splitlines(keepends=True)[1:5]))
@settings(max_examples=15, deadline=None)
def test_fields_may_stand_in_any_order(lines: list[str]) -> None:
    """The order of a topic's fields does not matter."""
    before = "".join(_VALID.split("\n  - name: ")[1].splitlines(keepends=True)[1:5])
    assert read_rubric(_swap(before, "".join(lines)), "r.yaml") == read_rubric(_VALID, "r.yaml")
