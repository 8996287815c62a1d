"""ISO weeks of arXiv listing days.

A *listing day* is the weekday (America/New_York) whose listing shows a paper: the announcement of 20:00 the evening
before (`triage.core.announcements`).
"""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import msgspec

EASTERN = ZoneInfo("America/New_York")
_WEEK = re.compile(r"(\d{4})-W(\d{2})", re.ASCII)
_FIRST_YEAR = 1991  # arXiv's first


class Week(msgspec.Struct, frozen=True, order=True):
    """An ISO week, Monday to Sunday, written `2026-W17`."""

    year: int
    number: int

    @property
    def monday(self) -> date:
        """First listing day."""
        return date.fromisocalendar(self.year, self.number, 1)

    @property
    def end(self) -> date:
        """The Monday after: weeks are `[monday, end)` and tile for ever."""
        return self.monday + timedelta(days=7)

    @property
    def listing_days(self) -> tuple[date, ...]:
        """Monday to Friday."""
        return tuple(self.monday + timedelta(days=day) for day in range(5))

    @property
    def next(self) -> "Week":
        """The week after this one."""
        return week_of(self.end)

    def __str__(self) -> str:
        return f"{self.year}-W{self.number:02d}"


def parse_week(text: str) -> Week:
    """Read `2026-W17`; raise `ValueError` that says what was expected, also for a week 53 that a year lacks."""
    match = _WEEK.fullmatch(text.strip().upper())
    if match is None:
        raise ValueError(f"{text!r} is no week: expected an ISO week such as 2026-W17")
    week = Week(int(match[1]), int(match[2]))
    if week.year < _FIRST_YEAR:
        raise ValueError(f"{text!r} is before arXiv began: expected a week from 1991 on")
    try:
        _ = week.end
    except (ValueError, OverflowError):
        raise ValueError(f"{text!r} is no week: {week.year} has no week {week.number}") from None
    return week


def week_of(day: date) -> Week:
    """The week a day lies in."""
    year, number, _ = day.isocalendar()
    return Week(year, number)


def weeks_between(first: Week, last: Week) -> Iterator[Week]:
    """Every week from `first` to `last`, both included."""
    while first <= last:
        yield first
        first = first.next
