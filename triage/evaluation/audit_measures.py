"""What an audit of a judge computes from its answers: how far they repeat, and how far a name moves them."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations, product
from math import fsum, sqrt
from statistics import fmean, stdev

import msgspec

from triage.core.verdict import Verdict

Round = Mapping[int, Verdict]
"""Verdicts by paper key of papers asked about one after another; papers without a verdict are absent."""

_FEWEST_RANKED = 3  # papers below which a rank correlation says nothing
_LEVEL = 0.975  # of Student's t, for a 95 % interval


class Consistency(msgspec.Struct, frozen=True):
    """How alike the answers of two rounds are, over all pairs of rounds; None where nothing can be said.

    An answer is identical if its relevance and every grade are. Differences are absolute, in log odds of relevance.
    `rank_correlation` is Spearman's, the mean over pairs of rounds in which the papers differ.
    """

    pairs: int
    identical: float | None = None
    mean_difference: float | None = None
    max_difference: float | None = None
    rank_correlation: float | None = None


class Effect(msgspec.Struct, frozen=True):
    """Mean paired difference in log odds of relevance, with the 95 % interval of Student's t from two papers on."""

    papers: int
    mean: float | None = None
    low: float | None = None
    high: float | None = None


def compare_repeats(rounds: Sequence[Round]) -> Consistency:
    """Every round with every other."""
    return _compare(combinations(rounds, 2))


def compare_orders(rounds: Sequence[Round], others: Sequence[Round]) -> Consistency:
    """Every round of the one order with every round of the other."""
    return _compare(product(rounds, others))


def _compare(pairs: Iterable[tuple[Round, Round]]) -> Consistency:
    same: list[bool] = []
    differences: list[float] = []
    correlations: list[float] = []
    for first, second in pairs:
        shared = [key for key in first if key in second]
        same += [_is_identical(first[key], second[key]) for key in shared]
        differences += [abs(first[key].relevance - second[key].relevance) for key in shared]
        found = correlate_ranks([first[key].relevance for key in shared], [second[key].relevance for key in shared])
        correlations += [found] if found is not None else []
    if not same:
        return Consistency(0)
    return Consistency(
        pairs=len(same),
        identical=fmean(same),
        mean_difference=fmean(differences),
        max_difference=max(differences),
        rank_correlation=fmean(correlations) if correlations else None,
    )


def _is_identical(first: Verdict, second: Verdict) -> bool:
    grades = [[(grade.name, grade.grade) for grade in verdict.grades] for verdict in (first, second)]
    return first.relevance == second.relevance and grades[0] == grades[1]


def correlate_ranks(first: Sequence[float], second: Sequence[float]) -> float | None:
    """Spearman's coefficient; None for fewer than three papers, or where all of one side are the same."""
    if len(first) < _FEWEST_RANKED or min(len(set(first)), len(set(second))) == 1:
        return None
    from scipy.stats import spearmanr

    return float(spearmanr(first, second).statistic)


def measure_effect(differences: Sequence[float]) -> Effect:
    """Of differences within papers."""
    count = len(differences)
    if count == 0:
        return Effect(0)
    mean = fsum(differences) / count
    if count == 1:
        return Effect(1, mean)
    from scipy.stats import t

    reach = float(t.ppf(_LEVEL, count - 1)) * stdev(differences) / sqrt(count)
    return Effect(count, mean, mean - reach, mean + reach)
