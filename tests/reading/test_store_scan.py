"""The database itself is searched while there is no index."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from fakes.store_search_case import ASKED, search_all
from sqlalchemy import update

from triage.adapters.hashing import NAME
from triage.errors import StoreError
from triage.reading.store_scan import StoreScan
from triage.store.embeddings import VectorBatch, stream_vectors
from triage.store.engine import Database, Session
from triage.store.models import EmbeddingRow


@pytest.fixture
async def database(listed_database: Path) -> AsyncIterator[Database]:
    """The bundled week of 85 papers, with vectors."""
    database = Database(f"sqlite+aiosqlite:///{listed_database}")
    yield database
    await database.close()


async def test_searches_of_the_database_share_one_reading(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever comes while it reads shares the next one; each gets its own answer, or the error."""
    readings: list[str] = []
    began, free = asyncio.Event(), asyncio.Event()

    async def _stream(session: Session, embedder: str) -> AsyncIterator[VectorBatch]:
        readings.append(embedder)
        began.set()
        await free.wait()
        async for batch in stream_vectors(session, embedder):
            yield batch

    monkeypatch.setattr("triage.reading.store_scan.stream_vectors", _stream)
    scan = StoreScan(database, NAME, 85)
    first = asyncio.create_task(scan._search(ASKED, 3))
    await began.wait()
    rest = [asyncio.create_task(scan._search(ASKED, count)) for count in (1, 5, 200)]
    await asyncio.sleep(0)
    free.set()
    found = await asyncio.gather(first, *rest)
    assert len(readings) == 2
    expected = [each.key for each in await search_all(database, 200)]
    assert [[each.key for each in one] for one in found] == [expected[:count] for count in (3, 1, 5, 200)]
    async with database.write() as session:
        await session.execute(update(EmbeddingRow).values(vector=b"damaged"))
    with pytest.raises(StoreError, match="damaged"):
        await asyncio.to_thread(scan.search, ASKED, 3)
