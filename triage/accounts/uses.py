"""When keys were used last, noted beside the requests that use them: none waits for it, or fails because of it."""

import asyncio
from datetime import datetime

import structlog

from triage.errors import StoreError
from triage.store.credentials import mark_used
from triage.store.engine import Database

_log = structlog.get_logger(__name__)


class UseNotes:
    """Notes each key at most once a minute; what cannot be written is logged and dropped. For one event loop."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._minute: datetime | None = None
        self._noted: set[str] = set()
        self._waiting: dict[str, datetime] = {}
        self._writer: asyncio.Task[None] | None = None

    def note(self, public: str, now: datetime) -> None:
        """Have it written soon that the key of this public part was used; returns at once."""
        minute = now.replace(second=0, microsecond=0)
        if minute != self._minute:
            self._minute = minute
            self._noted.clear()
        if public in self._noted:
            return
        self._noted.add(public)
        self._waiting[public] = now
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write())

    async def close(self) -> None:
        """Wait for what is being written."""
        if self._writer is not None:
            await self._writer

    async def _write(self) -> None:
        while self._waiting:
            uses, self._waiting = self._waiting, {}
            try:
                async with self._database.write() as session:
                    for public, now in sorted(uses.items()):  # in one order, lest two processes wait for each other
                        await mark_used(session, public, now)
            except StoreError as error:
                _log.warning("uses_not_noted", keys=len(uses), error=str(error))
