"""A fresh database with readers for each test."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from fakes.accounts_case import NOW, PASSWORD

from triage.accounts.readers import add_reader, set_password
from triage.core.account import Role
from triage.store.engine import Database
from triage.store.schema import ensure_schema


@pytest.fixture(scope="session")
def peopled_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file with ada (admin, with a password) and bob (reader, without); copy it, do not use it."""
    path = tmp_path_factory.mktemp("accounts") / "peopled.db"
    asyncio.run(_people(path))
    return path


async def _people(path: Path) -> None:
    database = Database(f"sqlite+aiosqlite:///{path}")
    await ensure_schema(database)
    await add_reader(database, "ada", "ada@example.org", Role.ADMIN, NOW)
    await set_password(database, "ada", PASSWORD, NOW)
    await add_reader(database, "bob", "bob@example.org", Role.READER, NOW)
    await database.close()


@pytest.fixture
async def database(peopled_file: Path, tmp_path: Path) -> AsyncIterator[Database]:
    """A database with ada (admin, with a password) and bob (reader, without)."""
    path = tmp_path / "triage.db"
    shutil.copy(peopled_file, path)
    database = Database(f"sqlite+aiosqlite:///{path}")
    yield database
    await database.close()
