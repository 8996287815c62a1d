"""Bands of ranks below the line, and the papers drawn from them for the miss audit.

Bands grow geometrically, each as many times as long as the one before: relevant papers thin out with the rank about as
fast, so that with equal draws each band adds about as much to the estimate's variance (Neyman's allocation). They do
not depend on the scores, so that the same bands of many weeks can be pooled.
"""

import hashlib
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec

MOST_BANDS = 6
"""Of a week; with fewer papers to draw, as many bands as papers, so that every band is drawn from."""


class Band(msgspec.Struct, frozen=True):
    """Ranks `first` to `last`, both included; rank 1 is the best paper of the week.

    `papers` of them could be drawn (one that was shown or voted on before could not), `expected` is the sum of their
    scores. `known` are those that stand there besides and had been voted relevant: missed for certain, not by estimate.
    """

    first: int
    last: int
    papers: int
    expected: float
    known: int = 0


class Below(msgspec.Struct, frozen=True):
    """A paper below the line that may be drawn: its rank over the week, its score (a probability)."""

    arxiv_id: str
    rank: int
    score: float


class BandDraw(msgspec.Struct, frozen=True):
    """A band and the ids drawn from it, in the order of the draw; each of its papers had the same chance."""

    band: Band
    arxiv_ids: tuple[str, ...]


def draw_papers(below: Iterable[Below], sample: int, key: str, known: Iterable[int] = ()) -> tuple[BandDraw, ...]:
    """Draw `sample` papers (all, where there are fewer), in every band about as many; the same `key`, the same papers.

    The first band begins with the first rank that is there: with what stands just below the line. `known` are ranks
    below the line that are known to be relevant; each is counted with the band that it lies in or just below.
    """
    ranked = sorted(below, key=lambda paper: paper.rank)
    bands = _split_ranks(ranked, min(sample, MOST_BANDS))
    shares = share_sample([len(papers) for papers in bands], sample)
    firsts = [papers[0].rank for papers in bands]
    certain = Counter(max(bisect_right(firsts, rank) - 1, 0) for rank in known)
    return tuple(
        BandDraw(
            _sum_up(papers, certain[number]), tuple(order_at_random((paper.arxiv_id for paper in papers), key)[:share])
        )
        for number, (papers, share) in enumerate(zip(bands, shares, strict=True))
    )


def share_sample(sizes: Sequence[int], sample: int) -> tuple[int, ...]:
    """How many to draw from bands of these sizes: one each in turn, from the first on, until all are shared out."""
    shares = [0] * len(sizes)
    left = min(sample, sum(sizes))
    while left:
        for band, size in enumerate(sizes):
            if left and shares[band] < size:
                shares[band] += 1
                left -= 1
    return tuple(shares)


def order_at_random(arxiv_ids: Iterable[str], key: str) -> list[str]:
    """The ids in an order that has nothing to do with rank or subject, and is the same for the same `key`."""
    return sorted(arxiv_ids, key=lambda each: hashlib.sha256(f"{key} {each}".encode()).digest())


def _split_ranks(ranked: Sequence[Below], bands: int) -> list[list[Below]]:
    """Papers by band; a band in which nothing ranks is left out."""
    if not ranked or bands < 1:
        return []
    line, last = max(ranked[0].rank - 1, 1), ranked[-1].rank
    ends = [round(line * (last / line) ** (number / bands)) for number in range(1, bands)] + [last]
    found: list[list[Below]] = [[] for _ in ends]
    for paper in ranked:
        found[next(number for number, end in enumerate(ends) if paper.rank <= end)].append(paper)
    return [papers for papers in found if papers]


def _sum_up(papers: Sequence[Below], known: int) -> Band:
    return Band(papers[0].rank, papers[-1].rank, len(papers), sum(paper.score for paper in papers), known)
