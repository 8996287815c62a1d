import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

from triage.errors import InputError, StoreError
from triage.store import harvest_models, judge_models, mail_models, models, reader_models  # noqa: F401 -- the metadata must know every table
from triage.store.base import Base
from triage.store.engine import Database
from triage.store.schema import (
    HEAD,
    ensure_schema,
    find_migrations,
    is_modelled,
    read_revision,
)


@pytest.fixture
async def empty(tmp_path: Path) -> AsyncIterator[Database]:
    """A database file that does not exist yet."""
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'empty.db'}")
    yield database
    await database.close()


def list_tables(path: Path) -> set[str]:
    """As SQLite itself says, the search index counted once."""
    connection = sqlite3.connect(path)
    try:
        names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        return {name for name in names if not name.startswith("paper_words_")}
    finally:
        connection.close()


def execute(path: Path, statement: str) -> None:
    """Change a database behind the program's back."""
    connection = sqlite3.connect(path)
    connection.execute(statement)
    connection.commit()
    connection.close()


async def test_migrations_lead_to_the_models(database: Database) -> None:
    """Alembic finds no difference between the migrated database and the models, types included."""

    def compare(connection: Connection) -> list[object]:
        options = {"compare_type": True, "include_name": is_modelled}
        return list(compare_metadata(MigrationContext.configure(connection, opts=options), Base.metadata))

    async with database.connection(writes=False) as connection:
        assert await connection.run_sync(compare) == []


async def test_every_constraint_has_a_name(database: Database) -> None:
    """SQLite drops unnamed constraints when a migration copies a table, so none may be unnamed."""

    def list_names(connection: Connection) -> list[str | None]:
        inspector = inspect(connection)
        return [
            constraint["name"]
            for table in inspector.get_table_names()
            for constraint in (
                *inspector.get_unique_constraints(table),
                *inspector.get_check_constraints(table),
                *inspector.get_foreign_keys(table),
            )
        ]

    async with database.connection(writes=False) as connection:
        names = await connection.run_sync(list_names)
    assert len(names) > 10
    assert None not in names


def test_head_is_the_newest_script() -> None:
    """`HEAD`, which saves importing Alembic at start, is what the folder's newest script says."""
    assert ScriptDirectory(str(find_migrations())).get_current_head() == HEAD


async def test_ensuring_the_schema_twice_changes_nothing(empty: Database, tmp_path: Path) -> None:
    """The first call builds it, the second finds it."""
    await ensure_schema(empty)
    async with empty.connection(writes=False) as connection:
        assert await connection.run_sync(read_revision) == HEAD
    before = list_tables(tmp_path / "empty.db")
    await ensure_schema(empty)
    assert list_tables(tmp_path / "empty.db") == before == {"alembic_version", "paper_words", *Base.metadata.tables}


async def test_a_newer_database_is_refused_and_left_alone(sqlite: Database, tmp_path: Path) -> None:
    """A schema this program does not know is named in the error, and nothing is changed."""
    path = tmp_path / "triage.db"
    execute(path, "UPDATE alembic_version SET version_num = '9999'")
    before = list_tables(path)
    with pytest.raises(InputError, match="schema 9999, newer than this program knows"):
        await ensure_schema(sqlite)
    assert list_tables(path) == before
    async with sqlite.connection(writes=False) as connection:
        assert await connection.run_sync(read_revision) == "9999"


async def test_a_migration_that_fails_leaves_nothing_behind(empty: Database, tmp_path: Path) -> None:
    """A foreign table in the way stops the migration, and its other tables are rolled back."""
    path = tmp_path / "empty.db"
    execute(path, "CREATE TABLE votes (x)")
    with pytest.raises(StoreError, match="votes already exists"):
        await ensure_schema(empty)
    assert list_tables(path) == {"votes"}


async def test_a_file_that_is_no_database_is_a_store_error(empty: Database, tmp_path: Path) -> None:
    """The error names the database instead of showing a traceback, and the file keeps its bytes."""
    path = tmp_path / "empty.db"
    path.write_bytes(b"not a database " * 100)
    with pytest.raises(StoreError, match=r"empty\.db failed: file is not a database"):
        await ensure_schema(empty)
    assert path.read_bytes() == b"not a database " * 100


async def test_a_folder_that_does_not_exist_is_a_store_error(tmp_path: Path) -> None:
    """SQLite makes files, not folders; the error says which database."""
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'no' / 'such.db'}")
    with pytest.raises(StoreError, match="unable to open database file"):
        await ensure_schema(database)
    await database.close()
    for thread in threading.enumerate():  # aiosqlite does not wait for the thread of a connection that never opened
        if "_connection_worker_thread" in thread.name:
            await asyncio.to_thread(thread.join, 5)
