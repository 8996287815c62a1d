"""The index of all papers that have vectors, built once and kept up with the store."""

import asyncio
import time
from collections.abc import Callable

import structlog

from triage.ports import Index
from triage.store.embeddings import VectorState, read_vector_state, stream_vectors
from triage.store.engine import Database

_PAUSE = 3.0  # seconds in which no new vectors are looked for
_OVERLAP = 10_000  # numbers that are read again: of two writers at a time, the one that began first may end last
_log = structlog.get_logger(__name__)


class FreshIndex:
    """Opens the index of one embedder's vectors. It is a cache in memory: `make` gives an empty one.

    A paper whose text changed keeps the vector of its old text until the new one has been embedded.
    """

    def __init__(
        self,
        database: Database,
        embedder_name: str,
        make: Callable[[], Index],
        read_seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._embedder_name = embedder_name
        self._make = make
        self._read_seconds = read_seconds
        self._index: Index | None = None
        self._seen = VectorState(0, 0)
        self._looked_at = 0.0
        self._lock = asyncio.Lock()

    async def open(self) -> Index:
        """The index with the vectors of some seconds ago or newer; the first call builds it. Raises `StoreError`."""
        async with self._lock:
            if self._index is None or self._read_seconds() - self._looked_at >= _PAUSE:
                self._index = await self._refresh(self._index)
            return self._index

    async def _refresh(self, index: Index | None) -> Index:
        looked_at, started = self._read_seconds(), time.perf_counter()
        fresh = await asyncio.to_thread(self._make) if index is None else index
        async with self._database.read() as session:
            state = await read_vector_state(session)
            if state != self._seen:
                after = 0 if index is None else max(0, self._seen.newest - _OVERLAP)
                async for batch in stream_vectors(session, self._embedder_name, after):
                    await asyncio.to_thread(fresh.add, batch.keys, batch.vectors)
                _log.info("index_refreshed", vectors=len(fresh), seconds=round(time.perf_counter() - started, 2))
        self._seen, self._looked_at = state, looked_at
        return fresh
