"""The votes of all readers side by side: for those who look at how far readers agree, never for one of them."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from triage.store.chunks import cut
from triage.store.models import PaperRow, VoteRow


async def load_ballots(session: AsyncSession, topic: str) -> dict[str, dict[str, int]]:
    """Every vote on a topic, 1, 0 or -1, by arXiv id and reader; also votes that wait for their paper."""
    query = select(VoteRow.arxiv_id, VoteRow.reader, VoteRow.value).where(VoteRow.topic == topic)
    ballots: dict[str, dict[str, int]] = {}
    for arxiv_id, reader, value in await session.execute(query.order_by(VoteRow.arxiv_id, VoteRow.reader)):
        ballots.setdefault(arxiv_id, {})[reader] = value
    return ballots


async def load_weeks(session: AsyncSession, arxiv_ids: Iterable[str]) -> dict[str, str]:
    """The weeks of these papers by arXiv id; those without a week, or not in the store, are absent."""
    weeks: dict[str, str] = {}
    for chunk in cut(sorted(arxiv_ids)):
        query = select(PaperRow.arxiv_id, PaperRow.week).where(PaperRow.arxiv_id.in_(chunk), PaperRow.week.is_not(None))
        weeks |= {arxiv_id: week for arxiv_id, week in await session.execute(query) if week}
    return weeks
