"""Maps for pages and programs: drawn once for both, and kept for a moment with their pictures."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Final

from litestar.datastructures import State

from api.cache import BriefCache
from api.pages.map_picture import Picture, draw_picture
from triage.errors import BusyError
from triage.reading.aside import run_aside
from triage.reading.drawer import Drawer
from triage.reading.library import Library
from triage.reading.week_map import WeekMap, draw_week

PATIENCE: Final = 1.0
"""Seconds until a page says that the map is being drawn."""
_MORE: Final = 10
"""Times as long a program waits: a server that is to end waits for it."""
_AGAIN: Final = 5
_SECONDS: Final = 5.0
_MOST_MAPS, _MOST_PICTURES = 8, 24  # a map of 2,000 papers takes about a megabyte


class Drawings:
    """The maps of this process, those under way and those asked for just now; others are found in the store.

    `patience` is how many seconds a page waits for one, and may be changed at any time.
    """

    def __init__(self, patience: float = PATIENCE, drawer: Drawer | None = None) -> None:
        self.patience = patience
        self._drawer = drawer or Drawer()
        self._maps: BriefCache[WeekMap] = BriefCache(_SECONDS, _MOST_MAPS)
        self._pictures: BriefCache[Picture] = BriefCache(_SECONDS, _MOST_PICTURES)

    async def fetch_soon(self, library: Library, week: str, topic: str | None) -> WeekMap | None:
        """The map, or None while it is being drawn, which goes on; raises what `draw_week` does."""
        return await self._fetch(library, week, topic, self.patience)

    async def fetch(self, library: Library, week: str, topic: str | None) -> WeekMap:
        """The map, for which a program may wait as long as one drawing takes; then `BusyError` sends it away."""
        found = await self._fetch(library, week, topic, self.patience * _MORE)
        if found is None:
            raise BusyError(f"The map of {week} is being drawn: ask again in {_AGAIN} seconds.", _AGAIN)
        return found

    async def _fetch(self, library: Library, week: str, topic: str | None, patience: float) -> WeekMap | None:
        make = partial(draw_week, library, self._drawer, week, topic)
        try:
            async with asyncio.timeout(patience):
                return await self._maps.fetch(f"{week} {topic or ''}", make)
        except TimeoutError:
            return None

    async def draw_picture(self, week_map: WeekMap, theme: int) -> Picture:
        """The map as a picture, of one theme alone or, for 0, of all."""
        key = f"{week_map.week} {week_map.topic or ''} {theme}"
        return await self._pictures.fetch(key, partial(run_aside, draw_picture, week_map, theme or None))

    def drop(self) -> None:
        """Forget finished maps: a shortlist changed."""
        self._maps.drop()
        self._pictures.drop()

    async def close(self) -> None:
        """Leave off drawing."""
        await self._drawer.close()
        await self._maps.close()


def provide_drawings(state: State) -> Drawings:
    """Those of this process."""
    drawings: Drawings = state.drawings
    return drawings


@asynccontextmanager
async def open_drawings() -> AsyncIterator[Drawings]:
    """For as long as the application runs."""
    drawings = Drawings()
    try:
        yield drawings
    finally:
        await drawings.close()
