"""Ranks a topic's drafts anew after a vote, beside the server: scoring is heavy and must not hold the server's loop."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, suppress
from threading import Condition, Thread
from typing import Final

import msgspec
import structlog

from triage.core.rubric import find_topic
from triage.core.taste import TASTE_NAME
from triage.core.week import parse_week
from triage.errors import ConflictError, TriageError
from triage.pipeline.score import Bench
from triage.pipeline.shortlist import build_shortlist
from triage.store.drafts import list_drafts
from triage.store.scores import delete_superseded

MOST_DRAFTS: Final = 2
"""So many of a topic's newest drafts follow a vote at once; older ones when they are built again."""

QUIET: Final = 2.0
LONGEST: Final = 10.0
"""Seconds without a further vote on the topic until its drafts are built, and seconds that nobody waits longer."""

_log = structlog.get_logger(__name__)


async def rebuild_drafts(bench: Bench, topic_name: str) -> AsyncGenerator[str, None]:
    """Build the topic's newest drafts again, each at its own size, and name each week once it is done.

    Scores that former votes made and no list rests on are deleted, or each vote would leave a whole week of them.
    Published shortlists stay as they are. Raises `UnknownTopicError`, and what `build_shortlist` raises.
    """
    topic = find_topic(bench.rubric, topic_name)
    async with bench.database.read() as session:
        drafts = await list_drafts(session, topic.name, MOST_DRAFTS)
    for draft in drafts:
        with suppress(ConflictError):  # published meanwhile: it stays as it is
            await build_shortlist(bench, topic, parse_week(draft.week), draft.size)
        async with bench.database.write() as session:
            await delete_superseded(session, topic.name, draft.week, f"+{TASTE_NAME}:")
        yield draft.week


class _Wish(msgspec.Struct, frozen=True):
    """When a run was asked for, at first and at last, by the rebuilder's clock."""

    first: float
    last: float


class Rebuilder:
    """Runs `rebuild`, one topic at a time, in a thread with an event loop of its own; may be called from any thread.

    A topic is run `quiet` seconds after its last request, so that a row of votes makes one run, and no later than
    `longest` after its first. `rebuild` opens the services it works with, since those of the server belong to the
    server's loop, and names each week once it is done. Nothing is lost with the process: votes are in the store, and
    the next build counts them.
    """

    def __init__(
        self, rebuild: Callable[[str], AsyncGenerator[str, None]], quiet: float = QUIET, longest: float = LONGEST
    ) -> None:
        self._rebuild, self._quiet, self._longest = rebuild, quiet, longest
        self._changed = Condition()
        self._waiting: dict[str, _Wish] = {}
        self._running: str | None = None
        self._is_closing = False
        self._errors: dict[str, str] = {}
        self._worker = Thread(target=self._work, name="rebuild", daemon=True)
        self._worker.start()

    def request(self, topic: str) -> None:
        """Have the topic rebuilt soon; while it is being rebuilt, any number of requests make one further run."""
        now = time.monotonic()
        with self._changed:
            if not self._is_closing:
                wish = self._waiting.get(topic)
                self._waiting[topic] = _Wish(wish.first if wish else now, now)
                self._changed.notify()

    def is_busy(self, topic: str) -> bool:
        """Whether the topic is being rebuilt or waits for it."""
        with self._changed:
            return topic in self._waiting or topic == self._running

    def last_error(self, topic: str) -> str | None:
        """Why the last run of the topic failed, as a sentence; None where it did not."""
        with self._changed:
            return self._errors.get(topic)

    async def close(self) -> None:
        """Drop what waits, and let the week that is being built come to its end; idempotent."""
        with self._changed:
            self._is_closing = True
            self._waiting.clear()
            self._changed.notify()
        await asyncio.to_thread(self._worker.join)

    def _work(self) -> None:
        while (topic := self._take_next()) is not None:
            error = asyncio.run(self._try(topic))
            if error is not None:
                _log.error("rebuild_failed", topic=topic, exc_info=error)
            with self._changed:
                self._running = None
                self._errors.pop(topic, None)
                if error is not None:
                    self._errors[topic] = _explain(error)

    def _take_next(self) -> str | None:
        """The topic that is due first, once it is; whoever votes from then on wants a further run. None at the end."""
        with self._changed:
            while not self._is_closing:
                topic = min(self._waiting, key=self._due, default=None)
                left = None if topic is None else self._due(topic) - time.monotonic()
                if topic is not None and left is not None and left <= 0:
                    del self._waiting[topic]
                    self._running = topic
                    return topic
                self._changed.wait(left)
            return None

    def _due(self, topic: str) -> float:
        wish = self._waiting[topic]
        return min(wish.last + self._quiet, wish.first + self._longest)

    async def _try(self, topic: str) -> BaseException | None:
        (error,) = await asyncio.gather(self._run(topic), return_exceptions=True)
        return error

    async def _run(self, topic: str) -> None:
        async with aclosing(self._rebuild(topic)) as weeks:
            async for week in weeks:
                _log.info("draft_rebuilt", topic=topic, week=week)
                if self._is_closing:
                    return


def _explain(error: BaseException) -> str:
    if isinstance(error, TriageError):
        return str(error)
    return f"The drafts could not be ranked anew ({type(error).__name__}); the log of the server says more."
