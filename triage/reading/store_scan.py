"""Exact search of the vectors in the database itself, for as long as there is no index."""

import asyncio

import numpy as np
from numpy.typing import NDArray

from triage.core.vectors import Neighbour
from triage.store.embeddings import VectorBatch, stream_vectors
from triage.store.engine import Database

_Wish = tuple[NDArray[np.float32], int]


class StoreScan:
    """`Finder` that reads all vectors of an embedder, in batches: slow, right, and small.

    Those who search while it reads wait for the next reading, which then serves all of them. To be made on the event
    loop of the database, and searched from another thread, since it would wait for itself.
    """

    def __init__(self, database: Database, embedder_name: str, count: int) -> None:
        self._database = database
        self._embedder_name = embedder_name
        self._count = count
        self._loop = asyncio.get_running_loop()
        self._turn = asyncio.Lock()
        self._wishes: list[_Wish] = []
        self._reading: asyncio.Task[list[list[Neighbour]]] | None = None

    def __len__(self) -> int:
        """How many vectors there are at most."""
        return self._count

    def search(self, vector: NDArray[np.float32], count: int) -> list[Neighbour]:
        """The nearest of them, `count` or all, nearest first, equals by key; raises `StoreError`."""
        if count < 1:
            return []
        return asyncio.run_coroutine_threadsafe(self._search(vector, count), self._loop).result()

    async def _search(self, vector: NDArray[np.float32], count: int) -> list[Neighbour]:
        place = len(self._wishes)
        self._wishes.append((vector, count))
        if self._reading is None or place == 0:
            self._reading = asyncio.create_task(self._read_in_turn())
        return (await asyncio.shield(self._reading))[place]

    async def _read_in_turn(self) -> list[list[Neighbour]]:
        async with self._turn:
            wishes, self._wishes = self._wishes, []
            nearest: list[list[Neighbour]] = [[] for _ in wishes]
            async with self._database.read() as session:
                async for batch in stream_vectors(session, self._embedder_name):
                    nearest = [_add_nearest(found, batch, wish) for found, wish in zip(nearest, wishes, strict=True)]
            return nearest


def _add_nearest(found: list[Neighbour], batch: VectorBatch, wish: _Wish) -> list[Neighbour]:
    vector, count = wish
    cosines = batch.vectors @ vector
    best = np.lexsort((np.array(batch.keys), -cosines))[:count].tolist()
    new = [Neighbour(batch.keys[row], float(cosines[row])) for row in best]
    return sorted(found + new, key=lambda each: (-each.cosine, each.key))[:count]
