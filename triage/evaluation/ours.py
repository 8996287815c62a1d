"""Our own ranker under the protocol of the others: prior and taste, as `triage score` computes them."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from triage.core.prior import TopicVectors, embed_topic, sum_logit, to_probability
from triage.core.rubric import Topic
from triage.core.taste import Examples, fit_taste, has_seen_enough
from triage.evaluation.records import Candidates, Pool, Votes, VoteUse
from triage.pipeline.score import compute_parts


class TriageRanker:
    """The prior of the rubric, and taste once there are votes enough. Keeps a week's prior over the vote counts."""

    name = "Triage"
    uses_votes: VoteUse = "optional"
    gives_probability = True

    def __init__(self, embed: Callable[[Sequence[str]], NDArray[np.float32]]) -> None:
        self._embed = embed
        self._topics: dict[str, TopicVectors] = {}
        self._prior: dict[tuple[str, str], NDArray[np.float64]] = {}

    def score(self, topic: Topic, votes: Votes, candidates: Candidates, /) -> NDArray[np.float64]:
        """Probabilities of relevance, `(n,)`."""
        return to_probabilities(self.measure_logits(topic, votes, candidates))

    def measure_logits(self, topic: Topic, votes: Votes, candidates: Candidates) -> NDArray[np.float64]:
        """Log odds of relevance, `(n,)`."""
        logits = self._measure_prior(topic, candidates)
        if has_seen_enough(len(votes.positives), len(votes.negatives) + len(votes.background)):
            taste = fit_taste(*map(_to_examples, (votes.positives, votes.negatives, votes.background)))
            logits = logits + taste.measure(_to_examples(candidates))
        return logits

    def _measure_prior(self, topic: Topic, candidates: Candidates) -> NDArray[np.float64]:
        key = topic.name, candidates.week
        if key not in self._prior:
            if topic.name not in self._topics:
                self._topics[topic.name] = embed_topic(topic, self._embed)
            parts = compute_parts(topic, _to_examples(candidates), self._topics[topic.name])
            self._prior[key] = np.array([sum_logit(each) for each in parts])
        return self._prior[key]


def to_probabilities(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """`prior.to_probability` of each, `(n,)`."""
    return np.array([to_probability(logit) for logit in logits.tolist()])


def _to_examples(pool: Pool) -> Examples:
    return Examples([(paper.title, paper.abstract) for paper in pool.papers], pool.vectors)
