from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from msgspec.structs import replace
from sqlalchemy import select

from triage.core.paper import Paper, PaperVersion, hash_content
from triage.core.week import Week
from triage.store.engine import Database
from triage.store.models import PaperRow, VersionRow
from triage.store.papers import StoredPaper, count_weeks, list_ids_before, select_papers, select_week
from triage.store.upsert import UpsertCount, upsert_papers

_NOW = datetime(2026, 4, 20, 6, tzinfo=UTC)
_LATER = _NOW + timedelta(days=1)
_MONDAY = datetime(2026, 4, 20, 12, tzinfo=UTC)  # listed on Tuesday 21 April, week 17
_PAPER = Paper(
    arxiv_id="2604.00001",
    version=2,
    title="Schrödinger $\\alpha$ <b>",
    abstract="We study 🎉.",
    authors=("Ada Ärmel", "Bo"),
    categories=("cs.IR", "cs.CL"),
    primary_category="cs.IR",
    published=_MONDAY,
    updated=_MONDAY + timedelta(hours=1, microseconds=5),
    comment="9 pages",
    doi="10.1/x",
    journal_ref="J. 1",
    source="test",
)


async def upsert(database: Database, *papers: Paper, now: datetime = _NOW) -> UpsertCount:
    """In a transaction of its own."""
    async with database.write() as session:
        return await upsert_papers(session, papers, now)


async def load(database: Database, arxiv_id: str = _PAPER.arxiv_id) -> Paper:
    """What the store has of it."""
    async with database.read() as session:
        return (await select_papers(session, [arxiv_id]))[arxiv_id].paper


async def load_row(database: Database) -> PaperRow:
    """The one row."""
    async with database.read() as session:
        (row,) = await session.scalars(select(PaperRow))
    return row


def number(papers: Sequence[StoredPaper]) -> list[str]:
    """Their ids in order."""
    return [stored.paper.arxiv_id for stored in papers]


async def test_a_paper_comes_back_as_it_went_in(database: Database) -> None:
    """Every field, with a computed listing day where none was read, and the hash of its text."""
    assert await upsert(database, _PAPER) == UpsertCount(new=1)
    async with database.read() as session:
        stored = (await select_papers(session, [_PAPER.arxiv_id, "2604.09999"]))[_PAPER.arxiv_id]
    assert stored.paper == replace(_PAPER, announced=date(2026, 4, 21))
    assert stored.content_hash == hash_content(_PAPER.title, _PAPER.abstract)


async def test_a_paper_of_which_little_is_known_comes_back_too(database: Database) -> None:
    """Unknown stays unknown: no listing day, no week."""
    paper = Paper(arxiv_id="cs/9907004", title="T", abstract="", partial=("abstract_missing",))
    await upsert(database, paper)
    assert await load(database, "cs/9907004") == paper
    assert (await load_row(database)).week is None


async def test_the_same_papers_again_touch_nothing(database: Database) -> None:
    """A second upsert counts them as unchanged and leaves every column, dates of change included."""
    papers = [replace(_PAPER, arxiv_id=f"2604.{index:05}") for index in range(1, 1_201)]
    assert await upsert(database, *papers) == UpsertCount(new=1_200)
    async with database.read() as session:
        before = [{**vars(row), "_sa_instance_state": None} for row in await session.scalars(select(PaperRow))]
    assert await upsert(database, *papers, now=_LATER) == UpsertCount(unchanged=1_200)
    async with database.read() as session:
        after = [{**vars(row), "_sa_instance_state": None} for row in await session.scalars(select(PaperRow))]
    assert after == before


async def test_a_change_updates_the_row_and_keeps_its_key(database: Database) -> None:
    """A new version changes text, hash and date of change; key and date of first sight stay."""
    await upsert(database, _PAPER)
    before = await load_row(database)
    revised = replace(_PAPER, version=3, abstract="We studied.")
    assert await upsert(database, revised, now=_LATER) == UpsertCount(changed=1)
    after = await load_row(database)
    assert (after.id, after.first_seen, after.changed_at) == (before.id, _NOW, _LATER)
    assert after.content_hash == hash_content(revised.title, revised.abstract) != before.content_hash
    assert (await load(database)).abstract == "We studied."


async def test_a_lower_version_changes_nothing(database: Database) -> None:
    """The store keeps the newest version it has seen."""
    await upsert(database, _PAPER)
    assert await upsert(database, replace(_PAPER, version=1, title="old"), now=_LATER) == UpsertCount(unchanged=1)
    assert (await load(database)).title == _PAPER.title


async def test_a_partial_record_changes_nothing_of_a_complete_one(database: Database) -> None:
    """Also when it names a higher version."""
    await upsert(database, _PAPER)
    cut = replace(_PAPER, version=9, abstract="We", partial=("abstract_truncated",))
    assert await upsert(database, cut, now=_LATER) == UpsertCount(unchanged=1)
    assert (await load(database)).partial == ()


