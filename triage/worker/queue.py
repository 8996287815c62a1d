"""Where jobs wait: SAQ's queue in PostgreSQL or Redis, opened from the settings, and the one way to put a job in."""

import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from triage.config import Settings
from triage.errors import InputError, StoreError, tell_install
from triage.store.urls import read_url, to_plain
from triage.worker.kinds import HEARTBEAT, KEPT, KINDS, LONGEST_DELAY, UNHURRIED, Piece, Rules

if TYPE_CHECKING:
    from saq import Job, Queue

NEXT: Final = ":next"
"""Ends the key of a job that was asked for while the one of that key was running."""
_NAME = "triage"
_SWEPT = "Every worker that took this job was killed or fell silent: see why they end, then run triage queue retry."
_TRIES = 3
_REDIS = frozenset({"redis", "rediss"})


def open_queue(settings: Settings) -> "Queue":
    """The queue, not connected; raises `InputError` where none can be had from these settings."""
    url = _find_url(settings)
    is_redis = urlsplit(url).scheme in _REDIS
    try:
        if is_redis:
            from triage.worker.redis_queue import make_queue as make_redis

            return make_redis(url, _NAME, _SWEPT)
        from triage.worker.postgres_queue import make_queue as make_postgres

        return make_postgres(url, _NAME, _SWEPT)
    except ImportError as error:
        extra = "redis" if is_redis else "postgres"
        raise InputError(f"The queue needs packages that are not installed: {tell_install(extra)}.") from error


def _find_url(settings: Settings) -> str:
    if settings.queue_url:
        scheme = urlsplit(settings.queue_url).scheme
        if scheme.partition("+")[0] not in {"postgresql", "postgres", *_REDIS}:
            raise InputError(
                f"TRIAGE_QUEUE_URL begins with {scheme or 'nothing'}://: expected postgresql://USER@HOST/NAME or "
                "redis://HOST/0."
            )
    url = settings.queue_url or settings.url
    scheme = urlsplit(url).scheme.partition("+")[0]
    if scheme == "sqlite":
        raise InputError(
            "SQLite has no queue, and needs none: triage run does a week's work in the command itself. For several "
            "workers set TRIAGE_DATABASE_URL to postgresql+asyncpg://USER@HOST/NAME (the queue is in it), or "
            "TRIAGE_QUEUE_URL to redis://HOST/0."
        )
    if scheme in _REDIS:
        return url
    try:
        return to_plain(read_url(url)).set(drivername="postgresql").render_as_string(hide_password=False)
    except InputError as error:
        name = "TRIAGE_QUEUE_URL" if settings.queue_url else "TRIAGE_DATABASE_URL"
        raise InputError(str(error).replace("TRIAGE_DATABASE_URL", name)) from None


@asynccontextmanager
async def connect(queue: "Queue") -> AsyncIterator["Queue"]:
    """The queue, connected while the context is open; what its driver raises becomes `StoreError`."""
    try:
        with translate_failures():
            await queue.connect()
            await queue.count("active")  # Redis is not asked before
            yield queue
    finally:
        with suppress(*list_failures()):
            await queue.disconnect()


@contextmanager
def translate_failures() -> Iterator[None]:
    """What the queue's driver raises becomes `StoreError`."""
    try:
        yield
    except list_failures() as error:
        raise StoreError(f"The queue cannot be used: {describe(error)}") from error


def list_failures() -> tuple[type[Exception], ...]:
    """What the installed drivers raise when the server fails."""
    found: list[type[Exception]] = []
    try:
        from psycopg import Error as PostgresError

        found.append(PostgresError)
    except ImportError:
        pass
    try:
        from redis.exceptions import RedisError

        found.append(RedisError)
    except ImportError:
        pass
    return tuple(found)


def describe(error: BaseException) -> str:
    """In one line."""
    return " ".join(str(error).split()) or type(error).__name__


async def put(queue: "Queue", kind: str, *, key: str, is_urgent: bool = True, **arguments: Any) -> bool:
    """Put a job in; False where one of that key waits already, which will see all that was committed before this call.

    One that runs may have looked before: of kinds that are followed, another is put in, to run after it.
    """
    rules = KINDS[kind]
    for slot in (key, key + NEXT) if rules.is_followed else (key,):
        for _ in range(_TRIES):  # the job of that key may end between two questions
            if await queue.enqueue(_make_job(kind, slot, rules, arguments, is_urgent=is_urgent)):
                return True
            former = await queue.job(slot)
            if former is None:
                continue
            if former.status in {"new", "queued"}:
                return False
            if former.status in {"active", "aborting"}:
                break
            job = _make_job(kind, slot, rules, arguments, is_urgent=is_urgent)
            job.scheduled = max(int(time.time()), former.scheduled + 1)  # else SAQ takes it for the one that failed
            if await queue.enqueue(job):
                return True
    return False


async def put_piece(queue: "Queue", piece: Piece) -> bool:
    """As `put`; False too where it rests."""
    if piece.rest:
        former = await queue.job(piece.key)
        ended_at = former.completed / 1000 if former and former.status in {"failed", "aborted"} else 0.0
        if time.time() < ended_at + piece.rest:
            return False
    return await put(queue, piece.kind, key=piece.key, is_urgent=piece.is_urgent, **piece.arguments)


def _make_job(kind: str, key: str, rules: Rules, arguments: dict[str, Any], *, is_urgent: bool) -> "Job":
    from saq import Job

    return Job(
        function=kind,
        kwargs=arguments,
        key=key,
        timeout=rules.timeout,
        heartbeat=HEARTBEAT,
        retries=rules.attempts,
        ttl=KEPT,
        retry_delay=rules.delay,
        retry_backoff=LONGEST_DELAY,
        priority=rules.priority if is_urgent else UNHURRIED,
    )
