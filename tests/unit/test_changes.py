import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from triage.core.changes import explain_parts, explain_wording
from triage.core.prior import read_words
from triage.core.rubric import Cue, NearCue, Topic

TOPIC = Topic(
    name="t",
    title="T",
    definition="D.",
    in_scope=("S",),
    out_of_scope=(),
    cues=(Cue("semantic id*", 2.0), Cue("survey", -1.0)),
    exemplars=(),
    criteria=(),
    near=(NearCue(("generative",), ("item",), 5, 1.0),),
)
WORDS = read_words("A Survey of Semantic IDs", "Item tokens are generative and indexed: item indexing at work.")
PARTS = st.dictionaries(st.sampled_from(["title_cues", "meaning", "taste", "judge"]), st.floats(-9, 9), max_size=4)


@pytest.mark.parametrize(
    ("cues", "told"),
    [
        ((*TOPIC.cues, Cue("item indexing")), ["says “item indexing”, now a cue"]),
        ((*TOPIC.cues, Cue("tokens", -1.0)), ["says “tokens”, now a cue against it"]),
        (TOPIC.cues[:1], ["says “survey”, no longer a cue against it"]),
        (TOPIC.cues[1:], ["says “semantic ids”, no longer a cue"]),
        ((Cue("semantic id*", 0.5), TOPIC.cues[1]), ["says “semantic ids”, a cue of weight 0.5 instead of 2"]),
        ((Cue("semantic ids", 2.0), TOPIC.cues[1]), []),
        ((*TOPIC.cues, Cue("graph")), []),
        (tuple(reversed(TOPIC.cues)), []),
    ],
)
def test_wording(cues: tuple[Cue, ...], told: list[str]) -> None:
    """What the paper says and weighs otherwise is quoted; another spelling or order of the same cues is no change."""
    assert explain_wording(WORDS, TOPIC, replace(TOPIC, cues=cues)) == told


def test_near_words_are_quoted_as_they_stand() -> None:
    """A pair that counts no longer is named by its two words."""
    assert explain_wording(WORDS, TOPIC, replace(TOPIC, near=())) == ["says “item” near “generative”, no longer a cue"]


def test_the_largest_change_comes_first() -> None:
    """By weight, and not by the order of the file."""
    cues = (*TOPIC.cues, Cue("tokens", 0.5), Cue("item indexing", 3.0))
    assert [each.split("”")[0] for each in explain_wording(WORDS, TOPIC, replace(TOPIC, cues=cues))] == [
        "says “item indexing",
        "says “tokens",
    ]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ({"title_cues": 0.0}, {"title_cues": 1.72}, ["cues in the title +1.7"]),
        ({"meaning": 3.0, "taste": 1.0}, {"meaning": 2.7}, ["your votes -1.0", "likeness in meaning -0.3"]),
        ({"judge": 1.2}, {"judge": -0.3}, ["the judge -1.5"]),
        ({"judge": 1.2}, {}, ["judge: not judged under the new wording -1.2"]),
        ({}, {"judge": 0.8}, ["judge: judged under the new wording only +0.8"]),
        ({"meaning": 3.0}, {"meaning": 3.04}, []),
    ],
)
def test_parts(old: dict[str, float], new: dict[str, float], told: list[str]) -> None:
    """Every part that moved a score is named with its share, the largest first; what moved nothing is not."""
    assert explain_parts(old, new, is_reworded=True) == told


def test_verdicts_that_come_and_go_under_the_same_wording() -> None:
    """The wording is not blamed for them."""
    assert explain_parts({"judge": 1.0}, {}, is_reworded=False) == ["judge: not judged now -1.0"]
    assert explain_parts({}, {"judge": 1.0}, is_reworded=False) == ["judge: judged now only +1.0"]


@settings(max_examples=50)
@given(PARTS)
def test_the_same_parts_are_no_change(parts: dict[str, float]) -> None:
    """Nothing is made up where nothing differs."""
    assert explain_parts(parts, dict(parts), is_reworded=True) == []
