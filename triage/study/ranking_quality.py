"""How good the ranking is, measured as `triage evaluate` does, for the pictures of a notebook."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime

import msgspec
import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from triage.core import metrics
from triage.core.fusion import SHIPPED
from triage.core.rubric import Topic
from triage.evaluation.baselines import all_baselines
from triage.evaluation.corpus import SMALLEST_WEEK
from triage.evaluation.draw import Draw, Plan, VoteCount
from triage.evaluation.judged import JudgedRanker, SharedRanker
from triage.evaluation.protocol import Cell, evaluate, find_truth
from triage.evaluation.records import Candidates, Ranker, Task, Votes, VoteUse
from triage.evaluation.reliability import Bin, Calibration, bin_papers, calibration_error, measure_calibration
from triage.evaluation.report import Report, missing_papers
from triage.ports import Embedder
from triage.study.ranking_corpus import SEED, Material, mark_relevant

QUICK = Plan(votes=(0, 5, "all"), orders=1, background=1_500, seed=SEED)
"""A third of the rankings that `triage evaluate` makes, with half the background: minutes become seconds."""
THOROUGH = Plan(seed=SEED)
"""As `triage evaluate` plans."""
_PLACES = 20
_ROUNDS = 200
_TAILS = (0.025, 0.975)


class Remembering:
    """A ranker that ranks a week once for the same votes, however many pictures ask; `topics` are those it ranks."""

    def __init__(self, ranker: Ranker, name: str, topics: Collection[str]) -> None:
        self._ranker = ranker
        self._kept: dict[tuple[object, ...], NDArray[np.float64]] = {}
        self.name = name
        self.topics = topics
        self.uses_votes: VoteUse = ranker.uses_votes
        self.gives_probability: bool = ranker.gives_probability

    def score(self, topic: Topic, votes: Votes, candidates: Candidates, /) -> NDArray[np.float64]:
        """As the ranker itself does."""
        key = topic.name, candidates.week, tuple(paper.arxiv_id for paper in votes.positives.papers)
        if key not in self._kept:
            self._kept[key] = self._ranker.score(topic, votes, candidates)
        return self._kept[key]


def remember(ranker: Ranker, name: str, topics: Collection[str]) -> Remembering:
    """For all the topics, or for those of them that a judge was asked about."""
    return Remembering(ranker, name, ranker.topics if isinstance(ranker, JudgedRanker) else topics)


class Measured(msgspec.Struct, frozen=True, eq=False):
    """The report, and the rankers that made it, ours first; asking them again for its rankings costs nothing."""

    material: Material
    report: Report
    rankers: tuple[Remembering, ...]

    @property
    def metrics(self) -> tuple[str, str]:
        """The two that the learning curves show."""
        return (f"nDCG@{_PLACES}" if self.material.is_graded else "average precision", f"recall@{self.depth}")

    @property
    def depth(self) -> int:
        """Places that recall looks at: a real week may hold more relevant papers than 20."""
        return 50 if max(map(len, self.material.corpus.weeks)) >= SMALLEST_WEEK else _PLACES

    @property
    def topics(self) -> tuple[str, ...]:
        """In the order of the rubric."""
        return tuple(task.topic.name for task in self.material.corpus.tasks)

    def choose_rankers(self, task: Task) -> list[Remembering]:
        """Those that rank the topic, ours first."""
        return [ranker for ranker in self.rankers if task.topic.name in ranker.topics]

    def score(self, ranker: Remembering, task: Task, week: Candidates, votes: VoteCount) -> NDArray[np.float64] | None:
        """`(n,)`, or None where it cannot rank without votes."""
        drawn = Draw(task, week, self.material.corpus.background, self.report.plan)
        used = drawn.used(votes)
        return (
            None if used == 0 and ranker.uses_votes == "required" else ranker.score(task.topic, drawn.votes(used), week)
        )


class Voice(msgspec.Struct, frozen=True):
    """Probabilities against what turned out, with the 95 % interval of the calibration error over papers."""

    topic: str
    name: str
    bins: tuple[Bin, ...]
    calibration: Calibration
    low: float
    high: float


class Dot(msgspec.Struct, frozen=True):
    """One metric of one topic's week, with the 95 % interval over its papers."""

    topic: str
    week: str
    votes: int
    value: float
    low: float
    high: float
    relevant: int


def measure_quality(material: Material, embedder: Embedder, plan: Plan = QUICK) -> Measured:
    """Rank every week with every ranker, ours first. `plan` has 0 and all votes among its counts."""
    topics = [task.topic.name for task in material.corpus.tasks]
    rankers = tuple(
        remember(ranker, ranker.name.replace(f"({embedder.name})", "(our vectors)"), topics)
        for ranker in _list_rankers(material, embedder)
    )
    corpus = material.corpus
    with threadpool_limits(1):  # many small fits: threads of linear algebra would wait for each other
        cells = evaluate(corpus.tasks, corpus.weeks, corpus.background, rankers, plan, lambda _: None)
    report = Report(
        labels=material.labels,
        embedder=embedder.name,
        made=datetime.now(UTC),
        plan=plan,
        rankers=tuple(ranker.name for ranker in rankers),
        papers={week.week: len(week) for week in corpus.weeks},
        missing=missing_papers(corpus.tasks, corpus.weeks),
        cells=_sort(cells, material),
    )
    measured = Measured(material, report, rankers)
    if not material.is_graded:
        return measured
    return replace(measured, report=replace(report, cells=(*report.cells, *_measure_recall(measured))))


def _sort(cells: Sequence[Cell], material: Material) -> tuple[Cell, ...]:
    """Topics in the order of the rubric."""
    order = [task.topic.name for task in material.corpus.tasks]
    return tuple(sorted(cells, key=lambda cell: order.index(cell.topic)))


