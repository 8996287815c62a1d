"""What `triage queue` says: how much waits, who works, what failed."""

import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import msgspec

from triage.worker.kinds import KINDS
from triage.worker.working import SENTENCE

if TYPE_CHECKING:
    from saq import Job, Queue

NEWEST: Final = 10
"""So many failures are shown."""
_WAITING, _RUNNING, _GIVEN_UP = ("new", "queued"), ("active", "aborting"), ("failed", "aborted")


class KindDepth(msgspec.Struct, frozen=True):
    """Jobs of one kind. `oldest` is since when (UTC) the first of those waits, `since` when the first began to run."""

    kind: str
    waiting: int
    running: int
    failed: int
    oldest: datetime | None
    since: datetime | None


class Trouble(msgspec.Struct, frozen=True):
    """A job that failed, and its sentence; `next_at` (UTC) is when it is tried again, None where it was given up."""

    kind: str
    key: str
    attempts: int
    at: datetime | None
    next_at: datetime | None
    error: str


class SeenWorker(msgspec.Struct, frozen=True):
    """A worker that showed itself in the last seconds, and what it has done since it began, `seconds` ago."""

    host: str
    pid: int
    jobs: int
    complete: int
    failed: int
    seconds: float


class QueueStatus(msgspec.Struct, frozen=True):
    """All of it; of the troubles the newest."""

    kinds: tuple[KindDepth, ...]
    workers: tuple[SeenWorker, ...]
    troubles: tuple[Trouble, ...]


async def read_status(queue: "Queue") -> QueueStatus:
    """As it is now; reads every job that is kept, and nothing else."""
    jobs: dict[str, list[Job]] = defaultdict(list)
    async for job in queue.iter_jobs(_statuses(*_WAITING, *_RUNNING, *_GIVEN_UP)):
        jobs[job.function].append(job)
    found = [job for of_kind in jobs.values() for job in of_kind]
    troubles = sorted((_to_trouble(job) for job in found if job.error), key=_read_time, reverse=True)
    workers = (await queue.info())["workers"].values()
    return QueueStatus(
        tuple(_measure(kind, jobs[kind]) for kind in KINDS),
        tuple(sorted(map(_to_worker, workers), key=lambda worker: (worker.host, worker.pid))),
        tuple(troubles[:NEWEST]),
    )


async def list_given_up(queue: "Queue") -> list["Job"]:
    """Every job that failed for good."""
    return [job async for job in queue.iter_jobs(_statuses(*_GIVEN_UP))]


def _statuses(*names: str) -> list[Any]:
    from saq import Status

    return [Status(name) for name in names]


def _measure(kind: str, jobs: Sequence["Job"]) -> KindDepth:
    waiting, running, failed = (
        [job for job in jobs if job.status in group] for group in (_WAITING, _RUNNING, _GIVEN_UP)
    )
    return KindDepth(
        kind,
        len(waiting),
        len(running),
        len(failed),
        oldest=_find_first(job.queued for job in waiting),
        since=_find_first(job.started for job in running),
    )


def _find_first(times: Iterable[int]) -> datetime | None:
    return _to_time(min((moment for moment in times if moment), default=0))


def _to_time(milliseconds: int) -> datetime | None:
    return datetime.fromtimestamp(milliseconds / 1000, UTC) if milliseconds else None


def _to_trouble(job: "Job") -> Trouble:
    is_waiting = job.status in _WAITING
    at = job.completed or job.touched
    return Trouble(
        job.function,
        job.key,
        job.attempts,
        _to_time(at),
        _to_time(int(max(job.scheduled, time.time()) * 1000)) if is_waiting else None,
        describe_failure(job),
    )


def describe_failure(job: "Job") -> str:
    """In a sentence: of what was raised our own, else its last line."""
    error = (job.error or "").strip()
    if not error.startswith("Traceback"):
        return error
    told: str = job.meta.get(SENTENCE) or error.rpartition("\n")[2]
    return told


def _read_time(trouble: Trouble) -> datetime:
    return trouble.at or datetime.fromtimestamp(0, UTC)


def _to_worker(info: dict[str, Any]) -> SeenWorker:
    about, done = info["metadata"] or {}, info["stats"] or {}
    return SeenWorker(
        about.get("host", "?"),
        about.get("pid", 0),
        about.get("jobs", 0),
        done.get("complete", 0),
        done.get("failed", 0),
        done.get("uptime", 0) / 1000,
    )
