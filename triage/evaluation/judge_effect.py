"""What a judge changes on graded weeks, before any vote: quality of the ranking, and reliability of the probabilities.

Verdicts are weighed with the shipped coefficients, and for reliability also with those refitted to the other weeks: the
ones that `triage calibrate` keeps may have seen these very papers.
"""

from collections.abc import Mapping, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from triage.core.fusion import SHIPPED, fuse_week
from triage.core.metrics import RELEVANT_GRADE, ndcg
from triage.core.question import Form
from triage.core.week import parse_week
from triage.evaluation.corpus import Corpus
from triage.evaluation.judged import JudgedRanker
from triage.evaluation.ours import TriageRanker, to_probabilities
from triage.evaluation.protocol import find_truth
from triage.evaluation.records import Votes
from triage.evaluation.reliability import (
    Bin,
    Calibration,
    JudgedWeek,
    bin_papers,
    leave_one_week_out,
    measure_calibration,
)

REFITTED = f"{JudgedRanker.name}, refitted"
"""Each week with the coefficients that the other weeks taught."""
_PLACES = 20
_ROUNDS = 1_000
_TAILS = (0.025, 0.975)


class Gain(msgspec.Struct, frozen=True):
    """nDCG@20 of one week at 0 votes, without a judge and with one, which judged so many of its papers.

    `low` and `high` are the 95 % interval of the difference, by a paired bootstrap over the week's papers.
    """

    topic: str
    week: str
    judged: int
    without: float
    judge: float
    low: float
    high: float

    @property
    def difference(self) -> float:
        """With a judge, less without."""
        return self.judge - self.without


class Reliability(msgspec.Struct, frozen=True):
    """How reliable the probabilities of one ranker are over a topic's weeks; `judged` is absent where no paper was."""

    topic: str
    ranker: str
    weeks: tuple[str, ...]
    all_papers: Calibration
    judged: Calibration | None


class GradedWeek(msgspec.Struct, frozen=True, eq=False):
    """One week before any vote, all `(n,)`: log odds of the prior and of a judge (NaN: not asked), and grades."""

    cheap: NDArray[np.float64]
    relevance: NDArray[np.float64]
    grades: NDArray[np.int64]

    @property
    def judged(self) -> JudgedWeek:
        """The same, with grades as labels."""
        return JudgedWeek(self.cheap, self.relevance, self.grades >= RELEVANT_GRADE)


class GradedTopic(msgspec.Struct, frozen=True, eq=False):
    """The graded weeks of a topic, those that were judged where any was, and how the judge was asked."""

    name: str
    form: Form | None
    weeks: Mapping[str, GradedWeek]


def grade_topics(corpus: Corpus, base: TriageRanker) -> tuple[GradedTopic, ...]:
    """What can be measured of each topic; `base` gives the logits."""
    nobody = Votes(*[corpus.background.take(())] * 3)
    topics = []
    for task in corpus.tasks:
        said = corpus.said.get(task.topic.name)
        weeks: dict[str, GradedWeek] = {}
        for week in corpus.weeks:
            truth = find_truth(task, week)
            relevance = said.align(week) if said else np.full(len(week), np.nan)
            if truth is not None and (said is None or not np.isnan(relevance).all()):
                weeks[week.week] = GradedWeek(base.measure_logits(task.topic, nobody, week), relevance, truth)
        if weeks:
            topics.append(GradedTopic(task.topic.name, said.key.form if said else None, weeks))
    return tuple(topics)


def measure_gains(topics: Sequence[GradedTopic], seed: int) -> tuple[Gain, ...]:
    """One per topic and week with verdicts; the same seed gives the same intervals."""
    return tuple(
        _measure_gain(topic.name, name, week, fuse_week(week.cheap, week.relevance, SHIPPED[topic.form]), seed)
        for topic in topics
        if topic.form is not None
        for name, week in topic.weeks.items()
    )


