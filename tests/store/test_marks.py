from datetime import UTC, date, datetime

import pytest

from triage.store.engine import Database
from triage.store.marks import Mark, find_mark, list_marks, save_mark

_MARK = Mark("cs", ("cs.IR", "cs.LG"), date(2026, 8, 7), datetime(2026, 8, 21, 3, 0, 7, tzinfo=UTC))


async def _save_and_fail(database: Database) -> None:
    async with database.write() as session:
        await save_mark(session, "oai", Mark("cs", (), date(2026, 8, 21), datetime(2026, 9, 1, tzinfo=UTC)))
        raise ConnectionError


async def test_a_mark_comes_back_as_it_was(database: Database) -> None:
    """Categories, day and the server's time, aware and in UTC."""
    async with database.write() as session:
        await save_mark(session, "oai", _MARK)
    async with database.read() as session:
        assert await find_mark(session, "oai", "cs") == _MARK
        assert await find_mark(session, "oai", "stat") is None
        assert await find_mark(session, "other", "cs") is None


async def test_a_mark_takes_the_place_of_the_former(database: Database) -> None:
    """One per source and archive, listed by archive."""
    later = Mark("cs", ("cs.IR",), date(2026, 8, 14), datetime(2026, 8, 22, tzinfo=UTC))
    other = Mark("stat", ("stat.ML",), date(2026, 8, 14), datetime(2026, 8, 22, tzinfo=UTC))
    for mark in (_MARK, other, later):
        async with database.write() as session:
            await save_mark(session, "oai", mark)
    async with database.read() as session:
        assert await list_marks(session) == [later, other]


async def test_a_mark_is_kept_with_its_page_or_not_at_all(database: Database) -> None:
    """A transaction that fails after the mark leaves the former one."""
    async with database.write() as session:
        await save_mark(session, "oai", _MARK)
    with pytest.raises(ConnectionError):
        await _save_and_fail(database)
    async with database.read() as session:
        assert await list_marks(session) == [_MARK]
