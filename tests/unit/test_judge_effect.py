"""What a judge changes on graded weeks, worked out by hand."""

from collections.abc import Sequence

import numpy as np
from fakes.evaluation_case import NEXT_WEEK, TOPIC, WEEK, grade_week, make_background, make_task, make_week
from numpy.typing import NDArray

from triage.core.fusion import SHIPPED, fuse_week
from triage.core.metrics import ndcg
from triage.evaluation.corpus import Corpus
from triage.evaluation.judge_effect import (
    REFITTED,
    GradedTopic,
    GradedWeek,
    bin_reliability,
    grade_topics,
    measure_gains,
    measure_reliability,
)
from triage.evaluation.judged import Said, SharedRanker
from triage.evaluation.ours import TriageRanker
from triage.evaluation.records import Votes
from triage.store.verdicts import VerdictKey

KEY = VerdictKey(TOPIC.name, "0123456789ab", "made-up", "p1", "yes-no")


def _embed(texts: Sequence[str]) -> NDArray[np.float32]:
    """The topic's own direction for every text."""
    return np.tile(np.eye(8, dtype=np.float32)[0], (len(texts), 1))


def make_graded(seed: int, size: int = 60, judged: int = 20) -> GradedWeek:
    """A week in which the judge knows the grades of the best papers, and the prior nothing."""
    random = np.random.default_rng(seed)
    grades = random.choice([0, 0, 0, 2, 3], size)
    relevance = np.full(size, np.nan)
    relevance[:judged] = 2.0 * grades[:judged] - 3.0
    return GradedWeek(np.sort(random.normal(-1, 1, size))[::-1].copy(), relevance, grades)


def make_topic(*weeks: GradedWeek, name: str = TOPIC.name) -> GradedTopic:
    """Weeks 11 and on, judged by yes or no."""
    return GradedTopic(name, "yes-no", {f"2026-W{11 + place}": week for place, week in enumerate(weeks)})


def test_judged_weeks_alone_are_compared_where_there_are_any() -> None:
    """Of two graded weeks one has verdicts, on 2 of its 40 papers; a topic that was not judged keeps both."""
    week, other = make_week(), make_week(NEXT_WEEK, first=60_000)
    task = make_task(grades=grade_week(week) | grade_week(other))
    said = Said(KEY, {week.papers[0].arxiv_id: 2.0, week.papers[39].arxiv_id: -2.0})
    corpus = Corpus((task,), (week, other), make_background(), (), {TOPIC.name: said})
    (topic,) = grade_topics(corpus, TriageRanker(_embed))
    assert (topic.name, topic.form, list(topic.weeks)) == (TOPIC.name, "yes-no", [WEEK])
    assert np.flatnonzero(topic.weeks[WEEK].judged.is_judged).tolist() == [0, 39]
    assert topic.weeks[WEEK].relevance[[0, 39]].tolist() == [2.0, -2.0]
    assert topic.weeks[WEEK].judged.relevant.sum() == 8
    (unjudged,) = grade_topics(Corpus((task,), (week, other), make_background(), (), {}), TriageRanker(_embed))
    assert (unjudged.form, list(unjudged.weeks)) == (None, [WEEK, NEXT_WEEK])
    assert measure_gains([unjudged], 0) == ()
    (row,) = measure_reliability([unjudged])
    assert (row.ranker, row.all_papers.papers, row.judged) == ("Triage", 80, None)


def test_gain_of_a_judge_that_knows() -> None:
    """Both nDCG, as the shipped coefficients weigh it, and an interval around the difference."""
    week = make_graded(1)
    (gain,) = measure_gains([make_topic(week)], 0)
    fused = fuse_week(week.cheap, week.relevance, SHIPPED["yes-no"])
    assert (gain.judged, gain.without) == (20, ndcg(week.cheap, week.grades))
    assert gain.judge == ndcg(fused, week.grades)
    assert gain.low < gain.difference < gain.high
    assert gain.difference > 0.1
    assert measure_gains([make_topic(week)], 0) == (gain,)
    assert measure_gains([make_topic(week)], 1) != (gain,)


def test_a_judge_that_says_nothing_new_gains_nothing() -> None:
    """The draws are paired: where both rankings are the same, so is every difference, and the interval is a point."""
    week = make_graded(2)
    same = GradedWeek(week.cheap, 2.0 * week.cheap, week.grades)
    (gain,) = measure_gains([make_topic(same)], 0)
    assert (gain.difference, gain.low, gain.high) == (0.0, 0.0, 0.0)


def test_draws_without_a_relevant_paper_are_left_out() -> None:
    """One relevant paper of sixty is missing from a third of the draws."""
    week = make_graded(3)
    alone = GradedWeek(week.cheap, week.relevance, np.where(np.arange(60) == 30, 3, 0))
    (gain,) = measure_gains([make_topic(alone)], 0)
    assert np.isfinite([gain.low, gain.high]).all()


def test_reliability_of_a_single_judged_week_has_no_refit() -> None:
    """There is no other week to learn from."""
    rows = measure_reliability([make_topic(make_graded(4))])
    assert [row.ranker for row in rows] == ["Triage", "Triage + judge"]


def test_the_picture_shows_judged_papers_of_all_topics() -> None:
    """Twenty of each week, in bins of equal count; a topic that was not judged is left out."""
    judged = [make_topic(make_graded(5), make_graded(6)), make_topic(make_graded(7), make_graded(8), name="other")]
    week = make_graded(9, judged=0)
    bins = bin_reliability([*judged, GradedTopic("unjudged", None, {"2026-W11": week})])
    assert list(bins) == ["Triage", "Triage + judge", REFITTED]
    assert {name: sum(each.papers for each in found) for name, found in bins.items()} == dict.fromkeys(bins, 80)
    alone = bin_reliability([GradedTopic("unjudged", None, {"2026-W11": week})])
    assert {name: sum(each.papers for each in found) for name, found in alone.items()} == {"Triage": 60}


def test_a_taste_is_learned_once_for_both_rows() -> None:
    """The same votes again, in pools of their own, give the same array; other votes another."""
    ranker, week, task, background = SharedRanker(_embed), make_week(), make_task(20), make_background()
    votes = [Votes(task.positives.take(range(count)), task.negatives, background) for count in (20, 20, 10)]
    first, second, third = (ranker.measure_logits(TOPIC, each, week) for each in votes)
    assert first is second
    assert first.tolist() != third.tolist()
    assert first.tolist() == TriageRanker(_embed).measure_logits(TOPIC, votes[0], week).tolist()