def measure_reliability(topics: Sequence[GradedTopic]) -> tuple[Reliability, ...]:
    """Of the prior, and where there are verdicts of the fused probabilities; refitted ones take two judged weeks."""
    return tuple(
        _measure_voice(topic, ranker, voice) for topic in topics for ranker, voice in _list_voices(topic).items()
    )


def bin_reliability(topics: Sequence[GradedTopic]) -> dict[str, tuple[Bin, ...]]:
    """Bins of equal count by ranker over the judged papers of all topics, or over all papers where none was judged."""
    is_any_judged = any(topic.form is not None for topic in topics)
    shown = [topic for topic in topics if topic.form is not None or not is_any_judged]
    said: dict[str, list[NDArray[np.float64]]] = {}
    seen: dict[str, list[NDArray[np.bool_]]] = {}
    for topic in shown:
        for ranker, voice in _list_voices(topic).items():
            for name, probabilities in voice.items():
                week = topic.weeks[name].judged
                rows = week.is_judged if is_any_judged else np.ones_like(week.is_judged)
                said.setdefault(ranker, []).append(probabilities[rows])
                seen.setdefault(ranker, []).append(week.relevant[rows])
    return {ranker: bin_papers(np.concatenate(said[ranker]), np.concatenate(seen[ranker])) for ranker in said}


def _list_voices(topic: GradedTopic) -> dict[str, dict[str, NDArray[np.float64]]]:
    """Probabilities by ranker and week."""
    voices = {TriageRanker.name: {name: to_probabilities(week.cheap) for name, week in topic.weeks.items()}}
    if topic.form is None:
        return voices
    shipped = SHIPPED[topic.form]
    voices[JudgedRanker.name] = {
        name: to_probabilities(fuse_week(week.cheap, week.relevance, shipped)) for name, week in topic.weeks.items()
    }
    if len(topic.weeks) > 1:
        held = leave_one_week_out({name: week.judged for name, week in topic.weeks.items()}, shipped)
        voices[REFITTED] = {name: each.said for name, each in held.items()}
    return voices


def _measure_voice(topic: GradedTopic, ranker: str, voice: Mapping[str, NDArray[np.float64]]) -> Reliability:
    weeks = [topic.weeks[name].judged for name in voice]
    said = np.concatenate(list(voice.values()))
    relevant = np.concatenate([week.relevant for week in weeks])
    judged = np.concatenate([week.is_judged for week in weeks])
    return Reliability(
        topic=topic.name,
        ranker=ranker,
        weeks=tuple(voice),
        all_papers=measure_calibration(said, relevant),
        judged=measure_calibration(said[judged], relevant[judged]) if judged.any() else None,
    )


def _measure_gain(topic: str, name: str, week: GradedWeek, fused: NDArray[np.float64], seed: int) -> Gain:
    low, high = np.quantile(_resample(week, fused, (seed, parse_week(name).year, parse_week(name).number)), _TAILS)
    return Gain(
        topic=topic,
        week=name,
        judged=int(week.judged.is_judged.sum()),
        without=ndcg(week.cheap, week.grades, _PLACES),
        judge=ndcg(fused, week.grades, _PLACES),
        low=float(low),
        high=float(high),
    )


def _resample(week: GradedWeek, fused: NDArray[np.float64], seed: tuple[int, ...]) -> list[float]:
    """Differences of nDCG@20 in weeks of as many papers, drawn from this one with replacement.

    Both rankings meet the same papers. A draw without a relevant one, in which nDCG does not exist, is left out.
    """
    random = np.random.default_rng(seed)
    draws = [random.integers(0, week.grades.size, week.grades.size) for _ in range(_ROUNDS)]
    return [
        ndcg(fused[rows], week.grades[rows], _PLACES) - ndcg(week.cheap[rows], week.grades[rows], _PLACES)
        for rows in draws
        if (week.grades[rows] >= RELEVANT_GRADE).any()
    ]
