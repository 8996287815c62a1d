import gzip
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.core.week import (
    EASTERN,
    Week,
    listing_day,
    parse_week,
    submission_window,
    week_of,
    weeks_between,
)

_FIRST, _LAST = Week(2020, 1), Week(2030, 52)
_MOMENTS = st.datetimes(datetime(2019, 12, 26), datetime(2031, 1, 2), timezones=st.just(UTC))  # noqa: DTZ001 # bounds


def all_weeks() -> Iterator[Week]:
    """Eleven years of them."""
    return weeks_between(_FIRST, _LAST)


def test_weeks_tile_for_ten_years() -> None:
    """Each week ends where the next begins, and so do the submission windows."""
    for week in all_weeks():
        assert week.end == week.next.monday
        assert submission_window(week)[1] == submission_window(week.next)[0]


def test_every_day_lies_in_exactly_one_week() -> None:
    """`week_of` agrees with `[monday, end)` for every day of ten years."""
    for week in all_weeks():
        days = [week.monday + timedelta(days=offset) for offset in range((week.end - week.monday).days)]
        assert len(days) == 7
        assert all(week_of(day) == week for day in days)
        assert week.listing_days == tuple(days[:5])


@given(_MOMENTS)
def test_the_window_of_the_listing_week_holds_the_submission(moment: datetime) -> None:
    """A submission is listed in the very week whose window holds it, so no hour of ten years is lost or doubled."""
    week = week_of(listing_day(moment))
    start, end = submission_window(week)
    assert start <= moment < end


@given(_MOMENTS)
def test_listing_days_are_monday_to_friday_and_soon(moment: datetime) -> None:
    """Nothing is listed at a weekend, before its submission, or more than four days after it."""
    listed = listing_day(moment)
    assert listed.weekday() < 5
    assert timedelta(0) < listed - moment.astimezone(EASTERN).date() <= timedelta(days=4)


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


@given(st.dates(date(1992, 1, 1), date(2100, 1, 1)))
def test_printing_and_parsing_again_is_identity(day: date) -> None:
    """Every week survives print and parse, in either letter case and with blanks around."""
    week = week_of(day)
    assert parse_week(str(week)) == week
    assert parse_week(f" {str(week).lower()} ") == week


def test_week_53_exists_only_where_the_calendar_has_it() -> None:
    """2026 has a week 53, 2027 has none, and the year after begins where it ends."""
    assert parse_week("2026-W53").next == Week(2027, 1)
    assert week_of(date(2027, 1, 3)) == Week(2026, 53)
    with pytest.raises(ValueError, match="2027 has no week 53"):
        parse_week("2027-W53")


@pytest.mark.parametrize(
    "text", ["", "2026-17", "2026-W1", "2026-W00", "2026-W54", "W17", "0000-W01", "0001-W01", "9999-W52"]
)
def test_what_is_no_week_is_refused_with_the_text(text: str) -> None:
    """Malformed and impossible weeks raise `ValueError` that repeats what was given."""
    with pytest.raises(ValueError) as caught:  # noqa: PT011 # the text is checked below
        parse_week(text)
    assert repr(text) in str(caught.value)


def test_weeks_between_counts_both_ends_and_nothing_backwards() -> None:
    """The range is closed, crosses years, and is empty when turned around."""
    assert [str(week) for week in weeks_between(Week(2026, 52), Week(2027, 1))] == ["2026-W52", "2026-W53", "2027-W01"]
    assert list(weeks_between(Week(2027, 1), Week(2026, 52))) == []


def test_real_papers_were_listed_when_their_submission_day_says(shared_data: Path) -> None:
    """Of a real week's papers with a known submission day, 97 % were listed on a day that one of its hours leads to."""
    with gzip.open(shared_data / "arxiv" / "week-2026-W13.jsonl.gz") as lines:
        records = [record for record in map(json.loads, lines) if record["published_basis"] == "api"]
    possible = [
        {listing_day(datetime.fromisoformat(record["published"] + f"T{hour}+00:00")) for hour in ("00:00", "23:59")}
        for record in records
    ]
    agree = sum(date.fromisoformat(record["announced"]) in days for record, days in zip(records, possible, strict=True))
    assert len(records) > 100
    assert agree / len(records) >= 0.97
