from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.core.announcements import (
    Reading,
    harvestable_at,
    has_listing,
    latest_listing,
    listing_day,
    listings_after,
    place_paper,
    submission_window,
)
from triage.core.deferred_days import DEFERRED_DAYS, is_year_known
from triage.core.week import EASTERN, Week, week_of, weeks_between

_MOMENTS = st.datetimes(datetime(2019, 12, 26), datetime(2031, 1, 2), timezones=st.just(UTC))  # noqa: DTZ001 # bounds


def eastern(text: str) -> datetime:
    """A wall-clock time in New York."""
    return datetime.fromisoformat(text).replace(tzinfo=EASTERN)


def test_submission_windows_tile_for_ten_years() -> None:
    """Each window ends where the next begins, over both clock changes, week 53 and the deferred days."""
    for week in weeks_between(Week(2020, 1), Week(2030, 52)):
        start, end = submission_window(week)
        assert start < end == submission_window(week.next)[0]


@given(_MOMENTS)
def test_the_window_of_the_listing_week_holds_the_submission(moment: datetime) -> None:
    """A submission is listed in the very week whose window holds it, so no hour of ten years is lost or doubled."""
    week = week_of(listing_day(moment))
    start, end = submission_window(week)
    assert start <= moment < end


@given(_MOMENTS)
def test_listing_days_are_monday_to_friday_and_soon(moment: datetime) -> None:
    """Nothing is listed on a day without a listing, before its submission, or more than six days after it."""
    listed = listing_day(moment)
    assert has_listing(listed)
    assert timedelta(0) < listed - moment.astimezone(EASTERN).date() <= timedelta(days=6)


@given(_MOMENTS, st.timedeltas(timedelta(0), timedelta(days=10)))
def test_listing_days_never_run_backwards(moment: datetime, later: timedelta) -> None:
    """Who submits later is never listed earlier."""
    assert listing_day(moment) <= listing_day(moment + later)


@pytest.mark.parametrize(
    ("submitted", "listed"),
    [
        ("2026-04-20T13:59:59", "2026-04-21"),  # Monday before the cut-off, listed Tuesday
        ("2026-04-20T14:00:00", "2026-04-22"),
        ("2026-04-23T13:59:59", "2026-04-24"),  # Thursday before the cut-off, listed Friday
        ("2026-04-23T14:00:00", "2026-04-27"),  # Thursday after it, listed Monday
        ("2026-04-24T13:59:59", "2026-04-27"),
        ("2026-04-24T14:00:00", "2026-04-28"),  # Friday after it waits for Tuesday
        ("2026-04-26T23:00:00", "2026-04-28"),
    ],
)
def test_the_published_schedule(submitted: str, listed: str) -> None:
    """The cut-off is 14:00 Eastern and the weekend's papers are listed on Tuesday."""
    moment = datetime.fromisoformat(submitted).replace(tzinfo=EASTERN)
    assert listing_day(moment) == date.fromisoformat(listed)
    assert listing_day(moment.astimezone(UTC)) == date.fromisoformat(listed)


@pytest.mark.parametrize(("day", "hours"), [("2026-03-08", 167), ("2026-11-01", 169)])
def test_a_window_over_a_clock_change_is_an_hour_shorter_or_longer(day: str, hours: int) -> None:
    """The windows follow the clocks of New York, in real hours."""
    sunday = datetime.combine(date.fromisoformat(day), time(12), EASTERN)
    start, end = submission_window(week_of(listing_day(sunday)))
    assert start.utcoffset() != end.utcoffset()
    assert end.astimezone(UTC) - start.astimezone(UTC) == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("day", "before", "after"),
    [("2026-03-09", "17:59", "18:00"), ("2026-03-06", "18:59", "19:00"), ("2026-11-02", "18:59", "19:00")],
)
def test_the_cut_off_in_utc_moves_with_the_clocks(day: str, before: str, after: str) -> None:
    """14:00 in New York is 18:00 UTC in summer and 19:00 UTC in winter."""
    first, second = (listing_day(datetime.fromisoformat(f"{day}T{clock}:00+00:00")) for clock in (before, after))
    assert first < second


@pytest.mark.parametrize(
    ("submitted", "listed"),
    [
        ("2026-06-18T15:00", "2026-06-23"),  # the Friday is deferred: its batch joins Monday's, listed on Tuesday
        ("2026-06-19T15:00", "2026-06-23"),
        ("2026-01-16T15:00", "2026-01-21"),  # Monday the 19th is deferred
        ("2026-11-25T15:00", "2026-11-30"),  # Thanksgiving: Wednesday afternoon is listed on Monday
        ("2026-12-30T15:00", "2027-01-04"),  # two deferred days in a row, over the year's end
    ],
)
def test_a_submission_of_a_deferred_day_joins_the_next_batch(submitted: str, listed: str) -> None:
    """ArXiv's deferred days of 2026, of which the near-empty Mondays 2026-06-22 and 2026-07-06 bear witness."""
    assert listing_day(eastern(submitted)) == date.fromisoformat(listed)


