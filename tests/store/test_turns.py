"""Writers who read, think and write at the same time, on two handles: nothing is lost on either database."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from msgspec.structs import replace
from sqlalchemy import func, select, text

from triage.core.paper import Paper
from triage.errors import ConflictError
from triage.store.engine import Database
from triage.store.models import ShortlistRow, VoteRow
from triage.store.papers import select_papers
from triage.store.shortlists import Shortlist, load_shortlist, publish_shortlist, replace_shortlist
from triage.store.turns import take_turn
from triage.store.upsert import upsert_papers
from triage.store.votes import record_votes

_NOW = datetime(2026, 4, 20, 12, tzinfo=UTC)
_PAPERS = [Paper(arxiv_id=f"2604.{number:05d}", version=1, title="T", abstract="A") for number in range(1, 9)]
_LIST = Shortlist("t", "2026-W17", 20, "f", "prior", 8, _NOW, None, ())


@pytest.fixture
async def other(database: Database) -> AsyncIterator[Database]:
    """Another process's handle on the same database."""
    other = Database(database.url.render_as_string(hide_password=False))
    yield other
    await other.close()


async def test_two_harvests_at_once_lose_no_version(database: Database, other: Database) -> None:
    """Whichever is first, and in whatever order they read: the newest version of each paper stands."""

    async def harvest(handle: Database, papers: list[Paper]) -> None:
        async with handle.write() as session:
            await upsert_papers(session, papers, _NOW)

    newer = [replace(paper, version=2, title="T2") for paper in reversed(_PAPERS)]
    for _ in range(3):
        await asyncio.gather(harvest(database, _PAPERS), harvest(other, newer))
    async with database.read() as session:
        known = await select_papers(session, [paper.arxiv_id for paper in _PAPERS])
    assert [(key, each.paper.version, each.paper.title) for key, each in known.items()] == [
        (paper.arxiv_id, 2, "T2") for paper in _PAPERS
    ]


async def test_two_first_drafts_at_once_make_one_list(database: Database, other: Database) -> None:
    """The second replaces the first."""

    async def build(handle: Database) -> None:
        async with handle.write() as session:
            await replace_shortlist(session, _LIST, [])

    await asyncio.gather(*(build(handle) for handle in (database, other) * 4))
    async with database.read() as session:
        assert await session.scalar(select(func.count(ShortlistRow.id))) == 1


async def test_what_is_frozen_meanwhile_is_not_replaced(database: Database, other: Database) -> None:
    """Who builds the list anew waits for whom publishes it, and then leaves it alone."""
    async with database.write() as session:
        await replace_shortlist(session, _LIST, [])

    async def rebuild() -> None:
        async with other.write() as session:
            await replace_shortlist(session, replace(_LIST, size=5), [])

    async with database.write() as session:
        await publish_shortlist(session, "t", "2026-W17", _NOW)
        late = asyncio.create_task(rebuild())
        await asyncio.sleep(0.05)
    with pytest.raises(ConflictError):
        await late
    async with database.read() as session:
        kept = await load_shortlist(session, "t", "2026-W17")
    assert kept is not None
    assert (kept.size, kept.published_at) == (20, _NOW)


async def test_of_two_first_votes_the_later_stands(postgres: Database) -> None:
    """Though the first was not to be seen yet when the second was cast."""
    other = Database(postgres.url.render_as_string(hide_password=False))

    async def vote(handle: Database, value: int) -> None:
        async with handle.write() as session:
            await record_votes(session, "t", {"2604.00001": value}, "cli", _NOW)

    async with postgres.write() as session:
        await record_votes(session, "t", {"2604.00001": 1}, "cli", _NOW)
        late = asyncio.create_task(vote(other, -1))
        await asyncio.sleep(0.05)
    await late
    async with postgres.read() as session:
        assert await session.scalar(select(VoteRow.value)) == -1
    await other.close()


async def test_a_turn_ends_with_its_transaction(postgres: Database) -> None:
    """And others have other turns."""
    async with postgres.write() as first, postgres.write() as second:
        await take_turn(first, "papers")
        await take_turn(second, "shortlist")
        held = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")
        assert await first.scalar(held) == 2
    async with postgres.read() as session:
        assert await session.scalar(held) == 0


async def test_a_connection_that_the_server_ended_is_replaced(postgres: Database) -> None:
    """As after a restart: the next one who asks notices nothing."""
    async with postgres.read() as session:
        await session.scalar(text("SELECT 1"))
    other = Database(postgres.url.render_as_string(hide_password=False))
    async with other.write() as session:
        others = "datname = 'shared' AND pid <> pg_backend_pid()"
        ended = await session.scalars(text(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}"))  # noqa: S608 - our own
        assert ended.all() == [True]
    await other.close()
    async with postgres.read() as session:
        assert await session.scalar(text("SELECT 1")) == 1
