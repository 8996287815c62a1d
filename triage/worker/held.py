"""A worker that was taken for dead may come back: what it then says of its former job is not heard.

Only imported where the queue is opened.
"""

from typing import Any

from saq.job import Job, Status
from saq.queue.base import Queue


class HeldOnly(Queue):  # type: ignore[misc]  # mypy does not follow saq
    """Only who has a job ends it: its key may by now be that of another worker's job, or of one that waits."""

    async def finish(self, job: Job, status: Status, **kwargs: Any) -> None:
        """As SAQ's; nothing for one that has the job no more."""
        if await is_held(job):
            await super().finish(job, status, **kwargs)

    async def retry(self, job: Job, error: str | None) -> None:
        """As SAQ's; nothing for one that has the job no more."""
        if await is_held(job):
            await super().retry(job, error)


async def is_held(job: Job) -> bool:
    """Whether it is still there, asked for once and not again since, and no other worker has taken it."""
    kept = await job.get_queue().job(job.key)
    return kept is not None and kept.queued == job.queued and kept.worker_id in {None, job.worker_id}
