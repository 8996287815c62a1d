import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from triage.errors import StoreError
from triage.store.conflict import insert_missing, insert_or_update
from triage.store.engine import SENT_AT_ONCE, Database, cut_parts
from triage.store.reader_models import NoteRow

_NOW = datetime(2026, 4, 20, tzinfo=UTC)
_BLOCKED = text("SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'transactionid'")


def make_rows(count: int = 300) -> list[dict[str, Any]]:
    """Of 4 kB each: all together are more than a connection takes at once."""
    return [
        {"reader": "me", "arxiv_id": f"2604.{number:05}", "text": "x" * 4_000, "updated_at": _NOW}
        for number in range(count)
    ]


async def add(session: AsyncSession) -> None:
    """New rows."""
    await insert_missing(session, NoteRow, make_rows())


async def put(session: AsyncSession) -> None:
    """New rows that might be old ones."""
    await insert_or_update(session, NoteRow, make_rows(), on=("reader", "arxiv_id"), set_=("text",))


async def change(session: AsyncSession) -> None:
    """Rows that were read."""
    for row in await session.scalars(select(NoteRow)):
        row.text = "y" * 4_000


async def wait_until_blocked(database: Database) -> int:
    """Until somebody waits for another's row; the process that serves them."""
    while True:
        async with database.read() as session:
            if pid := await session.scalar(_BLOCKED):
                return int(pid)
        await asyncio.sleep(0.01)


@pytest.mark.parametrize("work", [add, put, change])
@pytest.mark.parametrize("is_lost", [False, True], ids=["cancelled", "connection-lost"])
async def test_a_write_that_is_cut_short_ends(
    postgres: Database, work: Callable[[AsyncSession], Awaitable[None]], *, is_lost: bool
) -> None:
    """While the server takes no more, as on Ctrl-C or when it goes away: nothing of it is kept, and nobody hangs."""
    async with postgres.write() as session:
        await insert_missing(session, NoteRow, make_rows() if work is change else [])

    async def write() -> None:
        async with postgres.write() as session:
            await work(session)

    async with asyncio.timeout(60) as limit, postgres.write() as other:
        await insert_or_update(other, NoteRow, make_rows(1), on=("reader", "arxiv_id"), set_=("text",))
        writer = asyncio.create_task(write())
        pid = await wait_until_blocked(postgres)
        if is_lost:
            await other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
        else:
            writer.cancel()
        with pytest.raises(StoreError if is_lost else asyncio.CancelledError):
            await writer
    assert not limit.expired()
    async with postgres.read() as session:
        kept = await session.scalar(select(func.count()).select_from(NoteRow).where(NoteRow.text.startswith("x")))
    assert kept == (300 if work is change else 1)


async def test_the_last_of_rows_with_one_key_counts(database: Database) -> None:
    """On both kinds of database, within one call."""
    rows = [row | {"text": each} for each in ("first", "last") for row in make_rows(1)]
    async with database.write() as session:
        await insert_or_update(session, NoteRow, rows, on=("reader", "arxiv_id"), set_=("text",))
    async with database.read() as session:
        assert (await session.scalars(select(NoteRow.text))).all() == ["last"]


@given(st.lists(st.tuples(st.integers(), st.text(alphabet="aé漢", max_size=3), st.integers(0, 60_000)), max_size=30))
def test_parts_are_sent_at_once(made: list[tuple[int, str, int]]) -> None:
    """All rows in their order, and none but a row of its own is longer than a part may be."""
    rows = [(number, letters * times) for number, letters, times in made]
    parts = list(cut_parts(rows))
    assert [row for part in parts for row in part] == rows
    assert all(len(part) == 1 or sum(len(text.encode()) for _, text in part) < SENT_AT_ONCE for part in parts)
    assert all(parts)
