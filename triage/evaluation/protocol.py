"""The protocol: draw older votes, rank every paper of the week, compare with the labels, repeat, take intervals.

Time order is respected. A ranker sees votes and background papers that were public before the week's first listing
day, and never a paper of the week itself. The day of a vote is not known, so the paper's own date stands for it.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import cache
from itertools import groupby
from typing import Protocol, runtime_checkable

import msgspec
import numpy as np
from numpy.typing import NDArray

from triage.core import metrics
from triage.errors import InputError
from triage.evaluation.draw import Draw, Plan, VoteCount
from triage.evaluation.records import Candidates, Pool, Ranker, Task


class Cell(msgspec.Struct, frozen=True):
    """One number: a metric of one ranker after so many votes, over the weeks in which the metric exists.

    `mean` is over weeks (each the mean over vote orders), or pooled where the metric's name says so. `low` and `high`
    are the 95 % bootstrap interval over weeks, absent for a single week. `votes_used` counts positive votes: fewer
    than `votes` where the list had no more before that week.
    """

    topic: str
    ranker: str
    votes: VoteCount
    metric: str
    mean: float
    low: float | None
    high: float | None
    by_week: dict[str, float]
    votes_used: dict[str, int]


class _Sample(msgspec.Struct, frozen=True):
    """One metric of one week; `weight` is the number of relevant papers it was measured on."""

    topic: str
    ranker: str
    votes: VoteCount
    metric: str
    week: str
    value: float
    weight: int
    used: int


@runtime_checkable
class _Selective(Protocol):
    """A ranker that has something to say on these topics only; it gets no row in the tables of the others."""

    @property
    def topics(self) -> Collection[str]: ...


def count_rankings(tasks: Sequence[Task], weeks: Sequence[Candidates], rankers: Sequence[Ranker]) -> int:
    """How often `evaluate` will call `advance`."""
    labelled = [task for week in weeks for task in tasks if find_truth(task, week) is not None]
    return sum(len(_choose_rankers(task, rankers)) for task in labelled)


def evaluate(
    tasks: Sequence[Task],
    weeks: Sequence[Candidates],
    background: Pool,
    rankers: Sequence[Ranker],
    plan: Plan,
    advance: Callable[[str], None],
) -> tuple[Cell, ...]:
    """Measure every ranker on every labelled week of every topic, all on the same papers and the same votes.

    `advance` is called after each (week, topic, ranker). Raises `InputError` where no week of a topic has labels.
    """
    unlabelled = [task.topic.name for task in tasks if not is_labelled(task, weeks)]
    if unlabelled:
        raise InputError(f"No evaluated week has a labelled relevant paper of {', '.join(unlabelled)}.")
    samples: list[_Sample] = []
    for week in sorted(weeks, key=lambda week: week.week):
        for task in tasks:
            truth = find_truth(task, week)
            if truth is None:
                continue
            drawn = Draw(task, week, background, plan)
            for ranker in _choose_rankers(task, rankers):
                samples += _measure_ranker(ranker, drawn, truth)
                advance(f"{week.week} {task.topic.name}: {ranker.name}")
    return tuple(_summarise(samples, plan.seed))


def is_labelled(task: Task, weeks: Sequence[Candidates]) -> bool:
    """Whether any of the weeks has a labelled relevant paper of the topic, so that something can be measured."""
    return any(find_truth(task, week) is not None for week in weeks)


def find_truth(task: Task, week: Candidates) -> NDArray[np.int64] | None:
    """`(n,)` grades of the week's papers (listed papers count 1), or nothing where none is relevant or judged."""
    if task.grades is None:
        listed = {paper.arxiv_id for paper in task.positives.papers}
        grades, least = dict.fromkeys(listed, 1), 1
    else:
        grades, least = dict(task.grades.get(week.week, {})), metrics.RELEVANT_GRADE
    truth = np.array([grades.get(paper.arxiv_id, 0) for paper in week.papers], dtype=np.int64)
    return truth if (truth >= least).any() else None


