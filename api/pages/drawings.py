"""Maps that are being drawn: a page waits a moment for one and, if that is not enough, comes back for it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import structlog

from triage.errors import TriageError
from triage.reading.library import Library
from triage.reading.week_map import WeekMap, draw_week

PATIENCE: Final = 1.0
"""Seconds until the answer is that the map is being drawn."""
_log = structlog.get_logger(__name__)


class Drawings:
    """The drawings under way in this process; a finished one is found in the store by whoever asks next."""

    def __init__(self, patience: float = PATIENCE) -> None:
        self._patience = patience
        self._tasks: dict[tuple[str, str | None], asyncio.Task[WeekMap]] = {}

    async def fetch(self, library: Library, week: str, topic: str | None) -> WeekMap | None:
        """The map, or None while it is still being drawn; raises what `draw_week` does."""
        key = (week, topic)
        task = self._tasks.get(key)
        if task is None:
            task = self._tasks[key] = asyncio.create_task(draw_week(library, week, topic))
            task.add_done_callback(lambda done: self._take_off(key, done))
        done, _ = await asyncio.wait({task}, timeout=self._patience)
        return task.result() if done else None

    async def close(self) -> None:
        """Leave off waiting for those under way."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _take_off(self, key: tuple[str, str | None], task: asyncio.Task[WeekMap]) -> None:
        del self._tasks[key]
        if task.cancelled():
            return
        error = task.exception()
        if error is not None and not isinstance(error, TriageError):  # of those whoever asked is told
            _log.error("week_map_failed", week=key[0], exc_info=error)


@asynccontextmanager
async def open_drawings() -> AsyncIterator[Drawings]:
    """For as long as the application runs."""
    drawings = Drawings()
    try:
        yield drawings
    finally:
        await drawings.close()
