"""What the evaluation is made from: papers with their vectors, votes, and the protocol of a ranker."""

from collections.abc import Mapping, Sequence
from typing import Literal, Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from triage.core.paper import Paper
from triage.core.rubric import Topic

VoteUse = Literal["ignored", "optional", "required"]


class Pool(msgspec.Struct, frozen=True, eq=False):
    """Papers and their vectors, `(n, d) float32`, unit rows, aligned; raises `ValueError` where they are not."""

    papers: tuple[Paper, ...]
    vectors: NDArray[np.float32]

    def __post_init__(self) -> None:
        if self.vectors.ndim != 2 or len(self.vectors) != len(self.papers):  # noqa: PLR2004 - rows and columns
            raise ValueError(f"{len(self.papers)} papers, but vectors of shape {self.vectors.shape}")

    def __len__(self) -> int:
        return len(self.papers)

    def take(self, rows: Sequence[int]) -> "Pool":
        """Those rows, in that order."""
        return Pool(tuple(self.papers[row] for row in rows), self.vectors[np.asarray(rows, dtype=np.intp)])


class Candidates(Pool, frozen=True, eq=False):
    """Every paper of one week (`2026-W17`): what a ranker has to put in order."""

    week: str


class Votes(msgspec.Struct, frozen=True, eq=False):
    """What a ranker may learn from, all of it older than the week.

    `background` holds random older papers nobody voted on, for rankers that need negatives.
    """

    positives: Pool
    negatives: Pool
    background: Pool


class Task(msgspec.Struct, frozen=True, eq=False):
    """One topic, the papers voted relevant and not relevant (of any date) and, in graded mode, the grades.

    `grades` maps week to arXiv id to grade 0 to 3, unjudged papers left out. Without it the list is the truth: the
    positives announced in a week are what should be found in that week.
    """

    topic: Topic
    positives: Pool
    negatives: Pool
    grades: Mapping[str, Mapping[str, int]] | None = None


class Ranker(Protocol):
    """Puts the papers of a week in order for a topic, having seen the votes."""

    @property
    def name(self) -> str:
        """Row of the table; names the embedder where the ranker uses ours in the place of its own."""
        ...

    @property
    def uses_votes(self) -> VoteUse:
        """`required`: cannot rank before the first positive vote, so its column 0 stays empty."""
        ...

    @property
    def gives_probability(self) -> bool:
        """Whether the scores are probabilities of relevance, so that calibration can be measured."""
        ...

    def score(self, topic: Topic, votes: Votes, candidates: Candidates, /) -> NDArray[np.float64]:
        """`(n,)` finite scores aligned with the candidates, higher is better; deterministic."""
        ...
