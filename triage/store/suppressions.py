"""Addresses that get no mail, and what mail systems said later of messages they had taken."""

from collections.abc import Iterable
from datetime import datetime

import msgspec
from sqlalchemy import delete, func, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from triage.store.conflict import insert_or_update
from triage.store.mail_models import BounceKind, BounceRow, SuppressionReason, SuppressionRow


class Suppression(msgspec.Struct, frozen=True):
    """An address (in lower case) that gets no mail, since when (aware, UTC) and why; `detail` in a server's words."""

    email: str
    reason: SuppressionReason
    detail: str
    created_at: datetime


class Bounce(msgspec.Struct, frozen=True, kw_only=True):
    """A report on a message; `week` is that of the digest, which soft ones are counted by."""

    message_id: str
    kind: BounceKind
    email: str
    week: str
    detail: str
    received_at: datetime


async def suppress(session: AsyncSession, email: str, reason: SuppressionReason, detail: str, now: datetime) -> None:
    """No mail goes to that address from now on, in any case of its letters.

    The first reason stands, but a complaint takes the place of a bounce. Idempotent.
    """
    row = {"email": email.lower(), "reason": reason, "detail": detail, "created_at": now}
    await insert_or_update(
        session,
        SuppressionRow,
        [row],
        on=["email"],
        set_=["reason", "detail", "created_at"],
        when=lambda new, old: (new.reason == "complained") & (old.reason == "bounced"),
    )


async def unsuppress(session: AsyncSession, email: str) -> bool:
    """Let the address have mail again; whether it had been suppressed."""
    statement = delete(SuppressionRow).where(SuppressionRow.email == email.lower()).returning(SuppressionRow.id)
    return await session.scalar(statement) is not None


async def find_suppression(session: AsyncSession, email: str) -> Suppression | None:
    """Why the address gets no mail; None where it may."""
    return (await find_suppressions(session, [email])).get(email.lower())


async def find_suppressions(session: AsyncSession, emails: Iterable[str]) -> dict[str, Suppression]:
    """Those of the addresses that get no mail, by address in lower case."""
    wanted = {email.lower() for email in emails}
    rows = await session.scalars(select(SuppressionRow).where(SuppressionRow.email.in_(wanted)))
    return {row.email: _to_suppression(row) for row in rows}


async def list_suppressions(session: AsyncSession) -> tuple[Suppression, ...]:
    """All of them, by address."""
    rows = await session.scalars(select(SuppressionRow).order_by(SuppressionRow.email))
    return tuple(map(_to_suppression, rows))


async def record_bounce(session: AsyncSession, bounce: Bounce) -> bool:
    """Keep a report, once per message and kind; False where it was known already."""
    columns = msgspec.structs.asdict(bounce) | {"email": bounce.email.lower()}
    try:
        async with session.begin_nested():
            await session.execute(insert(BounceRow).values(columns))
    except IntegrityError:
        return False
    return True


async def count_soft_weeks(session: AsyncSession, email: str, since: datetime) -> int:
    """In how many weeks the address bounced for the time being, from `since` on."""
    query = select(func.count(BounceRow.week.distinct())).where(
        BounceRow.email == email.lower(), BounceRow.kind == "soft", BounceRow.received_at >= since
    )
    return await session.scalar(query) or 0


def _to_suppression(row: SuppressionRow) -> Suppression:
    return Suppression(row.email, row.reason, row.detail, row.created_at)
