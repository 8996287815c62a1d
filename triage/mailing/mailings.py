"""How a reader gets the digest: the settings, and to begin, pause, go on and leave."""

import difflib
from collections.abc import Collection
from datetime import datetime
from functools import cache
from zoneinfo import available_timezones

import msgspec
from msgspec.structs import replace

from triage.core.account import clean_email
from triage.core.mailing import Mailing
from triage.core.rubric import LANGUAGES, Rubric, find_topic
from triage.core.schedule import Slot, due_at, first_week_from
from triage.core.week import Week, parse_week
from triage.errors import ConflictError, InputError, NotFoundError
from triage.store.engine import Database, Session
from triage.store.mail_lookups import lock_mailing
from triage.store.mailings import load_mailing, save_mailing, set_confirmed, set_left, set_paused
from triage.store.outbox import list_queued_weeks
from triage.store.subscriptions import add_subscription, list_subscriptions, remove_subscription

LARGEST_SIZE = 100
_DAYS, _HOURS = 7, 24
_NO_PLACES = frozenset({"Factory", "localtime"})  # in the zone database, and no zone of anybody


class MailingChange(msgspec.Struct, frozen=True, kw_only=True):
    """All of a reader's settings; `email` and `topics` stay as they are where they are None.

    `weekday` is 0 (Monday) to 6, `hour` 0 to 23, `zone` an IANA name, `size` places per topic, None for whole lists.
    """

    email: str | None = None
    weekday: int = 0
    hour: int = 7
    zone: str = "UTC"
    language: str = "en"
    size: int | None = None
    topics: tuple[str, ...] | None = None


async def view_mailing(database: Database, reader: str) -> Mailing | None:
    """The reader's settings, also of one who left; None where there never were any."""
    async with database.read() as session:
        return await load_mailing(session, reader=reader)


async def change_mailing(
    database: Database, rubric: Rubric, reader: str, change: MailingChange, now: datetime, *, account_email: str | None
) -> Mailing:
    """Keep the settings; idempotent. A new address, or coming back after leaving, needs a new confirmation.

    `account_email` is the address of a reader who signs in, the only one they can get mail at; None without accounts.
    Raises `InputError` that begins with the field's name; then nothing was changed.
    """
    _check(rubric, change)
    async with database.write() as session:
        await lock_mailing(session, reader=reader)
        known = await load_mailing(session, reader=reader)
        mailing = _merge(reader, known, _choose_email(change.email, account_email, known), change, now)
        await save_mailing(session, mailing, reader=reader)
        topics = await _set_topics(session, reader, change.topics, now)
        if not topics:
            raise InputError(f"topics: expected at least one of {', '.join(topic.name for topic in rubric.topics)}.")
        return replace(mailing, topics=topics)


async def pause_mailing(database: Database, reader: str, now: datetime) -> Mailing:
    """Owe no digests until `resume_mailing`; idempotent; raises `NotFoundError` without settings."""
    async with database.write() as session:
        await _load(session, reader)
        await set_paused(session, now, None, reader=reader)
        return await _load(session, reader)


async def resume_mailing(database: Database, reader: str, now: datetime) -> Mailing:
    """End a pause: the next digest that is due from now on is owed again; idempotent; raises as `pause_mailing`.

    Where none fell due meanwhile, the pause changes nothing: one that waited for its list is still owed.
    """
    async with database.write() as session:
        await lock_mailing(session, reader=reader)
        mailing = await _load(session, reader)
        if mailing.paused_at is not None:
            missed = first_week_from(mailing.paused_at, mailing.slot) < first_week_from(now, mailing.slot)
            is_new = missed and mailing.confirmed_at is not None
            first = await find_first_week(session, mailing, now) if is_new else None
            await set_paused(session, None, first, reader=reader)
        return await _load(session, reader)


async def leave_mailing(database: Database, reader: str, now: datetime) -> Mailing:
    """Send nothing any more; the topics stay, for coming back. Idempotent; raises as `pause_mailing`."""
    async with database.write() as session:
        await _load(session, reader)
        await set_left(session, now, reader=reader)
        return await _load(session, reader)


async def confirm_mailing(database: Database, reader: str, now: datetime) -> Mailing:
    """Take the operator's word that the address is the reader's; idempotent.

    Raises `NotFoundError` without settings, `ConflictError` for a reader who left.
    """
    async with database.write() as session:
        await lock_mailing(session, reader=reader)
        mailing = await _load(session, reader)
        if mailing.left_at is not None:
            raise ConflictError(f"{reader} left the weekly mail: nobody but the reader brings it back.")
        return await begin_mailing(session, mailing, now)


async def begin_mailing(session: Session, mailing: Mailing, now: datetime) -> Mailing:
    """Within a transaction: the address is confirmed, and digests are owed from the next one on; idempotent."""
    if mailing.confirmed_at is None:
        first = await find_first_week(session, mailing, now)
        await set_confirmed(session, now, first, reader=mailing.reader)
    return await _load(session, mailing.reader)


