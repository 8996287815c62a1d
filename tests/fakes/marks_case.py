"""Eight papers, the bundled rubric, and nobody's marks."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from fakes.judging_case import read_bundled_rubric
from fakes.papers import make_papers

from triage.adapters.hashing import HashingEmbedder
from triage.ports import Index
from triage.reading.library import Library
from triage.store.engine import Database
from triage.store.schema import ensure_schema
from triage.store.upsert import upsert_papers

NOW = datetime(2026, 4, 20, tzinfo=UTC)
IDS = [paper.arxiv_id for paper in make_papers(8)]


def prepare_small_store(path: Path) -> None:
    """A database with the papers; to be copied."""
    asyncio.run(_prepare(path))


async def _prepare(path: Path) -> None:
    database = Database(f"sqlite+aiosqlite:///{path}")
    await ensure_schema(database)
    async with database.write() as session:
        await upsert_papers(session, make_papers(len(IDS)), NOW)
    await database.close()


@asynccontextmanager
async def open_small_library(store: Path, folder: Path) -> AsyncIterator[Library]:
    """What reading works with, on a copy of the store in the folder."""
    path = folder / "triage.db"
    shutil.copy(store, path)
    database = Database(f"sqlite+aiosqlite:///{path}")
    try:
        yield Library(database, read_bundled_rubric(), "hashing", HashingEmbedder, _refuse_index, lambda: NOW)
    finally:
        await database.close()


async def _refuse_index() -> Index:
    raise AssertionError("marks need no index")
