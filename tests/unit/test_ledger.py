from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triage.core.ledger import Evidence, State, find_worst, is_old_batch, judge_day

_TUESDAY = date(2026, 8, 18)
_HOLIDAY = date(2026, 7, 6)  # no batch closed on Friday 2026-07-03
_UNKNOWN = date(2031, 8, 19)  # a Tuesday of a year whose holidays are not published yet
_BUSY = (120, 100, 110, 130)
_ALARMS = {State.STALE, State.INCOMPLETE, State.FAILED}


def judge(day: date = _TUESDAY, **known: Any) -> tuple[State, str]:
    """State and reason of a day of which so much is known."""
    total = known.pop("day_total", known.get("harvested", 0))
    verdict = judge_day(Evidence(day=day, harvested=known.pop("harvested", 0), day_total=total, **known))
    return verdict.state, verdict.reason


@pytest.mark.parametrize(
    ("known", "state", "reason"),
    [
        ({"harvested": 110, "expected": 110, "is_covered": True}, State.OK, ""),
        ({"harvested": 110}, State.OK, ""),  # imported, nobody else heard
        ({"harvested": 40, "usual": _BUSY}, State.OK, ""),
        ({"harvested": 1, "usual": (29, 29, 29, 29)}, State.OK, ""),  # too small to call few
        ({"harvested": 1, "usual": _BUSY[:1]}, State.OK, ""),  # too few weeks to call few
        ({"harvested": 0, "day_total": 300, "is_covered": True}, State.OK, ""),
        ({"harvested": 5, "expected": 5, "usual": _BUSY}, State.OK, ""),  # few, and a witness says so too
        ({"harvested": 110, "expected": 110, "has_failed": True}, State.OK, ""),
        ({"harvested": 110, "expected": 112, "is_covered": True}, State.OK, "2 more named by a witness"),
        ({"harvested": 110, "is_stale": True, "expected": 110}, State.OK, ""),
        ({}, State.LATE, "triage harvest"),
        ({"usual": _BUSY}, State.LATE, "triage harvest"),
        ({"is_stale": True}, State.STALE, "older batch"),
        ({"harvested": 110, "is_stale": True}, State.STALE, "older batch"),
        ({"harvested": 109, "missing": 1, "expected": 110}, State.INCOMPLETE, "1 named by a witness"),
        ({"harvested": 36, "usual": _BUSY}, State.INCOMPLETE, "36 where 115 are usual: triage repair"),
        ({"harvested": 36, "expected": 40, "usual": _BUSY}, State.INCOMPLETE, "36 where 115"),
        ({"harvested": 0, "day_total": 90, "is_covered": True, "usual": _BUSY}, State.INCOMPLETE, "0 where 115"),
        ({"has_failed": True}, State.FAILED, "broke off"),
        ({"harvested": 100, "has_failed": True, "usual": _BUSY}, State.FAILED, "broke off"),
        ({"is_covered": True}, State.FAILED, "no paper at all"),
        ({"is_covered": True, "expected": 0, "usual": _BUSY}, State.FAILED, "no paper at all"),
    ],
)
def test_what_a_day_comes_to(known: dict[str, Any], state: State, reason: str) -> None:
    """Every state, from what is known of a day; an alarm says what to do."""
    found, why = judge(**known)
    assert found is state
    assert reason in why
    assert ("triage " in why) == (state not in {State.OK, State.HOLIDAY})


@pytest.mark.parametrize(
    "known",
    [
        {"is_covered": True},
        {"harvested": 3, "is_covered": True, "usual": _BUSY},
        {"has_failed": True},
        {"is_stale": True},
    ],
)
def test_a_holiday_is_no_alarm(known: dict[str, Any]) -> None:
    """Nothing, next to nothing and a failure are all the same on a day without a listing."""
    state, reason = judge(_HOLIDAY, **known)
    assert (state, reason) == (State.HOLIDAY, "no batch closed on 2026-07-03")
    assert not state.is_alarm


def test_a_missing_paper_is_an_alarm_on_a_holiday_too() -> None:
    """What a witness named has to be there on any day."""
    assert judge(_HOLIDAY, harvested=3, missing=2)[0] is State.INCOMPLETE


def test_a_year_without_known_holidays() -> None:
    """An empty day that was harvested is an alarm that admits it may be a holiday; one that was imported is none."""
    state, reason = judge(_UNKNOWN, is_covered=True, usual=_BUSY)
    assert state is State.FAILED
    assert "or a holiday, since those of 2031 are not known" in reason
    assert judge(_UNKNOWN, harvested=3, is_covered=True, usual=_BUSY)[0] is State.INCOMPLETE
    assert judge(_UNKNOWN, harvested=3, usual=_BUSY)[0] is State.OK


def test_the_alarms() -> None:
    """A person looks at what is stale, incomplete or failed, and at nothing else."""
    assert {state for state in State if state.is_alarm} == _ALARMS


_EVIDENCE = st.builds(
    Evidence,
    day=st.dates(date(2024, 1, 1), date(2032, 12, 31)),
    harvested=st.integers(0, 300),
    day_total=st.integers(300, 2000) | st.just(0),
    expected=st.none() | st.integers(0, 300),
    missing=st.integers(0, 3),
    is_covered=st.booleans(),
    has_failed=st.booleans(),
    is_stale=st.booleans(),
    usual=st.lists(st.integers(0, 300), max_size=8),
)


@given(_EVIDENCE)
@settings(max_examples=300)
def test_laws_of_the_verdict(seen: Evidence) -> None:
    """Missing papers are never ok, an alarm always says what to do, and no empty harvested day passes in silence."""
    verdict = judge_day(seen)
    assert not seen.missing or verdict.state is State.INCOMPLETE
    assert not verdict.state.is_alarm or "triage " in verdict.reason
    if seen.is_covered and not seen.harvested and not seen.day_total and not verdict.state.is_alarm:
        assert verdict.state is State.HOLIDAY


def test_the_worst_stands_for_the_day() -> None:
    """One bad category is not hidden by good ones."""
    assert find_worst([State.OK, State.INCOMPLETE, State.LATE]) is State.INCOMPLETE
    assert find_worst([State.FAILED, *State]) is State.FAILED
    assert find_worst([State.OK, State.LATE]) is State.LATE
    assert find_worst([]) is State.HOLIDAY


@pytest.mark.parametrize(
    ("days", "is_old"),
    [
        ([], False),
        ([None, None], False),  # unknown papers are what a new batch is made of
        ([_TUESDAY, _TUESDAY], False),
        ([date(2026, 8, 17), None], False),  # half is not most
        ([date(2026, 8, 17), date(2026, 8, 14), None], True),
        ([date(2026, 8, 19), date(2026, 8, 20), date(2026, 8, 17)], False),
    ],
)
def test_an_older_batch_is_seen(days: list[date | None], *, is_old: bool) -> None:
    """A listing is of an older batch when most of its papers were listed on an earlier day."""
    ids = [f"2608.{number:05}" for number in range(len(days))]
    assert is_old_batch(ids, _TUESDAY, dict(zip(ids, days, strict=True))) is is_old


def test_papers_that_nobody_knows_make_no_batch_old() -> None:
    """Ids without a place count as new."""
    assert not is_old_batch(["2608.00001", "2608.00002"], _TUESDAY, {"2608.00001": date(2026, 8, 17)})
