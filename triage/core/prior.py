"""The prior: what the rubric's own words say about a paper, before any vote and without a language model.

Five parts speak: cues and near cues in the title, the same in the abstract (each `log(1 + weight)`, so that a tenth
repetition adds little), and likeness in meaning. They are summed to a logit; every part is stored with its share, so
the shares of a score and the intercept add up to it.

The coefficients were chosen on the list positives of 25 weeks and checked on two judged weeks (`triage evaluate`);
they are shared by all topics, so that a new rubric works from its first day.
"""

import math
from collections.abc import Callable, Mapping, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from triage.core.cues import count_near, count_phrases, find_phrase, normalise_words
from triage.core.rubric import Topic

Embed = Callable[[Sequence[str]], NDArray[np.float32]]

PRIOR_NAME = "prior-1"
"""Names the formula and its coefficients; raise it with any change below, and old scores are superseded."""

COEFFICIENTS: Mapping[str, float] = {
    "title_cues": 1.65,
    "abstract_cues": 1.65,
    "title_near": 1.6,
    "abstract_near": 1.4,
    "meaning": 7.7,
}
INTERCEPT = -8.25
_REPEATS = 1.0  # half the weight of a cue for its first hit in an abstract, two thirds for two, and so on
_NEAR_REPEATS = 2.0


class TopicVectors(msgspec.Struct, frozen=True):
    """What a topic means: one mean vector each, `(d,)`, of its definition, its scope and its exemplars' titles.

    What is out of scope has no vector: subtracting likeness to it made the ranking worse on both judged weeks.
    """

    definition: NDArray[np.float32]
    in_scope: NDArray[np.float32]
    exemplars: NDArray[np.float32] | None


class PaperWords(msgspec.Struct, frozen=True):
    """A paper as cues see it: normalised words."""

    title: str
    abstract: str


def read_words(title: str, abstract: str) -> PaperWords:
    """Normalise once, match for every topic."""
    return PaperWords(normalise_words(title), normalise_words(abstract))


def embed_topic(topic: Topic, embedder: Embed) -> TopicVectors:
    """Embed what the prior reads of a topic; the texts are few, so this is done anew each time."""
    exemplars = [exemplar.title for exemplar in topic.exemplars]
    return TopicVectors(
        embedder([topic.definition])[0],
        embedder(topic.in_scope).mean(axis=0),
        embedder(exemplars).mean(axis=0) if exemplars else None,
    )


def measure_meaning(vectors: NDArray[np.float32], topic: TopicVectors) -> NDArray[np.float32]:
    """Likeness of `(n, d)` unit rows to a topic, `(n,)`: cosines to definition, scope and exemplars, averaged."""
    likenesses = [vectors @ topic.definition, vectors @ topic.in_scope]
    if topic.exemplars is not None:
        likenesses.append(vectors @ topic.exemplars)
    mean: NDArray[np.float32] = np.mean(likenesses, axis=0, dtype=np.float32)
    return mean


def score_parts(words: PaperWords, topic: Topic, meaning: float) -> dict[str, float]:
    """The share of every part in the logit."""
    phrases = tuple(cue.phrase for cue in topic.cues)
    in_title = zip(topic.cues, count_phrases(words.title, phrases), strict=True)
    in_abstract = zip(topic.cues, count_phrases(words.abstract, phrases), strict=True)
    measured = {
        "title_cues": math.fsum(cue.weight for cue, count in in_title if count),
        "abstract_cues": math.fsum(cue.weight * _saturate(count, _REPEATS) for cue, count in in_abstract if count),
        "title_near": math.fsum(near.weight for near in topic.near if count_near(words.title, near)),
        "abstract_near": math.fsum(
            near.weight * _saturate(count_near(words.abstract, near), _NEAR_REPEATS) for near in topic.near
        ),
    }
    shares = {name: COEFFICIENTS[name] * math.log1p(max(0.0, value)) for name, value in measured.items()}
    return shares | {"meaning": COEFFICIENTS["meaning"] * meaning}


def sum_logit(parts: Mapping[str, float]) -> float:
    """The log odds of relevance: all parts and the intercept."""
    return INTERCEPT + math.fsum(parts.values())


def to_probability(logit: float) -> float:
    """The logistic function, safe at both ends."""
    return 1 / (1 + math.exp(-logit)) if logit >= 0 else math.exp(logit) / (1 + math.exp(logit))


def list_hits(words: PaperWords, topic: Topic) -> list[str]:
    """What of the paper's own words matched, most telling first: in the title, heavy, long; none within another."""
    hits: list[tuple[bool, float, str]] = []
    for cue in topic.cues:
        in_title = find_phrase(words.title, cue.phrase)
        found = in_title or find_phrase(words.abstract, cue.phrase)
        if found and cue.weight > 0:
            hits.append((in_title is not None, cue.weight, found))
    hits.sort(key=lambda hit: (-hit[0], -hit[1], -len(hit[2]), hit[2]))
    told: list[str] = []
    for _, _, found in hits:
        if not any(f" {found} " in f" {other} " for other in told):
            told.append(found)
    return told


def _saturate(count: int, half: float) -> float:
    return count / (count + half)
