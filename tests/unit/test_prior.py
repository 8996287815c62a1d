import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from triage.adapters.hashing import HashingEmbedder
from triage.core.prior import (
    INTERCEPT,
    embed_topic,
    list_hits,
    measure_meaning,
    read_words,
    score_parts,
    sum_logit,
    to_probability,
)
from triage.core.rubric import Topic
from triage.core.rubric_reading import read_rubric


@pytest.fixture(scope="module")
def topics(root: Path) -> tuple[Topic, ...]:
    return read_rubric((root / "rubric.yaml").read_text(encoding="utf-8"), "rubric.yaml").topics


HEART = ("Semantic IDs for Generative Recommendation", "We decode item tokens autoregressively to recommend items.")
HARD_NEGATIVE = ("A Generator of Recommendation Letters", "We study letters of recommendation in hiring.")
EVALUATION = ("ToolBench-X: A Benchmark for LLM Agents", "We evaluate agents on tasks; the best agent fails often.")
BUILDER = ("Training Agents by Reinforcement Learning", "We train an agent; it reaches better results on tasks.")


def _score(paper: tuple[str, str], topic: Topic, meaning: float = 0.4) -> float:
    return sum_logit(score_parts(read_words(*paper), topic, meaning))


def test_paper_at_the_heart_beats_its_hard_negative(topics: tuple[Topic, ...]) -> None:
    """Words that merely look alike do not make a paper relevant, for both topics of the default rubric."""
    recommendation, evaluation = topics

    assert _score(HEART, recommendation) > _score(HARD_NEGATIVE, recommendation) + 3
    assert _score(EVALUATION, evaluation) > _score(BUILDER, evaluation) + 2


def test_parts_and_intercept_add_up_to_the_logit(topics: tuple[Topic, ...]) -> None:
    """A stored score can be explained: its parts are all there is."""
    parts = score_parts(read_words(*HEART), topics[0], 0.5)

    assert sum_logit(parts) == pytest.approx(INTERCEPT + sum(parts.values()))
    assert set(parts) == {"title_cues", "abstract_cues", "title_near", "abstract_near", "meaning"}


def test_repetition_adds_ever_less(topics: tuple[Topic, ...]) -> None:
    """An abstract that repeats a cue a hundred times gains less than one that says two cues."""
    stuffed = _score(("x", "semantic ids " * 100), topics[0])
    honest = _score(("x", "semantic ids and item tokens"), topics[0])

    assert stuffed < honest


@given(st.floats(-700, 700))
@settings(deadline=None)
def test_probability_lies_between_0_and_1(logit: float) -> None:
    """The logistic function neither overflows nor leaves its bounds, and is symmetric."""
    assert 0 <= to_probability(logit) <= 1
    assert to_probability(logit) + to_probability(-logit) == pytest.approx(1)


def test_probability_of_even_odds_is_one_half() -> None:
    """Log odds of 0 mean 0.5."""
    assert to_probability(0.0) == 0.5
    assert to_probability(math.log(3)) == pytest.approx(0.75)


def test_meaning_is_the_mean_cosine(topics: tuple[Topic, ...]) -> None:
    """A paper that says exactly what the definition says is closer than one about something else."""
    embedder = HashingEmbedder()
    vectors = embed_topic(topics[0], embedder.embed)
    texts = [topics[0].definition, "soil bacteria in northern lakes"]

    same, other = measure_meaning(embedder.embed(texts), vectors)

    assert same > other


def test_topic_without_exemplars_is_scored_by_its_words(topics: tuple[Topic, ...]) -> None:
    """Exemplars are optional: the mean is taken over what there is."""
    bare = Topic(**{name: getattr(topics[0], name) for name in topics[0].__struct_fields__} | {"exemplars": ()})

    def embed(texts: Sequence[str]) -> NDArray[np.float32]:
        return np.tile(np.array([1, 0], np.float32), (len(texts), 1))

    assert measure_meaning(np.array([[1, 0]], np.float32), embed_topic(bare, embed)) == pytest.approx([1.0])


def test_hits_are_told_once_strongest_first(topics: tuple[Topic, ...]) -> None:
    """A phrase within a longer one that was told is left out, and title words come first."""
    hits = list_hits(read_words(*HEART), topics[0])

    assert hits[0] == "generative recommendation"
    assert "recommendation" not in hits
    assert "item tokens" in hits
