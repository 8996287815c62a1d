"""From which day on an archive is read: after failures, and after records that could not be used."""

from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from fakes.papers import make_papers
from msgspec.structs import replace

from triage.adapters.fixed_source import FixedArchive, FixedSource
from triage.core.paper import Paper
from triage.errors import SourceError
from triage.pipeline.reconcile import Desk
from triage.pipeline.spine import harvest_archives
from triage.ports import Record, RecordPage, SetAside
from triage.store.engine import Database
from triage.store.marks import load_marks
from triage.store.papers import select_papers
from triage.store.schema import ensure_schema
from triage.store.whereabouts import find_known
from triage.store.witnesses import list_missing

NOW = datetime(2026, 4, 27, 9, tzinfo=UTC)
PAPERS = make_papers(40, first=datetime(2026, 4, 13, tzinfo=UTC), apart=timedelta(hours=8))


class DeadArchive(FixedArchive):
    """Never answers."""

    def records_since(self, archive: str, start: date) -> Iterator[RecordPage]:
        """A failure before the first page."""
        raise SourceError(f"no answer about {archive} since {start}")


class DamagedArchive(FixedArchive):
    """Its oldest record of a reading cannot be used."""

    def records_since(self, archive: str, start: date) -> Iterator[RecordPage]:
        """One page, the first record set aside."""
        for page in super().records_since(archive, start):
            yield replace(page, records=page.records[1:], set_aside=(SetAside("<record/>", "no title"),))


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    """An empty store."""
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'triage.db'}")
    await ensure_schema(database)
    yield database
    await database.close()


async def harvest(
    database: Database,
    now: datetime,
    kind: type[FixedArchive] = FixedArchive,
    *,
    papers: Sequence[Paper] = PAPERS,
    categories: tuple[str, ...] = ("cs.CL", "cs.AI"),
    known: Sequence[Paper] = (),
) -> None:
    """One try; single papers can be asked for if they are `known`."""
    records = [Record(paper, paper.published.date()) for paper in papers if paper.published]
    await harvest_archives(Desk(database, kind(records, now), FixedSource(known), categories, now))


async def fail(database: Database, now: datetime) -> None:
    """One try that fails."""
    with pytest.raises(SourceError, match="no answer"):
        await harvest(database, now, DeadArchive)


async def read_since(database: Database) -> date | None:
    """From when on the archive was read."""
    async with database.read() as session:
        marks = await load_marks(session, "fixed")
    return max((mark.since for mark in marks.values()), default=None)


async def test_a_first_load_that_failed_begins_where_it_should_have(database: Database) -> None:
    """The day that it takes to work loses no day at the other end."""
    for day in range(3):
        await fail(database, NOW + timedelta(days=day))
    await harvest(database, NOW + timedelta(days=3))
    assert await read_since(database) == date(2026, 4, 13)
    async with database.read() as session:
        wanted = {paper.arxiv_id for paper in PAPERS if "cs.AI" in paper.categories}
        assert set(await find_known(session, [paper.arxiv_id for paper in PAPERS])) == wanted


async def test_failures_of_long_ago_do_not_count(database: Database) -> None:
    """After five weeks, or by a clock that was wrong, nobody waits for those days any more."""
    await fail(database, NOW - timedelta(days=36))
    await harvest(database, NOW)
    assert await read_since(database) == date(2026, 4, 13)


async def test_a_category_that_came_late_is_a_first_load(database: Database) -> None:
    """Only a harvest that followed it as well covers it."""
    await harvest(database, NOW - timedelta(days=2))
    await fail(database, NOW)
    await harvest(database, NOW + timedelta(days=1), categories=("cs.CL", "cs.AI", "cs.IR"))
    assert await read_since(database) == date(2026, 4, 13)


async def test_what_was_set_aside_is_read_again_until_it_can_be_used(database: Database) -> None:
    """Also when it is older than the overlap, and when an older version of the paper is in the store."""
    revised = [replace(paper, title="Revised", version=9) for paper in PAPERS]
    await harvest(database, NOW)
    for day in range(1, 12, 5):
        await harvest(database, NOW + timedelta(days=day), DamagedArchive, papers=revised)
    await harvest(database, NOW + timedelta(days=12), papers=revised)
    async with database.read() as session:
        stored = await select_papers(session, [paper.arxiv_id for paper in PAPERS[21:]])
    assert {one.paper.title for one in stored.values()} == {"Revised"}


async def test_what_can_never_be_used_is_read_for_five_weeks(database: Database) -> None:
    """A record that nobody mends does not make the readings grow for ever."""
    asked: list[date] = []

    class Asked(DamagedArchive):
        def records_since(self, archive: str, start: date) -> Iterator[RecordPage]:
            """Note the day."""
            asked.append(start)
            return super().records_since(archive, start)

    for day in range(0, 60, 5):
        late = [replace(PAPERS[n], published=NOW + timedelta(days=day)) for n in range(3, 6)]
        await harvest(database, NOW + timedelta(days=day), Asked, papers=[*PAPERS[:3], *late])
    assert asked[:8] == [date(2026, 4, 13)] * 5 + [date(2026, 4, 17), date(2026, 4, 22), date(2026, 4, 27)]


async def test_a_record_that_can_be_used_again_is_no_longer_missed(database: Database) -> None:
    """Also that of a paper which nobody follows, and which was asked for by id in vain."""
    first = PAPERS[21]

    class Named(DamagedArchive):
        def records_since(self, archive: str, start: date) -> Iterator[RecordPage]:
            """The record that is set aside has a name."""
            for page in super().records_since(archive, start):
                bad = SetAside("<record/>", "no title", first.arxiv_id, date(2026, 4, 20))
                yield replace(page, set_aside=(bad,))

    lone = [replace(first, categories=("cs.CV",), primary_category="cs.CV"), *PAPERS[22:]]
    await harvest(database, NOW, Named, papers=lone)
    async with database.read() as session:
        assert [gap.arxiv_id for gap in await list_missing(session)] == [first.arxiv_id]
    await harvest(database, NOW, FixedArchive, papers=lone, known=lone)
    async with database.read() as session:
        assert await list_missing(session) == []
