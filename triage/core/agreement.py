"""How far readers agree who vote on the same papers, beyond what chance would bring about.

Votes are mappings from arXiv id to reader to value: 1 relevant, 0 uncertain, -1 not. Only papers with two votes or
more say something; a reader who did not vote on one of them is simply missing there.

*Kappa* is Cohen's (1960, Educational and Psychological Measurement 20) between two readers. Between more it is Fleiss'
(1971, Psychological Bulletin 76), with papers of unequally many votes as in Gwet (2014, Handbook of Inter-Rater
Reliability, ch. 2): the share of agreeing pairs of votes is averaged over papers, and so are the shares of the values.
Where nearly all papers are of one kind, kappa is low however well readers agree; *AC1* (Gwet 2008, British Journal of
Mathematical and Statistical Psychology 61) is not, which is why both are told.

Intervals are by the Bayesian bootstrap (Rubin 1981, Annals of Statistics 9) over papers. To the papers it has two more,
spread over all pairs of votes: without them, readers who agree on all of ten papers would seem sure to agree for ever.
Of simulated votes on 10 to 50 papers, the intervals held the truth in 89 to 100 % of 150 trials of a kind; those of the
plain bootstrap, where nearly all votes are alike, in 24 %.
"""

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import combinations
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from triage.core.metrics import Interval

Ballots = Mapping[str, Mapping[str, int]]
"""Votes by arXiv id and reader."""

SCALE: Final = (1, 0, -1)
CERTAIN: Final = (1, -1)
"""All that a vote may say, and that without "uncertain"."""

LEAST_FOR_INTERVAL: Final = 10
"""Papers below which weighing them anew says nothing about others."""

_TWO = 2  # readers have Cohen's kappa, and a confusion of their own
_ROUNDS = 2_000
_SEED = 20
_BESIDES = 2.0  # papers that an interval reckons with beside those it has; measured as the module says
_ALMOST_NONE = 1e-9  # chance explains everything: kappa does not exist
_Z = 1.959964  # of 95 %, two-sided


class Measure(msgspec.Struct, frozen=True):
    """A coefficient and the ends of its 95 % interval, None below `LEAST_FOR_INTERVAL` papers."""

    value: float
    low: float | None
    high: float | None


class Coefficients(msgspec.Struct, frozen=True):
    """How far readers agree over `papers` with two votes or more; `observed`: the share of pairs of votes that agree.

    `readers` and `votes` count who voted on these papers, and how often. None where there is no such paper; kappa also
    where all votes are the same, since chance would explain that.
    """

    papers: int
    readers: int
    votes: int
    observed: Measure | None
    kappa: Measure | None
    ac1: Measure | None


class ReaderPair(msgspec.Struct, frozen=True):
    """Two readers by the papers that both voted on, and on how many of these they part."""

    first: str
    second: str
    papers: int
    parted: int
    kappa: float | None
    ac1: float


def keep_shared(ballots: Ballots, categories: Sequence[int] = SCALE) -> dict[str, dict[str, int]]:
    """The papers with two votes or more of these categories, by id; other votes are left out."""
    kept = {
        arxiv_id: {reader: value for reader, value in sorted(votes.items()) if value in categories}
        for arxiv_id, votes in sorted(ballots.items())
    }
    return {arxiv_id: votes for arxiv_id, votes in kept.items() if len(votes) > 1}


def measure_agreement(ballots: Ballots, categories: Sequence[int] = SCALE) -> Coefficients:
    """The coefficients with their intervals; the same votes, the same; votes of other categories are left out."""
    shared = keep_shared(ballots, categories)
    if not shared:
        return Coefficients(0, 0, 0, None, None, None)
    rows, counts = np.unique(_describe(shared, categories), axis=0, return_counts=True)
    papers, readers = len(shared), len(_list_readers(shared))
    mean = counts @ rows / papers
    drawn = _draw_means(rows, counts, _list_pairs(len(categories), is_two=readers == _TWO))
    observed, kappa, ac1 = (_measure(formula, mean, drawn, papers) for formula in (_take_observed, _kappa, _ac1))
    return Coefficients(papers, readers, sum(map(len, shared.values())), observed, kappa, ac1)


def compare_readers(ballots: Ballots) -> tuple[ReaderPair, ...]:
    """Every two readers who share a paper; first those who part most surely, by the Wilson interval's lower end."""
    shared = keep_shared(ballots)
    readers = _list_readers(shared)
    pairs = [pair for names in combinations(readers, 2) if (pair := _compare(shared, *names)) is not None]
    return tuple(sorted(pairs, key=lambda pair: -wilson_interval(pair.parted, pair.papers).low))


def count_confusion(ballots: Ballots) -> tuple[tuple[int, int, int], ...]:
    """Pairs of votes on the same paper: rows and columns are relevant, uncertain, not relevant.

    Of two readers, the first by name has the rows. Of more, each pair counts both ways, so that rows and columns are
    alike.
    """
    shared = keep_shared(ballots)
    is_two = len(_list_readers(shared)) == _TWO
    counts: Counter[tuple[int, int]] = Counter()
    for votes in shared.values():
        for first, second in combinations(votes.values(), 2):
            counts.update([(first, second)] if is_two else [(first, second), (second, first)])
    return tuple((counts[row, 1], counts[row, 0], counts[row, -1]) for row in SCALE)


