from datetime import UTC, datetime

import pytest
from msgspec.structs import replace
from sqlalchemy import func, select

from triage.core.paper import Paper
from triage.store.engine import Database
from triage.store.models import ScoreRow
from triage.store.papers import StoredPaper, select_papers
from triage.store.scores import Score, ScoreKey, load_scores, save_scores
from triage.store.upsert import upsert_papers

_NOW = datetime(2026, 4, 20, tzinfo=UTC)
_KEY = ScoreKey("t", "0123456789ab", "prior-1+small")


async def add_papers(database: Database, count: int, abstract: str = "A") -> list[StoredPaper]:
    """Papers 2604.00001 and on with that abstract, as stored."""
    papers = [Paper(arxiv_id=f"2604.{n:05}", version=1, title="T", abstract=abstract) for n in range(1, count + 1)]
    async with database.write() as session:
        await upsert_papers(session, papers, _NOW)
        return list((await select_papers(session, [paper.arxiv_id for paper in papers])).values())


async def save(database: Database, papers: list[StoredPaper], value: float = 0.25, key: ScoreKey = _KEY) -> None:
    """The same score for all."""
    async with database.write() as session:
        await save_scores(session, papers, {paper.key: Score(value, {"meaning": 0.1}) for paper in papers}, key, _NOW)


async def load(database: Database, papers: list[StoredPaper], key: ScoreKey = _KEY) -> dict[int, Score]:
    """What is stored."""
    async with database.read() as session:
        return await load_scores(session, papers, key)


async def test_scores_come_back_with_their_parts(database: Database) -> None:
    """More than one chunk of them, to the last bit; papers without one are absent."""
    papers = await add_papers(database, 601)
    scores = {paper.key: Score(1 / (paper.key + 2), {"meaning": paper.key / 3, "taste": -0.1}) for paper in papers[1:]}
    async with database.write() as session:
        await save_scores(session, papers[1:], scores, _KEY, _NOW)
    assert await load(database, papers) == scores


@pytest.mark.parametrize("change", [{"topic": "other"}, {"fingerprint": "ba9876543210"}, {"scorer": "prior-2+small"}])
async def test_a_score_belongs_to_all_that_it_rests_on(database: Database, change: dict[str, str]) -> None:
    """Another topic, rubric or scorer has scores of its own."""
    papers = await add_papers(database, 1)
    await save(database, papers)
    other = replace(_KEY, **change)
    assert await load(database, papers, other) == {}
    await save(database, papers, 0.75, other)
    assert (await load(database, papers, other))[papers[0].key].value == 0.75
    assert (await load(database, papers))[papers[0].key].value == 0.25


async def test_a_changed_text_has_no_score(database: Database) -> None:
    """The score of the old abstract is not used for the new one, and stays for the old."""
    (old,) = await add_papers(database, 1)
    await save(database, [old])
    async with database.write() as session:
        await upsert_papers(session, [replace(old.paper, version=2, abstract="B")], _NOW)
        (new,) = (await select_papers(session, [old.paper.arxiv_id])).values()
    assert await load(database, [new]) == {}
    await save(database, [new], 0.75)
    assert [(await load(database, [paper]))[old.key].value for paper in (old, new)] == [0.25, 0.75]


async def test_saving_twice_keeps_the_first(database: Database) -> None:
    """Two runs at once make one row per score."""
    papers = await add_papers(database, 3)
    await save(database, papers[:2])
    await save(database, papers, 0.75)
    values = {key: score.value for key, score in (await load(database, papers)).items()}
    assert sorted(values.values()) == [0.25, 0.25, 0.75]
    async with database.read() as session:
        assert await session.scalar(select(func.count(ScoreRow.id))) == 3


async def test_no_papers_no_scores(database: Database) -> None:
    """Empty in, empty out."""
    await save(database, [])
    assert await load(database, []) == {}
