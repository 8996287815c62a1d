"""Who wants which topic's shortlist every week."""

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from triage.store.conflict import insert_missing
from triage.store.ownership import of_reader
from triage.store.reader_models import SubscriptionRow


async def add_subscription(session: AsyncSession, topic: str, now: datetime, *, reader: str) -> None:
    """Let a reader get a topic's shortlist; idempotent."""
    await insert_missing(session, SubscriptionRow, [{"reader": reader, "topic": topic, "created_at": now}])


async def remove_subscription(session: AsyncSession, topic: str, *, reader: str) -> None:
    """Let a reader get it no more; idempotent."""
    await session.execute(
        delete(SubscriptionRow).where(of_reader(SubscriptionRow, reader), SubscriptionRow.topic == topic)
    )


async def list_subscriptions(session: AsyncSession, *, reader: str) -> list[str]:
    """The topics whose shortlists a reader gets, in order of their names."""
    query = select(SubscriptionRow.topic).where(of_reader(SubscriptionRow, reader)).order_by(SubscriptionRow.topic)
    return list(await session.scalars(query))
