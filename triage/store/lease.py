"""A lease in the database: which of all processes may talk to a source now. It knows nothing of the source.

No two machines' clocks are compared to decide whose turn it is: a holder is given up when its row stood still for `ttl`
seconds by the asker's own monotonic clock, or at once when its process is known to be dead. Every write counts `beat`
up, and every take-over `number` (the fencing number), so that a write based on an outdated look changes nothing.
"""

import hashlib
import os
import secrets
import socket
import sys
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import msgspec
import structlog
from sqlalchemy import URL, ColumnElement, Engine, Row, case, create_engine, literal, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.pool import NullPool

from triage.errors import InputError
from triage.ports import Grant
from triage.store.engine import prepare_sqlite, translate_errors
from triage.store.harvest_models import LeaseRow
from triage.store.types import UtcDateTime
from triage.store.urls import to_plain

_log = structlog.get_logger(__name__)
TTL = 420.0
"""Seconds after which a silent holder is given up: more than the longest request (`HttpLimits.total`, 300) may take
together with the waits for a name server and for a busy database (`BUSY_TIMEOUT_MS`)."""


class Holder(msgspec.Struct, frozen=True):
    """A process that may hold a lease; `place` is where its `pid` means something, empty where that is unknown."""

    host: str
    pid: int
    place: str
    token: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what `str` wrote; raises `ValueError`."""
        host, pid, place, token = text.rsplit(":", 3)
        return cls(host, int(pid), place, token)

    def __str__(self) -> str:
        return f"{self.host}:{self.pid}:{self.place}:{self.token}"

    def is_dead(self, place: str) -> bool:
        """Whether it is known, seen from `place`, that the process has ended."""
        if not place or self.place != place:
            return False
        try:
            os.kill(self.pid, 0)  # sends nothing
        except ProcessLookupError:
            return True
        except PermissionError:  # it lives and belongs to someone else
            return False
        return False


class DatabaseLease:
    """`triage.ports.Lease` in a row of the table `leases`; for one thread at a time.

    Connections are opened for each call and closed after it: a fork inherits none, and is another holder.
    """

    def __init__(
        self,
        url: URL,
        *,
        name: str = "arxiv",
        ttl: float = TTL,
        monotonic: Callable[[], float] = time.monotonic,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`ttl`: seconds. `clock` only shortens pauses that were asked for before; raises `InputError` for the URL."""
        self._url = url
        self._engine = _open_engine(url)
        self._name = name
        self._ttl = ttl
        self._monotonic = monotonic
        self._clock = clock
        self._place = _find_place()
        self._token = secrets.token_hex(4)
        self._is_held = False
        self._number: int | None = None  # of our last take-over
        self._sight: tuple[int, int] | None = None  # the number and beat last seen of another holder
        self._sight_since = 0.0

    @property
    def holder(self) -> Holder:
        """This process, as it stands in the row."""
        return Holder(socket.gethostname(), os.getpid(), self._place, self._token)

    def acquire(self) -> Grant:
        """Take the lease if it is free, ours or given up, or show who has it; see `triage.ports.Lease`."""
        row = self._read()
        self._is_held = (row.holder, row.number) == (str(self.holder), self._number)
        if row.stopped is not None:
            return Grant(stopped=row.stopped)
        if not self._may_take(row):
            return Grant(holder=_describe(row.holder))
        is_after_other = row.number != self._number
        number = row.number + is_after_other
        is_taken = self._change(
            LeaseRow.number == row.number, LeaseRow.beat == row.beat, holder=str(self.holder), number=number
        )
        if not is_taken:
            return Grant(holder="another process")
        self._is_held, self._number = True, number
        if not is_after_other or row.number == 0:  # nobody ever held it
            return Grant(is_ours=True)
        return Grant(is_ours=True, is_after_other=True, pause=self._pause_left(row))

    def postpone(self, seconds: float) -> None:
        """Write the pause down at once, if the lease is ours; see `triage.ports.Lease`."""
        if self._is_held:
            self._change(*self._is_ours(), pause=seconds, noted_at=self._note_time())

    def release(self, pause: float) -> None:
        """Let go of the lease, if it is ours; see `triage.ports.Lease`."""
        if not self._is_held:
            return
        self._is_held = False
        if not self._change(*self._is_ours(), holder=None, pause=pause, noted_at=self._note_time()):
            _log.warning("lease_lost", name=self._name, ttl=self._ttl)

    def stop(self, reason: str) -> None:
        """Whoever holds the lease; an earlier reason stays; see `triage.ports.Lease`."""
        self._read()  # there is a row from now on
        self._change(LeaseRow.stopped.is_(None), stopped=reason, noted_at=self._clock())

    def resume(self) -> str | None:
        """Whoever stopped it; see `triage.ports.Lease`."""
        reason: str | None = self._read().stopped
        if reason is not None:
            self._change(LeaseRow.stopped == reason, stopped=None)
        return reason

    def close(self) -> None:
        """Dispose of the engine; the lease itself is given back by `release`."""
        self._engine.dispose()

    def _may_take(self, row: Row[Any]) -> bool:
        if row.holder is None or row.holder == str(self.holder):
            return True
        try:
            if Holder.parse(row.holder).is_dead(self._place):
                return True
        except ValueError:
            pass  # written by another program version: it can only fall silent
        if self._sight != (row.number, row.beat):
            self._sight, self._sight_since = (row.number, row.beat), self._monotonic()
        return self._monotonic() - self._sight_since >= self._ttl

    def _pause_left(self, row: Row[Any]) -> float:
        """Of a pause, what is over by wall clock does not count again; one that was set back costs the pause at most.

        Set forward, or another machine's, it may cut a `Retry-After` short, but never the caller's own interval.
        """
        passed = 0.0 if row.noted_at is None else (self._clock() - row.noted_at).total_seconds()
        return max(0.0, float(row.pause) - max(0.0, passed))

    def _is_ours(self) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
        return LeaseRow.holder == str(self.holder), LeaseRow.number == self._number

    def _note_time(self) -> ColumnElement[datetime | None]:
        """Now, as the moment a pause counts from; but the moment of a stop is kept."""
        return case((LeaseRow.stopped.is_(None), literal(self._clock(), UtcDateTime())), else_=LeaseRow.noted_at)

    def _read(self) -> Row[Any]:
        """The row as it is now, made if it is missing."""
        columns = LeaseRow.__table__.columns
        query = select(*columns).where(LeaseRow.name == self._name)
        with translate_errors(self._url):
            with self._engine.execution_options(triage_writes=False).connect() as connection:
                row = connection.execute(query).one_or_none()
            if row is None:
                self._insert()
                with self._engine.execution_options(triage_writes=False).connect() as connection:
                    row = connection.execute(query).one()
        return row

    def _insert(self) -> None:
        insert = postgresql.insert if self._engine.dialect.name == "postgresql" else sqlite.insert
        row = {"name": self._name, "number": 0, "beat": 0, "pause": 0.0}
        with self._engine.begin() as connection:
            connection.execute(insert(LeaseRow).values(row).on_conflict_do_nothing())

    def _change(self, *conditions: ColumnElement[bool], **values: Any) -> bool:
        """One statement in a transaction of its own; False where the conditions no longer hold."""
        statement = update(LeaseRow).where(LeaseRow.name == self._name, *conditions)
        with translate_errors(self._url), self._engine.begin() as connection:
            return connection.execute(statement.values(beat=LeaseRow.beat + 1, **values)).rowcount == 1


