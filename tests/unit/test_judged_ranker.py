"""Our ranker with verdicts: the same as without where there is none, fused where there is one."""

from collections.abc import Sequence

import numpy as np
import pytest
from fakes.evaluation_case import TOPIC, evaluate_small, grade_week, make_background, make_old, make_task, make_week
from numpy.typing import NDArray

from triage.core.fusion import Fusion
from triage.core.prior import to_probability
from triage.evaluation.judged import JudgedRanker
from triage.evaluation.ours import TriageRanker
from triage.evaluation.records import Votes

HALF = Fusion(-1.0, 0.5, 0.25, "by hand")
NO_VOTES = Votes(*[make_old(0, relevant=False, first=0)] * 3)
VOTES = Votes(make_old(20, relevant=True, first=0), make_old(0, relevant=False, first=0), make_background())


def _embed(texts: Sequence[str]) -> NDArray[np.float32]:
    """The topic's own direction for every text."""
    return np.tile(np.eye(8, dtype=np.float32)[0], (len(texts), 1))


def _fuse(_topic: str) -> Fusion:
    return HALF


@pytest.mark.parametrize("votes", [NO_VOTES, VOTES], ids=["prior", "prior and taste"])
def test_only_papers_with_a_verdict_differ(votes: Votes) -> None:
    """Of forty papers two have a verdict: theirs is -1 + 0.5 * logit + 0.25 * verdict, the others keep their own."""
    week, base = make_week(), TriageRanker(_embed)
    first, tenth = week.papers[0].arxiv_id, week.papers[9].arxiv_id
    ranker = JudgedRanker(base, {TOPIC.name: {first: -4.0, tenth: 5.0}}, _fuse)
    plain, fused = base.score(TOPIC, votes, week), ranker.score(TOPIC, votes, week)
    logits = base.measure_logits(TOPIC, votes, week)
    assert fused[0] == pytest.approx(to_probability(-1 + 0.5 * logits[0] - 1.0))
    assert fused[9] == pytest.approx(to_probability(-1 + 0.5 * logits[9] + 1.25))
    assert np.delete(fused, [0, 9]).tolist() == np.delete(plain, [0, 9]).tolist()


def test_verdicts_of_another_topic_or_week_change_nothing() -> None:
    """Nor does being asked twice: the prior that the base keeps is not written to."""
    week, base = make_week(), TriageRanker(_embed)
    verdicts = {"another-topic": {week.papers[0].arxiv_id: 5.0}, TOPIC.name: {"2601.00001": 5.0}}
    plain = base.score(TOPIC, NO_VOTES, week).tolist()
    assert JudgedRanker(base, verdicts, _fuse).score(TOPIC, NO_VOTES, week).tolist() == plain
    judged = JudgedRanker(base, {TOPIC.name: {week.papers[0].arxiv_id: 5.0}}, _fuse)
    assert judged.score(TOPIC, NO_VOTES, week).tolist() == judged.score(TOPIC, NO_VOTES, week).tolist()
    assert base.score(TOPIC, NO_VOTES, week).tolist() == plain


def test_the_fusion_is_asked_for_by_topic() -> None:
    """Coefficients fitted for one topic are not used for another."""
    week, asked = make_week(), list[str]()

    def choose(topic: str) -> Fusion:
        asked.append(topic)
        return HALF

    JudgedRanker(TriageRanker(_embed), {}, choose).score(TOPIC, NO_VOTES, week)
    assert asked == [TOPIC.name]


def test_a_judge_that_knows_the_answer_beats_the_base_in_the_protocol() -> None:
    """Verdicts that agree with the grades lift nDCG at 0 votes to 1, in a row of their own."""
    week, base = make_week(), TriageRanker(_embed)
    grades = grade_week(week)
    says = {paper.arxiv_id: 2.5 * grades[week.week].get(paper.arxiv_id, 0) - 2.5 for paper in week.papers}
    judge_alone = Fusion(0.0, 0.0, 1.0, "judge alone")
    ranker = JudgedRanker(base, {TOPIC.name: says}, lambda _topic: judge_alone)
    cells = evaluate_small(make_task(grades=grades), base, ranker)
    found = {cell.ranker: cell.mean for cell in cells if cell.metric == "nDCG@20" and cell.votes == 0}
    assert found["Triage + judge"] == pytest.approx(1.0)
    assert found["Triage"] < 1.0
