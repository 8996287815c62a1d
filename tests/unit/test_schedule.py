from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triage.core.announcements import harvestable_at
from triage.core.schedule import CATCH_UP, Owed, Slot, deadline, due_at, first_week_from, last_due_week, list_owed
from triage.core.week import Week, parse_week, week_of, weeks_between

_ZONES = sorted(available_timezones() - {"Factory", "localtime"})
_SLOTS = st.builds(Slot, st.integers(0, 6), st.integers(0, 23), st.sampled_from(_ZONES))
_MOMENTS = st.datetimes(datetime(2007, 1, 1), datetime(2037, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - they get one
_WEEKS = _MOMENTS.map(lambda moment: week_of(moment.date()))
_SECOND = timedelta(seconds=1)
_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
_LONG_YEARS = (2009, 2015, 2020, 2026, 2032)  # those with a week 53


def _at(text: str, zone: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def _name(owed: Collection[Owed]) -> list[str]:
    return [str(one.week) for one in owed]


@pytest.mark.parametrize(
    ("weekday", "day"),
    [
        (5, date(2026, 8, 1)),
        (6, date(2026, 8, 2)),
        (0, date(2026, 8, 3)),
        (1, date(2026, 8, 4)),
        (2, date(2026, 8, 5)),
        (3, date(2026, 8, 6)),
        (4, date(2026, 8, 7)),
    ],
)
def test_a_week_is_due_from_its_saturday_on(weekday: int, day: date) -> None:
    """On the first chosen weekday after its Friday listing."""
    assert due_at(Week(2026, 31), Slot(weekday, 9, "Asia/Shanghai")) == datetime.combine(day, time(1), UTC)


@pytest.mark.parametrize(
    ("week", "slot", "moment"),
    [
        ("2026-W12", Slot(6, 2, "Europe/Berlin"), "2026-03-22T01:00Z"),
        ("2026-W13", Slot(6, 2, "Europe/Berlin"), "2026-03-29T01:00Z"),  # 02:00 is skipped: 03:00
        ("2026-W43", Slot(6, 2, "Europe/Berlin"), "2026-10-25T00:00Z"),  # 02:00 comes twice: the first
        ("2026-W44", Slot(6, 2, "Europe/Berlin"), "2026-11-01T01:00Z"),
        ("2026-W40", Slot(6, 2, "Australia/Lord_Howe"), "2026-10-03T15:30Z"),  # half an hour is skipped: 02:30
        ("2026-W14", Slot(6, 2, "Australia/Lord_Howe"), "2026-04-04T15:30Z"),  # only 01:30 to 02:00 comes twice
        ("2026-W17", Slot(4, 0, "Africa/Cairo"), "2026-04-30T21:00Z"),
        ("2026-W16", Slot(4, 0, "Africa/Cairo"), "2026-04-23T22:00Z"),  # midnight is skipped: 01:00
        ("2026-W44", Slot(3, 23, "Africa/Cairo"), "2026-11-05T21:00Z"),
        ("2026-W43", Slot(3, 23, "Africa/Cairo"), "2026-10-29T20:00Z"),  # the hour before midnight comes twice
        ("2011-W51", Slot(4, 7, "Pacific/Apia"), "2011-12-30T17:00Z"),  # that Friday is skipped: on Saturday
        ("2011-W52", Slot(4, 7, "Pacific/Apia"), "2012-01-05T17:00Z"),
        ("2026-W30", Slot(5, 0, "Pacific/Kiritimati"), "2026-07-24T10:00Z"),  # the first on Earth
        ("2026-W30", Slot(4, 23, "Etc/GMT+12"), "2026-08-01T11:00Z"),  # and the last
    ],
)
def test_clocks_that_change_move_the_moment(week: str, slot: Slot, moment: str) -> None:
    """By what they skip or repeat, and never to another week."""
    assert due_at(parse_week(week), slot) == datetime.fromisoformat(moment)


def test_the_hour_stays_when_clocks_change() -> None:
    """A week later by the wall is 167 or 169 hours later by the sun."""
    slot, hour = Slot(0, 7, "Europe/Berlin"), timedelta(hours=1)
    moments = [due_at(week, slot) for week in weeks_between(Week(2026, 1), Week(2026, 53))]
    gaps = [(after - before) / hour for before, after in pairwise(moments)]
    assert {gap: gaps.count(gap) for gap in gaps} == {168: 50, 167: 1, 169: 1}


@pytest.mark.parametrize(
    "zone", ["Africa/Casablanca", "Africa/El_Aaiun", "Australia/Lord_Howe", "Africa/Cairo", "America/Nuuk"]
)
@pytest.mark.parametrize("weekday", range(7))
def test_moments_strictly_increase(zone: str, weekday: int) -> None:
    """In zones that change for Ramadan, by half an hour, at midnight, or on a Saturday night."""
    for hour in (0, 1, 2, 3, 23):
        moments = [due_at(week, Slot(weekday, hour, zone)) for week in weeks_between(Week(2026, 1), Week(2032, 53))]
        assert all(before < after for before, after in pairwise(moments))


@pytest.mark.parametrize("year", _LONG_YEARS)
@pytest.mark.parametrize("weekday", range(7))
def test_week_53_is_due_like_any_other(year: int, weekday: int) -> None:
    """Between week 52 and week 1 of the next year, seven days from both."""
    slot, week = Slot(weekday, 7), Week(year, 53)
    assert week.next == Week(year + 1, 1)
    assert due_at(week, slot) - due_at(Week(year, 52), slot) == timedelta(days=7)
    assert due_at(week.next, slot) - due_at(week, slot) == timedelta(days=7)


def test_the_earliest_moment_is_after_the_last_listing() -> None:
    """Wherever on Earth Saturday begins first, OAI-PMH has Friday's papers by then."""
    for week in weeks_between(Week(2026, 1), Week(2027, 52)):
        assert due_at(week, Slot(5, 0, "Pacific/Kiritimati")) > harvestable_at(week.listing_days[-1]) + timedelta(
            hours=6
        )


@settings(deadline=None)
@given(_WEEKS, _SLOTS)
def test_weeks_and_days_go_together_one_to_one(week: Week, slot: Slot) -> None:
    """From Saturday to the Friday after, on the chosen weekday at the chosen hour, or later by what clocks skip."""
    local = due_at(week, slot).astimezone(ZoneInfo(slot.zone))
    wanted = [
        day
        for day in (week.monday + timedelta(days=offset) for offset in range(5, 12))
        if day.weekday() == slot.weekday
    ]
    assert len(wanted) == 1
    wall = datetime.combine(wanted[0], time(slot.hour))
    before = (due_at(week, slot) - _SECOND).astimezone(ZoneInfo(slot.zone)).replace(tzinfo=None)
    was_skipped = before + _SECOND < local.replace(tzinfo=None) or local.date() > wanted[0]
    assert (local.replace(tzinfo=None) == wall and local.fold == 0) or (
        local.replace(tzinfo=None) > wall and was_skipped
    )


@settings(deadline=None)
@given(_WEEKS, _SLOTS)
def test_the_next_week_is_due_later(week: Week, slot: Slot) -> None:
    """By about seven days."""
    assert timedelta(days=5) < due_at(week.next, slot) - due_at(week, slot) < timedelta(days=9)


@settings(deadline=None)
@given(_MOMENTS, _SLOTS)
def test_a_new_reader_gets_the_next_digest(moment: datetime, slot: Slot) -> None:
    """The first week that is due from then on: none before it is, the very moment counts."""
    week = first_week_from(moment, slot)
    assert due_at(week, slot) >= moment
    assert due_at(week_of(week.monday - timedelta(days=7)), slot) < moment
    assert first_week_from(due_at(week, slot), slot) == week
    assert first_week_from(due_at(week, slot) + _SECOND, slot) == week.next


@settings(deadline=None)
@given(_MOMENTS, _SLOTS)
def test_the_newest_week_that_is_due(moment: datetime, slot: Slot) -> None:
    """Its moment has come, that of the next has not."""
    week = last_due_week(slot, moment)
    assert due_at(week, slot) <= moment < due_at(week.next, slot)


@settings(max_examples=60, deadline=None)
@given(
    _MOMENTS, _SLOTS, st.integers(0, 20), st.sets(st.integers(-3, 25)), st.timedeltas(timedelta(0), timedelta(days=40))
)
def test_each_week_that_is_due_and_not_done_is_owed(
    now: datetime, slot: Slot, weeks: int, done: set[int], since_change: timedelta
) -> None:
    """Once, oldest first; it is late when both its moment and the last change are longer ago than the catch-up."""
    first = week_of(now.date() - timedelta(days=7 * weeks))
    all_weeks = list(weeks_between(first, week_of(now.date() + timedelta(days=21))))
    names = {str(week_of(first.monday + timedelta(days=7 * number))) for number in done}
    owed = list(list_owed(first, slot, now - since_change, names, now))
    assert [one.week for one in owed] == [
        week for week in all_weeks if due_at(week, slot) <= now and str(week) not in names
    ]
    for one in owed:
        assert one.is_late == (now - max(due_at(one.week, slot), now - since_change) > CATCH_UP)
        assert one.deadline == deadline(one.week, slot, now - since_change)


def test_a_missed_monday_is_caught_up_for_three_days() -> None:
    """Then it is owed no longer as a mail, but as a word on why there was none."""
    slot, due = Slot(0, 7, "Europe/Berlin"), _at("2026-08-03T07:00", "Europe/Berlin")
    assert list(list_owed(Week(2026, 31), slot, _LONG_AGO, (), due - _SECOND)) == []
    for now, is_late in ((due, False), (due + CATCH_UP, False), (due + CATCH_UP + _SECOND, True)):
        assert list(list_owed(Week(2026, 31), slot, _LONG_AGO, (), now)) == [
            Owed(Week(2026, 31), due + CATCH_UP, is_late=is_late)
        ]


def test_nothing_is_passed_over_in_a_long_outage() -> None:
    """Two months without a look: all weeks are owed, those that are too late included."""
    slot, now = Slot(0, 7), datetime(2026, 9, 1, tzinfo=UTC)
    owed = list(list_owed(Week(2026, 27), slot, _LONG_AGO, {"2026-W29"}, now))
    assert _name(owed) == [
        "2026-W27",
        "2026-W28",
        "2026-W30",
        "2026-W31",
        "2026-W32",
        "2026-W33",
        "2026-W34",
        "2026-W35",
    ]
    assert [one.is_late for one in owed] == [True] * 7 + [False]


def test_nothing_is_owed_before_the_first_week() -> None:
    """Whatever was due before."""
    assert list(list_owed(Week(2026, 40), Slot(), _LONG_AGO, (), datetime(2026, 9, 1, tzinfo=UTC))) == []


def test_a_slot_that_was_due_already_is_sent_after_the_change() -> None:
    """From Friday to Saturday, changed on Wednesday: the week's Saturday is past, and there is time from then on."""
    changed = datetime(2026, 8, 5, 12, tzinfo=UTC)
    assert list(list_owed(Week(2026, 31), Slot(4, 7), changed, (), changed)) == []
    assert list(list_owed(Week(2026, 31), Slot(5, 7), changed, (), changed)) == [
        Owed(Week(2026, 31), changed + CATCH_UP, is_late=False)
    ]


@pytest.mark.parametrize("weekday", range(7))
def test_a_change_after_the_digest_sends_no_second_one(weekday: int) -> None:
    """To any weekday, in the zone farthest ahead or behind: that week is done, the next one is owed once."""
    now = datetime(2026, 8, 3, 8, tzinfo=UTC)
    for zone in ("Pacific/Kiritimati", "Etc/GMT+12"):
        slot = Slot(weekday, 7, zone)
        assert _name(list(list_owed(Week(2026, 31), slot, now, {"2026-W31"}, now))) == []
        later = now + timedelta(days=14)
        owed = _name(list(list_owed(Week(2026, 31), slot, now, {"2026-W31"}, later)))
        assert owed[0] == "2026-W32"
        assert len(set(owed)) == len(owed)