def test_the_day_after_a_deferred_one_has_no_listing() -> None:
    """A holiday in the ledger, no alarm; every other weekday has a listing, no weekend has."""
    holidays = {date(2026, 1, 1) + timedelta(days=number) for number in range(366)}
    holidays = {day for day in holidays if day.weekday() < 5 and not has_listing(day)}
    assert len(holidays) == len(DEFERRED_DAYS)
    assert {date(2026, 6, 22), date(2026, 7, 6), date(2026, 11, 27), date(2027, 1, 1)} <= holidays
    assert not has_listing(date(2026, 8, 22))


def test_a_year_without_published_deferred_days_is_known_as_such() -> None:
    """An unknown year softens the alarm in place of raising a false one."""
    assert is_year_known(2026)
    assert not is_year_known(2031)


@pytest.mark.parametrize(
    ("day", "utc"),
    [("2026-08-24", "2026-08-24T02:30"), ("2026-12-08", "2026-12-08T03:30"), ("2026-03-09", "2026-03-09T02:30")],
)
def test_announcements_follow_the_clocks_of_new_york(day: str, utc: str) -> None:
    """Papers can be harvested at 22:30 of the evening before, Sunday's for Monday: an hour later by UTC in winter."""
    assert harvestable_at(date.fromisoformat(day)).astimezone(UTC) == datetime.fromisoformat(utc + "+00:00")


@given(_MOMENTS)
def test_the_latest_listing_is_due_and_no_later_one_is(moment: datetime) -> None:
    """What a harvest at any moment of ten years must have, whatever the clocks do."""
    latest = latest_listing(moment)
    assert harvestable_at(latest) <= moment
    following = (latest + timedelta(days=number) for number in range(1, 9))
    assert all(harvestable_at(day) > moment for day in following if has_listing(day))


@given(_MOMENTS, st.timedeltas(timedelta(0), timedelta(days=40)))
def test_listings_between_two_harvests_tile(moment: datetime, later: timedelta) -> None:
    """What a harvest lacked and a later one has, is every listing in between, once."""
    last = latest_listing(moment + later)
    new = listings_after(moment, last)
    assert list(new) == sorted(set(new))
    assert all(latest_listing(moment) < day <= last for day in new)
    assert (latest_listing(moment) == last) == (not new)


READ = Reading(date(2026, 8, 3), datetime(2026, 8, 20, 3, tzinfo=UTC))  # Thursday's listing was there


@pytest.mark.parametrize(
    ("submitted", "datestamp", "versions", "listed"),
    [
        ("2026-08-20T09:00", "2026-08-21", 1, None),  # on time: its submission says it
        ("2026-08-10T09:00", "2026-08-21", 1, "2026-08-21"),  # held for ten days
        ("2026-08-10T09:00", "2026-08-19", 1, "2026-08-19"),  # held, and lost between two pages of the last harvest
        ("2026-08-10T09:00", "2026-08-22", 1, "2026-08-21"),  # touched on Saturday: listed on Friday at the latest
        ("2019-05-01T09:00", "2026-08-21", 3, None),  # an old paper, from before the reading: revised, for all we know
        ("2026-08-10T09:00", "2026-08-28", 2, "2026-08-21"),  # held and replaced during an outage: the first chance
    ],
)
def test_a_paper_that_an_archive_shows_late_is_listed_when_it_was_shown(
    submitted: str, datestamp: str, versions: int, listed: str | None
) -> None:
    """A held paper belongs to the week that announced it, not to the week of its submission."""
    day = place_paper(eastern(submitted), date.fromisoformat(datestamp), versions, read=[READ])
    assert day == (date.fromisoformat(listed) if listed else None)


@pytest.mark.parametrize(
    ("submitted", "datestamp", "versions", "listed"),
    [
        ("2019-05-01T09:00", "2026-08-21", 1, None),  # an old paper whose metadata was edited
        ("2026-08-12T09:00", "2026-08-21", 1, "2026-08-21"),  # a fresh one that was held
        ("2026-08-12T09:00", "2026-08-21", 2, None),  # a fresh one that was replaced
    ],
)
def test_on_a_first_load_only_a_fresh_paper_goes_by_its_datestamp(
    submitted: str, datestamp: str, versions: int, listed: str | None
) -> None:
    """The datestamp of an old paper is that of its last change."""
    day = place_paper(eastern(submitted), date.fromisoformat(datestamp), versions)
    assert day == (date.fromisoformat(listed) if listed else None)


def test_a_journal_reference_explains_a_late_datestamp() -> None:
    """Such a change has no version of its own."""
    submitted, datestamp = eastern("2026-08-12T09:00"), date(2026, 8, 21)
    assert place_paper(submitted, datestamp, 1, is_edited=True) is None
    assert place_paper(submitted, datestamp, 1, read=[READ], is_edited=True) == datestamp