async def find_first_week(session: Session, mailing: Mailing, now: datetime) -> str:
    """The first week that is due from now on and comes after all that were queued for the reader already."""
    week = first_week_from(now, mailing.slot)
    queued = (await list_queued_weeks(session, [mailing.reader]))[mailing.reader]
    return str(max(week, parse_week(max(queued)).next) if queued else week)


def next_due(mailing: Mailing, now: datetime, queued: Collection[str] = ()) -> datetime | None:
    """When the next digest falls due (aware, UTC), by the settings and the weeks `queued`; None while none is owed."""
    if not mailing.is_active or mailing.first_week is None:
        return None
    week: Week = max(first_week_from(now, mailing.slot), parse_week(mailing.first_week))
    while str(week) in queued:  # sent before the reader chose a later day
        week = week.next
    return due_at(week, mailing.slot)


def _merge(reader: str, known: Mailing | None, email: str, change: MailingChange, now: datetime) -> Mailing:
    slot = Slot(change.weekday, change.hour, change.zone)
    if known is None:
        known = Mailing(reader=reader, email=email, slot=slot, created_at=now, changed_at=now)
    if known.email != email:
        known = replace(known, confirmed_at=None, first_week=None)
    if known.left_at is not None:
        known = replace(known, left_at=None, paused_at=None, confirmed_at=None, first_week=None)
    changed_at = known.changed_at if known.slot == slot else now
    return replace(known, email=email, slot=slot, language=change.language, size=change.size, changed_at=changed_at)


def _choose_email(wanted: str | None, account_email: str | None, known: Mailing | None) -> str:
    cleaned = None if wanted is None else _clean_email(wanted)
    if account_email is not None:
        if cleaned not in {None, account_email}:
            raise InputError("email: digests go to the address of the account, and to no other.")
        return account_email
    if cleaned is not None:
        return cleaned
    if known is None:
        raise InputError("email: expected the address that the digest goes to, such as ada@example.org.")
    return known.email


def _clean_email(text: str) -> str:
    try:
        return clean_email(text)
    except InputError as error:
        raise InputError(f"email: {error}") from error


async def _set_topics(session: Session, reader: str, topics: Collection[str] | None, now: datetime) -> tuple[str, ...]:
    had = await list_subscriptions(session, reader=reader)
    wanted = set(had if topics is None else topics)
    for topic in set(had) - wanted:
        await remove_subscription(session, topic, reader=reader)
    for topic in sorted(wanted - set(had)):
        await add_subscription(session, topic, now, reader=reader)
    return tuple(sorted(wanted))


async def _load(session: Session, reader: str) -> Mailing:
    mailing = await load_mailing(session, reader=reader)
    if mailing is None:
        raise NotFoundError("There is no weekly mail yet: choose topics, day and hour first.")
    return mailing


def _check(rubric: Rubric, change: MailingChange) -> None:
    if change.weekday not in range(_DAYS):
        raise InputError(f"weekday: expected 0 (Monday) to 6 (Sunday), not {change.weekday}.")
    if change.hour not in range(_HOURS):
        raise InputError(f"hour: expected 0 to 23, not {change.hour}.")
    if change.size is not None and change.size not in range(1, LARGEST_SIZE + 1):
        raise InputError(f"size: expected 1 to {LARGEST_SIZE} places per topic, or none for whole lists.")
    if change.language not in LANGUAGES:
        known = ", ".join(f"{code} ({name})" for code, name in LANGUAGES.items())
        raise InputError(f"language: {change.language!r} is none that digests are written in: expected {known}.")
    _check_zone(change.zone)
    if change.topics is not None:
        _check_topics(rubric, change.topics)


def _check_topics(rubric: Rubric, topics: Collection[str]) -> None:
    if not topics:
        raise InputError("topics: expected at least one; to get no mail, pause it or leave.")
    for topic in topics:
        try:
            find_topic(rubric, topic)
        except NotFoundError as error:
            raise InputError(f"topics: {error}") from error


def _check_zone(zone: str) -> None:
    if zone in _list_zones():
        return
    spelled = {name.lower(): name for name in _list_zones()}
    spelled |= {name.rpartition("/")[2].lower(): name for name in _list_zones() if "/" in name}
    close = difflib.get_close_matches(zone.lower().replace(" ", "_"), sorted(spelled), n=1)
    hint = f"; did you mean {spelled[close[0]]}?" if close else ": expected an IANA name, such as Europe/Berlin."
    raise InputError(f"zone: {zone[:64]!r} is no time zone{hint}")


@cache
def _list_zones() -> frozenset[str]:
    return frozenset(available_timezones() - _NO_PLACES)
