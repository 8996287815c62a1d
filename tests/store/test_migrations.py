"""Every migration keeps what is there, up and down, on both databases."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from fakes.postgres_case import PostgresCase
from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Connection,
    Date,
    DateTime,
    Float,
    Integer,
    LargeBinary,
    MetaData,
    inspect,
    text,
)

from triage.store.engine import Database
from triage.store.schema import HEAD, configure_alembic, ensure_schema, find_migrations, is_modelled, upgrade_schema
from triage.store.tables import list_tables

Contents = dict[str, list[dict[str, Any]]]

_REVISIONS = [script.revision for script in ScriptDirectory(str(find_migrations())).walk_revisions()][::-1]
_BY_TYPE: tuple[tuple[type, Any], ...] = (
    (Boolean, True),
    (DateTime, datetime(2026, 4, 20, 12, 30, 15, 123456, tzinfo=UTC)),
    (Date, date(2026, 4, 20)),
    (Integer, 1),
    (Float, 0.1),
    (LargeBinary, b"\0\xff"),
    (JSON, ["Zoë 'Q' Żak"]),
)
_BY_NAME = {
    "bounces.kind": "hard",
    "credentials.kind": "token",
    "deliveries.state": "pending",
    "judge_calls.purpose": "cascade",
    "judge_calls.state": "open",
    "mail_keys.kind": "digest",
    "readers.role": "reader",
    "shortlist_entries.kind": "ranked",
    "suppressions.reason": "bounced",
    "verdicts.purpose": "cascade",
    "verdicts.status": "judged",
}


@pytest.fixture(params=["sqlite", "postgresql"])
async def empty(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    """A database without any table."""
    if request.param == "sqlite":
        yield (database := Database(f"sqlite+aiosqlite:///{tmp_path / 'empty.db'}"))
        await database.close()
        return
    case: PostgresCase = request.getfixturevalue("postgres_case")
    yield (database := Database(case.make_database("empty", is_migrated=False)))
    await database.close()
    case.drop_database("empty")


def list_names(connection: Connection) -> list[str]:
    """Of the tables that there are, without the search index."""
    names = inspect(connection).get_table_names()
    return [name for name in names if is_modelled(name, "table", None) and name != "alembic_version"]


def downgrade(connection: Connection, revision: str) -> None:
    """Back to an older schema."""
    command.downgrade(configure_alembic(connection), revision)


def fill(connection: Connection, tables: Sequence[str]) -> None:
    """One row into each of the tables."""
    metadata = MetaData()
    metadata.reflect(connection, only=tables)
    for table in metadata.sorted_tables:
        if table.name in tables:
            told = [column for column in table.columns if is_modelled(column.name, "column", None)]
            connection.execute(table.insert().values({column.name: invent(column) for column in told}))


def invent(column: Column[Any]) -> Any:
    """A value of the column's type that no constraint refuses."""
    named = _BY_NAME.get(f"{column.table.name}.{column.name}")
    return named or next((value for kind, value in _BY_TYPE if isinstance(column.type, kind)), "é")


def dump(connection: Connection) -> Contents:
    """All rows of all tables."""
    return {
        name: [
            {column: value for column, value in row.items() if is_modelled(column, "column", None)}
            for row in connection.execute(text(f"SELECT * FROM {name}")).mappings()  # noqa: S608 - our own
        ]
        for name in list_names(connection)
    }


def keep_known(contents: Contents, known: Contents) -> Contents:
    """Of the contents, the tables and columns that were there before."""
    return {
        table: [{name: row[name] for name in before[0]} for row in contents[table]] for table, before in known.items()
    }


async def act(database: Database, action: Callable[[Connection], Any]) -> Any:
    """In a transaction of its own, on a connection that remembers no other schema."""
    await database.engine.dispose()
    async with database.connection(writes=True) as connection:
        return await connection.run_sync(action)


async def test_rows_of_every_release_survive_all_migrations_up_down_and_up_again(empty: Database) -> None:
    """A row of each table, put in as soon as there is the table, is the same after every step."""
    grown: list[Contents] = []
    for revision in _REVISIONS:
        await act(empty, partial(upgrade_schema, revision=revision))
        contents = await act(empty, dump)
        for known in grown:
            assert keep_known(contents, known) == known
        await act(empty, partial(fill, tables=[*({*contents} - {*(grown[-1] if grown else ())})]))
        grown.append(await act(empty, dump))
    assert set(grown[-1]) == {table.name for table in list_tables()}

    for revision, known in zip(_REVISIONS[-2::-1], grown[-2::-1], strict=True):
        await act(empty, partial(downgrade, revision=revision))
        assert await act(empty, dump) == known
    await ensure_schema(empty)
    assert keep_known(await act(empty, dump), grown[0]) == grown[0]

    await act(empty, partial(downgrade, revision="base"))
    assert await act(empty, lambda sync: inspect(sync).get_table_names()) == ["alembic_version"]


async def test_what_the_first_release_did_not_have_gets_a_sensible_value(empty: Database) -> None:
    """A version was no withdrawal, a tag is personal, and nobody knows which version was listed."""
    await act(empty, lambda sync: upgrade_schema(sync, _REVISIONS[0]))
    await act(empty, lambda sync: fill(sync, list_names(sync)))
    await ensure_schema(empty)
    contents = await act(empty, dump)
    (version,), (tag,), (entry,) = contents["paper_versions"], contents["tags"], contents["shortlist_entries"]
    assert (bool(version["is_withdrawn"]), bool(tag["is_shared"])) == (False, False)
    assert (entry["version"], entry["takeaway_by"], entry["judgement"]) == (None, None, None)


async def test_programs_that_start_at_once_upgrade_once(postgres_case: PostgresCase) -> None:
    """The second waits for the first, and finds nothing to do."""
    url = postgres_case.make_database("starting", is_migrated=False)
    databases = [Database(url) for _ in range(3)]
    await asyncio.gather(*map(ensure_schema, databases))
    async with databases[0].read() as session:
        assert list(await session.scalars(text("SELECT version_num FROM alembic_version"))) == [HEAD]
    for database in databases:
        await database.close()
    postgres_case.drop_database("starting")


async def test_text_is_compared_by_its_bytes(postgres: Database) -> None:
    """So that PostgreSQL orders as SQLite does, whatever its language; but for what only the search reads."""
    async with postgres.read() as session:
        others = await session.execute(
            text(
                "SELECT relname, attname FROM pg_attribute "
                "JOIN pg_class ON pg_class.oid = attrelid JOIN pg_collation ON pg_collation.oid = attcollation "
                "WHERE relkind = 'r' AND relnamespace = 'public'\\:\\:regnamespace AND collname <> 'C' ORDER BY 1, 2"
            )
        )
        found = [tuple(row) for row in others]
    assert found == [("alembic_version", "version_num"), ("papers", "abstract"), ("papers", "title")]
