from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.store.engine import Database
from triage.store.marks import Mark, cover, join_marks, load_marks, save_marks

_MARK = Mark("cs.IR", date(2026, 8, 7), datetime(2026, 8, 21, 3, 0, 7, tzinfo=UTC))
_DAYS = st.integers(0, 60).map(lambda number: date(2026, 6, 1) + timedelta(days=number))


def make_mark(first: date, last: date) -> Mark:
    """From the earlier to the later day."""
    since, until = sorted((first, last))
    return Mark("cs.IR", since, datetime(until.year, until.month, until.day, 3, tzinfo=UTC))


def list_days(mark: Mark) -> set[date]:
    """The days a mark speaks of."""
    return {mark.since + timedelta(days=number) for number in range((mark.responded_at.date() - mark.since).days + 1)}


async def _save_and_fail(database: Database) -> None:
    async with database.write() as session:
        await save_marks(session, "oai", [Mark("cs.IR", date(2026, 8, 21), datetime(2026, 9, 1, tzinfo=UTC))])
        raise ConnectionError


async def test_a_mark_comes_back_as_it_was(database: Database) -> None:
    """Day and the server's time, aware and in UTC, by category; of one source or of all."""
    async with database.write() as session:
        await save_marks(session, "oai", [_MARK])
    async with database.read() as session:
        assert await load_marks(session, "oai") == {"cs.IR": _MARK} == await load_marks(session)
        assert await load_marks(session, "other") == {}


async def test_a_mark_takes_the_place_of_the_former(database: Database) -> None:
    """One per source and category."""
    later = Mark("cs.IR", date(2026, 8, 14), datetime(2026, 8, 22, tzinfo=UTC))
    other = Mark("stat.ML", date(2026, 8, 14), datetime(2026, 8, 22, tzinfo=UTC))
    for marks in ([_MARK, other], [later]):
        async with database.write() as session:
            await save_marks(session, "oai", marks)
    async with database.read() as session:
        assert await load_marks(session) == {"cs.IR": later, "stat.ML": other}


async def test_a_mark_is_kept_with_its_page_or_not_at_all(database: Database) -> None:
    """A transaction that fails after the mark leaves the former one."""
    async with database.write() as session:
        await save_marks(session, "oai", [_MARK])
    with pytest.raises(ConnectionError):
        await _save_and_fail(database)
    async with database.read() as session:
        assert await load_marks(session) == {"cs.IR": _MARK}


@given(_DAYS, _DAYS, _DAYS, _DAYS)
def test_a_mark_never_moves_back_and_never_claims_a_day_that_was_not_read(
    first: date, second: date, third: date, fourth: date
) -> None:
    """Whatever is read again, and in whatever order: a replay of an old harvest, a window further back."""
    old, new = make_mark(first, second), make_mark(third, fourth)
    joined = join_marks(old, new)
    assert joined.responded_at == max(old.responded_at, new.responded_at)
    assert list_days(joined) <= list_days(old) | list_days(new)


def test_a_category_without_a_mark_is_not_covered() -> None:
    """Only one that was read from the day on, or earlier, is."""
    assert cover({"cs.IR": _MARK}, ["cs.IR"], date(2026, 8, 7))
    assert not cover({"cs.IR": _MARK}, ["cs.IR"], date(2026, 8, 6))
    assert not cover({"cs.IR": _MARK}, ["cs.IR", "cs.CV"], date(2026, 8, 7))
