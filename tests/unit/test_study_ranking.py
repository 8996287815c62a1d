"""What the notebook on ranking measures: a divided week, recall by place, what is read as an error."""

import numpy as np
import pytest
from fakes.evaluation_case import PLAN, FakeRanker, grade_week, make_background, make_task, make_week
from msgspec.structs import replace

from triage.adapters.hashing import HashingEmbedder
from triage.core.fusion import SHIPPED
from triage.core.misses import Interval, MissEstimate
from triage.core.week import parse_week
from triage.evaluation.corpus import Corpus
from triage.evaluation.draw import Draw
from triage.evaluation.judged import JudgedRanker
from triage.evaluation.ours import TriageRanker
from triage.evaluation.protocol import evaluate
from triage.evaluation.records import Candidates, Task
from triage.evaluation.reliability import bin_papers, measure_calibration
from triage.store.scores import Score
from triage.study.error_reading import choose_errors, list_too_high, tell_parts
from triage.study.pictures import Picture
from triage.study.ranking_corpus import mark_relevant, split_week
from triage.study.ranking_pictures import draw_reach, draw_reliability, draw_spread, table_reach, table_reliability
from triage.study.ranking_quality import Dot, Voice, remember
from triage.study.ranking_reach import reach
from triage.study.recall_promise import tell_estimate


def _corpus(task: Task, week: Candidates) -> Corpus:
    return Corpus((task,), (week,), make_background(), (), {})


def _graded() -> tuple[Task, Candidates]:
    week = make_week(size=60)
    return make_task(0, grade_week(week)), week


def test_half_of_a_divided_week_is_ranked_and_the_other_half_is_older_votes() -> None:
    """Of 60 papers, 8 of them relevant, 4 of 30 are to be found and 4 are votes that may be drawn; none is both."""
    task, week = _graded()
    split = split_week(_corpus(task, week), week, seed=0)
    (half,), (taught,) = split.weeks, split.tasks
    assert len(half) == 30
    assert mark_relevant(taught, half).sum() == 4
    assert Draw(taught, half, split.background, PLAN).used("all") == 4
    kept = {paper.arxiv_id for paper in half.papers}
    given = {paper.arxiv_id for paper in split.background.papers}
    assert kept | given == {paper.arxiv_id for paper in week.papers}
    assert not kept & given


def test_papers_that_stand_in_for_last_week_are_dated_before_the_week() -> None:
    """Both the vectors' order and the day move with the paper, so that nothing is learned from the week itself."""
    task, week = _graded()
    split = split_week(_corpus(task, week), week, seed=0)
    monday = parse_week(week.week).monday
    assert all(paper.announced is not None and paper.announced < monday for paper in split.background.papers)
    rows = {paper.arxiv_id: row for row, paper in enumerate(week.papers)}
    assert all(
        np.array_equal(vector, week.vectors[rows[paper.arxiv_id]])
        for paper, vector in zip(split.background.papers, split.background.vectors, strict=True)
    )


def test_a_listed_week_is_divided_like_a_graded_one() -> None:
    """Where votes are the truth, the relevant papers of the ranked half are still known to be relevant."""
    week = make_week(size=60)
    liked = week.take([row for row, paper in enumerate(week.papers) if paper.title.startswith("Agent")])
    task = replace(make_task(0), positives=liked)
    split = split_week(_corpus(task, week), week, seed=0)
    assert mark_relevant(split.tasks[0], split.weeks[0]).sum() == 4
    assert Draw(split.tasks[0], split.weeks[0], split.background, PLAN).used("all") == 4


def test_another_seed_divides_otherwise_and_the_same_seed_alike() -> None:
    """The division hangs on the seed and on nothing else."""
    task, week = _graded()
    halves = [
        [paper.arxiv_id for paper in split_week(_corpus(task, week), week, seed).weeks[0].papers] for seed in (0, 0, 1)
    ]
    assert halves[0] == halves[1]
    assert halves[0] != halves[2]


def test_a_ranking_is_made_once_for_the_same_votes() -> None:
    """Three pictures ask, the ranker ranks once; other votes are another ranking."""
    task, week = make_task(), make_week()
    ranker = FakeRanker()
    remembering = remember(ranker, "ours", (task.topic.name,))
    drawn = Draw(task, week, make_background(), PLAN)
    first = remembering.score(task.topic, drawn.votes(5), week)
    assert np.array_equal(first, remembering.score(task.topic, drawn.votes(5), week))
    assert len(ranker.seen) == 1
    remembering.score(task.topic, drawn.votes(6), week)
    assert len(ranker.seen) == 2


def test_a_ranker_with_something_to_say_on_some_topics_stays_so() -> None:
    """A judge that was asked about another topic is not asked for this one: it has no row, here as in `evaluate`."""
    task, week = make_task(), make_week()
    taught = replace(task, grades=grade_week(week))
    judged = JudgedRanker(TriageRanker(HashingEmbedder().embed), {"another": {}}, lambda _: SHIPPED["yes-no"])
    remembering = [remember(FakeRanker(), "ours", (task.topic.name,)), remember(judged, judged.name, ())]
    cells = evaluate([taught], [week], make_background(), remembering, PLAN, lambda _: None)
    assert {cell.ranker for cell in cells} == {"ours"}


