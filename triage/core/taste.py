"""Taste: what a topic's readers want beyond its rubric, learned from their votes and added to the prior.

Logistic regression on words (TF-IDF, one and two words) beside meaning (the embedding), fitted to relevant papers
against irrelevant ones and a random background. Explicit negatives weigh more than background, as in Scholar Inbox
(arXiv 2504.08385). The decision is expressed in standard deviations of the background's, so that its share in the
logit means the same for five votes as for five hundred; the share grows as n / (n + 60). A share of 0 lies 35 % of the
way from the background to the relevant votes: measured on two judged weeks, probabilities then stay about as
calibrated as the prior's, where a zero at the background made the sum of a week's probabilities twice too large.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

TASTE_NAME = "taste-1"
"""Names features and constants; raise it with any change below, and old scores are superseded."""

MIN_RELEVANT = 5
MIN_OTHERS = 20
BACKGROUND_SIZE = 3000
_HALF_TRUST = 60  # votes at which the classifier's share reaches a half
_NEUTRAL = 0.35  # of the way from the background's mean decision to the relevant votes
_EXPLICIT_WEIGHT = 5.0  # an irrelevant vote against one background paper
_MAX_FEATURES = 30_000


class Examples(msgspec.Struct, frozen=True):
    """Papers to learn from: `(title, abstract)` and `(n, d)` unit rows in the same order."""

    texts: Sequence[tuple[str, str]]
    vectors: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.texts)


class Taste:
    """A fitted classifier; `measure` gives its share in the logit. `zero` and `spread` set the scale of decisions."""

    def __init__(self, words: Any, classifier: Any, zero: float, spread: float, strength: float) -> None:
        self._words = words
        self._classifier = classifier
        self._zero = zero
        self._spread = spread
        self._strength = strength

    def measure(self, papers: Examples) -> NDArray[np.float64]:
        """The share in the logit, `(n,)`: above 0 for a paper rather like the relevant votes, below for the others."""
        if not len(papers):
            return np.zeros(0)
        decisions = self._classifier.decision_function(
            _combine(self._words and self._words.transform(_join(papers)), papers)
        )
        shares: NDArray[np.float64] = self._strength * (decisions - self._zero) / self._spread
        return shares


def has_seen_enough(relevant: int, others: int) -> bool:
    """Whether there are votes enough to speak; below, a classifier is worse than none (five votes, first trial)."""
    return relevant >= MIN_RELEVANT and others >= MIN_OTHERS


def fit_taste(relevant: Examples, irrelevant: Examples, background: Examples) -> Taste:
    """Learn from votes, of which `has_seen_enough` must hold; deterministic."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    examples = _concatenate(relevant, irrelevant, background)
    words = TfidfVectorizer(
        sublinear_tf=True, ngram_range=(1, 2), min_df=2, max_df=0.3, stop_words="english", max_features=_MAX_FEATURES
    )
    try:
        weights = words.fit_transform(_join(examples))
    except ValueError:  # scikit-learn's way to say that no word is shared by two of these papers
        words, weights = None, None
    features = _combine(weights, examples)
    labels = np.repeat([1, 0, 0], [len(relevant), len(irrelevant), len(background)])
    classifier = LogisticRegression(max_iter=2000).fit(
        features, labels, sample_weight=_weigh(relevant, irrelevant, background)
    )
    decisions = classifier.decision_function(features)
    liked, others = decisions[: len(relevant)], decisions[len(relevant) :]
    zero = float(others.mean() + _NEUTRAL * (liked.mean() - others.mean()))
    votes = len(relevant) + len(irrelevant)
    return Taste(words, classifier, zero, float(others.std()) or 1.0, votes / (votes + _HALF_TRUST))


def _concatenate(*parts: Examples) -> Examples:
    filled = [part for part in parts if len(part)]
    return Examples([text for part in filled for text in part.texts], np.vstack([part.vectors for part in filled]))


def _join(papers: Examples) -> list[str]:
    """The title counts twice."""
    return [f"{title} {title} {abstract}" for title, abstract in papers.texts]


def _combine(weights: Any, papers: Examples) -> Any:
    """Words, where there are any, beside meaning: one sparse row per paper."""
    from scipy import sparse

    meaning = sparse.csr_matrix(papers.vectors)
    return meaning if weights is None else sparse.hstack([weights, meaning]).tocsr()


def _weigh(relevant: Examples, irrelevant: Examples, background: Examples) -> NDArray[np.float64]:
    """Balanced: relevant papers together weigh as much as all others together, which sum to half their number each."""
    others = np.concatenate([np.full(len(irrelevant), _EXPLICIT_WEIGHT), np.ones(len(background))])
    half = (len(relevant) + len(others)) / 2
    return np.concatenate([np.full(len(relevant), half / len(relevant)), others * half / others.sum()])
