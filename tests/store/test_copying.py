import shutil
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from fakes.copying_case import dump, execute, fill_tables
from fakes.postgres_case import migrate, to_psycopg
from sqlalchemy import func, select, text

from triage.core.search_query import read_query
from triage.errors import InputError, StoreError
from triage.store.copying import TableCopy, copy_database
from triage.store.engine import Database
from triage.store.models import TagRow
from triage.store.reader_models import SubscriptionRow
from triage.store.schema import upgrade_schema
from triage.store.search import find_by_words
from triage.store.tables import list_tables

_ADD_TAG = (
    "INSERT INTO tags (id, reader, name, arxiv_id, created_at, is_shared) "
    "VALUES ({key}, 'me', 'n{key}', '2604.00001', '2026-04-20 00:00:00.000000', '0')"
)


class StopError(Exception):
    """Somebody pulls the plug."""


@pytest.fixture
async def source(migrated_file: Path, tmp_path: Path) -> AsyncIterator[Database]:
    """An empty SQLite database `source.db` at the newest schema."""
    shutil.copy(migrated_file, tmp_path / "source.db")
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'source.db'}")
    yield database
    await database.close()


@pytest.fixture
async def target(tmp_path: Path) -> AsyncIterator[Database]:
    """An SQLite database `target.db` that does not exist yet."""
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'target.db'}")
    yield database
    await database.close()


async def copy(source: Database, target: Database) -> dict[str, TableCopy]:
    """All of it, by table."""
    return {each.table: each for each in await copy_database(source, target, lambda *_: None)}


async def count_rows(database: Database) -> int:
    """In all tables together."""
    async with database.read() as session:
        counts = [await session.scalar(select(func.count()).select_from(each)) for each in list_tables()]
    return sum(each or 0 for each in counts)


def once(act: Callable[[], None], label: str = "copy") -> Callable[[str, int, int], None]:
    """A progress that acts when work of that name is first told of."""
    acts = [act]

    def advance(told: str, _done: int, _total: int) -> None:
        if told == label and acts:
            acts.pop()()

    return advance


async def test_every_row_of_every_table_comes_through_to_postgres_and_back(
    source: Database, postgres: Database, target: Database, tmp_path: Path
) -> None:
    """Two databases of different kinds hash alike, and the file at the end holds what the first did, bit by bit."""
    await fill_tables(source)
    there, back = await copy(source, postgres), await copy(postgres, target)
    assert there == back
    assert set(there) == {each.name for each in list_tables()}
    assert min(each.target_rows for each in there.values()) >= 1
    assert dump(tmp_path / "target.db") == dump(tmp_path / "source.db")


async def test_keys_go_on_behind_the_highest(source: Database, postgres: Database) -> None:
    """The next row that PostgreSQL numbers itself gets the key after the last copied; an empty table begins at 1."""
    for key in (2, 41):
        execute(Path(source.url.database or ""), _ADD_TAG.format(key=key))
    await copy(source, postgres)
    moment = datetime(2026, 4, 20, tzinfo=UTC)
    tag = TagRow(reader="me", name="x", arxiv_id="2604.00001", created_at=moment)
    wish = SubscriptionRow(reader="me", topic="x", created_at=moment)
    async with postgres.write() as session:
        session.add_all([tag, wish])
    assert (tag.id, wish.id) == (42, 1)


async def test_papers_are_found_by_their_words_at_once(
    listed_sample: Path, tmp_path: Path, postgres: Database, target: Database
) -> None:
    """The search indexes of both kinds are there when the copy is."""
    shutil.copy(listed_sample, tmp_path / "source.db")
    source = Database(f"sqlite+aiosqlite:///{tmp_path / 'source.db'}")
    await copy(source, postgres)
    await copy(postgres, target)
    found = []
    for database in (source, postgres, target):
        async with database.read() as session:
            found.append(set((await find_by_words(session, read_query("semantic IDs"), 20)).keys))
    await source.close()
    assert found[0]
    assert found[0] == found[1] == found[2]


async def test_a_target_that_holds_rows_is_refused_and_left_alone(
    source: Database, postgres: Database, target: Database, tmp_path: Path
) -> None:
    """Of either kind; the error names the table."""
    await fill_tables(source)
    await copy(source, target)
    await copy(source, postgres)
    before = dump(tmp_path / "target.db")
    for full in (target, postgres):
        with pytest.raises(InputError, match=r"is not empty: its table \w+ holds rows"):
            await copy(source, full)
    assert dump(tmp_path / "target.db") == before
    assert await count_rows(postgres) == await count_rows(source)


async def test_a_source_of_an_older_schema_is_refused_and_left_alone(target: Database, tmp_path: Path) -> None:
    """The error says how to upgrade it; neither is touched."""
    old = Database(f"sqlite+aiosqlite:///{tmp_path / 'old.db'}")
    async with old.connection(writes=True) as connection:
        await connection.run_sync(lambda sync: upgrade_schema(sync, "0001"))
    before = dump(tmp_path / "old.db")
    with pytest.raises(InputError, match=r"old\.db is at schema 0001, .* TRIAGE_DATABASE_URL=sqlite"):
        await copy(old, target)
    await old.close()
    assert dump(tmp_path / "old.db") == before
    assert dump(tmp_path / "target.db") == {}


