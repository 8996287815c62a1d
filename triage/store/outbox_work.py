"""A worker's way with the rows of the outbox: each step is one compare-and-set on state and claim.

Two workers never both get a row, on either database: PostgreSQL skips what another has locked, SQLite has one writer.
"""

import hashlib
import zlib
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from triage.core.mailing import Delivery, DeliveryState
from triage.store.mail_models import DeliveryRow, MailCounterRow, MailingRow
from triage.store.mailings import load_rows
from triage.store.outbox import COLUMNS, load_counter, to_delivery
from triage.store.reader_models import ReaderRow
from triage.store.suppressions import Suppression, find_suppressions

_PENDING, _CLAIMED, _SENDING, _UNKNOWN, _DROPPED = (
    DeliveryState.PENDING.value,
    DeliveryState.CLAIMED.value,
    DeliveryState.SENDING.value,
    DeliveryState.UNKNOWN.value,
    DeliveryState.DROPPED.value,
)
_AHEAD = timedelta(days=1)
"""No lease and no wait is as long: what lies further ahead was written by a clock that was wrong."""
_CUT_SHORT = "the program ended while it was being sent, so it may have arrived"
_WORDS = {"bounced": "the address bounced", "complained": "the reader complained about the mail"}


class Sending(msgspec.Struct, frozen=True):
    """The right to try once: the attempt's number for the mail log, and the bytes to send."""

    number: int
    message: bytes


class Recovered(msgspec.Struct, frozen=True):
    """What workers left behind: rows given back to the others, and those that may have been sent."""

    released: int
    unknown: int


async def claim_deliveries(
    session: AsyncSession,
    claim: str,
    count: int,
    lease_until: datetime,
    now: datetime,
    spare_domains: Collection[str] = (),
) -> tuple[Delivery, ...]:
    """Take at most `count` that may be sent now, the oldest deadline first, for the worker `claim`.

    Addresses at `spare_domains` (lower case) are passed over. What may not be sent any more is dropped on the way.
    """
    claimed: list[Delivery] = []
    while len(claimed) < count:
        found = await _lock_waiting(session, count - len(claimed), now, spare_domains)
        if not found:
            break
        reasons = await _find_reasons(session, found, now)
        for delivery in found:
            if delivery.key in reasons:
                await _drop(session, delivery.key, reasons[delivery.key], now)
        fit = [delivery.key for delivery in found if delivery.key not in reasons]
        claimed += await _claim(session, fit, claim, lease_until)
    return tuple(claimed)


async def begin_sending(
    session: AsyncSession, delivery_key: int, claim: str, lease_until: datetime, now: datetime
) -> Sending | None:
    """Keep that an attempt is about to be made; to be committed before anything is sent.

    None where the claim was lost, or where it may not be sent any more: then it is dropped, with the reason.
    """
    is_ours = DeliveryRow.id == delivery_key, DeliveryRow.claim == claim, DeliveryRow.state == _CLAIMED
    query = select(*COLUMNS, DeliveryRow.message, DeliveryRow.digest).where(*is_ours).with_for_update()
    row = (await session.execute(query)).one_or_none()
    if row is None:
        return None
    reasons = await _find_reasons(session, [to_delivery(row)], now)
    message = _unpack(row.message, row.digest)
    if reasons or message is None:
        await _drop(session, delivery_key, reasons.get(delivery_key, "the stored message is damaged"), now)
        return None
    number = await _count_attempt(session)
    sending = {"state": _SENDING, "number": number, "attempts": DeliveryRow.attempts + 1, "lease_until": lease_until}
    await session.execute(update(DeliveryRow).where(*is_ours).values(**sending))
    return Sending(number, message)


