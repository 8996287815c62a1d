"""How each reader gets the weekly mail."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from triage.core.mailing import Mailing
from triage.core.schedule import Slot
from triage.store.conflict import insert_or_update
from triage.store.mail_models import MailingRow
from triage.store.ownership import of_reader
from triage.store.reader_models import ReaderRow, SubscriptionRow
from triage.store.subscriptions import list_subscriptions


async def load_mailing(session: AsyncSession, *, reader: str) -> Mailing | None:
    """The reader's own, with the topics they subscribe to in order of their names; None where they never asked."""
    row = await session.scalar(select(MailingRow).where(of_reader(MailingRow, reader)))
    return None if row is None else _to_mailing(row, await list_subscriptions(session, reader=reader))


async def list_mailings(session: AsyncSession) -> tuple[Mailing, ...]:
    """Everybody's, by reader, those who left or paused included; without those whose account is disabled."""
    query = (
        select(MailingRow)
        .outerjoin(ReaderRow, ReaderRow.name == MailingRow.reader)  # the sole reader has no account
        .where(ReaderRow.disabled_at.is_(None))
        .order_by(MailingRow.reader)
    )
    rows = (await session.scalars(query)).all()
    topics: defaultdict[str, list[str]] = defaultdict(list)
    for reader, topic in await session.execute(
        select(SubscriptionRow.reader, SubscriptionRow.topic).order_by(SubscriptionRow.topic)
    ):
        topics[reader].append(topic)
    return tuple(_to_mailing(row, topics[row.reader]) for row in rows)


async def save_mailing(session: AsyncSession, mailing: Mailing, *, reader: str) -> None:
    """Put it in the place of the reader's former one, if any; its topics are not kept here. Idempotent."""
    columns = {
        "email": mailing.email,
        "weekday": mailing.slot.weekday,
        "hour": mailing.slot.hour,
        "zone": mailing.slot.zone,
        "language": mailing.language,
        "size": mailing.size,
        "created_at": mailing.created_at,
        "changed_at": mailing.changed_at,
        "confirmed_at": mailing.confirmed_at,
        "paused_at": mailing.paused_at,
        "left_at": mailing.left_at,
        "first_week": mailing.first_week,
    }
    await insert_or_update(session, MailingRow, [{"reader": reader, **columns}], on=["reader"], set_=list(columns))


async def set_confirmed(session: AsyncSession, now: datetime, first_week: str, *, reader: str) -> None:
    """The address is the reader's; mail is owed from `first_week` on. The first time stands."""
    await _update_where(session, reader, MailingRow.confirmed_at.is_(None), confirmed_at=now, first_week=first_week)


async def set_paused(
    session: AsyncSession, now: datetime | None, first_week: str | None = None, *, reader: str
) -> None:
    """Pause the mail, the first time stands; or, with None, end the pause: mail is owed from `first_week` on."""
    if now is not None:
        await _update_where(session, reader, MailingRow.paused_at.is_(None), paused_at=now)
        return
    owed_from = func.coalesce(first_week, MailingRow.first_week)
    await _update_where(session, reader, MailingRow.paused_at.is_not(None), paused_at=None, first_week=owed_from)


async def set_left(session: AsyncSession, now: datetime, *, reader: str) -> None:
    """The reader wants no more mail; the first time stands."""
    await _update_where(session, reader, MailingRow.left_at.is_(None), left_at=now)


async def load_rows(session: AsyncSession, readers: Collection[str]) -> dict[str, MailingRow]:
    """These readers' rows, which nobody changes before this transaction ends (on SQLite nobody can anyway)."""
    owned = or_(*(of_reader(MailingRow, reader) for reader in readers))
    query = select(MailingRow).where(owned).order_by(MailingRow.reader).with_for_update(read=True)
    rows = await session.scalars(query.execution_options(populate_existing=True))
    return {row.reader: row for row in rows}


async def _update_where(session: AsyncSession, reader: str, condition: ColumnElement[bool], **columns: Any) -> None:
    await session.execute(update(MailingRow).where(of_reader(MailingRow, reader), condition).values(**columns))


def _to_mailing(row: MailingRow, topics: Collection[str]) -> Mailing:
    return Mailing(
        reader=row.reader,
        email=row.email,
        slot=Slot(row.weekday, row.hour, row.zone),
        language=row.language,
        size=row.size,
        topics=tuple(topics),
        created_at=row.created_at,
        changed_at=row.changed_at,
        confirmed_at=row.confirmed_at,
        paused_at=row.paused_at,
        left_at=row.left_at,
        first_week=row.first_week,
    )
