"""Draws the votes a ranker may learn from: older than the week, in a seeded order, each prefix within the next.

The day of a vote is not known, so the paper's own date stands for it: it must have been public before the week's
first listing day. Papers of the week itself are never among the votes or the background.
"""

import hashlib
from datetime import date
from typing import Literal

import msgspec

from triage.core.paper import Paper
from triage.core.week import parse_week
from triage.evaluation.records import Candidates, Pool, Task, Votes

VoteCount = int | Literal["all"]

FEWEST_OTHERS = 20
"""Negatives and background below which nobody can learn: the first weeks of a store that goes no further back."""

DEFAULT_VOTES: tuple[VoteCount, ...] = (0, 5, 20, 100, "all")


class Plan(msgspec.Struct, frozen=True):
    """How many votes a ranker sees, in how many seeded orders, against how many background papers."""

    votes: tuple[VoteCount, ...] = DEFAULT_VOTES
    orders: int = 3
    background: int = 3_000
    seed: int = 0


class Draw:
    """The votes of one topic and week; every ranker gets the same."""

    def __init__(self, task: Task, week: Candidates, background: Pool, plan: Plan) -> None:
        self.task, self.week, self.plan = task, week, plan
        inside = frozenset(paper.arxiv_id for paper in week.papers)
        self._positives, self._negatives = (_older(pool, week, inside) for pool in (task.positives, task.negatives))
        voted = inside.union(paper.arxiv_id for pool in (task.positives, task.negatives) for paper in pool.papers)
        unvoted = _older(background, week, voted)
        self._background = unvoted.take(_shuffled(unvoted, f"{plan.seed} background")[: plan.background])

    def used(self, count: VoteCount) -> int:
        """Positive votes that exist for this count; none where there is nothing to tell them from."""
        others = len(self._negatives) + len(self._background)
        available = len(self._positives) if others >= FEWEST_OTHERS else 0
        return available if count == "all" else min(count, available)

    def orders(self, count: VoteCount) -> int:
        """How many orders differ: one where nothing or everything is drawn."""
        return self.plan.orders if 0 < self.used(count) < len(self._positives) else 1

    def votes(self, count: VoteCount, order: int = 0) -> Votes:
        """The first `count` positives of that order, explicit negatives in the same share, and the background."""
        used = self.used(count)
        share = used / len(self._positives) if used else 0.0
        key = f"{self.plan.seed} {order}"
        return Votes(
            self._positives.take(_shuffled(self._positives, key)[:used]),
            self._negatives.take(_shuffled(self._negatives, key)[: round(share * len(self._negatives))]),
            self._background,
        )


def _older(pool: Pool, week: Candidates, without: frozenset[str]) -> Pool:
    """The papers known to be public before the week's first listing day; papers without a date are left out."""
    monday = parse_week(week.week).monday
    rows = [
        row
        for row, paper in enumerate(pool.papers)
        if paper.arxiv_id not in without and (day := _latest_date(paper)) is not None and day < monday
    ]
    return pool.take(rows)


def _latest_date(paper: Paper) -> date | None:
    dates = [paper.announced, paper.published.date() if paper.published else None]
    return max((day for day in dates if day is not None), default=None)


def _shuffled(pool: Pool, key: str) -> list[int]:
    """Rows in an order that depends on the key and each paper's id alone: more papers do not reshuffle the rest."""
    digests = [hashlib.blake2b(f"{key} {paper.arxiv_id}".encode(), digest_size=16).digest() for paper in pool.papers]
    return sorted(range(len(pool)), key=digests.__getitem__)