async def settle(  # noqa: PLR0913, PLR0917 - what became of it
    session: AsyncSession,
    delivery_key: int,
    claim: str,
    state: DeliveryState,
    detail: str,
    now: datetime,
    not_before: datetime | None = None,
) -> bool:
    """Keep how an attempt ended: for good, or, with `PENDING`, until `not_before`. The message goes once it is over.

    Also after the row was given up as unknown meanwhile: whoever sent it knows better. False where it is not `claim`'s.
    """
    is_open = state is DeliveryState.PENDING
    columns: dict[str, Any] = {"state": state.value, "detail": detail, "finished_at": None if is_open else now}
    if not_before is not None:
        columns["not_before"] = not_before
    if not is_open and state is not DeliveryState.UNKNOWN:
        columns["message"] = None
    if state is not DeliveryState.UNKNOWN:
        columns["claim"] = None
    return await _change(session, delivery_key, claim, (_SENDING, _UNKNOWN), columns)


async def release(session: AsyncSession, delivery_key: int, claim: str, detail: str, not_before: datetime) -> bool:
    """Let what was begun and never reached a server wait until `not_before`; its attempt does not count.

    False where it is not `claim`'s.
    """
    columns = {
        "state": _PENDING,
        "detail": detail,
        "claim": None,
        "not_before": not_before,
        "attempts": DeliveryRow.attempts - 1,
        "finished_at": None,
    }
    return await _change(session, delivery_key, claim, (_SENDING, _UNKNOWN), columns)


async def give_back(session: AsyncSession, claim: str) -> int:
    """Let what is claimed and not begun wait again, as before it was claimed; says how many rows those are."""
    is_ours = DeliveryRow.claim == claim, DeliveryRow.state == _CLAIMED
    statement = update(DeliveryRow).where(*is_ours).values(state=_PENDING, claim=None, lease_until=None)
    return len((await session.scalars(statement.returning(DeliveryRow.id))).all())


async def refuse(session: AsyncSession, delivery: Delivery, detail: str, now: datetime) -> bool:
    """Settle as refused what waits, after one more attempt than `delivery` knows of; False where it went on since."""
    is_same = (
        DeliveryRow.id == delivery.key,
        DeliveryRow.state == _PENDING,
        DeliveryRow.attempts == delivery.attempts + 1,
    )
    columns = {"state": DeliveryState.REFUSED.value, "detail": detail, "message": None, "finished_at": now}
    statement = update(DeliveryRow).where(*is_same).values(**columns)
    return await session.scalar(statement.returning(DeliveryRow.id)) is not None


async def recover_expired(session: AsyncSession, now: datetime) -> Recovered:
    """Take rows from workers whose time ran out: claimed ones wait again, those being sent are unknown from now on.

    An unknown row keeps its claim, so that its worker can still `settle` it. What was never tried and dropped by a
    clock that was ahead is forgotten, and so owed again.
    """
    is_too_soon = DeliveryRow.finished_at > now + _AHEAD
    await session.execute(
        delete(DeliveryRow).where(DeliveryRow.state == _DROPPED, DeliveryRow.number.is_(None), is_too_soon)
    )
    released = {"state": _PENDING, "claim": None, "lease_until": None}
    unknown = {"state": _UNKNOWN, "detail": _CUT_SHORT, "lease_until": None, "finished_at": now}
    return Recovered(
        released=await _recover(session, _CLAIMED, now, released),
        unknown=await _recover(session, _SENDING, now, unknown),
    )


async def _recover(session: AsyncSession, state: str, now: datetime, columns: dict[str, Any]) -> int:
    is_expired = DeliveryRow.state == state, _has_come(DeliveryRow.lease_until, now)
    free = select(DeliveryRow.id).where(*is_expired).with_for_update(skip_locked=True)
    statement = update(DeliveryRow).where(*is_expired, DeliveryRow.id.in_(free)).values(**columns)
    return len((await session.scalars(statement.returning(DeliveryRow.id))).all())


def _has_come(moment: InstrumentedAttribute[Any], now: datetime) -> ColumnElement[bool]:
    return or_(moment <= now, moment > now + _AHEAD)


