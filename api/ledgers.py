"""Ledgers of this process, kept for a moment: they are long to reckon, and the same for all who ask."""

from functools import partial
from typing import Final

from litestar.datastructures import State

from api.cache import BriefCache
from triage.pipeline.ledger import Ledger
from triage.reading.ledger import reckon_ledger
from triage.reading.library import Library

_SECONDS: Final = 5.0
_MOST: Final = 8  # of up to a year: about two megabytes each


class Ledgers(BriefCache[tuple[Ledger, ...]]):
    """By the last week and the number of weeks."""

    def __init__(self) -> None:
        super().__init__(_SECONDS, _MOST)

    async def reckon(self, library: Library, week: str | None, weeks: int) -> tuple[Ledger, ...]:
        """As `reckon_ledger`, at most a few seconds old."""
        return await self.fetch(f"{week or ''} {weeks}", partial(reckon_ledger, library, week, weeks))


def provide_ledgers(state: State) -> Ledgers:
    """Those of this process."""
    ledgers: Ledgers = state.ledgers
    return ledgers
