"""One job, as SAQ calls it: signs of life while it runs, the jobs that follow, and an end that people can read."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import structlog

from triage.errors import InputError, JudgeStoppedError, ModelError, SourceStoppedError, StaleStoreError, TriageError
from triage.worker.kinds import BEAT, KINDS
from triage.worker.queue import NEXT, describe, list_failures, put_piece, translate_failures
from triage.worker.workshop import Workshop

if TYPE_CHECKING:
    from saq import Job

SENTENCE = "sentence"
"""Below this name a job's `meta` says why it failed."""
_HOPELESS = (InputError, JudgeStoppedError, ModelError, SourceStoppedError, StaleStoreError)
"""A person has to see to these first: trying again changes nothing."""
_LOOK_AGAIN = 0.5
_log = structlog.get_logger(__name__)


def make_function(kind: str, workshop: Workshop) -> Callable[..., Awaitable[None]]:
    """What SAQ calls for jobs of that kind."""

    async def work(context: Mapping[str, Any], **arguments: Any) -> None:
        job: Job = context["job"]
        started = time.monotonic()
        job.meta.pop(SENTENCE, None)
        async with _beating(job):
            try:
                await _do(workshop, job, kind, arguments)
            except asyncio.CancelledError:
                if workshop.is_stopping:
                    job.attempts -= 1  # being stopped is not the job's fault
                raise
            except TriageError as error:
                _fail(job, error, started)
                raise
        job.ttl = -1  # SAQ deletes it, and its key is free at once
        _log.info("job_done", job=job.key, seconds=round(time.monotonic() - started, 1))

    return work


async def _do(workshop: Workshop, job: "Job", kind: str, arguments: dict[str, Any]) -> None:
    if KINDS[kind].is_followed:
        with translate_failures():
            await _wait_for_twin(job)
    outcome = await workshop.do(kind, arguments)
    with translate_failures():
        for piece in outcome.pieces:
            await put_piece(job.get_queue(), piece)
    if outcome.error is not None:
        raise outcome.error


def _fail(job: "Job", error: TriageError, started: float) -> None:
    job.meta[SENTENCE] = str(error)
    if isinstance(error, _HOPELESS):
        job.retries = job.attempts
    _log.warning(
        "job_failed",
        job=job.key,
        seconds=round(time.monotonic() - started, 1),
        error=str(error),
        attempts_left=max(0, job.retries - job.attempts),
    )


@asynccontextmanager
async def _beating(job: "Job") -> AsyncIterator[None]:
    worker = asyncio.current_task()
    task = asyncio.create_task(_beat(job, worker.cancel if worker else lambda: None))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _beat(job: "Job", give_up: Callable[[], object]) -> None:
    """Until the job has ended, or another worker has it: this one was taken for dead, and its work is in vain."""
    from triage.worker.held import is_held

    failures = list_failures()
    while True:
        await asyncio.sleep(BEAT)
        try:
            if not await is_held(job):
                _log.warning("job_taken", job=job.key, says="another worker took this one for dead")
                give_up()
                return
            await job.update()
        except failures as error:
            _log.warning("beat_failed", job=job.key, error=describe(error))


async def _wait_for_twin(job: "Job") -> None:
    """Two jobs of one name, of which the later was asked for while the other ran, are not done at the same time.

    Who began first goes first, so that an older list never comes after a newer one.
    """
    is_next = job.key.endswith(NEXT)
    key = job.key.removesuffix(NEXT) if is_next else job.key + NEXT
    while twin := await job.get_queue().job(key):
        if twin.status not in {"active", "aborting"} or (twin.started, twin.key) > (job.started, job.key):
            return
        await asyncio.sleep(_LOOK_AGAIN)
