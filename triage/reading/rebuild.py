"""Ranks a topic's drafts anew after a vote, beside the server: scoring is heavy and must not hold the server's loop."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import aclosing, suppress
from threading import Lock
from typing import Final

import structlog

from triage.core.rubric import find_topic
from triage.core.week import parse_week
from triage.errors import ConflictError, TriageError
from triage.pipeline.score import Bench
from triage.pipeline.shortlist import build_shortlist
from triage.store.drafts import list_drafts

MOST_DRAFTS: Final = 2
"""So many of a topic's newest drafts follow a vote at once; older ones when they are built again."""

_log = structlog.get_logger(__name__)


async def rebuild_drafts(bench: Bench, topic_name: str) -> AsyncGenerator[str, None]:
    """Build the topic's newest drafts again, each at its own size, and name each week once it is done.

    Published shortlists stay as they are. Raises `UnknownTopicError`, and what `build_shortlist` raises.
    """
    topic = find_topic(bench.rubric, topic_name)
    async with bench.database.read() as session:
        drafts = await list_drafts(session, topic.name, MOST_DRAFTS)
    for draft in drafts:
        with suppress(ConflictError):  # published meanwhile: it stays as it is
            await build_shortlist(bench, topic, parse_week(draft.week), draft.size)
        yield draft.week


class Rebuilder:
    """Runs `rebuild`, one topic at a time, in a thread with an event loop of its own; may be called from any thread.

    `rebuild` opens the services it works with, since those of the server belong to the server's loop, and names each
    week once it is done. Nothing is lost with the process: votes are in the store, and the next build counts them.
    """

    def __init__(self, rebuild: Callable[[str], AsyncGenerator[str, None]]) -> None:
        self._rebuild = rebuild
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="rebuild")
        self._lock = Lock()
        self._waiting: set[str] = set()
        self._running: str | None = None
        self._is_closing = False
        self._errors: dict[str, str] = {}

    def request(self, topic: str) -> None:
        """Have the topic rebuilt soon; while it is being rebuilt, any number of requests make one further run."""
        with self._lock:
            if self._is_closing or topic in self._waiting:
                return
            self._waiting.add(topic)
            future = self._worker.submit(self._work, topic)  # which wants the lock before it does anything
            future.add_done_callback(lambda done: self._settle(topic, done))

    def is_busy(self, topic: str) -> bool:
        """Whether the topic is being rebuilt or waits for it."""
        with self._lock:
            return topic in self._waiting or topic == self._running

    def last_error(self, topic: str) -> str | None:
        """Why the last run of the topic failed, as a sentence; None where it did not."""
        with self._lock:
            return self._errors.get(topic)

    async def close(self) -> None:
        """Drop what waits, and let the week that is being built come to its end; idempotent."""
        with self._lock:
            self._is_closing = True
        await asyncio.to_thread(self._worker.shutdown, cancel_futures=True)

    def _work(self, topic: str) -> None:
        with self._lock:
            self._waiting.discard(topic)  # whoever votes from now on wants a further run
            self._running = topic
        asyncio.run(self._run(topic))

    async def _run(self, topic: str) -> None:
        async with aclosing(self._rebuild(topic)) as weeks:
            async for week in weeks:
                _log.info("draft_rebuilt", topic=topic, week=week)
                if self._is_closing:
                    return

    def _settle(self, topic: str, done: Future[None]) -> None:
        """Runs in the worker, before its next task; for a task that was dropped, in the thread that closes."""
        error = None if done.cancelled() else done.exception()
        with self._lock:
            if done.cancelled():
                self._waiting.discard(topic)
                return
            self._running = None
            self._errors.pop(topic, None)
            if error is not None:
                self._errors[topic] = _explain(error)
        if error is not None:
            _log.error("rebuild_failed", topic=topic, exc_info=error)


def _explain(error: BaseException) -> str:
    if isinstance(error, TriageError):
        return str(error)
    return f"The drafts could not be ranked anew ({type(error).__name__}); the log of the server says more."
