"""Draws maps beside the server: one at a time, each once for all who wait for it, and only so many ahead."""

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from threading import Thread
from typing import Any, Final, TypeVar

import structlog

from triage.errors import BusyError, TriageError
from triage.reading.aside import end_soon
from triage.store.week_maps import Drawing

MOST_WAITING: Final = 4
"""Maps that wait while one is drawn; who asks for a further one is sent away."""
_RETRY_AFTER: Final = 20  # seconds: some three maps of 2,000 papers on one core

_Made = TypeVar("_Made")
_log = structlog.get_logger(__name__)


class Drawer:
    """The maps that are drawn or wait for it, by the digest of what they are drawn from; for one event loop."""

    def __init__(self, most_waiting: int = MOST_WAITING) -> None:
        self._most_waiting = most_waiting
        self._under_way: dict[str, asyncio.Task[Drawing]] = {}
        self._turn = asyncio.Lock()
        self._is_closing = False

    async def fetch(self, digest: str, make: Callable[[], Coroutine[Any, Any, Drawing]]) -> Drawing:
        """What `make` makes when its turn comes: once for all who ask meanwhile, whoever of them goes away.

        Raises what `make` raises, and `BusyError` where too many other maps wait.
        """
        task = self._under_way.get(digest)
        if task is None:
            if len(self._under_way) > self._most_waiting:
                raise BusyError(
                    f"Other maps are to be drawn first: ask again in {_RETRY_AFTER} seconds.", retry_after=_RETRY_AFTER
                )
            task = self._under_way[digest] = asyncio.create_task(self._make(make))
            task.add_done_callback(lambda done: self._take_off(digest, done))
        return await asyncio.shield(task)

    async def close(self) -> None:
        """Drop what waits, and give up what is being drawn: it is drawn again when somebody asks."""
        self._is_closing = True
        await end_soon(list(self._under_way.values()))

    async def _make(self, make: Callable[[], Coroutine[Any, Any, Drawing]]) -> Drawing:
        async with self._turn:
            if self._is_closing:
                raise asyncio.CancelledError
            return await make()

    def _take_off(self, digest: str, task: asyncio.Task[Drawing]) -> None:
        self._under_way.pop(digest, None)
        error = None if task.cancelled() else task.exception()
        if error is not None and not isinstance(error, TriageError):  # of those whoever asked is told
            _log.error("week_map_failed", exc_info=error)


async def run_abandonable(work: Callable[[], _Made]) -> _Made:
    """What `work` returns or raises, from a thread that a process does not wait for at its end, unlike a pool's.

    For what takes many seconds and leaves nothing half done.
    """
    made: Future[_Made] = Future()
    made.set_running_or_notify_cancel()  # from here on it cannot be cancelled, only not listened to

    def run() -> None:
        try:
            made.set_result(work())
        except BaseException as error:  # noqa: BLE001 - told to whoever waits, as executors do
            made.set_exception(error)

    Thread(target=run, name="week-map", daemon=True).start()
    return await asyncio.wrap_future(made)
