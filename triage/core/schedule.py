"""When the digest of a week is due: one moment per reader and week, whatever clocks and time zones do.

A week is complete with its Friday listing, so its digest is due on the first chosen weekday from Saturday on: on that
Saturday or Sunday, or on the Monday to Friday after. Weeks and due dates thus go together one to one, for ever.
"""

from collections.abc import Collection, Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import chain
from zoneinfo import ZoneInfo

import msgspec

from triage.core.week import Week, week_of, weeks_between

CATCH_UP = timedelta(days=3)
"""How long after its moment a digest may still be sent; later it is dropped, with the reason."""
_SATURDAY = 5
_SEVEN_DAYS = timedelta(days=7)


class Slot(msgspec.Struct, frozen=True):
    """When a reader wants it: `weekday` 0 (Monday) to 6, `hour` 0 to 23 on the clocks of `zone`, an IANA name."""

    weekday: int = 0
    hour: int = 7
    zone: str = "UTC"


class Owed(msgspec.Struct, frozen=True):
    """A digest that is due: until when (aware, UTC) it may be sent, and whether that is over."""

    week: Week
    deadline: datetime
    is_late: bool


def due_at(week: Week, slot: Slot) -> datetime:
    """The moment (aware, UTC). An hour that clocks skip comes as much later; of one that comes twice, the first."""
    day = _due_date(week, slot)
    local = datetime.combine(day, time(slot.hour), ZoneInfo(slot.zone))
    return local.astimezone(UTC)


def first_week_from(moment: datetime, slot: Slot) -> Week:
    """The first week whose digest is due at that (aware) moment or later: what a new reader gets first."""
    week = week_of(moment.astimezone(UTC).date() - 3 * _SEVEN_DAYS)
    while due_at(week, slot) < moment:
        week = week.next
    return week


def last_due_week(slot: Slot, now: datetime) -> Week:
    """The newest week whose moment has come."""
    week = week_of(now.astimezone(UTC).date())  # Friday morning in UTC is the earliest that its Saturday begins
    while due_at(week, slot) > now:
        week = week_of(week.monday - _SEVEN_DAYS)
    return week


def list_owed(first: Week, slot: Slot, changed_at: datetime, done: Collection[str], now: datetime) -> Iterator[Owed]:
    """What a reader is owed by now, oldest first: the weeks from `first` on that are due and not `done` yet.

    `done` are weeks that were queued, sent or dropped, `changed_at` is when the reader last changed the slot. What
    `is_late` is to be dropped, with that reason, and never passed over: so every week is settled exactly once.
    """
    last = last_due_week(slot, now)
    for name, week in chain.from_iterable(map(_name_weeks, range(first.year, last.year + 1))):
        if name not in done and first <= week <= last:
            until = deadline(week, slot, changed_at)
            yield Owed(week, until, is_late=until < now)


def deadline(week: Week, slot: Slot, changed_at: datetime) -> datetime:
    """Until when it may be sent: `CATCH_UP` after it is due, or after the reader last changed the slot."""
    return max(due_at(week, slot), changed_at) + CATCH_UP


def _due_date(week: Week, slot: Slot) -> date:
    return week.monday + timedelta(days=_SATURDAY + (slot.weekday - _SATURDAY) % 7)


@cache  # every reader is asked for years of weeks at every look
def _name_weeks(year: int) -> tuple[tuple[str, Week], ...]:
    return tuple((str(week), week) for week in weeks_between(Week(year, 1), week_of(date(year, 12, 28))))