def _list_rankers(material: Material, embedder: Embedder) -> Iterator[Ranker]:
    ours, said = SharedRanker(embedder.embed), material.corpus.said
    yield ours
    if said:
        verdicts = {topic: each.relevances for topic, each in said.items()}
        yield JudgedRanker(ours, verdicts, lambda topic: SHIPPED[said[topic].key.form])
    yield from all_baselines(embedder.name, SEED)


def _measure_recall(measured: Measured) -> Iterator[Cell]:
    """Recall of graded weeks, which `evaluate` gives for lists only; of the rankings that it has made."""
    plan, corpus = measured.report.plan, measured.material.corpus
    for task in corpus.tasks:
        weeks = [week for week in corpus.weeks if mark_relevant(task, week).any()]
        for ranker in measured.choose_rankers(task):
            for count in plan.votes:
                drawn = {week.week: Draw(task, week, corpus.background, plan) for week in weeks}
                used = {name: each.used(count) for name, each in drawn.items()}
                by_week = {
                    week.week: _mean_recall(ranker, drawn[week.week], count, measured.depth)
                    for week in weeks
                    if used[week.week] or ranker.uses_votes != "required"
                }
                if by_week:
                    yield _to_cell((task.topic.name, ranker.name, count, f"recall@{measured.depth}"), by_week, used)


def _mean_recall(ranker: Remembering, drawn: Draw, count: VoteCount, depth: int) -> float:
    used, relevant = drawn.used(count), mark_relevant(drawn.task, drawn.week)
    topic, orders = drawn.task.topic, 1 if ranker.uses_votes == "ignored" else drawn.orders(count)
    rankings = [ranker.score(topic, drawn.votes(used, order), drawn.week) for order in range(orders)]
    return float(np.mean([metrics.recall(scores, relevant, depth) for scores in rankings]))


def _to_cell(names: tuple[str, str, VoteCount, str], by_week: dict[str, float], used: Mapping[str, int]) -> Cell:
    values = list(by_week.values())
    interval = metrics.bootstrap_interval(values, SEED) if len(values) > 1 else None
    topic, ranker, votes, metric = names
    return Cell(
        topic=topic,
        ranker=ranker,
        votes=votes,
        metric=metric,
        mean=float(np.mean(values)),
        low=interval.low if interval else None,
        high=interval.high if interval else None,
        by_week=by_week,
        votes_used={week: used[week] for week in by_week},
    )


def measure_voices(measured: Measured) -> list[Voice]:
    """Ours without votes, with all of them, and with a judge where there is one, by topic over all weeks.

    Empty where the truth is votes: papers that nobody voted on are not known to be irrelevant.
    """
    voices: list[Voice] = []
    if not measured.material.is_graded:
        return voices
    for task in measured.material.corpus.tasks:
        for ranker in measured.choose_rankers(task):
            counts: dict[str, VoteCount] = {f"{ranker.name}, all votes": "all"}
            if ranker.name == measured.report.ours:
                counts = {f"{ranker.name}, no votes": 0, **counts}
            for name, votes in counts.items() if ranker.gives_probability else ():
                voices.append(_hear(measured, (task, ranker, votes), name))
    return voices


def _hear(measured: Measured, asked: tuple[Task, Remembering, VoteCount], name: str) -> Voice:
    task, ranker, votes = asked
    weeks = [week for week in measured.material.corpus.weeks if mark_relevant(task, week).any()]
    said = np.concatenate([each for week in weeks if (each := measured.score(ranker, task, week, votes)) is not None])
    relevant = np.concatenate([mark_relevant(task, week) for week in weeks])
    low, high = np.quantile(_resample_error(said, relevant), _TAILS)
    bins = bin_papers(said, relevant, "width")
    return Voice(task.topic.name, name, bins, measure_calibration(said, relevant), float(low), float(high))


def _resample_error(said: NDArray[np.float64], relevant: NDArray[np.bool_]) -> list[float]:
    rng = np.random.default_rng(SEED)
    draws = (rng.integers(0, said.size, said.size) for _ in range(_ROUNDS))
    return [calibration_error(bin_papers(said[rows], relevant[rows])) for rows in draws]


def measure_spread(measured: Measured) -> list[Dot]:
    """nDCG@20, or recall@20 where the truth is votes, of ours by topic and week, without votes and with all of them."""
    ours = measured.rankers[0]
    dots = []
    for task in measured.material.corpus.tasks:
        for week in measured.material.corpus.weeks:
            truth = find_truth(task, week)
            drawn = Draw(task, week, measured.material.corpus.background, measured.report.plan)
            counts: dict[int, VoteCount] = {0: 0, drawn.used("all"): "all"}
            for used, votes in counts.items() if truth is not None else ():
                scores = measured.score(ours, task, week, votes)
                if truth is not None and scores is not None:
                    dots.append(
                        _place_dot((task.topic.name, week.week, used), scores, truth, is_graded=task.grades is not None)
                    )
    return dots


def _place_dot(
    names: tuple[str, str, int], scores: NDArray[np.float64], truth: NDArray[np.int64], *, is_graded: bool
) -> Dot:
    relevant = truth >= (metrics.RELEVANT_GRADE if is_graded else 1)

    def measure(rows: NDArray[np.intp]) -> float:
        if is_graded:
            return metrics.ndcg(scores[rows], truth[rows], _PLACES)
        return metrics.recall(scores[rows], relevant[rows], _PLACES)

    rng, size = np.random.default_rng(SEED), truth.size
    draws = [rng.integers(0, size, size) for _ in range(_ROUNDS)]
    low, high = np.quantile([measure(rows) for rows in draws if relevant[rows].any()], _TAILS)
    return Dot(*names, measure(np.arange(size)), float(low), float(high), int(relevant.sum()))
