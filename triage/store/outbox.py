"""The outbox: every digest that waits, was sent, or never will be, once per reader and week.

What a worker does with a row is in `outbox_work`.
"""

import asyncio
import hashlib
import secrets
import zlib
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Row, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from triage.core.mailing import Delivery, DeliveryState
from triage.ports import LogEntry
from triage.store.chunks import cut
from triage.store.conflict import insert_missing
from triage.store.mail_keys import NewMailKey, insert_mail_keys
from triage.store.mail_models import DeliveryRow, MailCounterRow
from triage.store.ownership import of_reader

_RESTORED = "sent before the database was restored"
COLUMNS = (
    DeliveryRow.id,
    DeliveryRow.reader,
    DeliveryRow.week,
    DeliveryRow.email,
    DeliveryRow.topics,
    DeliveryRow.message_id,
    DeliveryRow.state,
    DeliveryRow.detail,
    DeliveryRow.attempts,
    DeliveryRow.message.is_not(None).label("has_message"),
    DeliveryRow.queued_at,
    DeliveryRow.not_before,
    DeliveryRow.deadline,
    DeliveryRow.finished_at,
)
"""What `to_delivery` reads: all but the message and the worker's own columns."""


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A digest to be sent: the finished message, the reader's key that stands in it, and until when it may go out."""

    reader: str
    week: str
    email: str
    topics: tuple[str, ...]
    message_id: str
    message: bytes
    key: str
    deadline: datetime


class MailCounter(msgspec.Struct, frozen=True):
    """How many attempts this database knows of, and the secret (hex) that message ids are made with."""

    attempts: int
    secret: str


async def queue_deliveries(session: AsyncSession, drafts: Sequence[Draft], now: datetime) -> int:
    """Put them into the outbox with their keys, and say how many stand there as given.

    Where the reader's week is there already, it stays as it is and the draft's key is not kept; idempotent.
    """
    rows = await asyncio.to_thread(lambda: [_to_row(draft, now) for draft in drafts])  # compression takes a while
    await insert_missing(session, DeliveryRow, rows)
    ours = {row["digest"] for row in rows}
    kept: set[str] = set()
    for chunk in cut([row["message_id"] for row in rows]):
        digests = await session.scalars(select(DeliveryRow.digest).where(DeliveryRow.message_id.in_(chunk)))
        kept.update(ours.intersection(digests))
    fresh = [draft for draft, row in zip(drafts, rows, strict=True) if row["digest"] in kept]
    await insert_mail_keys(session, [_to_key(draft, now) for draft in fresh])
    return len(fresh)


async def drop_week(  # noqa: PLR0913, PLR0917 - a column each
    session: AsyncSession,
    reader: str,
    week: str,
    email: str,
    topics: Sequence[str],
    message_id: str,
    reason: str,
    deadline: datetime,
    now: datetime,
) -> None:
    """Keep why a week's digest was never made for a reader; nothing where the outbox has the week. Idempotent."""
    draft = Draft(
        reader=reader,
        week=week,
        email=email,
        topics=tuple(topics),
        message_id=message_id,
        message=b"",
        key="",
        deadline=deadline,
    )
    row = _to_row(draft, now) | {
        "state": DeliveryState.DROPPED.value,
        "detail": reason,
        "message": None,
        "digest": "",
        "finished_at": now,
    }
    await insert_missing(session, DeliveryRow, [row])


async def list_queued_weeks(session: AsyncSession, readers: Collection[str]) -> dict[str, set[str]]:
    """For each of the readers the weeks that the outbox has, in whatever state."""
    weeks: dict[str, set[str]] = {reader: set() for reader in readers}
    for chunk in cut(list(weeks)):
        owned = or_(*(of_reader(DeliveryRow, reader) for reader in chunk))
        for reader, week in await session.execute(select(DeliveryRow.reader, DeliveryRow.week).where(owned)):
            weeks[reader].add(week)
    return weeks


async def requeue_unknown(session: AsyncSession, now: datetime, new_deadline: datetime) -> int:
    """Let those that may have arrived be sent again, as far as their messages are still there; says how many."""
    statement = (
        update(DeliveryRow)
        .where(DeliveryRow.state == DeliveryState.UNKNOWN.value, DeliveryRow.message.is_not(None))
        .values(
            state=DeliveryState.PENDING.value,
            claim=None,
            lease_until=None,
            not_before=now,
            deadline=new_deadline,
            finished_at=None,
        )
    )
    return len((await session.scalars(statement.returning(DeliveryRow.id))).all())


async def count_states(session: AsyncSession, week: str | None = None) -> dict[DeliveryState, int]:
    """How many deliveries, of that week or of all, are in each state; states that none is in are there with 0."""
    query = select(DeliveryRow.state, func.count()).group_by(DeliveryRow.state)
    if week is not None:
        query = query.where(DeliveryRow.week == week)
    counts = dict((await session.execute(query)).all())
    return {state: counts.get(state.value, 0) for state in DeliveryState}


