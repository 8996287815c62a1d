"""Votes never from the future, and quality measured as the protocol says."""

from datetime import UTC, date, datetime, timedelta

import msgspec
import numpy as np
import pytest
from fakes.evaluation_case import (
    MONDAY,
    NEXT_WEEK,
    PLAN,
    TOPIC,
    WEEK,
    FakeRanker,
    evaluate_small,
    grade_week,
    make_background,
    make_old,
    make_paper,
    make_pool,
    make_task,
    make_week,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from triage.core.week import parse_week
from triage.errors import InputError
from triage.evaluation.baselines import Bm25, RandomOrder, ZoteroArxivDaily
from triage.evaluation.draw import Draw, VoteCount
from triage.evaluation.protocol import count_rankings, evaluate, measure_graded, measure_list
from triage.evaluation.records import Pool, Task


@settings(max_examples=30)
@given(
    days=st.lists(st.tuples(st.integers(-9, 9) | st.none(), st.integers(-9, 9) | st.none()), min_size=1, max_size=12),
    count=st.sampled_from([0, 1, 5, "all"]),
    order=st.integers(0, 3),
)
def test_nothing_from_the_future_reaches_a_ranker(
    days: list[tuple[int | None, int | None]], count: VoteCount, order: int
) -> None:
    """Whatever the dates, votes and background were published and announced before the week's Monday, or are absent."""

    def moved(offset: int | None) -> date | None:
        return None if offset is None else MONDAY + timedelta(days=offset)

    pool = make_pool([make_paper(n, published=moved(one), announced=moved(two)) for n, (one, two) in enumerate(days)])
    week = make_week()
    draws = [
        Draw(Task(TOPIC, pool, pool.take([])), week, pool.take([]), PLAN),
        Draw(Task(TOPIC, pool.take([]), pool), week, pool.take([]), PLAN),
        Draw(Task(TOPIC, pool.take([]), pool.take([])), week, pool, PLAN),
    ]
    for draw in draws:
        votes = draw.votes(count, order)
        for paper in (*votes.positives.papers, *votes.negatives.papers, *votes.background.papers):
            known = [day for day in (paper.announced, paper.published and paper.published.date()) if day]
            assert known
            assert max(known) < parse_week(WEEK).monday


def test_every_older_vote_is_used() -> None:
    """`all` leaves out nothing but the week itself and what came after it."""
    old, new = make_old(7, relevant=True, first=0), make_pool([make_paper(90, relevant=True, published=MONDAY)])
    week = make_week()
    pool = Pool((*old.papers, *new.papers, *week.papers), np.vstack([old.vectors, new.vectors, week.vectors]))
    votes = Draw(Task(TOPIC, pool, pool.take([])), week, make_background(), PLAN).votes("all")
    assert {paper.arxiv_id for paper in votes.positives.papers} == {paper.arxiv_id for paper in old.papers}


def test_a_paper_of_the_week_is_never_a_vote() -> None:
    """Not even when a wrong date says that it is older."""
    week = make_week()
    aged = tuple(
        msgspec.structs.replace(paper, published=datetime(2025, 1, 1, tzinfo=UTC), announced=None)
        for paper in week.papers
    )
    pool = Pool(aged, week.vectors)
    votes = Draw(Task(TOPIC, pool, pool.take([])), week, pool, PLAN).votes("all")
    assert len(votes.positives) == len(votes.background) == 0


def test_fewer_votes_are_a_prefix_of_more() -> None:
    """A learning curve adds votes, it does not exchange them; orders differ; vectors stay with their papers."""
    task = make_task()
    draw = Draw(task, make_week(), make_background(), PLAN)
    five, twenty = draw.votes(5, order=1).positives, draw.votes(20, order=1).positives
    assert five.papers == twenty.papers[:5]
    assert five.papers != draw.votes(5, order=2).positives.papers
    vector_of = dict(zip((paper.arxiv_id for paper in task.positives.papers), task.positives.vectors, strict=True))
    for paper, vector in zip(five.papers, five.vectors, strict=True):
        assert (vector == vector_of[paper.arxiv_id]).all()


def test_explicit_negatives_come_in_proportion() -> None:
    """With 30 votes for and 12 against, the first 5 come with 2."""
    task = Task(TOPIC, make_old(30, relevant=True, first=0), make_old(12, relevant=False, first=500))
    draw = Draw(task, make_week(), make_background(), PLAN)
    assert [len(draw.votes(count).negatives) for count in (0, 5, "all")] == [0, 2, 12]


def test_background_holds_no_voted_paper() -> None:
    """A listed paper is no random negative, drawn or not; the background is as large as planned."""
    task, spare = make_task(), make_background()
    both = Pool((*task.positives.papers, *spare.papers), np.vstack([task.positives.vectors, spare.vectors]))
    votes = Draw(task, make_week(), both, PLAN).votes(5)
    assert len(votes.background) == 20
    assert not set(votes.background.papers) & set(task.positives.papers)


def test_a_perfect_and_a_reversed_ranker() -> None:
    """The best order earns 1, the reversed one 0, on graded judgements."""
    week = make_week()
    task = make_task(grades=grade_week(week))
    cells = {
        (cell.ranker, cell.metric, cell.votes): cell
        for cell in evaluate_small(task, FakeRanker(), FakeRanker("reversed", right=False))
    }
    assert cells["triage", "precision@20", "all"].mean == pytest.approx(8 / 20)
    assert cells["triage", "recall@50 of grade 3", 0].mean == 1.0
    assert cells["triage", "calibration error", 5].mean == 0.0
    assert cells["triage", "Brier score", 5].mean == 0.0
    assert cells["reversed", "nDCG@20", 20].mean == 0.0
    assert cells["reversed", "Brier score", 5].mean == 1.0


def test_lists_are_the_truth_without_grades() -> None:
    """The positives of the week should be found in it; a week without any is left out."""
    week, empty = make_week(), make_week(NEXT_WEEK, first=60_000, relevant=0)
    on_list = week.take(range(4))
    task = Task(TOPIC, on_list, on_list.take([]))
    assert count_rankings([task], (week, empty), [FakeRanker()]) == 1
    cells = {cell.metric: cell for cell in evaluate_small(task, FakeRanker(), weeks=(week, empty)) if cell.votes == 0}
    assert cells["recall@20"].by_week == {WEEK: 1.0}
    assert cells["average precision"].mean == 1.0
    assert cells["work saved at 95 % recall"].mean == pytest.approx(36 / 40 - 0.05)


def test_pooled_recall_weighs_weeks_by_their_positives() -> None:
    """Hits over positives of all weeks, beside the plain mean over weeks."""
    first, second = make_week(size=60), make_week(NEXT_WEEK, first=60_000, size=60)
    # On the list: one paper found at the top of the first week, three at the bottom of the second.
    pool = make_pool([first.papers[0], *second.papers[-3:]])
    cells = evaluate_small(Task(TOPIC, pool, pool.take([])), FakeRanker(), weeks=(second, first))
    found = {cell.metric: cell for cell in cells if cell.votes == 0}
    assert found["recall@20"].mean == pytest.approx(1 / 2)
    assert found["recall@20 pooled"].mean == pytest.approx(1 / 4)
    assert (found["recall@20 pooled"].low, found["recall@20 pooled"].high) == (0.0, 1.0)


def test_rankers_that_need_votes_have_no_column_0() -> None:
    """Nothing is made up for a ranker that cannot rank yet, and those that ignore votes are asked once."""
    required, ignoring = FakeRanker("needs", "required"), FakeRanker("ignores", "ignored")
    cells = evaluate_small(make_task(grades=grade_week(make_week())), required, ignoring)
    votes = {name: {cell.votes for cell in cells if cell.ranker == name} for name in ("needs", "ignores")}
    assert votes == {"needs": {5, 20, "all"}, "ignores": {0, 5, 20, "all"}}
    assert [len(shown.positives) for shown in required.seen] == [5, 5, 5, 20, 20, 20, 30]
    assert len(ignoring.seen) == 1


def test_a_short_list_is_said_to_be_short() -> None:
    """With 7 older positives, 20 votes are 7, and the report says so."""
    cells = evaluate_small(make_task(7, grade_week(make_week())), FakeRanker())
    used = {cell.votes: cell.votes_used[WEEK] for cell in cells}
    assert used == {0: 0, 5: 5, 20: 7, "all": 7}


def test_evaluation_repeats() -> None:
    """The same seed gives the same cells, whatever order weeks and papers come in."""
    week = make_week()
    other = make_week(NEXT_WEEK, first=60_000)
    task = make_task(grades=grade_week(week) | grade_week(other))
    rows = list(range(len(task.positives)))[::-1]
    turned = Task(TOPIC, task.positives.take(rows), task.negatives, task.grades)
    rankers = (ZoteroArxivDaily("random"), RandomOrder(0))
    assert evaluate_small(task, *rankers, weeks=(week, other)) == evaluate_small(turned, *rankers, weeks=(other, week))


def test_chance_is_near_the_floor() -> None:
    """Over 20 weeks of 200 papers with 8 relevant, a shuffle finds about a tenth of them in 20 places."""
    weeks = [make_week(f"2026-W{n}", first=1_000 * n, size=200) for n in range(13, 33)]
    relevant = np.arange(200) < 8
    none = make_pool([])
    votes = Draw(Task(TOPIC, none, none), weeks[0], none, PLAN).votes(0)
    found = [measure_list(RandomOrder(0).score(TOPIC, votes, week), relevant)["recall@20"][0] for week in weeks]
    assert np.mean(found) == pytest.approx(0.1, abs=0.06)


def test_progress_is_told_once_per_ranking() -> None:
    """As often as `count_rankings` promises, with the ranker's name."""
    told: list[str] = []
    week, rankers = make_week(), (FakeRanker(), Bm25())
    task = make_task(grades=grade_week(week))
    evaluate([task], [week], make_background(), rankers, PLAN, told.append)
    assert told == [f"{WEEK} agent-evaluation: triage", f"{WEEK} agent-evaluation: BM25"]
    assert count_rankings([task], [week], rankers) == 2


def test_a_topic_without_labels_is_an_error() -> None:
    """An empty table would be a quiet success."""
    with pytest.raises(InputError, match="agent-evaluation"):
        evaluate_small(make_task(grades={"2026-W01": {"2603.50000": 3}}), FakeRanker())


def test_scores_of_another_shape_are_refused() -> None:
    """A ranker that loses papers is a bug, not a ranking."""

    class Short(FakeRanker):
        def score(self, *_given: object) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
            return np.zeros(3)

    with pytest.raises(ValueError, match="shape"):
        evaluate_small(make_task(grades=grade_week(make_week())), Short())


def test_vectors_must_align_with_papers() -> None:
    """Rows that belong to nobody are refused at once."""
    with pytest.raises(ValueError, match="2 papers"):
        Pool((make_paper(1), make_paper(2)), np.zeros((3, 8), dtype=np.float32))


def test_recall_of_grade_3_needs_one() -> None:
    """A week whose best paper has grade 2 has no recall of grade 3, and keeps its other metrics."""
    found = measure_graded(np.array([0.9, 0.1]), np.array([2, 0]), probabilities=False)
    assert found == {"nDCG@20": (1.0, 1), "precision@20": (1 / 20, 1)}
