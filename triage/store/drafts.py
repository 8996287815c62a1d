"""Shortlists that are not published yet, and so follow the votes."""

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from triage.store.models import ShortlistRow


class Draft(msgspec.Struct, frozen=True):
    """A shortlist that may still change; `size` counts its ranked places."""

    week: str
    size: int


async def list_drafts(session: AsyncSession, topic: str, most: int) -> list[Draft]:
    """The topic's unpublished shortlists, the newest week first, at most so many."""
    query = (
        select(ShortlistRow.week, ShortlistRow.size)
        .where(ShortlistRow.topic == topic, ShortlistRow.published_at.is_(None))
        .order_by(ShortlistRow.week.desc())
        .limit(most)
    )
    return [Draft(week, size) for week, size in await session.execute(query)]
