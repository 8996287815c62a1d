from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace
from sqlalchemy import func, select, text

from triage.core.paper import Paper
from triage.errors import InputError
from triage.store.engine import Database
from triage.store.models import EntryRow, ShortlistRow
from triage.store.papers import StoredPaper, select_papers
from triage.store.schema import ensure_schema, upgrade_schema
from triage.store.shortlists import (
    Entry,
    Shortlist,
    list_published_papers,
    load_shortlist,
    publish_shortlist,
    replace_shortlist,
)
from triage.store.upsert import upsert_papers

_NOW = datetime(2026, 4, 20, tzinfo=UTC)


@pytest.fixture
async def papers(database: Database) -> list[StoredPaper]:
    """Six papers in the store."""
    made = [Paper(arxiv_id=f"2604.{n:05}", version=1, title=f"T{n}", abstract="A") for n in range(1, 7)]
    async with database.write() as session:
        await upsert_papers(session, made, _NOW)
        return list((await select_papers(session, [paper.arxiv_id for paper in made])).values())


def make_shortlist(papers: list[StoredPaper], week: str = "2026-W17", topic: str = "t") -> Shortlist:
    """All but the last ranked, the last one for exploration."""
    kinds = [("ranked", rank) for rank in range(1, len(papers))] + [("exploration", 1)]
    entries = tuple(
        Entry(
            kind,
            rank,
            paper.paper.arxiv_id,
            paper.paper.title,
            1 / (1 + rank),
            ("says “x”",),
            "It works.",
            "It works.",
            version=1,
            newest=1,
            takeaway_by="http://localhost/small" if rank == 2 else None,
            takeaways={"zh": "有效。"} if rank == 2 else {},
            judgement="judged" if rank < 3 else "not judged",
        )
        for (kind, rank), paper in zip(kinds, papers, strict=True)
    )
    return Shortlist(topic, week, len(papers), "0123456789ab", "prior-1", 100, _NOW, None, entries)


_OLD = (
    (
        "INSERT INTO papers (id, arxiv_id, version, title, abstract, authors, categories, is_announced_computed, "
        "is_withdrawn, partial, source, content_hash, metadata_hash, first_seen, changed_at) VALUES "
        "(1, '2604.00001', 1, 'T', 'A', '[]', '[]', false, false, '[]', 's', 'h', 'm', '2026-04-20', '2026-04-20')"
    ),
    (
        "INSERT INTO shortlists (id, topic, week, size, fingerprint, scorer, considered, built_at, published_at) "
        "VALUES (1, 't', '2026-W17', 20, '0123456789ab', 'prior-1', 100, '2026-04-20', '2026-04-20')"
    ),
    (
        "INSERT INTO shortlist_entries (shortlist_id, paper_id, kind, rank, version, score, reasons, takeaway, "
        "takeaway_source) VALUES (1, 1, 'ranked', 1, 1, 0.5, '[]', 'It works.', 'A')"
    ),
)


async def put(database: Database, papers: list[StoredPaper], shortlist: Shortlist) -> None:
    """Store it."""
    async with database.write() as session:
        await replace_shortlist(session, shortlist, [paper.key for paper in papers])


async def publish(database: Database, week: str = "2026-W17", now: datetime = _NOW) -> None:
    """Freeze it."""
    async with database.write() as session:
        await publish_shortlist(session, "t", week, now)


async def load(database: Database, week: str = "2026-W17") -> Shortlist | None:
    """What is stored."""
    async with database.read() as session:
        return await load_shortlist(session, "t", week)


async def test_a_shortlist_comes_back_as_it_was_built(database: Database, papers: list[StoredPaper]) -> None:
    """Ranked places first, then exploration, each in order; takeaways with their author and languages."""
    shortlist = make_shortlist(papers)
    assert await load(database) is None
    await put(database, papers, shortlist)
    loaded = await load(database)
    assert loaded == shortlist
    assert [entry.rank for entry in loaded.ranked] == [1, 2, 3, 4, 5]
    assert [entry.arxiv_id for entry in loaded.explored] == ["2604.00006"]


async def test_a_draft_is_replaced_whole(database: Database, papers: list[StoredPaper]) -> None:
    """A shorter list in another order leaves nothing of the longer one behind."""
    await put(database, papers, make_shortlist(papers))
    turned = papers[2::-1]
    await put(database, turned, make_shortlist(turned))
    loaded = await load(database)
    assert loaded is not None
    assert [entry.arxiv_id for entry in loaded.entries] == ["2604.00003", "2604.00002", "2604.00001"]
    async with database.read() as session:
        assert await session.scalar(select(func.count(EntryRow.id))) == 3
        assert await session.scalar(select(func.count(ShortlistRow.id))) == 1


async def test_a_published_shortlist_stays(database: Database, papers: list[StoredPaper]) -> None:
    """Replacing it is refused, publishing it again keeps the first time."""
    await put(database, papers, make_shortlist(papers))
    await publish(database)
    await publish(database, now=_NOW + timedelta(days=1))
    with pytest.raises(InputError, match="t for 2026-W17 is published and stays as it is"):
        await put(database, papers[:2], make_shortlist(papers[:2]))
    assert await load(database) == replace(make_shortlist(papers), published_at=_NOW)


async def test_publishing_nothing_is_nothing(database: Database) -> None:
    """There is no list to freeze."""
    await publish(database)
    assert await load(database) is None


async def test_titles_and_withdrawals_are_those_of_now(database: Database, papers: list[StoredPaper]) -> None:
    """The place, score, takeaway and version stay those of the day it was built, and the newer version is told."""
    await put(database, papers, make_shortlist(papers))
    await publish(database)
    async with database.write() as session:
        revised = replace(papers[0].paper, version=2, title="Corrected", is_withdrawn=True)
        await upsert_papers(session, [revised], _NOW)
    loaded = await load(database)
    assert loaded is not None
    before = make_shortlist(papers).entries[0]
    assert loaded.entries[0] == replace(before, title="Corrected", is_withdrawn=True, newest=2)
    assert loaded.entries[0].is_revised
    assert not before.is_revised


async def test_a_paper_counts_as_shown_once_its_list_is_published(
    database: Database, papers: list[StoredPaper]
) -> None:
    """Exploration too; drafts, the week itself and other topics do not count."""
    await put(database, papers[:3], make_shortlist(papers[:3]))
    await put(database, papers[3:], make_shortlist(papers[3:], "2026-W18"))
    await put(database, papers, make_shortlist(papers, topic="other"))

    async def shown(week: str) -> set[int]:
        async with database.read() as session:
            return await list_published_papers(session, "t", other_than=week)

    assert await shown("2026-W18") == set()
    await publish(database)
    assert await shown("2026-W18") == {paper.key for paper in papers[:3]}
    assert await shown("2026-W17") == set()


async def test_a_shortlist_from_before_there_was_a_judge_is_kept(tmp_path: Path) -> None:
    """Its takeaways are extracts in one language, and of judgement it says nothing."""
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'old.db'}")
    async with database.connection(writes=True) as connection:
        await connection.run_sync(lambda sync: upgrade_schema(sync, "0002"))
        for statement in _OLD:
            await connection.execute(text(statement))
    await ensure_schema(database)
    loaded = await load(database)
    await database.close()
    entry = Entry("ranked", 1, "2604.00001", "T", 0.5, (), "It works.", "A", version=1, newest=1)
    assert loaded == Shortlist("t", "2026-W17", 20, "0123456789ab", "prior-1", 100, _NOW, _NOW, (entry,))
    assert (entry.takeaway_by, entry.takeaways, entry.judgement) == (None, {}, None)
