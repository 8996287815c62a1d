import asyncio
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import event, func, select, text
from sqlalchemy.exc import StatementError
from sqlalchemy.ext.asyncio import AsyncSession

from triage.errors import StoreError
from triage.store.engine import BUSY_TIMEOUT_MS, Database
from triage.store.harvest_models import RunRow
from triage.store.models import TagRow, VersionRow, VoteRow

_NOW = datetime(2026, 4, 20, 0, 30, tzinfo=UTC)


def make_tag(name: str, created_at: datetime = _NOW) -> TagRow:
    """A tag with nothing special."""
    return TagRow(reader="ada", name=name, arxiv_id="2604.00001", created_at=created_at)


async def count_tags(database: Database) -> int:
    """In a transaction of its own."""
    async with database.read() as session:
        return await session.scalar(select(func.count(TagRow.id))) or 0


async def test_every_connection_has_the_pragmas(sqlite: Database) -> None:
    """Readers and writers alike wait when busy, check foreign keys and use the write-ahead log."""
    for transaction in (sqlite.read, sqlite.write):
        async with transaction() as session:
            values = [
                await session.scalar(text(f"PRAGMA {name}"))
                for name in ("foreign_keys", "journal_mode", "busy_timeout")
            ]
        assert values == [1, "wal", BUSY_TIMEOUT_MS]


async def test_foreign_keys_are_enforced(database: Database) -> None:
    """A version without its paper is refused as a `StoreError`, and nothing is kept."""
    with pytest.raises(StoreError, match=r"(?i)foreign key"):
        async with database.write() as session:
            session.add_all([make_tag("kept?"), VersionRow(paper_id=99, version=1)])
    assert await count_tags(database) == 0


async def test_checks_are_enforced(database: Database) -> None:
    """A vote is 1 or -1."""
    with pytest.raises(StoreError, match=r"(?i)check"):
        async with database.write() as session:
            session.add(VoteRow(reader="a", topic="t", arxiv_id="2604.00001", value=2, origin="x", created_at=_NOW))


async def test_an_error_inside_rolls_back(database: Database) -> None:
    """Whatever is raised in a write, none of it is kept, and the error passes through."""

    async def fail() -> None:
        async with database.write() as session:
            session.add(make_tag("lost"))
            await session.flush()
            raise KeyError

    with pytest.raises(KeyError):
        await fail()
    assert await count_tags(database) == 0


async def test_what_a_reader_changes_is_not_kept(database: Database) -> None:
    """A read session never commits."""
    async with database.read() as session:
        session.add(make_tag("lost"))
        await session.flush()
    assert await count_tags(database) == 0


async def test_writers_wait_for_each_other_and_lose_nothing(sqlite: Database) -> None:
    """Eight that read, think and write at once all succeed, which an upgraded reader would not."""

    async def write_one(number: int) -> None:
        async with sqlite.write() as session:
            before = await session.scalar(select(func.count(TagRow.id)))
            await asyncio.sleep(0)
            session.add(make_tag(f"{number}-{before}"))

    await asyncio.gather(*map(write_one, range(8)))
    async with sqlite.read() as session:
        seen = sorted(int(name.split("-")[1]) for name in await session.scalars(select(TagRow.name)))
    assert seen == list(range(8))


async def test_a_reader_sees_one_snapshot_and_blocks_no_writer(database: Database) -> None:
    """A commit in between is not seen by a reader that has begun."""

    async def count(session: AsyncSession) -> int | None:
        return await session.scalar(select(func.count(TagRow.id)))

    async with database.read() as reader:
        assert await count(reader) == 0
        async with database.write() as session:
            session.add(make_tag("new"))
        assert await count(reader) == 0
    assert await count_tags(database) == 1


async def test_times_come_back_in_utc(database: Database) -> None:
    """An offset is converted, not dropped."""
    eastern = timezone(timedelta(hours=-5))
    async with database.write() as session:
        session.add(make_tag("offset", datetime(2026, 4, 19, 20, 0, 0, 123456, tzinfo=eastern)))
    async with database.read() as session:
        (moment,) = await session.scalars(select(TagRow.created_at))
    assert moment == datetime(2026, 4, 20, 1, 0, 0, 123456, tzinfo=UTC)
    assert moment.tzinfo is UTC


async def test_naive_times_are_refused(database: Database) -> None:
    """A time without a zone never reaches the database."""
    with pytest.raises(StatementError, match="has no time zone"):
        async with database.write() as session:
            session.add(make_tag("naive", datetime(2026, 4, 20)))  # noqa: DTZ001 # the point of the test
    assert await count_tags(database) == 0