async def test_what_is_no_database_of_ours_is_refused(target: Database, tmp_path: Path) -> None:
    """As a source."""
    execute(tmp_path / "other.db", "CREATE TABLE other (x)")
    other = Database(f"sqlite+aiosqlite:///{tmp_path / 'other.db'}")
    with pytest.raises(InputError, match=r"other\.db holds no database of Triage"):
        await copy(other, target)
    await other.close()


@pytest.mark.parametrize(
    ("change", "row", "why"),
    [
        ("suppressions SET detail = 'a' || char(0)", "suppressions, key 2", "detail holds a NUL character"),
        ("readers SET email = hex(zeroblob(200))", "readers, key 2", "value too long for type character varying"),
        ("deliveries SET attempts = 3000000000", "deliveries, key 2", "out of int32 range"),
        ("paper_changes SET fields = '[NaN]'", "paper_changes, key 2", "invalid input syntax for type json"),
    ],
)
async def test_a_row_that_postgres_does_not_take_is_named(
    source: Database, postgres: Database, change: str, row: str, why: str
) -> None:
    """SQLite keeps anything anywhere; the error says which row it is, and nothing is copied, the tables before too."""
    await fill_tables(source)
    execute(Path(source.url.database or ""), f"UPDATE {change} WHERE id = 2")
    with pytest.raises(StoreError, match=f"Table {row} cannot be copied: .*{why}"):
        await copy(source, postgres)
    assert await count_rows(postgres) == 0


async def test_a_time_that_is_none_is_named(source: Database, target: Database) -> None:
    """A table that another program wrote rubbish to ends in a sentence."""
    await fill_tables(source)
    execute(Path(source.url.database or ""), "UPDATE votes SET created_at = 'yesterday' WHERE id = 1")
    with pytest.raises(StoreError, match=r"Table votes of .*source\.db holds a value that cannot be read: .*yesterday"):
        await copy(source, target)


async def test_a_target_that_keeps_something_else_is_found_out(source: Database, tmp_path: Path) -> None:
    """A trigger in the target changes a row in a hundred: the table is named, and everything undone."""
    await fill_tables(source)
    path = tmp_path / "lies.db"
    lies = Database(f"sqlite+aiosqlite:///{path}")
    await copy(source, lies)
    for table in reversed(list_tables()):
        execute(path, f"DELETE FROM {table.name}")  # noqa: S608 - our own name
    lie = "UPDATE tags SET is_shared = 1 - is_shared WHERE id = 2"
    execute(path, f"CREATE TRIGGER lie AFTER INSERT ON tags WHEN new.id = 2 BEGIN {lie}; END")
    with pytest.raises(StoreError, match=r"not equal to the source in tags \(3 rows, 3 there\)\. It was undone"):
        await copy(source, lies)
    assert await count_rows(lies) == 0
    await lies.close()


async def test_what_is_written_meanwhile_to_a_file_is_not_in_the_copy(
    source: Database, postgres: Database, tmp_path: Path
) -> None:
    """The source is read as it was at the first moment, though others go on writing to it."""
    await fill_tables(source)
    add = once(lambda: execute(tmp_path / "source.db", _ADD_TAG.format(key=99)))
    copies = await copy_database(source, postgres, add)
    assert {each.table: each.target_rows for each in copies}["tags"] == 3
    async with postgres.read() as session:
        assert await session.get(TagRow, 99) is None
    assert len(dump(tmp_path / "source.db")["tags"]) == 4


async def test_what_is_written_meanwhile_to_a_server_is_not_in_the_copy(
    source: Database, postgres: Database, target: Database
) -> None:
    """The same with PostgreSQL as the source."""

    def add() -> None:
        with psycopg.connect(to_psycopg(postgres.url.render_as_string(hide_password=False))) as connection:
            connection.execute(text(_ADD_TAG.format(key=99)).text)

    await fill_tables(source)
    await copy(source, postgres)
    copies = await copy_database(postgres, target, once(add))
    assert {each.table: each.target_rows for each in copies}["tags"] == 3
    assert await count_rows(postgres) == await count_rows(target) + 1


@pytest.mark.parametrize("label", ["copy", "compare"])
async def test_a_copy_that_is_stopped_leaves_nothing_and_can_be_made_again(
    source: Database, postgres: Database, label: str
) -> None:
    """While rows are copied, and when all are there and only the comparison is missing."""

    def stop() -> None:
        raise StopError

    await fill_tables(source)
    with pytest.raises(StopError):
        await copy_database(source, postgres, once(stop, label))
    assert await count_rows(postgres) == 0
    assert all(each.is_equal for each in (await copy(source, postgres)).values())


async def test_nobody_else_writes_to_the_target_meanwhile(source: Database, tmp_path: Path) -> None:
    """A program that is started on the target too early has to wait, and mixes nothing in."""
    path = tmp_path / "busy.db"
    await migrate(f"sqlite+aiosqlite:///{path}")
    busy = Database(f"sqlite+aiosqlite:///{path}")

    def intrude() -> None:
        with closing(sqlite3.connect(path, timeout=0)) as connection:
            connection.execute(_ADD_TAG.format(key=99))

    await fill_tables(source)
    with pytest.raises(sqlite3.OperationalError, match="database is locked"):
        await copy_database(source, busy, once(intrude))
    await busy.close()


def test_tables_are_found_by_the_names_of_their_modules(root: Path) -> None:
    """A module with tables that is named otherwise would be left out of every copy."""
    named = {
        path.name for path in (root / "triage" / "store").glob("*.py") if "    __tablename__ =" in path.read_text()
    }
    assert len(named) >= 5
    assert all(name.endswith("models.py") for name in named)