async def test_a_complete_record_completes_a_partial_one(database: Database) -> None:
    """Afterwards nothing is marked as missing."""
    await upsert(database, replace(_PAPER, abstract="We", partial=("abstract_truncated",)))
    assert await upsert(database, _PAPER, now=_LATER) == UpsertCount(changed=1)
    assert await load(database) == replace(_PAPER, announced=date(2026, 4, 21))


async def test_a_read_listing_day_replaces_a_computed_one(database: Database) -> None:
    """A paper held by moderators moves to the week it was announced in, and the same record again is no change."""
    await upsert(database, _PAPER)
    held = replace(_PAPER, announced=date(2026, 4, 27))
    assert await upsert(database, held, now=_LATER) == UpsertCount(changed=1)
    assert (await load_row(database)).week == "2026-W18"
    assert await upsert(database, held, now=_LATER) == UpsertCount(unchanged=1)


async def test_a_listing_day_is_kept(database: Database) -> None:
    """Neither a computed day nor another read one moves a paper that was announced."""
    await upsert(database, replace(_PAPER, announced=date(2026, 4, 27)))
    await upsert(database, replace(_PAPER, version=3, published=_MONDAY + timedelta(days=30)))
    await upsert(database, replace(_PAPER, version=4, announced=date(2026, 6, 1)))
    row = await load_row(database)
    assert (row.version, row.announced, row.week, row.is_announced_computed) == (
        4,
        date(2026, 4, 27),
        "2026-W18",
        False,
    )


async def test_a_computed_listing_day_stays_when_the_hour_becomes_known(database: Database) -> None:
    """A paper does not leave the week it was put in because a later record knows the time of day."""
    friday = datetime(2026, 4, 24, tzinfo=UTC)
    await upsert(database, replace(_PAPER, version=None, published=friday))
    await upsert(database, replace(_PAPER, version=1, published=friday + timedelta(hours=20)))
    row = await load_row(database)
    assert (row.published, row.announced) == (friday + timedelta(hours=20), date(2026, 4, 27))


async def test_of_two_records_in_a_batch_both_count(database: Database) -> None:
    """One id twice in a batch is one paper, with what either record knows."""
    first, second = replace(_PAPER, version=1, doi=None), replace(_PAPER, doi="10.1/y")
    assert await upsert(database, second, first) == UpsertCount(new=1, unchanged=1)
    assert (await load(database)).doi == "10.1/y"
    async with database.read() as session:
        assert sorted(await session.scalars(select(VersionRow.version))) == [1, 2]


async def test_the_history_keeps_every_version(database: Database) -> None:
    """Versions are listed once each, with their dates, also those that arrive late."""
    history = (PaperVersion(1, _MONDAY), PaperVersion(2, _LATER))
    await upsert(database, replace(_PAPER, version=3, updated=_LATER))
    await upsert(database, replace(_PAPER, version=2, versions=history))
    await upsert(database, replace(_PAPER, version=2, versions=history))
    async with database.read() as session:
        rows = await session.execute(select(VersionRow.version, VersionRow.submitted).order_by(VersionRow.version))
    assert rows.all() == [(1, _MONDAY), (2, _LATER), (3, _LATER)]


async def test_nothing_is_a_batch_too(database: Database) -> None:
    """No papers, no work."""
    assert await upsert(database) == UpsertCount()


async def test_selections_by_week_and_day(database: Database) -> None:
    """Weeks are counted in order, a week is listed by id, and partial papers are no background."""
    first, second = date(2026, 4, 17), date(2026, 4, 20)
    await upsert(
        database,
        replace(_PAPER, arxiv_id="2604.00003", announced=second),
        replace(_PAPER, arxiv_id="2604.00002", announced=second, partial=("authors_missing",)),
        replace(_PAPER, arxiv_id="2604.00001", announced=first),
        Paper(arxiv_id="2604.00004", title="T", abstract="A"),
    )
    async with database.read() as session:
        assert await count_weeks(session) == {"2026-W16": 1, "2026-W17": 2}
        assert number(await select_week(session, Week(2026, 17), ["cs.IR"])) == ["2604.00002", "2604.00003"]
        assert number(await select_week(session, Week(2026, 18), ["cs.IR"])) == []
        assert await list_ids_before(session, Week(2026, 17)) == ["2604.00001"]
        assert await list_ids_before(session, Week(2026, 18)) == ["2604.00001", "2604.00003"]


async def test_week_holds_the_chosen_categories_only(database: Database) -> None:
    """A paper of other categories is kept and not ranked; one whose categories are partly known stays in."""
    day = date(2026, 4, 20)
    await upsert(
        database,
        replace(_PAPER, arxiv_id="2604.00001", announced=day, categories=("cs.CV", "cs.IR")),
        replace(_PAPER, arxiv_id="2604.00002", announced=day, categories=("cs.CV",)),
        replace(_PAPER, arxiv_id="2604.00003", announced=day, categories=(), partial=("categories_partial",)),
    )
    async with database.read() as session:
        assert number(await select_week(session, Week(2026, 17), ["cs.IR"])) == ["2604.00001", "2604.00003"]