async def test_an_absent_time_stays_absent_and_json_keeps_its_types(database: Database) -> None:
    """None is not turned into a time; reports keep numbers and lists."""
    async with database.write() as session:
        run = RunRow(
            step="x", week=None, started_at=_NOW, seconds=0.5, status="done", report={"n": [1, 2.5, None, "é"]}
        )
        session.add(run)
    async with database.read() as session:
        (row,) = await session.scalars(select(RunRow))
    assert (row.week, row.seconds, row.report) == (None, 0.5, {"n": [1, 2.5, None, "é"]})


@contextmanager
def hold_write_lock(database: Database) -> Iterator[None]:
    """Another process is in the middle of a change."""
    assert database.url.database is not None
    other = sqlite3.connect(database.url.database, isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        yield
    finally:
        other.close()


async def test_writers_that_wait_leave_connections_to_readers(sqlite: Database) -> None:
    """More of them than the pool has connections, while another process writes: reading goes on."""

    async def write_one(number: int) -> None:
        async with sqlite.write() as session:
            session.add(make_tag(str(number)))

    with hold_write_lock(sqlite):
        writers = [asyncio.create_task(write_one(number)) for number in range(20)]
        await asyncio.sleep(0)
        assert await count_tags(sqlite) == 0
    await asyncio.gather(*writers)
    assert await count_tags(sqlite) == 20


async def test_a_writer_that_failed_lets_the_next_one_in(sqlite: Database) -> None:
    """Whatever ended it, being called off among it."""

    async def stay() -> None:
        async with sqlite.write():
            await asyncio.Event().wait()

    first, second = asyncio.create_task(stay()), asyncio.create_task(stay())
    await asyncio.sleep(0)
    for task in (second, first):
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    async with sqlite.write() as session:
        session.add(make_tag("next"))
    assert await count_tags(sqlite) == 1


async def test_no_writer_waits_for_ever(sqlite: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """For its turn no longer than SQLite waits for a lock."""
    monkeypatch.setattr("triage.store.engine.BUSY_TIMEOUT_MS", 1)
    async with sqlite.write():
        with pytest.raises(StoreError, match="is busy"):
            async with sqlite.write():
                pytest.fail("it was not its turn")


async def test_too_many_at_once_is_an_error_of_the_store(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever gets no connection in time is told so like of any other fault of the database."""
    monkeypatch.setattr(database.engine.pool, "_timeout", 0.01)
    async with AsyncExitStack() as stack:
        for _ in range(15):
            await (await stack.enter_async_context(database.read())).execute(text("SELECT 1"))
        with pytest.raises(StoreError, match="is busy"):
            await count_tags(database)
    assert await count_tags(database) == 0


async def test_a_server_that_is_not_there_is_an_error_of_the_store() -> None:
    """Named without its password."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    database = Database(f"postgresql+asyncpg://ada:secret@127.0.0.1:{port}/none")
    for writes in (False, True):
        with pytest.raises(StoreError, match="cannot be reached") as caught:
            async with database.connection(writes=writes):
                pytest.fail("nobody listens there")
        assert "secret" not in str(caught.value)
    await database.close()


async def test_a_server_that_hangs_up_is_an_error_of_the_store() -> None:
    """Before it has said anything."""
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        database = Database(f"postgresql+asyncpg://ada:secret@127.0.0.1:{port}/none?ssl=disable")
        with pytest.raises(StoreError):
            await count_tags(database)
        await database.close()


async def test_a_database_that_is_not_there_is_an_error_of_the_store(postgres: Database) -> None:
    """The server says so while it is being connected to."""
    database = Database(postgres.url.set(database="none").render_as_string(hide_password=False))
    with pytest.raises(StoreError, match="none"):
        await count_tags(database)
    await database.close()


async def test_errors_of_files_inside_are_left_alone(database: Database) -> None:
    """They are no fault of the database."""

    async def fail() -> None:
        async with database.write() as session:
            session.add(make_tag("lost"))
            raise FileNotFoundError

    with pytest.raises(FileNotFoundError):
        await fail()
    assert await count_tags(database) == 0


async def test_a_connection_that_breaks_is_an_error_of_the_store(database: Database) -> None:
    """Drivers hand the network's errors on as they are."""

    def break_off(*_: object) -> None:
        raise ConnectionResetError("by peer")

    event.listen(database.engine.sync_engine, "do_execute", break_off)
    with pytest.raises(StoreError, match="was lost: by peer"):
        await count_tags(database)
    event.remove(database.engine.sync_engine, "do_execute", break_off)
    assert await count_tags(database) == 0
