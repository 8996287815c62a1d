"""Several rankings of the same things as one: reciprocal rank fusion (Cormack, Clarke and Büttcher, SIGIR 2009)."""

from collections import defaultdict
from collections.abc import Sequence

_K = 60  # the paper's own: found on TREC runs, and not sensitive


def fuse_ranks(rankings: Sequence[Sequence[int]]) -> dict[int, float]:
    """Each key's sum of `1 / (60 + rank)`, divided by the most it could be: 1.0 is the first in every ranking.

    A ranking holds a key once at most; one that is empty does not count.
    """
    spoken = [ranking for ranking in rankings if ranking]
    sums: defaultdict[int, float] = defaultdict(float)
    for ranking in spoken:
        for rank, key in enumerate(ranking, 1):
            sums[key] += 1 / (_K + rank)
    most = len(spoken) / (_K + 1)
    return {key: total / most for key, total in sums.items()}