def has_parted(values: Sequence[int]) -> bool:
    """Whether the votes on a paper differ."""
    return len(set(values)) > 1


def measure_split(values: Sequence[int]) -> float:
    """The variance of the votes on a paper: 1 where as many say yes as no, 0.25 for one yes and one "uncertain"."""
    return float(np.var(values)) if values else 0.0


def wilson_interval(hits: int, total: int) -> Interval:
    """95 % interval of a share (Wilson 1927), `total` above 0: honest for few papers, and never outside 0 to 1."""
    share, spread = hits / total, _Z**2 / total
    middle = (share + spread / 2) / (1 + spread)
    half = _Z * math.sqrt(share * (1 - share) / total + spread / (4 * total)) / (1 + spread)
    return Interval(max(0.0, middle - half), min(1.0, middle + half))


def _list_readers(shared: Ballots) -> list[str]:
    return sorted({reader for votes in shared.values() for reader in votes})


def _compare(shared: Ballots, first: str, second: str) -> ReaderPair | None:
    both = {
        arxiv_id: {first: votes[first], second: votes[second]}
        for arxiv_id, votes in shared.items()
        if first in votes and second in votes
    }
    if not both:
        return None
    mean = _describe(both, SCALE).mean(axis=0)
    kappa = float(_kappa(mean))
    parted = sum(has_parted(list(votes.values())) for votes in both.values())
    return ReaderPair(first, second, len(both), parted, None if math.isnan(kappa) else kappa, float(_ac1(mean)))


def _describe(shared: Ballots, categories: Sequence[int]) -> NDArray[np.float64]:
    """`(n, 1 + 2q)`, one row per paper, whose means are all that the coefficients need.

    The share of agreeing pairs, then the shares of the values twice: by the first and by the second reader where there
    are two, else by all of them.
    """
    readers = _list_readers(shared)
    chosen = np.array(
        [[[votes.get(reader) == each for each in categories] for reader in readers] for votes in shared.values()],
        dtype=np.float64,
    )  # (n, readers, q), a row of noughts where one did not vote
    counts = chosen.sum(axis=1)
    votes = counts.sum(axis=1, keepdims=True)
    agreeing = (counts * (counts - 1)).sum(axis=1, keepdims=True) / (votes * (votes - 1))
    shares = counts / votes
    first, second = (chosen[:, 0], chosen[:, 1]) if len(readers) == _TWO else (shares, shares)
    return np.hstack([agreeing, first, second])


def _list_pairs(categories: int, *, is_two: bool) -> NDArray[np.float64]:
    """`(q * q, 1 + 2q)`, as `_describe`: a paper for each pair of values that two readers may give."""
    values = np.eye(categories)
    first, second = np.repeat(values, categories, axis=0), np.tile(values, (categories, 1))
    agreeing = (first * second).sum(axis=1, keepdims=True)
    both = (first + second) / 2
    return np.hstack([agreeing, first, second] if is_two else [agreeing, both, both])


def _draw_means(
    rows: NDArray[np.float64], counts: NDArray[np.int_], besides: NDArray[np.float64]
) -> NDArray[np.float64]:
    """`(rounds, columns)`: the means of rows that stand for so many papers, their weights drawn anew each round."""
    weights = np.concatenate([counts, np.full(len(besides), _BESIDES / len(besides))])
    drawn: NDArray[np.float64] = np.random.default_rng(_SEED).dirichlet(weights, size=_ROUNDS)
    return drawn @ np.vstack([rows, besides])


def _measure(
    formula: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    mean: NDArray[np.float64],
    drawn: NDArray[np.float64],
    papers: int,
) -> Measure | None:
    value = float(formula(mean))
    if math.isnan(value):
        return None
    if papers < LEAST_FOR_INTERVAL:
        return Measure(value, None, None)
    low, high = np.nanquantile(formula(drawn), [0.025, 0.975])
    return Measure(value, min(value, float(low)), max(value, float(high)))


def _take_observed(means: NDArray[np.float64]) -> NDArray[np.float64]:
    return means[..., 0]


def _kappa(means: NDArray[np.float64]) -> NDArray[np.float64]:
    """NaN where chance explains everything."""
    first, second = np.split(means[..., 1:], 2, axis=-1)
    return _correct(means[..., 0], (first * second).sum(axis=-1))


def _ac1(means: NDArray[np.float64]) -> NDArray[np.float64]:
    first, second = np.split(means[..., 1:], 2, axis=-1)
    share = (first + second) / 2
    return _correct(means[..., 0], (share * (1 - share)).sum(axis=-1) / (share.shape[-1] - 1))


def _correct(observed: NDArray[np.float64], chance: NDArray[np.float64]) -> NDArray[np.float64]:
    left = 1 - chance
    return np.divide(observed - chance, left, out=np.full_like(left, np.nan), where=left > _ALMOST_NONE)
