"""A library that is read as the application reads it, on a copy of a prepared database."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fakes.judging_case import NOW, read_bundled_rubric

from triage.adapters.hashing import HashingEmbedder
from triage.ports import Index
from triage.reading.library import Library
from triage.store.engine import Database


@asynccontextmanager
async def open_library(path: Path) -> AsyncIterator[Library]:
    """On a database file, with the bundled rubric, the word-counting embedder, no index, and time that stands still."""
    database, embedder = Database(f"sqlite+aiosqlite:///{path}"), HashingEmbedder()
    try:
        yield Library(database, read_bundled_rubric(), embedder.name, lambda: embedder, _refuse, lambda: NOW)
    finally:
        await database.close()


async def _refuse() -> Index:
    raise AssertionError("nothing here looks for likeness")