def measure_graded(
    scores: NDArray[np.float64], grades: NDArray[np.int64], *, probabilities: bool
) -> dict[str, tuple[float, int]]:
    """Metric to (value, relevant papers) of one week; recall of grade 3 is absent where nothing has that grade."""
    relevant, best = grades >= metrics.RELEVANT_GRADE, grades == max(metrics.DEFAULT_GAINS)
    found = {"nDCG@20": metrics.ndcg(scores, grades, 20), "precision@20": metrics.precision(scores, relevant, 20)}
    if probabilities:
        found["calibration error"] = metrics.expected_calibration_error(scores, relevant)
        found["Brier score"] = metrics.brier_score(scores, relevant)
    measured = {name: (value, int(relevant.sum())) for name, value in found.items()}
    if best.any():
        measured["recall@50 of grade 3"] = metrics.recall(scores, best, 50), int(best.sum())
    return measured


def measure_list(scores: NDArray[np.float64], relevant: NDArray[np.bool_]) -> dict[str, tuple[float, int]]:
    """Metric to (value, relevant papers) of one week; a `pooled` metric is hits over positives of all weeks."""
    recalls = {k: metrics.recall(scores, relevant, k) for k in (20, 50)}
    found = {f"recall@{k}": value for k, value in recalls.items()}
    found |= {f"recall@{k} pooled": value for k, value in recalls.items()}
    found["average precision"] = metrics.average_precision(scores, relevant)
    found["work saved at 95 % recall"] = metrics.work_saved(scores, relevant)
    return {name: (value, int(relevant.sum())) for name, value in found.items()}


METRICS = frozenset(measure_list(np.zeros(2), np.array([True, False]))).union(
    measure_graded(np.zeros(4), np.arange(4), probabilities=True)
)
"""Names of all that can be measured."""


def _measure_ranker(ranker: Ranker, drawn: Draw, truth: NDArray[np.int64]) -> Iterator[_Sample]:
    """Samples of every vote count; a ranking that cannot differ from an earlier one is not repeated."""

    @cache
    def measure(used: int, orders: int) -> dict[str, tuple[float, int]]:
        return _mean_over_orders([_measure_once(ranker, drawn, used, order, truth) for order in range(orders)])

    for count in drawn.plan.votes:
        used = drawn.used(count)
        if used == 0 and ranker.uses_votes == "required":
            continue
        measured = measure(0, 1) if ranker.uses_votes == "ignored" else measure(used, drawn.orders(count))
        for metric, (value, weight) in measured.items():
            names = drawn.task.topic.name, ranker.name, count, metric, drawn.week.week
            yield _Sample(*names, value, weight, used)


def _measure_once(
    ranker: Ranker, drawn: Draw, used: int, order: int, truth: NDArray[np.int64]
) -> dict[str, tuple[float, int]]:
    scores = ranker.score(drawn.task.topic, drawn.votes(used, order), drawn.week)
    if scores.shape != truth.shape:
        raise ValueError(f"{ranker.name} gave scores of shape {scores.shape} for {truth.size} papers")
    if drawn.task.grades is None:
        return measure_list(scores, truth > 0)
    return measure_graded(scores, truth, probabilities=ranker.gives_probability)


def _choose_rankers(task: Task, rankers: Sequence[Ranker]) -> list[Ranker]:
    return [each for each in rankers if not isinstance(each, _Selective) or task.topic.name in each.topics]


def _mean_over_orders(measured: Sequence[dict[str, tuple[float, int]]]) -> dict[str, tuple[float, int]]:
    return {
        metric: (float(np.mean([one[metric][0] for one in measured])), weight)
        for metric, (_, weight) in measured[0].items()
    }


def _summarise(samples: Iterable[_Sample], seed: int) -> Iterator[Cell]:
    def key(sample: _Sample) -> tuple[str, str, str, str]:
        return sample.topic, sample.ranker, sample.metric, str(sample.votes)

    for _, group in groupby(sorted(samples, key=key), key):
        weeks = list(group)
        first, values = weeks[0], [sample.value for sample in weeks]
        weights = [sample.weight if first.metric.endswith("pooled") else 1 for sample in weeks]
        interval = metrics.bootstrap_interval(values, seed, weights) if len(weeks) > 1 else None
        yield Cell(
            topic=first.topic,
            ranker=first.ranker,
            votes=first.votes,
            metric=first.metric,
            mean=float(np.average(values, weights=weights)),
            low=interval.low if interval else None,
            high=interval.high if interval else None,
            by_week={sample.week: sample.value for sample in weeks},
            votes_used={sample.week: sample.used for sample in weeks},
        )
