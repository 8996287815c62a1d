"""Which faults a run meets, and when: one kind alone, or a mix; all of it follows from the run's number."""

from collections import Counter
from datetime import timedelta
from random import Random
from typing import get_args

import msgspec

from benchmarks.fault_case import World
from triage.adapters.fake_arxiv.faults import FAULTS, FITTING, Kind
from triage.adapters.fake_arxiv.faults_feed import FEED, FEED_ITEM
from triage.adapters.fake_arxiv.faults_oai import OAI_RECORD
from triage.adapters.fake_arxiv.faults_query import QUERY, QUERY_RECORD
from triage.adapters.fake_arxiv.faults_wire import FATAL, SLOW

CIRCUMSTANCES = (
    *("clock_ahead", "clock_behind", "clock_steps_back", "midnight_between_pages", "edge_cache"),
    *("list_moves", "bulk_day", "no_harvest"),
)
"""What goes wrong around the answers: our clock, the hour, arXiv's cache, a list that moves, a day without us."""
KINDS = (*FAULTS, *CIRCUMSTANCES)
_RECORD = {**OAI_RECORD, **QUERY_RECORD, **FEED_ITEM}
_ASKED_OF: tuple[Kind, ...] = tuple(kind for kind in get_args(Kind) if kind != "oai-record")
_USUAL = {kind: sorted(FITTING[kind].keys() - SLOW.keys() - FATAL.keys()) for kind in _ASKED_OF}
_RARE = sorted(FATAL)
_SHARES = (0.03, 0.1, 0.25, 0.5)
_RARE_SHARE, _SLOW_SHARE, _HALF = 0.02, 0.002, 0.5
_NEVER = "ok"


class Day(msgspec.Struct, frozen=True):
    """How a day's harvest is disturbed; `skew` is our clock's error."""

    is_faulty: bool
    skew: timedelta = timedelta()
    is_at_midnight: bool = False
    is_left_out: bool = False
    moves: int = 0
    spoiled: dict[str, str] = {}


class Plan:
    """`alone` is the one kind of fault of this run, None for a mix; `fired` counts what was met."""

    def __init__(self, seed: str, alone: str | None, world: World) -> None:
        self._rng = Random(seed)
        self.alone = alone
        self.fired: Counter[str] = Counter()
        self._circumstances = self._choose_circumstances()
        self.caches = "edge_cache" in self._circumstances
        self.is_slow = alone in SLOW or (alone is None and self._rng.random() < _HALF / 10)
        count = len(world.timeline.harvests)
        self._faulty = self._choose_days(count)
        self._often = self._rng.choice((0.3, 1.0))
        self._wait = self._choose_wait()
        self._share = self._rng.choice(_SHARES)
        self._ids = sorted(one.arxiv_id for one in world.timeline.papers)
        self._today: Day | None = None

    def begin_day(self, number: int) -> Day:
        """What to expect of that day (from 0); the last one is undisturbed."""
        is_faulty = number in self._faulty
        held = self._circumstances if is_faulty else frozenset[str]()
        self.fired.update(held)
        self._today = Day(
            is_faulty,
            skew=self._skew(held),
            is_at_midnight="midnight_between_pages" in held,
            is_left_out="no_harvest" in held and number > 0,
            moves=3 * ("list_moves" in held) + 30 * ("bulk_day" in held),
            spoiled=self._spoil() if is_faulty else {},
        )
        return self._today

    def end(self) -> None:
        """Nothing goes wrong from now on."""
        self._today = None

    def choose(self, kind: Kind) -> str:
        """The fault of a request."""
        if self._today is None or not self._today.is_faulty:
            return _NEVER
        fault = self._choose_alone(kind) if self.alone else self._choose_any(kind)
        self.fired[fault] += 1
        return fault

    def _choose_alone(self, kind: Kind) -> str:
        if self.alone not in FITTING[kind]:
            return _NEVER
        if self._wait < 0:  # again and again
            return self.alone if self._rng.random() < self._often else _NEVER
        self._wait -= 1
        return self.alone if self._wait < 0 and not self.fired[self.alone] else _NEVER

    def _choose_any(self, kind: Kind) -> str:
        chance = self._rng.random()
        if chance > self._share:
            return _NEVER
        if self.is_slow and chance < _SLOW_SHARE * 10:
            return self._rng.choice(sorted(SLOW))
        if chance < self._share * _RARE_SHARE:
            return self._rng.choice(_RARE)
        return self._rng.choice(_USUAL[kind])

    def _choose_wait(self) -> int:
        """How many requests go well before a fault that comes once; -1 for one that comes again and again."""
        if self._rng.random() < _HALF:
            return -1
        return 0 if self.alone in QUERY else self._rng.choice((0, 1, 2) if self.alone in FEED else (0, 0, 1, 2, 3, 5))

    def _choose_days(self, count: int) -> frozenset[int]:
        """One day, or some, or all of them."""
        days = frozenset(self._rng.sample(range(count), self._rng.choice((1, self._rng.randint(1, count), count))))
        return days if self.alone != "no_harvest" or days != {0} else frozenset({1})  # nobody misses what never began

    def _choose_circumstances(self) -> frozenset[str]:
        if self.alone is not None:
            return frozenset({self.alone} & {*CIRCUMSTANCES})
        return frozenset(self._rng.sample(CIRCUMSTANCES, self._rng.choice((0, 0, 1, 1, 2, 3))))

    def _skew(self, held: frozenset[str]) -> timedelta:
        hours = 23 * ("clock_ahead" in held) - 23 * ("clock_behind" in held)
        steps = self._rng.randint(0, 23) if "clock_steps_back" in held else 0
        return timedelta(hours=max(-23, hours - steps))

    def _spoil(self) -> dict[str, str]:
        """Records that are bad in every answer of the day. The query API is asked only for what OAI-PMH spoils."""
        if self.alone in QUERY:
            return dict.fromkeys(self._rng.sample(self._ids, len(self._ids) // 3), "record_without_title")
        chosen = self._rng.sample(self._ids, self._rng.randint(1, 4))
        if self.alone in _RECORD and self._rng.random() < _HALF:
            self.fired[self.alone] += 1
            return dict.fromkeys(chosen, self.alone)
        if self.alone is None and self._rng.random() < _HALF:
            return {arxiv_id: self._rng.choice(sorted(_RECORD)) for arxiv_id in chosen}
        return {}
