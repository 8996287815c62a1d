"""How far down a ranking one must read, by place."""

import msgspec
import numpy as np
from numpy.typing import NDArray

from triage.core import metrics
from triage.study.ranking_corpus import mark_relevant
from triage.study.ranking_quality import Measured


class Reach(msgspec.Struct, frozen=True):
    """How far down one ranker's list of a week one must read for that share of the relevant papers; work saved with it.

    `found` is recall by place, `(n,)`.
    """

    topic: str
    week: str
    ranker: str
    found: NDArray[np.float64]
    relevant: int
    places: int
    saved: float


def measure_reach(measured: Measured, wanted: float = 0.95) -> list[Reach]:
    """Of every ranker on the newest week of each topic that has something to find, with all votes."""
    reaches = []
    for task in measured.material.corpus.tasks:
        weeks = [week for week in measured.material.corpus.weeks if mark_relevant(task, week).any()]
        week = max(weeks, key=lambda week: week.week)
        relevant = mark_relevant(task, week)
        for ranker in measured.choose_rankers(task):
            scores = measured.score(ranker, task, week, "all")
            if scores is not None:
                reaches.append(reach(task.topic.name, week.week, ranker.name, scores, relevant, wanted))
    return reaches


def reach(
    topic: str,
    week: str,
    ranker: str,
    scores: NDArray[np.float64],
    relevant: NDArray[np.bool_],
    wanted: float = 0.95,
) -> Reach:
    """Of one ranking, `(n,)` scores and labels; raises `ValueError` where nothing is relevant."""
    saved = metrics.work_saved(scores, relevant, wanted)
    hits = relevant[metrics.rank_order(scores)].cumsum()
    total = int(relevant.sum())
    # Rounded first, as in `work_saved`.
    places = int(np.searchsorted(hits, np.ceil(round(wanted * total, 9)))) + 1
    return Reach(topic, week, ranker, hits / total, total, places, saved)
