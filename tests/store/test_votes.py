from datetime import UTC, datetime, timedelta

import pytest
from fakes.papers import make_papers
from sqlalchemy import select

from triage.store.engine import Database
from triage.store.models import VoteRow
from triage.store.upsert import upsert_papers
from triage.store.votes import (
    TagUse,
    Vote,
    VoteCount,
    add_tags,
    count_relevant,
    count_tags,
    count_votes,
    list_tagged,
    list_tags,
    list_votes,
    load_votes,
    record_votes,
    remove_shared_tag,
    remove_tag_everywhere,
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
    ("votes", "outcome"),
    [
        ((1,), {A: 1}),
        ((1, -1), {}),
        ((1, 1, -1), {A: 1}),
        ((-1, -1, 1), {A: -1}),
        ((0,), {}),
        ((0, 0, -1), {A: -1}),
        ((0, 1, -1), {}),
    ],
)
async def test_readers_outvote_each_other(database: Database, votes: tuple[int, ...], outcome: dict[str, int]) -> None:
    """The majority counts, and "uncertain" for neither side; a paper with as many of each counts as not voted on."""
    for number, value in enumerate(votes):
        await record(database, {A: value}, reader=f"reader{number}")
    assert await load(database) == outcome


async def test_an_uncertain_vote_is_a_vote(database: Database) -> None:
    """It is listed, counted, changed and withdrawn as any other, and is not the same as none."""
    assert await record(database, {A: 0}) == VoteCount(1, 0, 0)
    assert await record(database, {A: 0, B: 1}) == VoteCount(1, 0, 1)
    async with database.write() as session:
        assert [vote.value for vote in await list_votes(session, "t")] == [0, 1]
        assert await count_votes(session, reader="me") == {"t": (2, 1)}
        assert await withdraw_votes(session, "t", [A]) == 1
        assert await count_votes(session, reader="me") == {"t": (1, 1)}
    assert await record(database, {B: 0}) == VoteCount(0, 1, 0)
    assert await load(database) == {}


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


async def see_tags(database: Database, reader: str) -> list[TagUse]:
    """What a reader sees."""
    async with database.read() as session:
        return await count_tags(session, reader=reader)


async def test_a_reader_lists_own_votes(database: Database) -> None:
    """By topic and id, on one topic or on all; nobody else's."""
    await record(database, {B: -1, A: 1})
    await record(database, {A: 1}, topic="other")
    await record(database, {C: 1}, reader="another")
    async with database.read() as session:
        assert await list_votes(session, "t") == [Vote(A, "t", 1, _NOW), Vote(B, "t", -1, _NOW)]
        assert [(vote.topic, vote.arxiv_id) for vote in await list_votes(session)] == [("other", A), ("t", A), ("t", B)]
        assert await list_votes(session, reader="third") == []


async def test_relevant_papers_are_counted_over_all_readers(database: Database) -> None:
    """Only papers that the store has, each once, by votes and tags alike; what readers are at odds about is none."""
    async with database.write() as session:
        await upsert_papers(session, make_papers(2), _NOW)
    await record(database, {A: 1, B: 1, C: 1})
    await record(database, {A: 1, B: -1}, reader="another")
    async with database.write() as session:
        assert await count_relevant(session, "t") == 1
        await add_tags(session, [B], "x", _NOW, reader="another")
        assert await count_relevant(session, "t", ["x"]) == 2


@pytest.mark.parametrize("is_shared", [True, False])
async def test_only_its_owner_says_whether_a_tag_is_shared(database: Database, is_shared: bool) -> None:
    """Put again with another word it changes; put again without a word it stays."""
    async with database.write() as session:
        await add_tags(session, [A], "x", _NOW, is_shared=not is_shared)
        await add_tags(session, [A], "x", _NOW, is_shared=is_shared)
        await add_tags(session, [A], "x", _NOW)
        await add_tags(session, [A], "x", _NOW, reader="another")

    assert await see_tags(database, "me") == [TagUse("x", 1, is_shared, is_mine=True)]


async def test_tags_are_seen_by_their_owner_and_where_they_are_shared(database: Database) -> None:
    """Papers count once however many readers tag them; a personal tag of another adds nothing to one's own."""
    async with database.write() as session:
        await add_tags(session, [A, B], "x", _NOW, is_shared=True)
        await add_tags(session, [A], "x", _NOW, reader="another")
        await add_tags(session, [B, C], "y", _NOW, reader="another")

    assert await see_tags(database, "me") == [TagUse("x", 2, is_shared=True, is_mine=True)]
    assert await see_tags(database, "another") == [
        TagUse("x", 2, is_shared=True, is_mine=True),
        TagUse("y", 2, is_shared=False, is_mine=True),
    ]
    assert await see_tags(database, "third") == [TagUse("x", 2, is_shared=True, is_mine=False)]
    async with database.read() as session:
        assert await list_tagged(session, "x", reader="third") == [A, B]
        assert await list_tagged(session, "y", reader="third") == []
        assert await list_tagged(session, "y", reader="another") == [B, C]


async def test_a_shared_tag_can_be_taken_off_its_owner(database: Database) -> None:
    """Only there and from that reader; one that is personal stays."""
    async with database.write() as session:
        for reader, is_shared in (("bob", True), ("carol", True), ("me", False)):
            await add_tags(session, [A, B], "x", _NOW, reader=reader, is_shared=is_shared)
        for owner in ("bob", "me", "bob"):
            await remove_shared_tag(session, A, "x", owner=owner)

    async with database.read() as session:
        tags = {reader: await list_tags(session, reader=reader) for reader in ("bob", "carol", "me")}
    assert tags == {"bob": {"x": [B]}, "carol": {"x": [A, B]}, "me": {"x": [A, B]}}


async def test_a_tag_can_be_taken_off_everywhere(database: Database) -> None:
    """From all papers of its owner; other names and other readers' tags stay."""
    async with database.write() as session:
        await add_tags(session, [A, B], "x", _NOW)
        await add_tags(session, [A], "y", _NOW)
        await add_tags(session, [A], "x", _NOW, reader="bob")
        for _ in range(2):
            await remove_tag_everywhere(session, "x", reader="me")

    async with database.read() as session:
        assert [await list_tags(session, reader=reader) for reader in ("me", "bob")] == [{"y": [A]}, {"x": [A]}]
