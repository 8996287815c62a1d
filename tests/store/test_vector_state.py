"""What an index can tell of the store it was built from."""

from datetime import UTC, datetime
from itertools import pairwise

import numpy as np
from msgspec.structs import replace
from sqlalchemy import delete, update

from triage.core.paper import Paper
from triage.core.vectors import IndexMark
from triage.store.embeddings import save_vectors, stream_vectors, stream_vectors_of
from triage.store.engine import Database
from triage.store.models import EmbeddingRow
from triage.store.papers import StoredPaper, select_papers
from triage.store.upsert import upsert_papers
from triage.store.vector_state import VectorState, count_vectors, list_changed_texts, mark_vectors, read_vector_state

NOW = datetime(2026, 4, 20, tzinfo=UTC)
PAPERS = [Paper(arxiv_id=f"2604.{n:05}", version=1, title="T", abstract=f"A {n}") for n in range(1, 6)]


async def store(database: Database, papers: list[Paper]) -> list[StoredPaper]:
    """In that order."""
    async with database.write() as session:
        await upsert_papers(session, papers, NOW)
        stored = await select_papers(session, [paper.arxiv_id for paper in papers])
    return [stored[paper.arxiv_id] for paper in papers]


async def embed(database: Database, papers: list[StoredPaper], embedder: str = "small") -> None:
    """Each one along another axis."""
    async with database.write() as session:
        await save_vectors(session, papers, embedder, np.eye(8, dtype=np.float32)[: len(papers)])


async def mark(database: Database) -> IndexMark:
    """Of the store as it is."""
    async with database.read() as session:
        return await mark_vectors(session, await read_vector_state(session))


async def test_the_state_tells_of_vectors_and_changes(database: Database) -> None:
    """Nothing at first; what is lost is noticed."""
    states = []
    for step in range(3):
        if step:
            stored = await store(database, [replace(paper, comment=str(step)) for paper in PAPERS])
            await embed(database, stored[: step + 1])
        async with database.read() as session:
            states.append(await read_vector_state(session))
    assert states[0] == VectorState(newest=0, count=0, changes=0)
    assert [state.count for state in states] == [0, 2, 3]
    assert [state.changes for state in states] == [0, 0, 5]
    assert not any(after.has_lost(before) for before, after in pairwise(states))
    assert states[1].has_lost(states[2])


async def test_only_changes_of_texts_are_listed(database: Database) -> None:
    """A comment is no text."""
    keys = [paper.key for paper in await store(database, PAPERS)]
    await store(database, [replace(PAPERS[0], comment="C"), replace(PAPERS[1], title="New", version=2)])
    await store(database, [replace(PAPERS[2], abstract="New", version=2)])
    async with database.read() as session:
        assert await list_changed_texts(session, 0) == [keys[1], keys[2]]
        newest = (await read_vector_state(session)).changes
        assert await list_changed_texts(session, newest - 1) == [keys[2]]
        assert await list_changed_texts(session, newest) == []


async def test_vectors_are_streamed_by_key_too(database: Database) -> None:
    """Of present texts and one embedder, where there are any."""
    stored = await store(database, PAPERS)
    await embed(database, stored[:3])
    await embed(database, stored, "other")
    await store(database, [replace(PAPERS[0], abstract="New", version=2)])
    async with database.read() as session:
        assert await count_vectors(session, "small") == 3
        some = [batch async for batch in stream_vectors_of(session, "small", [paper.key for paper in stored])]
        assert [(batch.keys, batch.vectors.tolist()) for batch in some] == [
            ([stored[1].key, stored[2].key], np.eye(8)[1:3].tolist())
        ]
        everything = [batch async for batch in stream_vectors(session, "small")]
        assert [batch.keys for batch in everything] == [[stored[1].key, stored[2].key]]


async def test_a_mark_stays_true_as_the_store_grows(database: Database) -> None:
    """And is false of one in which a vector is gone or another one."""
    await embed(database, await store(database, PAPERS[:3]))
    before = await mark(database)
    await embed(database, await store(database, PAPERS))
    state = VectorState(before.newest, before.count, before.changes)
    async with database.read() as session:
        assert before.is_part_of(await mark_vectors(session, state))
    assert not before.is_part_of(await mark(database))
    for change in (
        update(EmbeddingRow).where(EmbeddingRow.id == before.newest).values(vector=np.eye(8, dtype="<f4")[7].tobytes()),
        delete(EmbeddingRow).where(EmbeddingRow.id < before.newest),
    ):
        async with database.write() as session:
            await session.execute(change)
            assert not before.is_part_of(await mark_vectors(session, state))
            await session.rollback()
