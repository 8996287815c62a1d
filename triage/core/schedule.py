"""When the digest of a week is due: one moment per reader and week, whatever clocks and time zones do.

A week is complete with its Friday listing, so its digest is due on the first chosen weekday from Saturday on: on that
Saturday or Sunday, or on the Monday to Friday after. Weeks and due dates thus go together one to one, for ever.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec

from triage.core.week import Week, week_of

CATCH_UP = timedelta(days=3)
"""How long after its moment a digest may still be sent; later it is dropped, with the reason."""
_SATURDAY = 5


class Slot(msgspec.Struct, frozen=True):
    """When a reader wants it: `weekday` 0 (Monday) to 6, `hour` 0 to 23 on the clocks of `zone`, an IANA name."""

    weekday: int = 0
    hour: int = 7
    zone: str = "UTC"


def due_at(week: Week, slot: Slot) -> datetime:
    """The moment (aware, UTC). An hour that clocks skip is the one after it, one that comes twice is the first."""
    day = _due_date(week, slot)
    local = datetime.combine(day, time(slot.hour), ZoneInfo(slot.zone))
    return local.astimezone(UTC)


def first_week_from(moment: datetime, slot: Slot) -> Week:
    """The first week whose digest is due at that (aware) moment or later: what a new reader gets first."""
    week = week_of(moment.astimezone(UTC).date() - timedelta(days=21))
    while due_at(week, slot) < moment:
        week = week.next
    return week


def list_due_weeks(first: Week, slot: Slot, now: datetime) -> Iterator[Week]:
    """The weeks from `first` on whose moment has come, oldest first."""
    week = first
    while due_at(week, slot) <= now:
        yield week
        week = week.next


def deadline(week: Week, slot: Slot, changed_at: datetime) -> datetime:
    """Until when it may be sent: `CATCH_UP` after it is due, or after the reader last changed the slot."""
    return max(due_at(week, slot), changed_at) + CATCH_UP


def _due_date(week: Week, slot: Slot) -> date:
    return week.monday + timedelta(days=_SATURDAY + (slot.weekday - _SATURDAY) % 7)
