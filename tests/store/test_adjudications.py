from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from triage.errors import StoreError
from triage.store.adjudications import Adjudication, list_adjudications, remove_adjudication, save_adjudication
from triage.store.engine import Database
from triage.store.votes import add_tags, list_voted, load_votes, record_votes

_NOW = datetime(2026, 4, 20, tzinfo=UTC)
A, B, C, D = "2604.00001", "2604.00002", "hep-th/9901001", "2604.00004"
SETTLED = Adjudication("t", A, -1, "carol", "It trains agents, and measures none.", _NOW)


async def settle(database: Database, *adjudications: Adjudication) -> None:
    """Keep what was settled."""
    async with database.write() as session:
        for each in adjudications:
            await save_adjudication(session, each)


async def test_the_last_word_stands(database: Database) -> None:
    """One per topic and paper, with its editor, reason and time; others' stay."""
    later = msgspec.structs.replace(SETTLED, value=1, editor="dan", reason="Read it.", created_at=_NOW + timedelta(1))
    other = msgspec.structs.replace(SETTLED, topic="other")
    await settle(database, SETTLED, other, SETTLED)
    async with database.read() as session:
        assert await list_adjudications(session, "t") == {A: SETTLED}
    await settle(database, later)
    async with database.read() as session:
        assert await list_adjudications(session, "t") == {A: later}
        assert await list_adjudications(session, "other") == {A: other}
        assert await list_adjudications(session, "none") == {}


async def test_a_word_may_be_taken_back(database: Database) -> None:
    """Once; then there is nothing to take back. Another topic's stays."""
    await settle(database, SETTLED, msgspec.structs.replace(SETTLED, topic="other"))
    async with database.write() as session:
        assert [await remove_adjudication(session, "t", A) for _ in range(2)] == [True, False]
        assert await list_adjudications(session, "other") != {}


@pytest.mark.parametrize(("value", "outcome"), [(1, {A: 1, B: 1}), (-1, {A: -1, B: 1}), (0, {B: 1})])
async def test_what_is_settled_stands_in_the_place_of_votes(
    database: Database, value: int, outcome: dict[str, int]
) -> None:
    """However many voted otherwise, by tag too, and also where nobody voted; 0 takes the paper out."""
    async with database.write() as session:
        for reader in ("ada", "bob", "carol"):
            await record_votes(session, "t", {A: -value or 1, B: 1}, "test", _NOW, reader=reader)
        await add_tags(session, [A], "x", _NOW)
    await settle(database, msgspec.structs.replace(SETTLED, value=value))
    async with database.read() as session:
        assert await load_votes(session, "t", ["x"]) == outcome
    await settle(database, msgspec.structs.replace(SETTLED, arxiv_id=C, value=1))
    async with database.read() as session:
        assert await load_votes(session, "t", ["x"]) == outcome | {C: 1}


async def test_whatever_was_said_of_a_paper_keeps_it_out_of_the_background(database: Database) -> None:
    """Uncertain, at odds, settled as open, on another topic, by tag: nobody may take it for irrelevant by default."""
    async with database.write() as session:
        await record_votes(session, "t", {A: 1, B: 0}, "test", _NOW, reader="ada")
        await record_votes(session, "other", {A: -1}, "test", _NOW, reader="bob")
        await add_tags(session, [D], "x", _NOW)
    await settle(database, msgspec.structs.replace(SETTLED, arxiv_id=C, value=0))
    async with database.read() as session:
        assert await list_voted(session) == {A, B, C}
        assert await list_voted(session, ["x"]) == {A, B, C, D}


async def test_no_other_value_is_kept(database: Database) -> None:
    """The database itself refuses it."""
    with pytest.raises(StoreError):
        await settle(database, msgspec.structs.replace(SETTLED, value=2))
    async with database.read() as session:
        assert await list_adjudications(session, "t") == {}
