from datetime import UTC, datetime

import numpy as np
import pytest
from msgspec.structs import replace
from numpy.typing import NDArray
from sqlalchemy import func, select, update

from triage.core.paper import Paper
from triage.errors import StoreError
from triage.store.embeddings import count_unembedded, load_vectors, save_vectors, select_embedded, stack_vectors
from triage.store.engine import Database
from triage.store.models import EmbeddingRow
from triage.store.papers import StoredPaper, select_papers
from triage.store.upsert import upsert_papers

_NOW = datetime(2026, 4, 20, tzinfo=UTC)


def make_units(count: int, dimension: int = 8) -> NDArray[np.float32]:
    """Random unit rows, the same each time."""
    rows = np.random.default_rng(7).normal(size=(count, dimension)).astype(np.float32)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


async def add_papers(database: Database, count: int, abstract: str = "A") -> list[StoredPaper]:
    """Papers 2604.00001 and on with that abstract, as stored."""
    papers = [Paper(arxiv_id=f"2604.{n:05}", version=1, title="T", abstract=abstract) for n in range(1, count + 1)]
    async with database.write() as session:
        await upsert_papers(session, papers, _NOW)
        stored = await select_papers(session, [paper.arxiv_id for paper in papers])
    return list(stored.values())


async def test_vectors_come_back_bit_for_bit(database: Database) -> None:
    """More than one chunk of them, each with its paper; a paper without one is absent."""
    papers = await add_papers(database, 601)
    vectors = make_units(600)
    async with database.write() as session:
        await save_vectors(session, papers[:600], "small", vectors)
    async with database.read() as session:
        loaded = await load_vectors(session, papers, "small")
    assert set(loaded) == {paper.key for paper in papers[:600]}
    stacked = stack_vectors(papers[:600], loaded)
    assert stacked.dtype == np.float32
    assert np.array_equal(stacked, vectors)


async def test_each_embedder_has_its_own_vectors(database: Database) -> None:
    """Names are never mixed."""
    papers = await add_papers(database, 1)
    async with database.write() as session:
        await save_vectors(session, papers, "small", make_units(1))
        await save_vectors(session, papers, "large", make_units(1, 16))
        assert (await load_vectors(session, papers, "large"))[papers[0].key].shape == (16,)
        assert await load_vectors(session, papers, "other") == {}


async def test_a_changed_text_has_no_vector_until_it_is_embedded_again(database: Database) -> None:
    """The vector of the old abstract is not used for the new one, and stays for the old."""
    (old,) = await add_papers(database, 1)
    async with database.write() as session:
        await save_vectors(session, [old], "small", make_units(1))
        await upsert_papers(session, [replace(old.paper, version=2, abstract="B")], _NOW)
        (new,) = (await select_papers(session, [old.paper.arxiv_id])).values()
        assert new.content_hash != old.content_hash
        assert await load_vectors(session, [new], "small") == {}
        await save_vectors(session, [new], "small", make_units(2)[1:])
        assert np.array_equal((await load_vectors(session, [new], "small"))[new.key], make_units(2)[1])
        assert np.array_equal((await load_vectors(session, [old], "small"))[old.key], make_units(1)[0])


async def test_saving_twice_keeps_the_first(database: Database) -> None:
    """Idempotent: one row per paper, embedder and text."""
    papers = await add_papers(database, 2)
    async with database.write() as session:
        await save_vectors(session, papers, "small", make_units(2))
        await save_vectors(session, papers, "small", make_units(2))
        assert await session.scalar(select(func.count(EmbeddingRow.id))) == 2


@pytest.mark.parametrize("factor", [0.0, 1.01, np.nan, np.inf])
async def test_vectors_that_are_no_unit_vectors_are_refused(database: Database, factor: float) -> None:
    """One bad row refuses them all."""
    papers = await add_papers(database, 2)
    vectors = make_units(2) * np.array([[1.0], [factor]], dtype=np.float32)

    async def save() -> None:
        async with database.write() as session:
            await save_vectors(session, papers, "small", vectors)

    with pytest.raises(StoreError, match="small gave vectors that are not finite or not of unit length"):
        await save()
    async with database.read() as session:
        assert await load_vectors(session, papers, "small") == {}


@pytest.mark.parametrize("damage", [b"", b"\x00" * 32, b"\xff" * 32, make_units(1).tobytes()[:-4]])
async def test_a_damaged_vector_is_noticed(database: Database, damage: bytes) -> None:
    """Zeros, NaN, a short or an empty blob never reach a score."""
    papers = await add_papers(database, 1)
    async with database.write() as session:
        await save_vectors(session, papers, "small", make_units(1))
        await session.execute(update(EmbeddingRow).values(vector=damage))
    async with database.read() as session:
        with pytest.raises(StoreError, match="is damaged"):
            await load_vectors(session, papers, "small")


async def test_no_papers_no_vectors(database: Database) -> None:
    """Empty in, empty out."""
    async with database.write() as session:
        await save_vectors(session, [], "small", np.empty((0, 8), dtype=np.float32))
        assert await load_vectors(session, [], "small") == {}


async def test_papers_with_a_vector_are_told_apart_and_counted(database: Database) -> None:
    """Only a vector of this embedder for the present text counts."""
    papers = await add_papers(database, 3)
    async with database.write() as session:
        await save_vectors(session, papers[:2], "small", make_units(2))
        assert await select_embedded(session, papers, "small") == {papers[0].key, papers[1].key}
        assert await count_unembedded(session, "small") == 1
        assert await select_embedded(session, papers, "large") == set()
        assert await count_unembedded(session, "large") == 3
    changed = await add_papers(database, 1, abstract="B")
    async with database.read() as session:
        assert await select_embedded(session, changed, "small") == set()
        assert await count_unembedded(session, "small") == 2
