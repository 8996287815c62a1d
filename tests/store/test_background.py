from datetime import UTC, date, datetime

import numpy as np

from triage.core.paper import Paper
from triage.core.week import parse_week
from triage.store.background import hash_order, sample_background
from triage.store.embeddings import save_vectors
from triage.store.engine import Database
from triage.store.papers import select_papers
from triage.store.upsert import upsert_papers

_NOW = datetime(2026, 4, 20, tzinfo=UTC)
_WEEK = parse_week("2026-W17")


async def add_embedded(database: Database, ids: list[str], announced: date | None, embedder: str = "small") -> None:
    """Papers of one listing day, with vectors."""
    papers = [Paper(arxiv_id=each, title=f"T {each}", abstract="A", announced=announced) for each in ids]
    async with database.write() as session:
        await upsert_papers(session, papers, _NOW)
        stored = list((await select_papers(session, ids)).values())
        vectors = np.tile(np.eye(1, 8, dtype=np.float32), (len(stored), 1))
        await save_vectors(session, stored, embedder, vectors)


async def sample(
    database: Database, size: int = 100, without: tuple[str, ...] = (), embedder: str = "small"
) -> list[str]:
    """Ids in the sample."""
    async with database.read() as session:
        found = await sample_background(session, embedder, _WEEK, size, without=without)
    return [paper.paper.arxiv_id for paper in found]


async def test_papers_of_earlier_weeks_that_nobody_voted_on(database: Database) -> None:
    """By id; the week itself, later and undated papers and voted ones are left out."""
    await add_embedded(database, ["2604.00001", "2604.00002"], date(2026, 4, 13))
    await add_embedded(database, ["2604.00003"], date(2026, 4, 22))
    await add_embedded(database, ["2604.00004"], date(2026, 4, 27))
    await add_embedded(database, ["2604.00005"], None)
    assert await sample(database, without=("2604.00002", "2604.99999")) == ["2604.00001"]


async def test_only_papers_with_a_vector_of_the_embedder(database: Database) -> None:
    """Another model's vectors do not count, nor does one of an older text."""
    await add_embedded(database, ["2604.00001"], date(2026, 4, 13))
    await add_embedded(database, ["2604.00002"], date(2026, 4, 13), "large")
    revised = Paper(arxiv_id="2604.00001", version=2, title="T", abstract="Another", announced=date(2026, 4, 13))
    assert await sample(database) == ["2604.00001"]
    async with database.write() as session:
        await upsert_papers(session, [revised], _NOW)
    assert await sample(database) == []
    assert await sample(database, embedder="large") == ["2604.00002"]


async def test_the_sample_hardly_changes_as_the_store_grows(database: Database) -> None:
    """The first by hash: of a sample of 20 out of 40, those that stay among the first of 44 stay in it."""
    ids = [f"2604.{n:05}" for n in range(1, 45)]
    await add_embedded(database, ids[:40], date(2026, 4, 13))
    before = await sample(database, 20)
    assert before == sorted(sorted(ids[:40], key=hash_order)[:20])
    await add_embedded(database, ids[40:], date(2026, 4, 14))
    after = await sample(database, 20)
    assert len(after) == 20
    assert len(set(before) & set(after)) >= 16


async def test_an_empty_store_has_no_background(database: Database) -> None:
    """Nothing, and no error."""
    assert await sample(database) == []
