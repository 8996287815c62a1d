from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from triage.store.engine import Database
from triage.store.models import VoteRow
from triage.store.votes import (
    VoteCount,
    add_tags,
    list_tags,
    load_votes,
    record_votes,
    remove_tags,
    withdraw_votes,
)

_NOW = datetime(2026, 4, 20, tzinfo=UTC)
A, B, C = "2604.00001", "2604.00002", "hep-th/9901001"


async def record(database: Database, votes: dict[str, int], reader: str = "me", topic: str = "t") -> VoteCount:
    """Votes of a reader."""
    async with database.write() as session:
        return await record_votes(session, topic, votes, "test", _NOW, reader=reader)


async def load(database: Database, topic: str = "t", tags: tuple[str, ...] = ()) -> dict[str, int]:
    """What the votes come to."""
    async with database.read() as session:
        return await load_votes(session, topic, tags)


async def test_votes_are_counted_as_new_changed_and_unchanged(database: Database) -> None:
    """A vote on the same paper replaces the one before; the same vote again changes nothing, its time neither."""
    assert await record(database, {A: 1, B: -1}) == VoteCount(2, 0, 0)
    async with database.write() as session:
        count = await record_votes(session, "t", {A: -1, B: -1, C: 1}, "later", _NOW + timedelta(days=1))
    assert count == VoteCount(1, 1, 1)
    assert await load(database) == {A: -1, B: -1, C: 1}
    async with database.read() as session:
        rows = {row.arxiv_id: (row.origin, row.created_at) for row in await session.scalars(select(VoteRow))}
    assert rows[B] == ("test", _NOW)
    assert rows[A] == rows[C] == ("later", _NOW + timedelta(days=1))


async def test_no_votes(database: Database) -> None:
    """Empty in, empty out."""
    assert await record(database, {}) == VoteCount(0, 0, 0)
    assert await load(database, tags=("x",)) == {}


async def test_each_topic_has_its_own_votes(database: Database) -> None:
    """The same paper may be relevant here and not there."""
    await record(database, {A: 1})
    await record(database, {A: -1}, topic="other")
    assert (await load(database), await load(database, "other")) == ({A: 1}, {A: -1})


@pytest.mark.parametrize(
    ("votes", "outcome"), [((1,), {A: 1}), ((1, -1), {}), ((1, 1, -1), {A: 1}), ((-1, -1, 1), {A: -1})]
)
async def test_readers_outvote_each_other(database: Database, votes: tuple[int, ...], outcome: dict[str, int]) -> None:
    """The majority counts; a paper with as many of each counts as not voted on."""
    for number, value in enumerate(votes):
        await record(database, {A: value}, reader=f"reader{number}")
    assert await load(database) == outcome


async def test_withdrawn_votes_are_gone(database: Database) -> None:
    """Only this reader's, only these papers', and the count says how many there were."""
    await record(database, {A: 1, B: 1})
    await record(database, {A: 1}, reader="another")
    async with database.write() as session:
        assert await withdraw_votes(session, "t", [A, B, C], reader="another") == 1
        assert await withdraw_votes(session, "t", [A, C]) == 1
        assert await withdraw_votes(session, "t", []) == 0
    assert await load(database) == {B: 1}


async def test_a_tag_counts_as_a_relevant_vote(database: Database) -> None:
    """Once however many of the tags a paper carries; against a vote of -1 it makes the paper count for nothing."""
    await record(database, {B: -1})
    async with database.write() as session:
        await add_tags(session, [A, B], "one", _NOW)
        await add_tags(session, [A], "two", _NOW)
        await add_tags(session, [C], "unnamed", _NOW)
    assert await load(database, tags=("one", "two")) == {A: 1}
    assert await load(database, tags=("two",)) == {A: 1, B: -1}


async def test_tags_are_put_on_and_taken_off(database: Database) -> None:
    """Twice is once; readers do not see each other's."""
    async with database.write() as session:
        for _ in range(2):
            await add_tags(session, [B, A], "x", _NOW)
        await add_tags(session, [A], "x", _NOW, reader="another")
        await add_tags(session, [C], "a", _NOW)
        assert await list_tags(session) == {"a": [C], "x": [A, B]}
        for _ in range(2):
            await remove_tags(session, [A, C], "x")
        assert await list_tags(session) == {"a": [C], "x": [B]}
        assert await list_tags(session, reader="another") == {"x": [A]}
