"""What the mailing needs to find beside its own rows: a delivery by its Message-ID, and a row that stays as it is."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from triage.core.mailing import Delivery
from triage.store.mail_models import DeliveryRow, MailingRow
from triage.store.outbox import COLUMNS, to_delivery
from triage.store.ownership import of_reader


async def find_delivery(session: AsyncSession, message_ids: Collection[str]) -> Delivery | None:
    """The delivery that has one of these Message-IDs (angle brackets included); the newest, if there are several."""
    query = select(*COLUMNS).where(DeliveryRow.message_id.in_(message_ids)).order_by(DeliveryRow.id.desc()).limit(1)
    row = (await session.execute(query)).one_or_none()
    return None if row is None else to_delivery(row)


async def lock_mailing(session: AsyncSession, *, reader: str) -> None:
    """Let others who lock the reader's mailing wait until this transaction ends; on SQLite, writers do anyway."""
    await session.execute(select(MailingRow.id).where(of_reader(MailingRow, reader)).with_for_update())
