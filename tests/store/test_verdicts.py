import math
from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace
from sqlalchemy import func, select

from triage.core.paper import Paper
from triage.core.verdict import CriterionGrade, Verdict, WrittenTakeaway
from triage.errors import StoreError
from triage.store.engine import Database
from triage.store.judge_models import VerdictRow
from triage.store.papers import StoredPaper, select_papers
from triage.store.upsert import upsert_papers
from triage.store.verdicts import (
    StoredVerdict,
    VerdictKey,
    choose_key,
    load_verdicts,
    save_verdict,
)

_NOW = datetime(2026, 4, 20, tzinfo=UTC)
_KEY = VerdictKey("t", "0123456789ab", "http://localhost/small", "p1", "fill")
_VERDICT = Verdict(
    relevance=-1 / 3,
    grades=(CriterionGrade("fit", 3.0, 2), CriterionGrade("rigour", 4 / 7)),
    takeaways=(WrittenTakeaway("It gains 4%.", "en", 1), WrittenTakeaway("提升 4%。", "zh", 1)),
    flags=("survey",),
)
_JUDGED = StoredVerdict(_VERDICT, None, ("survey", "instruction"), 3, "cascade", _NOW)
_NOT_JUDGED = StoredVerdict(None, "No answer could be read in 5 attempts.", ("instruction",), 3, "sample", _NOW)


async def add_papers(database: Database, count: int, abstract: str = "A") -> list[StoredPaper]:
    """Papers 2604.00001 and on with that abstract, as stored."""
    papers = [Paper(arxiv_id=f"2604.{n:05}", version=1, title="T", abstract=abstract) for n in range(1, count + 1)]
    async with database.write() as session:
        await upsert_papers(session, papers, _NOW)
        return list((await select_papers(session, [paper.arxiv_id for paper in papers])).values())


async def save(database: Database, paper: StoredPaper, stored: StoredVerdict = _JUDGED, key: VerdictKey = _KEY) -> None:
    """In a transaction of its own."""
    async with database.write() as session:
        await save_verdict(session, paper, key, stored)


async def load(database: Database, papers: list[StoredPaper], key: VerdictKey = _KEY) -> dict[int, StoredVerdict]:
    """What is stored."""
    async with database.read() as session:
        return await load_verdicts(session, papers, key)


@pytest.mark.parametrize("stored", [_JUDGED, _NOT_JUDGED, replace(_JUDGED, verdict=Verdict(relevance=0.0, grades=()))])
async def test_a_verdict_comes_back_as_it_was_saved(database: Database, stored: StoredVerdict) -> None:
    """Grades, takeaways in their languages, flags and the reason; a paper that no judge was asked about is absent."""
    papers = await add_papers(database, 2)
    await save(database, papers[1], stored)
    assert await load(database, papers) == {papers[1].key: stored}
    assert await load(database, []) == {}


async def test_flags_of_judge_and_screening_stay_apart(database: Database) -> None:
    """The verdict keeps only what the judge itself noticed, each flag once."""
    (paper,) = await add_papers(database, 1)
    both = StoredVerdict(_VERDICT, None, ("instruction", "survey"), 0, "cascade", _NOW)
    await save(database, paper, both)
    (loaded,) = (await load(database, [paper])).values()
    assert loaded == replace(both, flags=("survey", "instruction"))
    assert loaded.verdict == _VERDICT


@pytest.mark.parametrize(
    "change",
    [{"topic": "other"}, {"fingerprint": "ba9876543210"}, {"judge": "large"}, {"prompt": "p2"}, {"form": "yes-no"}],
)
async def test_a_verdict_belongs_to_all_that_it_rests_on(database: Database, change: dict[str, str]) -> None:
    """Another topic, rubric, judge, prompt or form has verdicts of its own."""
    (paper,) = await add_papers(database, 1)
    await save(database, paper)
    other = replace(_KEY, **change)
    assert await load(database, [paper], other) == {}
    await save(database, paper, _NOT_JUDGED, other)
    assert await load(database, [paper], other) == {paper.key: _NOT_JUDGED}
    assert await load(database, [paper]) == {paper.key: _JUDGED}


async def test_a_changed_text_has_no_verdict(database: Database) -> None:
    """That on the old abstract stays for the old one."""
    (old,) = await add_papers(database, 1)
    await save(database, old)
    async with database.write() as session:
        await upsert_papers(session, [replace(old.paper, version=2, abstract="B")], _NOW)
        (new,) = (await select_papers(session, [old.paper.arxiv_id])).values()
    assert await load(database, [new]) == {}
    assert await load(database, [old]) == {old.key: _JUDGED}


async def test_a_verdict_replaces_that_there_is_none_and_never_the_reverse(database: Database) -> None:
    """The latest reason stands until there is a verdict; the first verdict stays."""
    (paper,) = await add_papers(database, 1)
    later = replace(_NOT_JUDGED, reason="The budget is spent.", created_at=_NOW + timedelta(days=1))
    other = replace(_JUDGED, verdict=replace(_VERDICT, relevance=4.0))
    for saved, stands in [
        (_NOT_JUDGED, _NOT_JUDGED),
        (later, later),
        (_JUDGED, _JUDGED),
        (later, _JUDGED),
        (other, _JUDGED),
    ]:
        await save(database, paper, saved)
        assert await load(database, [paper]) == {paper.key: stands}
    async with database.read() as session:
        assert await session.scalar(select(func.count(VerdictRow.id))) == 1


@pytest.mark.parametrize("relevance", [math.nan, math.inf, -math.inf])
async def test_a_verdict_needs_a_relevance_that_is_a_number(database: Database, relevance: float) -> None:
    """SQLite takes NaN for nothing, PostgreSQL for more than everything; neither is kept."""
    (paper,) = await add_papers(database, 1)
    with pytest.raises(StoreError, match=r"judged_has_relevance|relevance_finite"):
        await save(database, paper, replace(_JUDGED, verdict=replace(_VERDICT, relevance=relevance)))


async def test_what_a_server_wrote_into_a_reason_is_made_storable(database: Database) -> None:
    """NUL becomes an escape, and a megabyte is cut."""
    (paper,) = await add_papers(database, 1)
    await save(database, paper, replace(_NOT_JUDGED, reason="a\0b" + "x" * 1_000_000))
    (loaded,) = (await load(database, [paper])).values()
    assert loaded.reason is not None
    assert loaded.reason.startswith("a\\x00bxxx")
    assert len(loaded.reason) == 2000


async def test_the_judge_of_most_papers_is_chosen(database: Database) -> None:
    """Of equals the newest; one that judged none counts only where there is no other; other rubrics do not count."""
    papers = await add_papers(database, 2)
    large, broken = replace(_KEY, judge="large"), replace(_KEY, judge="broken")

    async def choose(topic: str = "t", fingerprint: str = _KEY.fingerprint) -> VerdictKey | None:
        async with database.read() as session:
            return await choose_key(session, papers, topic, fingerprint)

    assert await choose() is None
    await save(database, papers[0], replace(_NOT_JUDGED, created_at=_NOW + timedelta(days=9)), broken)
    assert await choose() == broken
    await save(database, papers[0], key=_KEY)
    await save(database, papers[1], replace(_JUDGED, created_at=_NOW + timedelta(days=1)), large)
    assert await choose() == large
    await save(database, papers[1], key=_KEY)
    assert await choose() == _KEY
    assert await choose("other") is None
    assert await choose(fingerprint="ba9876543210") is None
