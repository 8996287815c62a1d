"""A replay reads again what was read long ago: it may fill gaps, and undoes nothing."""

from datetime import UTC, date, datetime, timedelta

from msgspec.structs import replace
from sqlalchemy import func, select

from triage.core.paper import Paper
from triage.store.engine import Database
from triage.store.models import ChangeRow
from triage.store.papers import select_papers
from triage.store.upsert import upsert_papers

_MONDAY = datetime(2026, 4, 20, 16, tzinfo=UTC)
_TUESDAY = _MONDAY + timedelta(days=1)
_OLD = Paper(
    arxiv_id="2604.00001",
    version=1,
    title="On items",
    abstract="We study items.",
    authors=("Ada Example",),
    categories=("cs.CV",),
    primary_category="cs.CV",
    published=_MONDAY,
    source="test",
)
_NEW = replace(_OLD, categories=("cs.IR", "cs.CV"), primary_category="cs.IR", announced=date(2026, 4, 22))


async def upsert(database: Database, paper: Paper, now: datetime) -> tuple[int, int]:
    """How many papers changed, and how many changes are noted altogether."""
    async with database.write() as session:
        count = await upsert_papers(session, [paper], now, relisted={paper.arxiv_id}, is_replay=True)
        return count.changed, await session.scalar(select(func.count(ChangeRow.id))) or 0


async def load(database: Database) -> Paper:
    """What the store has."""
    async with database.read() as session:
        return (await select_papers(session, [_OLD.arxiv_id]))[_OLD.arxiv_id].paper


async def test_a_record_read_before_the_last_change_undoes_nothing(database: Database) -> None:
    """Categories and listing day stay as they were read last, and no change is noted."""
    await upsert(database, _OLD, _MONDAY)
    assert await upsert(database, _NEW, _TUESDAY) == (1, 1)
    assert await upsert(database, replace(_OLD, announced=date(2026, 4, 21)), _MONDAY) == (0, 1)
    assert await load(database) == _NEW


async def test_a_record_read_before_fills_gaps(database: Database) -> None:
    """What the newer one did not say is taken from it."""
    await upsert(database, _NEW, _TUESDAY)
    assert await upsert(database, replace(_OLD, doi="10.1000/1"), _MONDAY) == (1, 1)
    assert await load(database) == replace(_NEW, doi="10.1000/1")


async def test_a_higher_version_counts_whenever_it_was_read(database: Database) -> None:
    """Versions say by themselves which is the newer text."""
    await upsert(database, _NEW, _TUESDAY)
    await upsert(database, replace(_OLD, version=2, title="On all items"), _MONDAY)
    assert (await load(database)).title == "On all items"