def open_lease(url: URL, name: str = "arxiv") -> DatabaseLease | None:
    """The lease of all who share a database; None for SQLite in memory, which nobody can share."""
    database = url.database or ":memory:"
    is_in_memory = ":memory:" in database or url.query.get("mode") == "memory"
    return None if url.get_backend_name() == "sqlite" and is_in_memory else DatabaseLease(url, name=name)


def _open_engine(url: URL) -> Engine:
    """Without asyncio, since adapters run in its loop."""
    try:
        engine = create_engine(to_plain(url), poolclass=NullPool)
    except (KeyError, ModuleNotFoundError) as error:
        raise InputError(
            f"Processes cannot take turns on {url.render_as_string()} (no driver: {error}). "
            "Expected SQLite, or PostgreSQL with the package psycopg installed."
        ) from error
    if url.get_backend_name() == "sqlite":
        prepare_sqlite(engine)
    return engine


def _find_place() -> str:
    """Names this boot of this machine and, on Linux, the namespace of process ids: containers share host names."""
    if sys.platform == "darwin":
        return f"{uuid.getnode():x}"
    try:
        namespace = Path("/proc/self/ns/pid").readlink()
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii")
    except OSError:
        return ""
    return hashlib.sha256(f"{boot} {namespace}".encode()).hexdigest()[:12]


def _describe(holder: str) -> str:
    try:
        known = Holder.parse(holder)
    except ValueError:
        return holder
    return f"process {known.pid} on {known.host}"
