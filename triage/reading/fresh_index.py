"""The index of all papers that have vectors, kept up with the store; a large one is kept on disk and built aside."""

import asyncio
import time
from collections.abc import Callable

import structlog
from msgspec.structs import replace

from triage.errors import StoreError
from triage.ports import Index
from triage.reading.finder import Finder
from triage.reading.shelf import IndexBuild, IndexShelf
from triage.reading.store_scan import StoreScan
from triage.store.embeddings import stream_vectors, stream_vectors_of
from triage.store.engine import Database, Session
from triage.store.vector_state import (
    VectorState,
    count_settled,
    count_vectors,
    list_changed_texts,
    mark_vectors,
    read_vector_state,
    tell_late,
)

_PAUSE = 3.0  # seconds in which no new vectors are looked for
_RETRY = 60.0  # seconds until an index that could not be built is tried again
_log = structlog.get_logger(__name__)


class FreshIndex:
    """Opens the index of one embedder's vectors, a cache. A paper whose text changed is in it once that is embedded.

    A large one is loaded from the shelf, and where that does not fit the database, or too much changed, built anew
    aside; until then every search reads the database itself, which takes seconds and is as right, or uses the old one.
    """

    def __init__(
        self,
        database: Database,
        embedder_name: str,
        shelf: IndexShelf,
        read_seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._embedder_name = embedder_name
        self._shelf = shelf
        self._read_seconds = read_seconds
        self._index: Index | None = None
        self._seen = VectorState()
        self._scan: StoreScan | None = None
        self._looked_at: float | None = None
        self._lock = asyncio.Lock()
        self._build: asyncio.Task[None] | None = None
        self._build_after = float("-inf")
        self._built = VectorState()

    async def open(self) -> Finder:
        """What finds the vectors of some seconds ago or newer; raises `StoreError`."""
        async with self._lock:
            if self._looked_at is None or self._read_seconds() - self._looked_at >= _PAUSE:
                await self._refresh()
            if self._index is None or self._index.is_overgrown:
                self._build_aside()
            if self._index is not None:
                return self._index
            self._scan = self._scan or StoreScan(self._database, self._embedder_name, self._seen.count)
            return self._scan

    async def prepare(self) -> Finder:
        """As `open`, after an index that must be built: for whoever has the time; where it cannot, the log says why."""
        finder = await self.open()
        if self._build is None:
            return finder
        await asyncio.wait([self._build])
        return await self.open()

    async def prepare_large(self) -> None:
        """Have a large index kept for those who search next; a small one is made in memory by each of them."""
        async with self._database.read() as session:
            is_large = self._shelf.is_large(await count_vectors(session, self._embedder_name))
        if is_large:
            await self.prepare()

    async def close(self) -> None:
        """Give up an index that is being built; it is begun again when one is opened."""
        if self._build is not None:
            self._build.cancel()
            await asyncio.wait([self._build])

    async def _refresh(self) -> None:
        looked_at, started = self._read_seconds(), time.perf_counter()
        async with self._database.read() as session:
            state = await read_vector_state(session)
            if self._looked_at is None or await self._has_lost(session, state):
                self._index, self._seen = await self._begin(session)
            if state.is_at(self._seen):
                state = self._seen
            else:
                state = replace(state, settled=await count_settled(session, state.newest))
            if self._index is not None and state != self._seen:
                await self._catch_up(session, self._index, self._seen)
                seconds = round(time.perf_counter() - started, 2)
                _log.info("index_refreshed", vectors=len(self._index), seconds=seconds)
        self._seen, self._looked_at = state, looked_at

    async def _has_lost(self, session: Session, state: VectorState) -> bool:
        """Whether something is gone, or came too late to be caught up with."""
        if state.has_lost(self._seen):
            return True
        return state.count > self._seen.count and (await count_settled(session, self._seen.newest) > self._seen.settled)

    async def _begin(self, session: Session) -> tuple[Index | None, VectorState]:
        """An empty one, the kept one, or None where one must be built; and what is in it."""
        if not self._shelf.is_large(await count_vectors(session, self._embedder_name)):
            return await asyncio.to_thread(self._shelf.make), VectorState()
        index, held = await self._load(session)
        self._built = held
        return index, held

    async def _load(self, session: Session) -> tuple[Index | None, VectorState]:
        return await load_kept(session, self._shelf) or (None, VectorState())

    async def _catch_up(self, session: Session, index: Index, seen: VectorState) -> None:
        """Take in what came and what changed after a state; taking it twice changes nothing."""
        late = tell_late(session)
        if len(index):
            keys = await list_changed_texts(session, max(0, seen.changes - late))
            gone = set(keys)
            async for batch in stream_vectors_of(session, self._embedder_name, keys):
                await asyncio.to_thread(index.add, batch.keys, batch.vectors)
                gone.difference_update(batch.keys)
            await asyncio.to_thread(index.remove, sorted(gone))
        async for batch in stream_vectors(session, self._embedder_name, max(0, seen.newest - late)):
            await asyncio.to_thread(index.add, batch.keys, batch.vectors)

    def _build_aside(self) -> None:
        if (self._build is None or self._build.done()) and self._read_seconds() >= self._build_after:
            self._build_after = self._read_seconds() + _RETRY
            self._build = asyncio.create_task(self._build_logged())

    async def _build_logged(self) -> None:
        try:
            await self._build_and_swap()
        except StoreError as error:
            _log.error("index_not_built", error=str(error))

    async def _build_and_swap(self) -> None:
        with self._shelf.build() as build:
            if build is None:
                return  # another process does; its index is taken the next time
            if not await self._swap(VectorState() if self._index is None else self._built):
                started = time.perf_counter()
                await self._fill(build)
                await self._swap(VectorState())
                _log.info("index_built", seconds=round(time.perf_counter() - started, 2))

    async def _swap(self, than: VectorState) -> bool:
        """Take the kept index if it is newer; it is brought up to date by whoever opens it."""
        async with self._database.read() as session:
            index, held = await self._load(session)
        if index is None or held.newest <= than.newest:
            return False
        async with self._lock:
            self._index, self._seen, self._looked_at = index, held, float("-inf")
            self._built = held
        return True

    async def _fill(self, build: IndexBuild) -> None:
        async with self._database.read() as session:
            mark = await mark_vectors(session, await read_vector_state(session))
            async for batch in stream_vectors(session, self._embedder_name):
                await asyncio.to_thread(build.add, batch.keys, batch.vectors)
        await asyncio.to_thread(build.finish, mark)


async def load_kept(session: Session, shelf: IndexShelf) -> tuple[Index, VectorState] | None:
    """The kept index where it is of this database, as it was at the state, and nothing was deleted from it since."""
    if (kept := await asyncio.to_thread(shelf.load)) is None:
        return None
    index, mark = kept
    held = VectorState(mark.newest, mark.count, mark.changes, mark.settled)
    if not mark.is_part_of(found := await mark_vectors(session, held)):
        _log.warning("index_of_another_store", kept=mark, found=found)
        return None
    return index, held
