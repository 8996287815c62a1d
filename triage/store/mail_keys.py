"""The keys that stand in mails: found by their SHA-256, which is all that is kept of them."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from triage.core.mailing import MailKeyKind, digest_mail_key
from triage.store.conflict import insert_missing
from triage.store.mail_models import MailKeyRow
from triage.store.ownership import of_reader
from triage.store.reader_models import ReaderRow


class NewMailKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key that was just minted; `week` is the digest's it stands in, `email` the address it is sent to."""

    key: str
    kind: MailKeyKind
    reader: str
    email: str
    created_at: datetime
    expires_at: datetime | None = None
    week: str | None = None


class MailKey(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a key; whether it is still in time is for the caller to see. Times are aware, UTC."""

    kind: MailKeyKind
    reader: str
    email: str
    week: str | None
    created_at: datetime
    expires_at: datetime | None
    used_at: datetime | None


async def insert_mail_key(  # noqa: PLR0913, PLR0917 - a column each
    session: AsyncSession,
    key: str,
    kind: MailKeyKind,
    email: str,
    now: datetime,
    expires_at: datetime | None = None,
    week: str | None = None,
    *,
    reader: str,
) -> None:
    """Keep a new key of the reader's."""
    new = NewMailKey(key=key, kind=kind, reader=reader, email=email, created_at=now, expires_at=expires_at, week=week)
    await insert_mail_keys(session, [new])


async def insert_mail_keys(session: AsyncSession, rows: Sequence[NewMailKey]) -> None:
    """Keep new keys, many at once; idempotent."""
    columns = [msgspec.structs.asdict(row) for row in rows]
    for each in columns:
        each["digest"] = digest_mail_key(each.pop("key"))
    await insert_missing(session, MailKeyRow, columns)


async def find_mail_key(session: AsyncSession, key: str, *, of_disabled: bool = False) -> MailKey | None:
    """What is known of it, also where it expired or was used; None for an unknown one.

    None for a disabled reader's too, unless `of_disabled`: whoever is disabled may still leave.
    """
    query = (
        select(MailKeyRow)
        .outerjoin(ReaderRow, ReaderRow.name == MailKeyRow.reader)  # the sole reader has no account
        .where(MailKeyRow.digest == digest_mail_key(key))
    )
    if not of_disabled:
        query = query.where(ReaderRow.disabled_at.is_(None))
    row = await session.scalar(query)
    if row is None:
        return None
    return MailKey(
        kind=row.kind,
        reader=row.reader,
        email=row.email,
        week=row.week,
        created_at=row.created_at,
        expires_at=row.expires_at,
        used_at=row.used_at,
    )


async def mark_key_used(session: AsyncSession, key: str, now: datetime) -> bool:
    """Note when it was first used; whether this was that time: of two at once, one is told yes."""
    is_unused = MailKeyRow.digest == digest_mail_key(key), MailKeyRow.used_at.is_(None)
    statement = update(MailKeyRow).where(*is_unused).values(used_at=now).returning(MailKeyRow.id)
    return await session.scalar(statement) is not None


async def count_mail_keys(session: AsyncSession, kind: MailKeyKind, since: datetime, *, reader: str) -> int:
    """How many of that kind were made for the reader after `since`."""
    query = select(func.count()).where(
        of_reader(MailKeyRow, reader), MailKeyRow.kind == kind, MailKeyRow.created_at > since
    )
    return await session.scalar(query) or 0
