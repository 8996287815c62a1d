"""How far each category was read to its end."""

from collections.abc import Collection, Iterable
from datetime import date, datetime

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from triage.store.conflict import insert_or_update
from triage.store.harvest_models import MarkRow


class Mark(msgspec.Struct, frozen=True):
    """A category was read whole, from `since` (UTC day) to `responded_at` (the server's time)."""

    category: str
    since: date
    responded_at: datetime


async def load_marks(session: AsyncSession, source: str | None = None) -> dict[str, Mark]:
    """The marks by category, those of one source or all."""
    query = select(MarkRow) if source is None else select(MarkRow).where(MarkRow.source == source)
    rows = await session.scalars(query.order_by(MarkRow.category))
    return {row.category: Mark(row.category, row.since, row.responded_at) for row in rows}


async def save_marks(session: AsyncSession, source: str, marks: Iterable[Mark]) -> None:
    """Put marks in place of the former ones: to be called in the transaction that takes over the last page."""
    rows = [{"source": source, **msgspec.structs.asdict(mark)} for mark in marks]
    await insert_or_update(session, MarkRow, rows, on=("source", "category"), set_=("since", "responded_at"))


def join_marks(old: Mark | None, new: Mark) -> Mark:
    """Both readings as one where they touch; else the one that ends later. A mark never moves back."""
    if old is None:
        return new
    first, last = sorted((old, new), key=lambda mark: mark.responded_at)
    if last.since <= first.responded_at.date():
        return Mark(new.category, min(first.since, last.since), last.responded_at)
    return last


def cover(marks: dict[str, Mark], categories: Collection[str], day: date) -> bool:
    """Whether all the categories were read from that day on, or earlier."""
    return all(category in marks and marks[category].since <= day for category in categories)
