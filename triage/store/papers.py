"""Papers in the store: the selections the steps work on."""

from collections.abc import Collection, Iterable
from typing import Any

import msgspec
from sqlalchemy import Row, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from triage.core.paper import Paper
from triage.core.week import Week
from triage.store.chunks import cut
from triage.store.harvest_models import MarkRow
from triage.store.models import PaperRow

# Columns, not entities: to follow the changes of entities costs a session more than the query does.
_COLUMNS = (
    PaperRow.id,
    PaperRow.content_hash,
    *(PaperRow.__table__.c[name] for name in Paper.__struct_fields__ if name != "versions"),
)


class StoredPaper(msgspec.Struct, frozen=True):
    """A paper with its key in the store and the hash of its text."""

    key: int
    paper: Paper
    content_hash: str


async def select_week(session: AsyncSession, week: Week, categories: Collection[str]) -> list[StoredPaper]:
    """The papers first listed in a week in one of the categories, cross-lists included, by arXiv id.

    A paper whose categories are not all known stays in: losing it would be worse than ranking it.
    """
    rows = await session.execute(select(*_COLUMNS).where(PaperRow.week == str(week)).order_by(PaperRow.arxiv_id))
    return [to_stored(row) for row in rows if row.partial or not set(categories).isdisjoint(row.categories)]


async def select_papers(session: AsyncSession, arxiv_ids: Iterable[str]) -> dict[str, StoredPaper]:
    """The papers with those ids that the store has, by id and in order of ids."""
    wanted = sorted(set(arxiv_ids))
    found: dict[str, StoredPaper] = {}
    for chunk in cut(wanted):
        query = select(*_COLUMNS).where(PaperRow.arxiv_id.in_(chunk)).order_by(PaperRow.arxiv_id)
        found.update({row.arxiv_id: to_stored(row) for row in await session.execute(query)})
    return found


async def select_keys(session: AsyncSession, keys: Iterable[int]) -> list[StoredPaper]:
    """The papers with those keys in the store, by key; one that is gone is left out."""
    found: list[StoredPaper] = []
    for chunk in cut(sorted(set(keys))):
        rows = await session.execute(select(*_COLUMNS).where(PaperRow.id.in_(chunk)).order_by(PaperRow.id))
        found += [to_stored(row) for row in rows]
    return found


async def count_week(session: AsyncSession, week: Week, *, but_for_archives: bool = False) -> int:
    """How many papers were first listed in a week; `but_for_archives` leaves out what whole archives brought."""
    query = select(func.count()).select_from(PaperRow).where(PaperRow.week == str(week))
    if but_for_archives:
        query = query.where(PaperRow.source.not_in(select(MarkRow.source)))
    return await session.scalar(query) or 0


async def count_weeks(session: AsyncSession) -> dict[str, int]:
    """How many papers each week holds, in order of weeks."""
    query = select(PaperRow.week, func.count()).where(PaperRow.week.is_not(None)).group_by(PaperRow.week)
    return {week: count for week, count in (await session.execute(query.order_by(PaperRow.week))) if week}


async def list_ids_before(session: AsyncSession, week: Week) -> list[str]:
    """Ids of the complete papers listed before a week, sorted."""
    query = select(PaperRow.arxiv_id, PaperRow.partial).where(PaperRow.announced < week.monday)
    return [arxiv_id for arxiv_id, partial in await session.execute(query.order_by(PaperRow.arxiv_id)) if not partial]


def to_stored(row: PaperRow | Row[Any]) -> StoredPaper:
    """A row as the record the rest of the program works with (without its version history)."""
    paper = Paper(
        arxiv_id=row.arxiv_id,
        version=row.version,
        title=row.title,
        abstract=row.abstract,
        authors=tuple(row.authors),
        categories=tuple(row.categories),
        primary_category=row.primary_category,
        published=row.published,
        updated=row.updated,
        announced=row.announced,
        comment=row.comment,
        doi=row.doi,
        journal_ref=row.journal_ref,
        is_withdrawn=row.is_withdrawn,
        source=row.source,
        partial=tuple(row.partial),
    )
    return StoredPaper(row.id, paper, row.content_hash)
