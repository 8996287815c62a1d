"""Many simulated processes on one database, with time, crashes and suspensions under control.

Each is a greenlet that gives way whenever it sleeps, so that thousands of hours pass in a second, one event at a time.
"""

import heapq
import itertools
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from greenlet import greenlet  # type: ignore[import-untyped]  # has none; comes with SQLAlchemy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import make_url

from triage.adapters.pace import INTERVAL, Pace
from triage.store.lease import DatabaseLease

_TTL = 150.0  # more than a request or a sleep lasts below, as in earnest, but fewer polls


class Step(NamedTuple):
    """What a process does next: a request of so many seconds, what it postpones, and its end or a pause after it."""

    lasts: float
    postpones: float
    crashes: bool
    idles: float


class Simulation:
    """Runs processes, each a list of steps, and notes `(start, end, the pause that must follow)` of each request."""

    def __init__(self, url: str, overslept: list[float]) -> None:
        self.url = make_url(url)
        self.now = 1000.0
        self.requests: list[tuple[float, float, float]] = []
        self.crashed: list[greenlet] = []
        self._overslept = itertools.cycle(overslept or [0.0])
        self._agenda: list[tuple[float, int, greenlet]] = []
        self._number = itertools.count()
        self._main = greenlet.getcurrent()

    def start(self, steps: list[Step]) -> None:
        """Add a process."""
        self._wake_at(self.now, greenlet(lambda: self._work(steps)))

    def run(self) -> None:
        """Let time pass until everybody is done or dead."""
        while self._agenda:
            self.now, _, process = heapq.heappop(self._agenda)
            process.switch()

    def _wake_at(self, moment: float, process: greenlet) -> None:
        heapq.heappush(self._agenda, (moment, next(self._number), process))

    def _give_way(self, seconds: float) -> None:
        self._wake_at(self.now + seconds, greenlet.getcurrent())
        self._main.switch()

    def _sleep(self, seconds: float) -> None:
        self._give_way(seconds + next(self._overslept))  # more than `_TTL`: suspended, and given up by the others

    def _clock(self) -> datetime:
        return datetime(2026, 8, 21, tzinfo=UTC) + timedelta(seconds=self.now)

    def _work(self, steps: list[Step]) -> None:
        lease = DatabaseLease(self.url, ttl=_TTL, monotonic=lambda: self.now, clock=self._clock)
        pace = Pace(longest_wait=1e9, lease=lease, monotonic=lambda: self.now, sleep=self._sleep)
        for step in steps:
            with pace.turn():
                start = self.now
                self._give_way(step.lasts)
                pace.postpone(step.postpones)
                self.requests.append((start, self.now, max(INTERVAL, step.postpones)))
                if step.crashes:
                    self.crashed.append(greenlet.getcurrent())
                    self._main.switch()  # never woken again: nothing is given back
            self._give_way(step.idles)


_STEPS = st.builds(Step, st.floats(0, 60), st.just(0.0) | st.floats(0, 30), st.booleans(), st.floats(0, 100))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    processes=st.lists(st.lists(_STEPS, min_size=1, max_size=3), min_size=2, max_size=4),
    overslept=st.lists(st.sampled_from([0.0, 0.0, 0.01, 1.0, _TTL + 50]), max_size=12),
)
def test_no_two_requests_at_once_and_none_before_its_time(
    migrated_file: Path, tmp_path: Path, processes: list[list[Step]], overslept: list[float]
) -> None:
    """Whatever crashes, is suspended while it waits, asks for pauses or takes long: one at a time, 3.0 s apart."""
    path = tmp_path / "triage.db"
    shutil.copy(migrated_file, path)
    simulation = Simulation(f"sqlite+aiosqlite:///{path}", overslept)
    for steps in processes:
        simulation.start(steps)
    simulation.run()
    for (_, end, pause), (start, _, _) in itertools.pairwise(sorted(simulation.requests)):
        assert start >= end + INTERVAL
        assert start >= end + pause - 1e-5  # a `datetime` counts microseconds
    for process in simulation.crashed:
        process.throw()
