"""A library that finds by meaning too: the index is real, the embedder counts words."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fakes.judging_case import NOW, read_bundled_rubric
from msgspec.structs import replace

from triage.adapters.hashing import NAME, HashingEmbedder
from triage.adapters.vector_index.folder import IndexFolder
from triage.errors import ModelError
from triage.ports import Embedder
from triage.reading.fresh_index import FreshIndex
from triage.reading.library import Library
from triage.store.engine import Database


@asynccontextmanager
async def open_searchable(path: Path) -> AsyncIterator[Library]:
    """On a database file, with the bundled rubric and time that stands still."""
    database, embedder = Database(f"sqlite+aiosqlite:///{path}"), HashingEmbedder()
    index = FreshIndex(database, NAME, IndexFolder(path.parent / "index", NAME))
    try:
        yield Library(database, read_bundled_rubric(), NAME, lambda: embedder, index.open, lambda: NOW)
    finally:
        await database.close()


def break_model(library: Library) -> Library:
    """The same one where the model cannot be loaded."""

    def refuse() -> Embedder:
        raise ModelError("The weights are missing.")

    return replace(library, open_embedder=refuse)
