"""SAQ's queue on PostgreSQL, where it would lose time when workers die.

Only imported where the queue is opened: the extra `postgres` may be absent.
"""

import asyncio
import time
from typing import Any

from psycopg import AsyncConnection, OperationalError
from psycopg.sql import SQL
from psycopg_pool import AsyncConnectionPool
from saq.job import Job, Status
from saq.queue.postgres import PostgresQueue

from triage.worker.held import HeldOnly
from triage.worker.kinds import BEAT

_CONNECTIONS = 8
_PATIENCE = 10.0  # seconds for a connection
_LOOK_AGAIN = 0.1
_AWAY = 10.0
"""Seconds between two looks after which the server, or this machine, was away, and no sign of life could be given."""
_SPARED = 2 * BEAT


def make_queue(url: str, name: str, swept: str) -> PostgresQueue:
    """Not connected; `swept` is what is kept of a job that was taken from a worker too often."""
    pool = AsyncConnectionPool(
        url,
        open=False,
        check=AsyncConnectionPool.check_connection,
        timeout=_PATIENCE,
        reconnect_timeout=_PATIENCE,  # its waits double until then: a long outage would be followed by a long wait
        min_size=1,
        max_size=_CONNECTIONS,
        kwargs={"fallback_application_name": "triage-queue", "connect_timeout": int(_PATIENCE)},
    )
    return SweptAtOnceQueue(
        pool=pool,
        name=name,
        min_size=1,
        max_size=_CONNECTIONS,
        swept_error_message=swept,
        manage_pool_lifecycle=True,
    )


class SweptAtOnceQueue(HeldOnly, PostgresQueue):  # type: ignore[misc]  # mypy does not follow saq
    """Takes the jobs of dead workers back all at once, and begins only when its tables are there.

    Signs of life are told by the server's clock: no two machines' clocks are compared.
    """

    _ahead = 0.0  # seconds that the server's clock is ahead of ours
    _looked_at = 0.0  # by the server's clock, as the next
    _spared_until = 0.0

    async def connect(self) -> None:
        """As SAQ's; a server that cannot be had is told at once, and why, where a pool goes on trying."""
        async with await AsyncConnection.connect(self.pool.conninfo, connect_timeout=int(_PATIENCE)) as connection:
            await self._read_clock(connection)
            await super().connect()

    async def _read_clock(self, connection: AsyncConnection[Any]) -> float:
        row = await (await connection.execute("SELECT extract(epoch FROM clock_timestamp())::float8")).fetchone()
        now: float = row[0] if row else time.time()
        self._ahead = now - time.time()
        return now

    async def _update(self, job: Job, status: Status | None = None, **kwargs: Any) -> None:
        job.touched = int((time.time() + self._ahead) * 1000)
        await super()._update(job, status, **kwargs)

    async def init_db(self) -> None:
        """Wait where another process is making the tables: SAQ goes on without them."""
        await super().init_db()
        ends_at = time.monotonic() + _PATIENCE
        while not await self._has_tables():
            if time.monotonic() > ends_at:
                raise OperationalError("another process was to make the queue's tables, and has not")
            await asyncio.sleep(_LOOK_AGAIN)
            await super().init_db()

    async def _has_tables(self) -> bool:
        async with self.pool.connection() as connection:
            query = "SELECT to_regclass(%s) IS NOT NULL AND to_regclass(%s) IS NOT NULL"
            names = [self.jobs_table.as_string(connection), self.stats_table.as_string(connection)]
            found = await (await connection.execute(query, names)).fetchone()
        return bool(found and found[0])

    async def schedule(self, lock: int = 1) -> list[str]:
        """Nothing: SAQ's takes jobs in advance, which give no sign of life until their turn comes."""
        del lock
        return []

    async def _dequeue(self) -> None:
        if self._job_queue.empty():
            await super()._dequeue()

    async def sweep(self, lock: int = 60, abort: float = 5.0) -> list[str]:
        """Forget what has expired, and give the jobs of dead workers to others; may run in every worker at once.

        SAQ's own waits seconds for each job, one after the other, and under a lock that one worker holds as long as
        its connection is open, even when that worker hangs.
        """
        del lock, abort
        async with self.pool.connection() as connection, connection.transaction():
            now = await self._read_clock(connection)
            await self._forget_expired(connection, now)
            if self._is_too_early(now):
                return []
            held = SQL(
                "SELECT job, status FROM {} WHERE queue = %s AND status IN ('active', 'aborting') "
                "FOR UPDATE SKIP LOCKED"
            )
            rows = await (await connection.execute(held.format(self.jobs_table), (self.name,))).fetchall()
            jobs = [job for row in rows if (job := self.deserialize(*row)) is not None]
            stuck = [job for job in jobs if now - job.touched / 1000 > (job.heartbeat or job.timeout)]
            for job in stuck:
                await self._take_back(job, connection)
        return [job.key for job in stuck]

    async def _forget_expired(self, connection: AsyncConnection[Any], now: float) -> None:
        expired = SQL("DELETE FROM {} WHERE queue = %s AND status IN ('aborted', 'complete', 'failed')")
        await connection.execute(expired.format(self.jobs_table) + SQL(" AND expire_at <= %s"), (self.name, now))
        await connection.execute(SQL("DELETE FROM {} WHERE expire_at <= %s").format(self.stats_table), (now,))

    def _is_too_early(self, now: float) -> bool:
        """Whether workers that live may not have been able to say so yet."""
        if self._looked_at and now - self._looked_at > _AWAY:
            self._spared_until = now + _SPARED
        self._looked_at = now
        return now < self._spared_until

    async def _take_back(self, job: Job, connection: AsyncConnection[Any]) -> None:
        job.error, job.started = self.swept_error_message, 0
        if job.retryable:  # at once: that a worker was killed is no reason to wait
            if job.attempts > 1:  # the first time it keeps its place; what kills workers may not stay before all others
                job.scheduled = int(time.time())
            await self._update(job, status=Status.QUEUED, expire_at=None, connection=connection)
            self.retried += 1
        else:
            job.completed = int(time.time() * 1000)
            expire_at = int(time.time()) + job.ttl if job.ttl > 0 else None
            await self._update(job, status=Status.FAILED, expire_at=expire_at, connection=connection)
            self.failed += 1
