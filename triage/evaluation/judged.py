"""Our ranker with verdicts of a judge: fused where there is one, prior and taste alone where there is none."""

from collections.abc import Callable, Collection, Mapping, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from triage.core.fusion import Fusion, fuse_week
from triage.core.rubric import Topic
from triage.evaluation.ours import TriageRanker, to_probabilities
from triage.evaluation.records import Candidates, Pool, Votes, VoteUse
from triage.store.verdicts import VerdictKey


class Said(msgspec.Struct, frozen=True):
    """What the judge that was asked last said of a topic: its log odds by arXiv id."""

    key: VerdictKey
    relevances: Mapping[str, float]

    def align(self, papers: Pool) -> NDArray[np.float64]:
        """Its log odds in the order of the papers, `(n,)`, NaN where it was not asked."""
        return np.array([self.relevances.get(paper.arxiv_id, np.nan) for paper in papers.papers], dtype=np.float64)

    def count(self, papers: Pool) -> int:
        """How many of the papers it judged."""
        return sum(paper.arxiv_id in self.relevances for paper in papers.papers)


class SharedRanker(TriageRanker):
    """Our ranker, which learns a taste once for both rows: the one with a judge and the one without."""

    def __init__(self, embed: Callable[[Sequence[str]], NDArray[np.float32]]) -> None:
        super().__init__(embed)
        self._kept: dict[tuple[object, ...], NDArray[np.float64]] = {}

    def measure_logits(self, topic: Topic, votes: Votes, candidates: Candidates) -> NDArray[np.float64]:
        """Log odds of relevance, `(n,)`."""
        key = topic.name, candidates.week, *map(_list_ids, (votes.positives, votes.negatives, votes.background))
        if key not in self._kept:
            self._kept[key] = super().measure_logits(topic, votes, candidates)
        return self._kept[key]


class JudgedRanker:
    """`verdicts` are a judge's log odds by topic and arXiv id; `fusion` gives a topic's coefficients."""

    name = "Triage + judge"
    uses_votes: VoteUse = "optional"
    gives_probability = True

    def __init__(
        self, base: TriageRanker, verdicts: Mapping[str, Mapping[str, float]], fusion: Callable[[str], Fusion]
    ) -> None:
        self._base = base
        self._verdicts = verdicts
        self._fusion = fusion

    @property
    def topics(self) -> Collection[str]:
        """Those it has verdicts on; of the others there is nothing to measure."""
        return self._verdicts.keys()

    def score(self, topic: Topic, votes: Votes, candidates: Candidates, /) -> NDArray[np.float64]:
        """Probabilities of relevance, `(n,)`."""
        logits = self._base.measure_logits(topic, votes, candidates)
        verdicts = self._verdicts.get(topic.name, {})
        relevance = np.array([verdicts.get(paper.arxiv_id, np.nan) for paper in candidates.papers])
        return to_probabilities(fuse_week(logits, relevance, self._fusion(topic.name)))


def _list_ids(pool: Pool) -> tuple[str, ...]:
    return tuple(paper.arxiv_id for paper in pool.papers)
