"""One reader's taste in three forms: as Triage fits it today, over shared words, and over few shared directions.

Today every topic has a vocabulary of its own, so that two tastes are not weights over the same features. Over words
counted once for all (from the background), a taste is one row of weights: scores of all readers are one product.
Directions are those words after a truncated SVD (latent semantic analysis), beside the embedding.
"""

import time
from typing import Any, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from benchmarks.readers_product import TOP, Matrix, choose_best, take
from triage.core.taste import Examples, _combine, _join, _weigh, fit_taste

DIRECTIONS = 256
_SEED = 0
Form = Literal["words", "directions"]


class Fit(msgspec.Struct, frozen=True):
    """What a form costs and gives. `same_top` is the share of the week's top 20 by today's form that is kept."""

    form: str
    topic: str
    votes: int
    features: int
    cpu_seconds: float
    same_top: float
    correlation: float


class SharedSpace:
    """Words and directions counted once, from the background, for all readers; `seconds` of one core to make it."""

    def __init__(self, background: Examples) -> None:
        from sklearn.decomposition import TruncatedSVD
        from sklearn.feature_extraction.text import TfidfVectorizer

        begun = time.process_time()
        self._words = TfidfVectorizer(
            sublinear_tf=True, ngram_range=(1, 2), min_df=2, max_df=0.3, stop_words="english", max_features=30_000
        )
        counted = self._words.fit_transform(_join(background))
        size = min(DIRECTIONS, min(counted.shape) - 1)
        self._directions = TruncatedSVD(size, random_state=_SEED).fit(counted)
        self.seconds = time.process_time() - begun

    def read(self, papers: Examples, form: Form) -> Any:
        """Features of papers: a sparse matrix of words and meaning, or a dense one of directions and meaning."""
        counted = self._words.transform(_join(papers))
        if form == "words":
            return _combine(counted, papers)
        return np.hstack([self._directions.transform(counted).astype(np.float32), papers.vectors])

    def read_dense(self, papers: Examples) -> Matrix:
        """Directions and meaning, `(n, d) float32`."""
        return np.ascontiguousarray(self.read(papers, "directions"), np.float32)


def compare_forms(space: SharedSpace, topic: str, liked: Examples, background: Examples, week: Examples) -> list[Fit]:
    """Fit the three forms to the same votes and rank the same week; the first is what Triage does today."""
    nobody = take(background, [])
    begun = time.process_time()
    taste = fit_taste(liked, nobody, background)
    today = taste.measure(week)
    fits = [Fit("today", topic, len(liked), _count_features(taste), time.process_time() - begun, 1.0, 1.0)]
    labels = np.repeat([1, 0], [len(liked), len(background)])
    weights = _weigh(liked, nobody, background)
    for form in ("words", "directions"):
        known = _stack([space.read(liked, form), space.read(background, form)])
        seen = space.read(week, form)
        begun = time.process_time()  # features are made once for all readers, a fit is each one's own
        scores = _fit(known, labels, weights).decision_function(seen)
        seconds = time.process_time() - begun
        same, correlation = _compare(today, scores)
        fits.append(Fit(form, topic, len(liked), seen.shape[1], seconds, same, correlation))
    return fits


def time_words_product(space: SharedSpace, week: Examples, readers: int) -> float:
    """Seconds for the best papers of so many readers by weights over all words, one core; their values are drawn."""
    seen = space.read(week, "words").astype(np.float32)
    weights = np.random.default_rng(_SEED).standard_normal((seen.shape[1], readers), np.float32)
    begun = time.perf_counter()
    choose_best(np.ascontiguousarray((seen @ weights).T))
    return time.perf_counter() - begun


def _compare(today: NDArray[Any], scores: NDArray[Any]) -> tuple[float, float]:
    """The share of the top that both have, and how the scores correlate."""
    tops = [set(np.argsort(-each, kind="stable")[:TOP].tolist()) for each in (today, scores)]
    return len(tops[0] & tops[1]) / len(tops[0]), float(np.corrcoef(today, scores)[0, 1])


def _fit(features: Any, labels: NDArray[Any], weights: NDArray[Any]) -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(max_iter=2000).fit(features, labels, sample_weight=weights)


def _stack(parts: list[Any]) -> Any:
    from scipy import sparse

    return sparse.vstack(parts).tocsr() if sparse.issparse(parts[0]) else np.vstack(parts)


def _count_features(taste: Any) -> int:
    return int(taste._classifier.coef_.shape[1])  # noqa: SLF001 -- the classifier is what is measured
