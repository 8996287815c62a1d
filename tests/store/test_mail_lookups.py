"""Finding a delivery by what a report quotes, on both databases."""

from fakes.mailing_case import ADA, queue_digest

from triage.store.engine import Database
from triage.store.mail_lookups import find_delivery, lock_mailing

_OLD, _NEW = "<16@triage.example.org>", "<17@triage.example.org>"


async def find(database: Database, *message_ids: str) -> str | None:
    """The week of the delivery that is found."""
    async with database.read() as session:
        found = await find_delivery(session, message_ids)
    return None if found is None else found.week


async def test_a_delivery_is_found_by_its_message_id(database: Database) -> None:
    """The newest of several, and exactly that id."""
    await queue_digest(database, _OLD, "2026-W16")
    await queue_digest(database, _NEW, "2026-W17")
    async with database.read() as session:
        found = await find_delivery(session, ["<other@example.net>", _OLD])

    assert found is not None
    assert (found.reader, found.email, found.week, found.message_id) == ("ada", ADA, "2026-W16", _OLD)
    assert await find(database, _OLD, _NEW) == "2026-W17"
    for wrong in (_OLD[1:-1], _OLD.upper(), "%", ""):
        assert await find(database, wrong) is None
    assert await find(database) is None


async def test_a_mailing_is_held_whether_there_is_one_or_not(database: Database) -> None:
    """Both databases take the statement."""
    async with database.write() as session:
        await lock_mailing(session, reader="ada")
