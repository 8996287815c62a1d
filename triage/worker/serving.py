"""`triage worker`: one process that takes jobs from the queue until it is told to stop."""

import asyncio
import os
import signal
import socket
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any, Final

import structlog

from triage.config import Settings
from triage.worker.cron import STRIKES, list_cron
from triage.worker.jobs import JOBS
from triage.worker.queue import connect, list_failures, open_queue
from triage.worker.saq_log import tell_of_saq
from triage.worker.working import make_function
from triage.worker.workshop import Workshop, open_workshop

if TYPE_CHECKING:
    from saq import Queue, Worker

GRACE: Final = 25
"""Seconds that a job in hand may take once the worker is told to stop; systems kill after 30 or more."""
_CANCELLING = 2.0
_POLL = 0.5  # seconds: listening would hang on connections that break unseen
_IDLE = 1.2  # seconds until one without a job looks whether to stop; at a multiple of _POLL a query would be cut off
_BURST_LOOK = 0.3
_TIMERS = {"schedule": 1, "sweep": 3, "worker_info": 10, "abort": 2}
_INTERRUPTED = 130
_log = structlog.get_logger(__name__)


async def run_worker(settings: Settings, *, jobs: int = 1, with_cron: bool = True, is_burst: bool = False) -> None:
    """Take jobs, `jobs` at the same time, until SIGTERM or Ctrl-C; `is_burst`: until none is due or being done.

    Ends after the jobs in hand, or puts back what takes longer than `GRACE`. Raises `InputError` and `StoreError` when
    it cannot begin, `KeyboardInterrupt` at the end when Ctrl-C ended it. A second Ctrl-C ends the process at once.
    """
    queue = open_queue(settings)
    async with connect(queue), open_workshop(settings) as workshop:
        worker = _make_worker(queue, workshop, jobs, with_cron=with_cron and not is_burst)
        with tell_of_saq(), _hear_signals(worker, workshop) as heard:
            async with _watch_burst(worker, queue, is_burst=is_burst):
                _log.info("worker_started", jobs=jobs, pid=os.getpid())
                await worker.start()
        _log.info("worker_ended")
        if signal.SIGINT in heard:
            raise KeyboardInterrupt


def _make_worker(queue: "Queue", workshop: Workshop, jobs: int, *, with_cron: bool) -> "Worker[Any]":
    from triage.worker.saq_worker import PromptWorker

    async def lend(context: dict[str, Any]) -> None:
        context["workshop"] = workshop
        if workshop.is_stopping:  # told so while it was still beginning
            context["worker"].event.set()

    return PromptWorker(
        queue,
        [*((kind, make_function(kind, workshop)) for kind in JOBS), *STRIKES],
        concurrency=jobs,
        cron_jobs=list_cron(workshop.services.settings) if with_cron else (),
        startup=lend,
        timers=_TIMERS,
        dequeue_timeout=_IDLE,
        poll_interval=_POLL,
        shutdown_grace_period_s=GRACE,
        cancellation_hard_deadline_s=_CANCELLING,
        metadata={"host": socket.gethostname(), "pid": os.getpid(), "jobs": jobs},
    )


@contextmanager
def end_when_told() -> Iterator[None]:
    """SIGTERM ends the program well: to be used while no job can be in hand, at the beginning and the end."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    former = signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, former)


@contextmanager
def _hear_signals(worker: "Worker[Any]", workshop: Workshop) -> Iterator[list[signal.Signals]]:
    """The first lets the worker end, a second ends the process: its jobs then come back as those of any dead worker."""
    heard: list[signal.Signals] = []
    if threading.current_thread() is not threading.main_thread():
        yield heard
        return

    def hear(number: signal.Signals) -> None:
        if heard:
            os.write(2, b"Stopped at once; the queue gives the job in hand to another worker.\n")
            os._exit(_INTERRUPTED)
        heard.append(number)
        workshop.stop()
        worker.event.set()
        in_hand = len(worker.job_task_contexts)
        if in_hand:
            text = f"Stopping after {in_hand} job(s), or in {GRACE} seconds; again stops at once.\n"
            os.write(2, text.encode())

    loop = asyncio.get_running_loop()
    numbers = (signal.SIGINT, signal.SIGTERM)
    for number in numbers:
        loop.add_signal_handler(number, hear, number)
    try:
        yield heard
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)


@asynccontextmanager
async def _watch_burst(worker: "Worker[Any]", queue: "Queue", *, is_burst: bool) -> AsyncIterator[None]:
    if not is_burst:
        yield
        return
    task = asyncio.create_task(_end_when_idle(worker, queue))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _end_when_idle(worker: "Worker[Any]", queue: "Queue") -> None:
    """Two looks in a row, since a job may go from one worker to another between two counts."""
    failures, idle = list_failures(), 0
    while idle < 2:  # noqa: PLR2004 - the docstring says it
        await asyncio.sleep(_BURST_LOOK)
        try:
            busy = len(worker.job_task_contexts) or await queue.count("active") or await queue.count("queued")
        except failures:
            busy = True
        idle = 0 if busy else idle + 1
    worker.event.set()
