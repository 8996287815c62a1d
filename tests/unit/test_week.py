import gzip
import json
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.core.announcements import listing_day
from triage.core.week import Week, parse_week, week_of, weeks_between

_FIRST, _LAST = Week(2020, 1), Week(2030, 52)


def all_weeks() -> Iterator[Week]:
    """Eleven years of them."""
    return weeks_between(_FIRST, _LAST)


def test_weeks_tile_for_ten_years() -> None:
    """Each week ends where the next begins."""
    for week in all_weeks():
        assert week.end == week.next.monday


def test_every_day_lies_in_exactly_one_week() -> None:
    """`week_of` agrees with `[monday, end)` for every day of ten years."""
    for week in all_weeks():
        days = [week.monday + timedelta(days=offset) for offset in range((week.end - week.monday).days)]
        assert len(days) == 7
        assert all(week_of(day) == week for day in days)
        assert week.listing_days == tuple(days[:5])


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
