"""How far each archive was read to its end."""

from datetime import date, datetime

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from triage.store.conflict import insert_or_update
from triage.store.harvest_models import MarkRow


class Mark(msgspec.Struct, frozen=True):
    """An archive was read whole, from `since` (UTC day) to `responded_at` (the server's time), for these categories."""

    archive: str
    categories: tuple[str, ...]
    since: date
    responded_at: datetime


async def find_mark(session: AsyncSession, source: str, archive: str) -> Mark | None:
    """The mark of an archive; None when it was never read to its end."""
    row = await session.scalar(select(MarkRow).where(MarkRow.source == source, MarkRow.archive == archive))
    return _to_mark(row) if row else None


async def list_marks(session: AsyncSession) -> list[Mark]:
    """The marks of all archives."""
    return [_to_mark(row) for row in await session.scalars(select(MarkRow).order_by(MarkRow.archive))]


async def save_mark(session: AsyncSession, source: str, mark: Mark) -> None:
    """Put a mark in place of the former one: to be called in the transaction that takes over the last page."""
    row = {"source": source, **msgspec.structs.asdict(mark), "categories": list(mark.categories)}
    columns = ("categories", "since", "responded_at")
    await insert_or_update(session, MarkRow, [row], on=("source", "archive"), set_=columns)


def _to_mark(row: MarkRow) -> Mark:
    return Mark(row.archive, tuple(row.categories), row.since, row.responded_at)
