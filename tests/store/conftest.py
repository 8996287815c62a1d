"""A fresh database for each test, of each kind, built by the migrations as in production."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from fakes.postgres_case import migrate

from triage.store.engine import Database


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file at the newest schema, migrated once per session; copy it, do not use it."""
    path = tmp_path_factory.mktemp("store") / "migrated.db"
    asyncio.run(migrate(f"sqlite+aiosqlite:///{path}"))
    return path


@pytest.fixture
async def sqlite(migrated_file: Path, tmp_path: Path) -> AsyncIterator[Database]:
    """An empty SQLite database at the newest schema, for what is SQLite's own."""
    path = tmp_path / "triage.db"
    shutil.copy(migrated_file, path)
    database = Database(f"sqlite+aiosqlite:///{path}")
    yield database
    await database.close()


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest) -> Database:
    """An empty database at the newest schema: SQLite, then PostgreSQL."""
    database: Database = request.getfixturevalue(request.param)
    return database
