import asyncio
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import func, select, text
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


async def test_every_connection_has_the_pragmas(database: Database) -> None:
    """Readers and writers alike wait when busy, check foreign keys and use the write-ahead log."""
    for transaction in (database.read, database.write):
        async with transaction() as session:
            values = [
                await session.scalar(text(f"PRAGMA {name}"))
                for name in ("foreign_keys", "journal_mode", "busy_timeout")
            ]
        assert values == [1, "wal", BUSY_TIMEOUT_MS]


async def test_foreign_keys_are_enforced(database: Database) -> None:
    """A version without its paper is refused as a `StoreError`, and nothing is kept."""
    with pytest.raises(StoreError, match="FOREIGN KEY"):
        async with database.write() as session:
            session.add_all([make_tag("kept?"), VersionRow(paper_id=99, version=1)])
    assert await count_tags(database) == 0


async def test_checks_are_enforced(database: Database) -> None:
    """A vote is 1 or -1."""
    with pytest.raises(StoreError, match="CHECK"):
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


async def test_writers_wait_for_each_other_and_lose_nothing(database: Database) -> None:
    """Eight that read, think and write at once all succeed, which an upgraded reader would not."""

    async def write_one(number: int) -> None:
        async with database.write() as session:
            before = await session.scalar(select(func.count(TagRow.id)))
            await asyncio.sleep(0)
            session.add(make_tag(f"{number}-{before}"))

    await asyncio.gather(*map(write_one, range(8)))
    async with database.read() as session:
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