async def list_deliveries(
    session: AsyncSession, *, week: str | None = None, state: DeliveryState | None = None, limit: int
) -> tuple[Delivery, ...]:
    """Everybody's, the newest first."""
    wanted: list[ColumnElement[bool]] = []
    if week is not None:
        wanted.append(DeliveryRow.week == week)
    if state is not None:
        wanted.append(DeliveryRow.state == state.value)
    return await _list(session, limit, *wanted)


async def list_own_deliveries(session: AsyncSession, limit: int, *, reader: str) -> tuple[Delivery, ...]:
    """The reader's own, the newest first."""
    return await _list(session, limit, of_reader(DeliveryRow, reader))


async def find_next_attempt(session: AsyncSession) -> datetime | None:
    """When the first of those that wait may be sent (aware, UTC); None where none waits."""
    waiting = DeliveryRow.state == DeliveryState.PENDING.value
    found: datetime | None = await session.scalar(select(func.min(DeliveryRow.not_before)).where(waiting))
    return found


async def load_counter(session: AsyncSession) -> MailCounter:
    """The counter; made on first use, so this belongs in a transaction that writes."""
    query = select(MailCounterRow.attempts, MailCounterRow.secret)
    found = (await session.execute(query)).one_or_none()
    if found is None:
        first = {"id": 1, "attempts": 0, "secret": secrets.token_hex(32)}
        await insert_missing(session, MailCounterRow, [first])
        found = (await session.execute(query)).one()  # another may have been faster
    attempts, secret = found
    return MailCounter(attempts, secret)


async def raise_counter(session: AsyncSession, attempts: int) -> None:
    """Let it stand at `attempts` or higher."""
    await load_counter(session)
    await session.execute(update(MailCounterRow).where(MailCounterRow.attempts < attempts).values(attempts=attempts))


async def mark_restored(session: AsyncSession, entries: Sequence[LogEntry], now: datetime) -> int:
    """Keep as unknown what the log names as sent after this database was copied, and count on from the log's end.

    Says how many deliveries those are. One that the copy lacks is added, without its address and message. Idempotent.
    """
    counter = await load_counter(session)
    later = [entry for entry in entries if entry.number > counter.attempts]
    missed = {(entry.reader, entry.week): entry for entry in later}
    await insert_missing(session, DeliveryRow, [_to_lost_row(entry, now) for entry in missed.values()])
    for entry in missed.values():
        is_unsent = DeliveryRow.state != DeliveryState.ACCEPTED.value
        await session.execute(
            update(DeliveryRow)
            .where(of_reader(DeliveryRow, entry.reader), DeliveryRow.week == entry.week, is_unsent)
            .values(**_to_unknown(entry, now))
        )
    await raise_counter(session, max((entry.number for entry in later), default=0))
    return len(missed)


def to_delivery(row: Row[*tuple[Any, ...]]) -> Delivery:
    """A row of `COLUMNS`."""
    return Delivery(
        key=row.id,
        reader=row.reader,
        week=row.week,
        email=row.email,
        topics=tuple(row.topics),
        message_id=row.message_id,
        state=DeliveryState(row.state),
        detail=row.detail,
        attempts=row.attempts,
        has_message=row.has_message,
        queued_at=row.queued_at,
        not_before=row.not_before,
        deadline=row.deadline,
        finished_at=row.finished_at,
    )


async def _list(session: AsyncSession, limit: int, *wanted: ColumnElement[bool]) -> tuple[Delivery, ...]:
    query = select(*COLUMNS).where(*wanted).order_by(DeliveryRow.id.desc()).limit(limit)
    return tuple(map(to_delivery, await session.execute(query)))


def _to_row(draft: Draft, now: datetime) -> dict[str, Any]:
    return {
        "reader": draft.reader,
        "week": draft.week,
        "email": draft.email,
        "topics": list(draft.topics),
        "message_id": draft.message_id,
        "message": zlib.compress(draft.message),
        "digest": hashlib.sha256(draft.message).hexdigest(),
        "state": DeliveryState.PENDING.value,
        "detail": "",
        "attempts": 0,
        "number": None,
        "claim": None,
        "lease_until": None,
        "queued_at": now,
        "not_before": now,
        "deadline": draft.deadline,
        "finished_at": None,
    }


def _to_key(draft: Draft, now: datetime) -> NewMailKey:
    return NewMailKey(
        key=draft.key, kind="digest", reader=draft.reader, email=draft.email, created_at=now, week=draft.week
    )


def _to_unknown(entry: LogEntry, now: datetime) -> dict[str, Any]:
    return {
        "state": DeliveryState.UNKNOWN.value,
        "detail": _RESTORED,
        "number": entry.number,
        "claim": None,
        "lease_until": None,
        "finished_at": now,
    }


def _to_lost_row(entry: LogEntry, now: datetime) -> dict[str, Any]:
    return {
        "reader": entry.reader,
        "week": entry.week,
        "email": "",
        "topics": [],
        "message_id": entry.message_id,
        "message": None,
        "digest": "",
        "attempts": 1,
        "queued_at": entry.at,
        "not_before": entry.at,
        "deadline": entry.at,
        **_to_unknown(entry, now),
    }
