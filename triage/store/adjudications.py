"""What editors settled about papers that readers part over, by topic and arXiv id."""

from datetime import datetime

import msgspec
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from triage.store.audit_models import AdjudicationRow
from triage.store.conflict import insert_or_update


class Adjudication(msgspec.Struct, frozen=True):
    """1, -1 or 0 (the topic leaves it open: it teaches nothing), whose word it is and why; aware time, UTC."""

    topic: str
    arxiv_id: str
    value: int
    editor: str
    reason: str
    created_at: datetime


async def save_adjudication(session: AsyncSession, adjudication: Adjudication) -> None:
    """Settle a paper for a topic; a later word replaces an earlier one; idempotent."""
    row = msgspec.structs.asdict(adjudication)
    await insert_or_update(
        session, AdjudicationRow, [row], on=("topic", "arxiv_id"), set_=("value", "editor", "reason", "created_at")
    )


async def remove_adjudication(session: AsyncSession, topic: str, arxiv_id: str) -> bool:
    """Let the votes count again, and say whether anything was settled; idempotent."""
    wanted = AdjudicationRow.topic == topic, AdjudicationRow.arxiv_id == arxiv_id
    return (await session.scalar(delete(AdjudicationRow).where(*wanted).returning(AdjudicationRow.id))) is not None


async def list_adjudications(session: AsyncSession, topic: str) -> dict[str, Adjudication]:
    """All that was settled for a topic, by arXiv id."""
    query = select(AdjudicationRow).where(AdjudicationRow.topic == topic).order_by(AdjudicationRow.arxiv_id)
    return {
        row.arxiv_id: Adjudication(row.topic, row.arxiv_id, row.value, row.editor, row.reason, row.created_at)
        for row in await session.scalars(query)
    }
