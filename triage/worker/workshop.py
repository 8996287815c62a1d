"""Where jobs are done: a thread with an event loop of its own, so that no step, however heavy, stops the heartbeats."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future
from contextlib import asynccontextmanager, suppress
from typing import Any

from triage.bootstrap import Services, open_services
from triage.config import Settings
from triage.errors import TriageError
from triage.worker.jobs import JOBS, Outcome, Station

_NAME = "workshop"
_PATIENCE = 2.0  # seconds for the thread to end, after which it dies with the program


class Workshop:
    """Services in that thread; `stop` lets jobs know that they should end soon."""

    def __init__(self, services: Services, loop: asyncio.AbstractEventLoop) -> None:
        self.services = services
        self._loop = loop
        self._stopping = threading.Event()

    def stop(self) -> None:
        """What can end by itself ends after the piece in hand."""
        self._stopping.set()

    @property
    def is_stopping(self) -> bool:
        """Whether `stop` was called."""
        return self._stopping.is_set()

    async def do(self, kind: str, arguments: dict[str, Any]) -> Outcome:
        """Run a job there and wait for it here; cancelled here, it is cancelled there at its next pause."""
        station = Station(self.services, self._stopping.is_set)
        work = asyncio.run_coroutine_threadsafe(JOBS[kind](station, **arguments), self._loop)
        return await asyncio.wrap_future(work)


def is_busy() -> bool:
    """Whether a step that was given up is still under way: Python would wait for it before the process ends."""
    return any(thread.name == _NAME for thread in threading.enumerate())


@asynccontextmanager
async def open_workshop(settings: Settings) -> AsyncIterator[Workshop]:
    """Opens the store there; raises what `open_services` raises."""
    ready: Future[tuple[Workshop, Callable[[], None]]] = Future()
    thread = threading.Thread(target=_run, args=(settings, ready), name=_NAME, daemon=True)
    thread.start()
    workshop, end = await asyncio.wrap_future(ready)
    try:
        yield workshop
    finally:
        workshop.stop()
        end()
        await asyncio.to_thread(thread.join, _PATIENCE)


def _run(settings: Settings, ready: Future[tuple[Workshop, Callable[[], None]]]) -> None:
    async def serve() -> None:
        ending, loop = asyncio.Event(), asyncio.get_running_loop()
        async with open_services(settings) as services:
            ready.set_result((Workshop(services, loop), lambda: _tell(loop, ending)))
            await ending.wait()

    try:
        asyncio.run(serve())
    except TriageError as error:
        if ready.done():
            raise
        ready.set_exception(error)
    finally:
        if not ready.done():  # who waits for it would wait for ever
            ready.set_exception(RuntimeError("The thread of the jobs ended before it was ready: see its traceback."))


def _tell(loop: asyncio.AbstractEventLoop, ending: asyncio.Event) -> None:
    with suppress(RuntimeError):  # it has ended by itself
        loop.call_soon_threadsafe(ending.set)
