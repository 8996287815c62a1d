"""Ranking and calibration metrics over one week, and bootstrap intervals over weeks.

All functions take plain arrays aligned by paper. Higher scores rank first; ties keep the order of the input.
A metric that does not exist (no relevant paper in the week) raises `ValueError`: the caller leaves that week out.
"""

from collections.abc import Mapping
from types import MappingProxyType

import msgspec
import numpy as np
from numpy.typing import ArrayLike, NDArray

# A paper merely near the topic (grade 1) earns nothing; see the guide of the graded judgements.
DEFAULT_GAINS: Mapping[int, float] = MappingProxyType({0: 0.0, 1: 0.0, 2: 1.0, 3: 3.0})
RELEVANT_GRADE = 2


class Interval(msgspec.Struct, frozen=True):
    """Both ends of a confidence interval."""

    low: float
    high: float


def rank_order(scores: ArrayLike) -> NDArray[np.intp]:
    """Indices from the highest score to the lowest, stable; raises `ValueError` for a score that is not finite."""
    values = np.asarray(scores, dtype=np.float64)
    if not np.isfinite(values).all():
        raise ValueError("a score is not finite: such a paper has no place in a ranking")
    return np.argsort(-values, kind="stable")


def ndcg(scores: ArrayLike, grades: ArrayLike, k: int = 20, gains: Mapping[int, float] = DEFAULT_GAINS) -> float:
    """nDCG@k with log2 discount over the whole week (Järvelin and Kekäläinen 2002), gains looked up by grade."""
    gain = np.array([gains[int(grade)] for grade in np.asarray(grades)], dtype=np.float64)
    discount = 1.0 / np.log2(np.arange(2, min(k, gain.size) + 2))
    ideal = float(np.sort(gain)[::-1][: discount.size] @ discount)
    if ideal == 0.0:
        raise ValueError("nDCG does not exist: no paper earns a gain")
    return float(gain[rank_order(scores)][: discount.size] @ discount) / ideal


def precision(scores: ArrayLike, relevant: ArrayLike, k: int = 20) -> float:
    """Share of relevant papers among the first k places; k counts in full where fewer papers exist."""
    return float(_ranked(scores, relevant)[:k].sum()) / k


def recall(scores: ArrayLike, relevant: ArrayLike, k: int) -> float:
    """Share of the relevant papers found in the first k places."""
    hits = _ranked(scores, relevant)
    return float(hits[:k].sum()) / _positives(hits, "recall")


def average_precision(scores: ArrayLike, relevant: ArrayLike) -> float:
    """Mean over the relevant papers of the precision at their place, without interpolation."""
    hits = _ranked(scores, relevant)
    _positives(hits, "average precision")
    places = np.flatnonzero(hits) + 1
    return float(np.mean(np.arange(1, places.size + 1) / places))


def work_saved(scores: ArrayLike, relevant: ArrayLike, at: float = 0.95) -> float:
    """Work saved over sampling at that recall, WSS@95 by default (Cohen et al. 2006): unread share - (1 - recall)."""
    hits = _ranked(scores, relevant)
    # Rounded first: 0.95 * 20 is 19.0 on paper and must not ask for the 20th paper by a rounding error.
    wanted = int(np.ceil(round(at * _positives(hits, "work saved"), 9)))
    read = int(np.flatnonzero(hits)[wanted - 1]) + 1
    return (hits.size - read) / hits.size - (1.0 - at)


def expected_calibration_error(probabilities: ArrayLike, relevant: ArrayLike, bins: int = 10) -> float:
    """Mean distance of said and seen probability over bins of equal mass (Nguyen and O'Connor 2015)."""
    said, seen = _probabilities(probabilities), np.asarray(relevant, dtype=bool)
    order = np.argsort(said, kind="stable")
    parts = [part for part in np.array_split(order, bins) if part.size]
    return sum(part.size * abs(float(said[part].mean() - seen[part].mean())) for part in parts) / said.size


def brier_score(probabilities: ArrayLike, relevant: ArrayLike) -> float:
    """Mean squared distance of the probability from what came true (Brier 1950); 0 is best."""
    return float(np.mean((_probabilities(probabilities) - np.asarray(relevant, dtype=np.float64)) ** 2))


def bootstrap_interval(
    values: ArrayLike, seed: int, weights: ArrayLike | None = None, *, level: float = 0.95, rounds: int = 10_000
) -> Interval:
    """Percentile interval of the (weighted) mean, weeks resampled with replacement; the same seed gives the same.

    `values` holds one number per week. Weights make it the interval of a pooled share: hits over positives.
    """
    value = np.asarray(values, dtype=np.float64)
    weight = np.ones_like(value) if weights is None else np.asarray(weights, dtype=np.float64)
    if value.size < 2:  # noqa: PLR2004 - two is what "several" means here
        raise ValueError("an interval over weeks needs two weeks at least")
    drawn = np.random.default_rng(seed).integers(0, value.size, size=(rounds, value.size))
    means = (value * weight)[drawn].sum(axis=1) / weight[drawn].sum(axis=1)
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(low), float(high))


def _ranked(scores: ArrayLike, relevant: ArrayLike) -> NDArray[np.bool_]:
    """Relevance by place."""
    return np.asarray(relevant, dtype=bool)[rank_order(scores)]


def _positives(hits: NDArray[np.bool_], metric: str) -> int:
    count = int(hits.sum())
    if count == 0:
        raise ValueError(f"{metric} does not exist: no paper is relevant")
    return count


def _probabilities(values: ArrayLike) -> NDArray[np.float64]:
    said = np.asarray(values, dtype=np.float64)
    if said.size == 0 or not ((said >= 0.0) & (said <= 1.0)).all():
        raise ValueError("probabilities are wanted: one number from 0 to 1 per paper")
    return said
