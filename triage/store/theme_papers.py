"""What a week's other papers say, as plain text: beside it a topic's themes stand out."""

from collections.abc import Container

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from triage.store.models import PaperRow


async def list_texts(session: AsyncSession, week: str, but: Container[int] = ()) -> list[tuple[str, str]]:
    """Title and abstract of the papers first listed in the week, in no order, but for those with these keys."""
    query = select(PaperRow.id, PaperRow.title, PaperRow.abstract).where(PaperRow.week == week)
    return [(title, abstract) for key, title, abstract in await session.execute(query) if key not in but]
