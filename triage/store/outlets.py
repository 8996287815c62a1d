"""What feeds and files select: the newest lists of a topic, what was said of papers, and the papers of a tag."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from triage.store.chunks import cut
from triage.store.models import EntryRow, PaperRow, ShortlistRow, TagRow
from triage.store.ownership import visible_tags


async def list_newest_weeks(session: AsyncSession, topic: str, count: int) -> list[str]:
    """The weeks of a topic's newest published shortlists, newest first; of its drafts where none is published."""
    query = select(ShortlistRow.week, ShortlistRow.published_at).where(ShortlistRow.topic == topic)
    rows = list(await session.execute(query.order_by(ShortlistRow.week.desc())))
    published = [week for week, published_at in rows if published_at is not None]
    return (published or [week for week, _ in rows])[:count]


async def load_takeaways(session: AsyncSession, arxiv_ids: Collection[str]) -> dict[str, str]:
    """Of each paper that has one in a shortlist, the takeaway of the newest, by arXiv id."""
    takeaways: dict[str, str] = {}
    for chunk in cut(sorted(arxiv_ids)):
        query = (
            select(PaperRow.arxiv_id, EntryRow.takeaway)
            .join(EntryRow, EntryRow.paper_id == PaperRow.id)
            .join(ShortlistRow, ShortlistRow.id == EntryRow.shortlist_id)
            .where(PaperRow.arxiv_id.in_(chunk), EntryRow.takeaway.is_not(None))
            .order_by(ShortlistRow.week, ShortlistRow.built_at, ShortlistRow.topic)
        )
        takeaways.update({arxiv_id: takeaway for arxiv_id, takeaway in await session.execute(query) if takeaway})
    return takeaways


async def list_taggings(session: AsyncSession, reader: str, name: str) -> list[tuple[str, datetime]]:
    """The papers under a tag that the reader may see, with the time each was first tagged so; the newest first."""
    tagged_at = func.min(TagRow.created_at)
    query = (
        select(TagRow.arxiv_id, tagged_at)
        .where(TagRow.name == name, visible_tags(reader))
        .group_by(TagRow.arxiv_id)
        .order_by(tagged_at.desc(), TagRow.arxiv_id.desc())
    )
    return [(arxiv_id, moment) for arxiv_id, moment in await session.execute(query)]
