"""When arXiv announces: batches, listing days, and the listing day of a paper.

A batch closes on a working day at 14:00 America/New_York, is announced at 20:00 (Friday's on Sunday) and is the
listing of the day after: Monday to Friday. On a deferred day no batch closes, so the listing day after it is a
holiday. https://info.arxiv.org/help/availability.html
"""

from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta

import msgspec

from triage.core.deferred_days import DEFERRED_DAYS
from triage.core.week import EASTERN, Week
from triage.errors import InputError

CUTOFF = time(14, 0)
ANNOUNCED = time(20, 0)
HARVESTABLE = time(22, 30)  # OAI-PMH follows the announcement: https://info.arxiv.org/help/oa/index.html
_DAY = timedelta(days=1)
_FRIDAY, _SATURDAY = 4, 5
_LONGEST_HOLD = timedelta(days=14)  # by moderators; longer holds need proof


class Reading(msgspec.Struct, frozen=True):
    """An archive was read whole from a day (UTC) on, until a moment (aware)."""

    since: date
    until: datetime


def closes_batch(day: date) -> bool:
    """Whether a batch closes at 14:00 of that day."""
    return day.weekday() < _SATURDAY and day not in DEFERRED_DAYS


def closing_day(listed: date) -> date:
    """The day whose batch a Monday-to-Friday listing shows."""
    return listed - (3 * _DAY if listed.weekday() == 0 else _DAY)


def has_listing(day: date) -> bool:
    """Whether a listing is due on that day."""
    return day.weekday() < _SATURDAY and closes_batch(closing_day(day))


def harvestable_at(listed: date) -> datetime:
    """From when on (aware, Eastern) OAI-PMH has a listing day's papers."""
    return datetime.combine(listed - _DAY, HARVESTABLE, EASTERN)


def completed_at(week: Week) -> datetime:
    """From when on (aware, Eastern) OAI-PMH has the papers of all of a week's listings."""
    *_, friday = week.listing_days
    return harvestable_at(max(listings_between(week.monday, friday), default=friday))


def listing_day(submitted: datetime) -> date:
    """The earliest listing day of a paper submitted at that (aware) time; moderators may hold it for longer."""
    local = submitted.astimezone(EASTERN)
    closes = local.date() if local.time() < CUTOFF else local.date() + _DAY
    while not closes_batch(closes):
        closes += _DAY
    return closes + (3 * _DAY if closes.weekday() == _FRIDAY else _DAY)


def submission_window(week: Week) -> tuple[datetime, datetime]:
    """`[start, end)` of the submissions first listed in a week, aware, Eastern; held papers fall outside."""
    return _opening(week), _opening(week.next)


def latest_listing(now: datetime) -> date:
    """The newest listing day that OAI-PMH should have at that (aware) time."""
    day = now.astimezone(EASTERN).date() + _DAY
    while not has_listing(day) or harvestable_at(day) > now:
        day -= _DAY
    return day


def listings_between(first: date, last: date) -> tuple[date, ...]:
    """The listing days from `first` to `last`, both included, oldest first."""
    days = (first + number * _DAY for number in range((last - first).days + 1))
    return tuple(day for day in days if has_listing(day))


def listings_after(moment: datetime, last: date) -> tuple[date, ...]:
    """The listing days, `last` the latest, that OAI-PMH did not have yet at that (aware) time, oldest first."""
    days = listings_between(moment.astimezone(EASTERN).date(), last)
    return tuple(day for day in days if harvestable_at(day) > moment)


def place_paper(
    submitted: datetime, datestamp: date, versions: int, *, read: Collection[Reading] = (), is_edited: bool = False
) -> date | None:
    """The listing day of a paper that an archive shows for the first time; None where its submission time decides.

    The datestamp (UTC) of a paper with one version is its listing day, since nothing else has changed it: so a paper
    that was held, or came in by a cross-list, is placed where it was shown. `read` are earlier readings, to their end,
    of its categories, which did not show it: only one that reaches back to its submission proves that it was not to
    be seen. Without such proof an old or edited (`is_edited`: it has a DOI or a journal) paper is just an old paper.
    """
    computed, shown = listing_day(submitted), latest_listing_until(datestamp)
    proof = max((one.until for one in read if one.since <= computed), default=None)
    if proof is not None and versions > 1:
        shown = min((*listings_after(proof, shown)[:1], shown))
    elif proof is None and (versions > 1 or is_edited or shown - computed > _LONGEST_HOLD):
        return None
    return shown if shown > computed else None


def _opening(week: Week) -> datetime:
    """14:00 of the last day whose batch was listed before the week."""
    closes = week.monday - 4 * _DAY
    while not closes_batch(closes):
        closes -= _DAY
    return datetime.combine(closes, CUTOFF, EASTERN)


def latest_listing_until(day: date) -> date:
    """The newest listing day that is not later."""
    while not has_listing(day):
        day -= _DAY
    return day


def utc_day(moment: datetime) -> date:
    """The UTC day of an aware time."""
    return moment.astimezone(UTC).date()


def check_week_has_begun(week: Week, now: datetime) -> None:
    """Raise `InputError` for a week nothing can have been listed in yet."""
    if week.monday > now.astimezone(EASTERN).date():
        raise InputError(f"{week} begins on {week.monday}, which lies in the future; nothing was listed in it yet.")
