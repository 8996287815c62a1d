from pathlib import Path

import pytest

from triage.core.cues import normalise_words
from triage.core.prior import read_words, score_parts
from triage.core.reasons import explain_place
from triage.core.rubric import Topic
from triage.core.rubric_reading import read_rubric

TITLE = "Semantic IDs for Generative Recommendation"
ABSTRACT = "We decode item tokens. An online A/B test shows gains. Ablations confirm it. Our code is available."


@pytest.fixture(scope="module")
def topic(root: Path) -> Topic:
    return read_rubric((root / "rubric.yaml").read_text(encoding="utf-8"), "rubric.yaml").topics[0]


def _explain(topic: Topic, title: str, abstract: str, taste: float = 0.0) -> list[str]:
    words = read_words(title, abstract)
    return explain_place(words, abstract, topic, score_parts(words, topic, 0.5) | {"taste": taste})


def test_reasons_quote_the_paper(topic: Topic) -> None:
    """Every quoted phrase stands in the paper, hyphens and case aside."""
    quoted = _explain(topic, TITLE, ABSTRACT)[0].split("“")[1:]

    assert quoted
    assert all(f" {phrase.split('”')[0]} " in normalise_words(f"{TITLE} {ABSTRACT}") for phrase in quoted)


def test_pair_in_the_title_is_quoted(topic: Topic) -> None:
    """Two words that mean the topic together are named as they stand."""
    assert "“generative” near “recommendation” in the title" in _explain(topic, TITLE, ABSTRACT)


def test_evidence_is_named(topic: Topic) -> None:
    """An online test, an ablation and released code are reasons to read."""
    reasons = _explain(topic, TITLE, ABSTRACT)

    assert {"A/B test in the abstract", "ablation in the abstract", "code or data released"} <= set(reasons)


@pytest.mark.parametrize(
    "abstract",
    [
        "Code that passes review may still fail when deployed on real devices.",
        "Agents are increasingly deployed in high-stakes settings.",
        "The study relies entirely on publicly available datasets.",
        "Dialectal data currently available are scarce.",
        "Code will be released soon.",
    ],
)
def test_what_the_abstract_does_not_claim_of_itself_is_no_reason(topic: Topic, abstract: str) -> None:
    """Words of deployment or release about others, or about the future, are not told as this paper's merit."""
    assert not {"deployed in production", "code or data released"} & set(_explain(topic, TITLE, abstract))


@pytest.mark.parametrize(("taste", "expected"), [(0.8, "speak for"), (-0.8, "speak against")])
def test_votes_that_count_are_named(topic: Topic, taste: float, expected: str) -> None:
    """A reader sees when the votes, not the words, moved a paper."""
    assert any(expected in reason for reason in _explain(topic, TITLE, ABSTRACT, taste))


def test_there_is_always_a_reason(topic: Topic) -> None:
    """A paper without any cue is there for its meaning, and says so."""
    assert _explain(topic, "Soil", "Bacteria in lakes.") == ["close in meaning to the topic's definition"]
