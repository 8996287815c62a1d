"""What moved in a topic's week, kept so that every digest says the same."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from triage.store.conflict import insert_missing
from triage.store.mail_models import OverviewRow


async def load_overview(session: AsyncSession, topic: str, week: str) -> dict[str, Any] | None:
    """What was kept of it; None where it was not made yet."""
    return await session.scalar(select(OverviewRow.body).where(OverviewRow.topic == topic, OverviewRow.week == week))


async def save_overview(session: AsyncSession, topic: str, week: str, body: dict[str, Any], now: datetime) -> None:
    """Keep it; the first one stays, so whoever comes second reads it again."""
    await insert_missing(session, OverviewRow, [{"topic": topic, "week": week, "body": body, "made_at": now}])
