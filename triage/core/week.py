"""ISO weeks of arXiv listing days, and the listing day that a submission falls on.

A *listing day* is the weekday (America/New_York) whose listing shows the paper: the announcement of 20:00 the evening
before. Submissions from Friday 14:00 to Monday 14:00 are announced on Monday evening and listed on Tuesday.
"""

import re
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec

EASTERN = ZoneInfo("America/New_York")
CUTOFF = time(14, 0)  # https://info.arxiv.org/help/availability.html
_WEEK = re.compile(r"(\d{4})-W(\d{2})", re.ASCII)
_FRIDAY = 4
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


def listing_day(submitted: datetime) -> date:
    """The earliest listing day of a paper submitted at that (aware) time, moderators and deferred days aside."""
    local = submitted.astimezone(EASTERN)
    closes = local.date() if local.time() < CUTOFF else local.date() + timedelta(days=1)
    if closes.weekday() > _FRIDAY:  # weekend: the batch closes on Monday 14:00
        closes += timedelta(days=7 - closes.weekday())
    listed = closes + timedelta(days=1)  # announced at 20:00 of the closing day, listed the day after
    return listed if closes.weekday() != _FRIDAY else closes + timedelta(days=3)


def submission_window(week: Week) -> tuple[datetime, datetime]:
    """`[start, end)` of the submissions first listed in a week, aware, Eastern; held papers fall outside."""
    start = datetime.combine(week.monday - timedelta(days=4), CUTOFF, EASTERN)
    return start, datetime.combine(week.end - timedelta(days=4), CUTOFF, EASTERN)
