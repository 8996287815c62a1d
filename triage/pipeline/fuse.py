"""Fuse: the cheap score and what a judge said become one probability per topic, its parts stored."""

import hashlib
from collections.abc import Mapping, Sequence

import msgspec
from msgspec.structs import replace

from triage.core.fusion import FUSION_NAME, SHIPPED, Fusion, judge_share
from triage.core.prior import sum_logit
from triage.core.prompt import HARMLESS
from triage.core.rubric import Topic, judge_fingerprint
from triage.core.week import Week
from triage.pipeline.report import StepReport
from triage.pipeline.score import Bench, Scored, score_cheaply, to_score
from triage.store.calibrations import load_calibration
from triage.store.engine import Database
from triage.store.papers import StoredPaper
from triage.store.scores import Score, ScoreKey, save_scores
from triage.store.verdicts import StoredVerdict, VerdictKey, choose_key, load_verdicts

_SHOWN_NAME = 48  # characters of a judge's name in a scorer's, which a database keeps in 160


class Opinion(msgspec.Struct, frozen=True):
    """What one judge said of a topic's week, by paper key, and how it is weighed."""

    key: VerdictKey
    fusion: Fusion
    verdicts: dict[int, StoredVerdict]

    @property
    def relevances(self) -> dict[int, float]:
        """Log odds of the papers that were judged."""
        return {key: each.verdict.relevance for key, each in self.verdicts.items() if each.verdict is not None}

    def name(self, papers: Mapping[int, StoredPaper]) -> str:
        """Prompt, judge, and 12 hexadecimal digits over every verdict and the coefficients."""
        lines = sorted(f"{papers[key].paper.arxiv_id} {relevance!r}" for key, relevance in self.relevances.items())
        told = "\n".join([repr(self.key), FUSION_NAME, self.fusion.digest, *lines])
        digest = hashlib.sha256(told.encode()).hexdigest()[:12]
        return f"{self.key.prompt}:{self.key.judge.rpartition('/')[2][:_SHOWN_NAME]}:{digest}"


async def score_topic(
    bench: Bench, topic: Topic, week: Week, papers: Sequence[StoredPaper]
) -> tuple[Scored, Opinion | None, StepReport]:
    """Score what is missing with the votes and verdicts of now; the papers must be embedded; idempotent.

    Papers without a verdict keep their cheap score. Verdicts are those of the judge that judged most of them.
    """
    cheap, report = await score_cheaply(bench, topic, week, papers)
    opinion = await load_opinion(bench, topic, papers)
    if opinion is None:
        return cheap, None, report
    relevances = opinion.relevances
    judged = [paper for paper in papers if paper.key in relevances]
    name = opinion.name({paper.key: paper for paper in judged})
    key = ScoreKey(topic.name, cheap.key.fingerprint, f"{cheap.key.scorer}+{name}")
    fused = {
        each.key: _fuse(cheap.scores[each.key], opinion.verdicts[each.key], relevances[each.key], opinion.fusion)
        for each in judged
    }
    async with bench.database.write() as session:
        await save_scores(session, judged, fused, key, bench.now)
    note = f"{report.note}, {len(judged)} judged"
    return replace(cheap, key=key, scores=cheap.scores | fused), opinion, replace(report, note=note, maker=key.scorer)


async def load_opinion(bench: Bench, topic: Topic, papers: Sequence[StoredPaper]) -> Opinion | None:
    """What the judge that judged most of the papers under this rubric said of them; None where none was asked."""
    async with bench.database.read() as session:
        key = await choose_key(session, papers, topic.name, judge_fingerprint(bench.rubric, topic.name))
        if key is None:
            return None
        verdicts = await load_verdicts(session, papers, key)
    if not verdicts:
        return None
    return Opinion(key, await find_fusion(bench.database, key), verdicts)


async def find_fusion(database: Database, key: VerdictKey) -> Fusion:
    """How a judge is weighed: as the reader's own votes taught (`triage calibrate`), else as shipped."""
    async with database.read() as session:
        found = await load_calibration(session, key)
    return found.fusion if found is not None else SHIPPED[key.form]


def _fuse(score: Score, found: StoredVerdict, relevance: float, fusion: Fusion) -> Score:
    """A text that speaks to the judge may have made it say yes, but hardly no: a flagged paper can only fall."""
    share = judge_share(sum_logit(score.parts), relevance, fusion)
    if set(found.flags).difference(HARMLESS):
        share = min(0.0, share)
    return to_score(score.parts | {"judge": share})
