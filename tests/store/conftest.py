"""A fresh database for each test, built by the migrations as in production."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from triage.store.engine import Database
from triage.store.schema import ensure_schema


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file at the newest schema, migrated once per session; copy it, do not use it."""
    path = tmp_path_factory.mktemp("store") / "migrated.db"
    asyncio.run(_migrate(path))
    return path


async def _migrate(path: Path) -> None:
    database = Database(f"sqlite+aiosqlite:///{path}")
    await ensure_schema(database)
    await database.close()


@pytest.fixture
async def database(migrated_file: Path, tmp_path: Path) -> AsyncIterator[Database]:
    """An empty database at the newest schema."""
    path = tmp_path / "triage.db"
    shutil.copy(migrated_file, path)
    database = Database(f"sqlite+aiosqlite:///{path}")
    yield database
    await database.close()
