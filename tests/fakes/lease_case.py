"""Processes on one database, under a time that passes only when somebody sleeps."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from fakes.faketime import FakeTime
from sqlalchemy import make_url

from triage.adapters.pace import Pace
from triage.store.lease import DatabaseLease

_DAY = datetime(2026, 8, 21, tzinfo=UTC)


class House:
    """Processes that share a database; monotonic clocks and the wall clock move together unless a test sets one."""

    def __init__(self, path: Path) -> None:
        self.url = make_url(f"sqlite+aiosqlite:///{path}")
        self.time = FakeTime()
        self.wall_error = timedelta()

    def clock(self) -> datetime:
        """Wall time, wrong by `wall_error`."""
        return _DAY + timedelta(seconds=self.time.now) + self.wall_error

    def lease(self) -> DatabaseLease:
        """A lease as a new process has it."""
        return DatabaseLease(self.url, monotonic=self.time.monotonic, clock=self.clock)

    def pace(self, sleep: Callable[[float], None] | None = None, longest_wait: float = 900.0) -> Pace:
        """A pace as a new process has it."""
        return Pace(
            longest_wait=longest_wait,
            lease=self.lease(),
            monotonic=self.time.monotonic,
            sleep=sleep or self.time.sleep,
        )