async def _lock_waiting(
    session: AsyncSession, count: int, now: datetime, spare_domains: Collection[str]
) -> list[Delivery]:
    spared = [func.lower(DeliveryRow.email).endswith(f"@{domain}", autoescape=True) for domain in spare_domains]
    query = (
        select(*COLUMNS)
        .where(DeliveryRow.state == _PENDING, _has_come(DeliveryRow.not_before, now), *(~each for each in spared))
        .order_by(DeliveryRow.deadline, DeliveryRow.id)
        .limit(count)
        .with_for_update(skip_locked=True)
    )
    return [to_delivery(row) for row in await session.execute(query)]


async def _claim(session: AsyncSession, keys: Sequence[int], claim: str, lease_until: datetime) -> list[Delivery]:
    statement = (
        update(DeliveryRow)
        .where(DeliveryRow.id.in_(keys), DeliveryRow.state == _PENDING)
        .values(state=_CLAIMED, claim=claim, lease_until=lease_until)
        .returning(*COLUMNS)
    )
    claimed = [to_delivery(row) for row in await session.execute(statement)]
    return sorted(claimed, key=lambda delivery: (delivery.deadline, delivery.key))


async def _drop(session: AsyncSession, key: int, reason: str, now: datetime) -> None:
    """Of a row that this transaction has locked."""
    dropped = {"state": _DROPPED, "detail": reason, "message": None, "claim": None, "lease_until": None}
    await session.execute(update(DeliveryRow).where(DeliveryRow.id == key).values(**dropped, finished_at=now))


async def _change(
    session: AsyncSession, key: int, claim: str, states: Collection[str], columns: dict[str, Any]
) -> bool:
    is_ours = DeliveryRow.id == key, DeliveryRow.claim == claim, DeliveryRow.state.in_(states)
    statement = update(DeliveryRow).where(*is_ours).values(**columns, lease_until=None)
    return await session.scalar(statement.returning(DeliveryRow.id)) is not None


async def _count_attempt(session: AsyncSession) -> int:
    """The next number. Others wait for this transaction to end, so that numbers are given in order."""
    await load_counter(session)
    counted = update(MailCounterRow).values(attempts=MailCounterRow.attempts + 1).returning(MailCounterRow.attempts)
    return (await session.execute(counted)).scalar_one()


async def _find_reasons(session: AsyncSession, deliveries: Sequence[Delivery], now: datetime) -> dict[int, str]:
    """By key why some of the deliveries may not be sent; those that may are left out."""
    readers = {delivery.reader for delivery in deliveries}
    mailings = await load_rows(session, readers)
    gone = select(ReaderRow.name).where(ReaderRow.name.in_(readers), ReaderRow.disabled_at.is_not(None))
    disabled = set(await session.scalars(gone))
    suppressions = await find_suppressions(session, (delivery.email for delivery in deliveries))
    reasons: dict[int, str] = {}
    for delivery in deliveries:
        reason = (
            ("the account is disabled" if delivery.reader in disabled else None)
            or _find_wish(delivery, mailings.get(delivery.reader))
            or _word_suppression(suppressions.get(delivery.email.lower()))
            or (_word_late(delivery) if delivery.deadline < now else None)
        )
        if reason is not None:
            reasons[delivery.key] = reason
    return reasons


def _find_wish(delivery: Delivery, mailing: MailingRow | None) -> str | None:
    """Why the reader does not want it."""
    if mailing is None or mailing.left_at is not None:
        return "the reader left"
    if mailing.paused_at is not None:
        return "the reader paused the mail"
    if mailing.email != delivery.email:
        return "the reader's address changed"
    return "the address is not confirmed" if mailing.confirmed_at is None else None


def _word_suppression(suppression: Suppression | None) -> str | None:
    return None if suppression is None else _WORDS[suppression.reason]


def _word_late(delivery: Delivery) -> str:
    return "its time ran out" + (f"; the last word was: {delivery.detail}" if delivery.detail else "")


def _unpack(packed: bytes | None, digest: str) -> bytes | None:
    """The message as it was queued; None where it is not that any more."""
    try:
        message = zlib.decompress(packed or b"")
    except zlib.error:
        return None
    return message if hashlib.sha256(message).hexdigest() == digest else None