def test_nine_rankers_have_nine_styles() -> None:
    """With a judge there are nine; each is drawn, and no two look alike."""
    scores, relevant = np.array([3.0, 2.0, 1.0]), np.array([True, False, True])
    picture = draw_reach([reach("t", "2026-W13", f"ranker {n}", scores, relevant) for n in range(9)], 2)
    lines = [line for line in picture.figure.axes[0].lines if line.get_label().startswith("ranker")]
    assert len({(line.get_color(), line.get_marker(), str(line.get_linestyle())) for line in lines}) == 9


def test_reach_by_hand() -> None:
    """Relevant at places 1, 2 and 4 of 5: two thirds after two places, all after four, which saves a fifth."""
    found = reach(
        "t", "2026-W13", "ours", np.array([5.0, 4.0, 3.0, 2.0, 1.0]), np.array([True, True, False, True, False])
    )
    assert found.found == pytest.approx([1 / 3, 2 / 3, 2 / 3, 1.0, 1.0])
    assert (found.places, found.relevant) == (4, 3)
    assert found.saved == pytest.approx(1 / 5 - 0.05)
    assert reach("t", "2026-W13", "ours", np.array([2.0, 1.0]), np.array([True, False]), 0.5).places == 1


def test_errors_come_worst_first_and_papers_above_every_irrelevant_one_are_none() -> None:
    """Of eight relevant papers, one on top is no error and the lowest comes first; irrelevant ones from the top."""
    task, week = _graded()
    values = np.linspace(0.01, 0.8, len(week))  # the relevant ones, which come first, stand lowest
    values[3] = 0.9
    found = choose_errors(task, week, [Score(float(value), {"meaning": 1.0}) for value in values], 3)
    assert [error.rank for error in found.too_high] == [2, 3, 4]
    assert [error.paper.arxiv_id for error in found.too_low] == [week.papers[row].arxiv_id for row in (0, 1, 2)]
    assert found.too_low[0].rank == 60
    assert {error.grade for error in found.too_high} == {None}
    table = list_too_high([found])
    assert [row[3] for row in table.rows] == ["not judged"] * 3


def test_a_perfect_ranking_has_no_paper_too_low() -> None:
    """Relevant papers on top are no errors, however many are asked for."""
    task, week = _graded()
    scores = [Score(1 - row / 100, {}) for row in range(len(week))]
    assert choose_errors(task, week, scores, 5).too_low == ()


def test_parts_are_told_largest_first_and_small_ones_left_out() -> None:
    """Shares of either sign by their size."""
    assert tell_parts({"title_cues": 1.14, "judge": -2.0, "meaning": 0.01}) == "judge -2.0, title cues +1.1"


def _label_axes(picture: Picture) -> list[str]:
    """What stands at the outer axes of a picture, left and below."""
    panels = [axes for axes in picture.figure.axes if axes.get_subplotspec() is not None]
    outer = [axes.get_ylabel() for axes in panels if axes.get_subplotspec().is_first_col()]
    return [*outer, *(axes.get_xlabel() for axes in panels if axes.get_subplotspec().is_last_row())]


def test_every_axis_says_what_it_shows_and_every_picture_is_told_in_words() -> None:
    """Of recall by place, of reliability and of the weeks."""
    found = reach(
        "t", "2026-W13", "ours", np.array([5.0, 4.0, 3.0, 2.0, 1.0]), np.array([True, True, False, True, False])
    )
    said, seen = np.array([0.1, 0.2, 0.7, 0.9]), np.array([False, False, True, True])
    voice = Voice("t", "ours", bin_papers(said, seen, "width"), measure_calibration(said, seen), 0.05, 0.2)
    dots = [Dot("t", "2026-W13", votes, 0.8, 0.6, 0.9, 5) for votes in (0, 7)]
    for picture in (draw_reach([found], 2), draw_reliability([voice]), draw_spread(dots, "nDCG@20")):
        assert all(_label_axes(picture))
        assert len(picture.alt) > 40
        assert picture.to_png().startswith(b"\x89PNG")


def test_the_tables_hold_what_the_pictures_show() -> None:
    """Places for 95 % and the error with its interval."""
    found = reach(
        "t", "2026-W13", "ours", np.array([5.0, 4.0, 3.0, 2.0, 1.0]), np.array([True, True, False, True, False])
    )
    assert table_reach([found]).rows == (("t", "ours", "4 of 5", "80 %", "0.15", "1.00"),)
    said, seen = np.array([0.5, 0.5]), np.array([True, False])
    voice = Voice("t", "ours", bin_papers(said, seen, "width"), measure_calibration(said, seen), 0.05, 0.2)
    assert str(table_reliability([voice]).rows[0][4]).endswith("(0.050 to 0.200)")


def test_an_audit_without_answers_says_so_and_one_with_answers_gives_intervals() -> None:
    """Nothing answered is no estimate of nought."""
    assert tell_estimate(None)[1] == "nothing answered yet"
    interval = Interval(2.0, 0.5, 4.0)
    estimate = MissEstimate(
        weeks=3,
        below=300,
        asked=18,
        answered=17,
        relevant=2,
        missed=interval,
        missed_per_week=interval,
        found=interval,
        recall=Interval(0.9, 0.8, 0.95),
        wanted=0.95,
        level=0.95,
        cut=None,
    )
    assert tell_estimate(estimate) == ("3", "17 of 18", "2.0 (0.5 to 4.0)", "0.90 (0.80 to 0.95)", "cannot be told")
