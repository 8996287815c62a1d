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

_CONNECTIONS = 8
_PATIENCE = 10.0  # seconds for a connection
_LOOK_AGAIN = 0.1


def make_queue(url: str, name: str, swept: str) -> PostgresQueue:
    """Not connected; `swept` is what is kept of a job that was taken from a worker too often."""
    pool = AsyncConnectionPool(
        url,
        open=False,
        check=AsyncConnectionPool.check_connection,
        timeout=_PATIENCE,
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


class SweptAtOnceQueue(PostgresQueue):  # type: ignore[misc]  # mypy does not follow saq
    """Takes the jobs of dead workers back all at once, and begins only when its tables are there."""

    async def connect(self) -> None:
        """As SAQ's; a server that cannot be had is told at once, and why, where a pool goes on trying."""
        async with await AsyncConnection.connect(self.pool.conninfo, connect_timeout=int(_PATIENCE)):
            await super().connect()

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

    async def sweep(self, lock: int = 60, abort: float = 5.0) -> list[str]:
        """Forget what has expired, and give the jobs of dead workers to others; may run in every worker at once.

        SAQ's own waits seconds for each job, one after the other, and under a lock that one worker holds as long as
        its connection is open, even when that worker hangs.
        """
        del lock, abort
        now = time.time()
        async with self.pool.connection() as connection, connection.transaction():
            expired = SQL("DELETE FROM {} WHERE queue = %s AND status IN ('aborted', 'complete', 'failed')")
            await connection.execute(expired.format(self.jobs_table) + SQL(" AND expire_at <= %s"), (self.name, now))
            await connection.execute(SQL("DELETE FROM {} WHERE expire_at <= %s").format(self.stats_table), (now,))
            held = SQL(
                "SELECT job, status FROM {} WHERE queue = %s AND status IN ('active', 'aborting') "
                "FOR UPDATE SKIP LOCKED"
            )
            rows = await (await connection.execute(held.format(self.jobs_table), (self.name,))).fetchall()
            stuck = [job for row in rows if (job := self.deserialize(*row)) is not None and job.stuck]
            for job in stuck:
                await self._take_back(job, connection)
        return [job.key for job in stuck]

    async def _take_back(self, job: Job, connection: AsyncConnection[Any]) -> None:
        job.error, job.started, job.touched = self.swept_error_message, 0, int(time.time() * 1000)
        if job.retryable:  # at once: that a worker was killed is no reason to wait
            job.scheduled = int(time.time())
            await self._update(job, status=Status.QUEUED, expire_at=None, connection=connection)
            self.retried += 1
        else:
            job.completed = job.touched
            expire_at = int(time.time()) + job.ttl if job.ttl > 0 else None
            await self._update(job, status=Status.FAILED, expire_at=expire_at, connection=connection)
            self.failed += 1
