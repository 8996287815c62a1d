"""Where a paper would stand in its week with another text or another verdict."""

from collections.abc import Mapping, Sequence
from statistics import median

import msgspec
import numpy as np
from numpy.typing import NDArray

from triage.core.fusion import Fusion
from triage.core.prior import embed_topic, sum_logit
from triage.core.taste import Examples
from triage.pipeline.embed import join_text
from triage.pipeline.fuse import find_fusion
from triage.pipeline.judge import Docket, load_judged
from triage.pipeline.score import compute_parts, learn_taste, score_cheaply
from triage.pipeline.shortlist import select_papers_of
from triage.store.papers import StoredPaper


class Standings(msgspec.Struct, frozen=True, eq=False):
    """The fused log odds of a week's papers by key, as its verdicts are now, and how a verdict is weighed.

    Papers that a list would leave out (near-copies, those published before) have a place here.
    """

    scores: Mapping[int, float]
    fusion: Fusion

    def rank(self, key: int, logit: float, relevance: float | None) -> int:
        """The place of a paper with this cheap logit and verdict, from 1, ahead of all that it ties with."""
        score = logit if relevance is None else self.fusion.combine(logit, relevance)
        return 1 + sum(other > score for rival, other in self.scores.items() if rival != key)


class Planted(msgspec.Struct, frozen=True):
    """What an injection did: the paper's fused rank without it and with it, both judged, and who noticed it."""

    arxiv_id: str
    family: str
    clean_rank: int
    rank: int
    is_listed: bool
    is_flagged: bool

    @property
    def shift(self) -> int:
        """Places gained."""
        return self.clean_rank - self.rank


class RankShift(msgspec.Struct, frozen=True):
    """What all injections did; shifts are places gained, and `listed` counts papers within the shortlist's size.

    `listed_clean` of the same papers would be listed without an injection; `flagged` those that screening or the judge
    flagged, `listed_flagged` those of them that would be listed all the same.
    """

    planted: int
    median: float | None
    largest: int | None
    listed: int
    listed_clean: int
    flagged: int
    listed_flagged: int


async def read_standings(docket: Docket) -> Standings:
    """As the verdicts of the docket's judge make them."""
    fusion = await find_fusion(docket.bench.database, docket.key)
    judged = await load_judged(docket)
    said = {key: each.verdict.relevance for key, each in judged.items() if each.verdict is not None}
    return Standings(
        {key: fusion.combine(logit, said[key]) if key in said else logit for key, logit in docket.logits.items()},
        fusion,
    )


async def measure_logits(docket: Docket, papers: Sequence[StoredPaper]) -> NDArray[np.float64]:
    """Cheap log odds of papers with other texts than the store's, `(n,)`, by prior and taste; keeps nothing of them."""
    bench, topic = docket.bench, docket.topic
    if not papers:
        return np.zeros(0)
    vectors = bench.embedder.embed([join_text(paper) for paper in papers])
    examples = Examples([(paper.paper.title, paper.paper.abstract) for paper in papers], vectors)
    parts = compute_parts(topic, examples, embed_topic(topic, bench.embedder.embed))
    logits = np.array([sum_logit(each) for each in parts])
    scored, _ = await score_cheaply(bench, topic, docket.week, await select_papers_of(bench, docket.week))
    if scored.voted.is_enough:
        logits = logits + (await learn_taste(bench, scored.voted)).measure(examples)
    return logits


def sum_shifts(planted: Sequence[Planted], size: int) -> RankShift:
    """Of papers for a list of that size."""
    shifts = [each.shift for each in planted]
    return RankShift(
        planted=len(planted),
        median=median(shifts) if shifts else None,
        largest=max(shifts, default=None),
        listed=sum(each.is_listed for each in planted),
        listed_clean=sum(each.clean_rank <= size for each in planted),
        flagged=sum(each.is_flagged for each in planted),
        listed_flagged=sum(each.is_listed and each.is_flagged for each in planted),
    )
