"""The keys in mails: what is kept of them, and who finds them."""

from datetime import timedelta

from fakes.outbox_case import NOW, WEEK
from sqlalchemy import text

from triage.core.account import Role
from triage.core.mailing import mint_mail_key
from triage.store.engine import Database
from triage.store.mail_keys import (
    MailKey,
    NewMailKey,
    count_mail_keys,
    find_mail_key,
    insert_mail_key,
    insert_mail_keys,
    mark_key_used,
)
from triage.store.readers import insert_reader, mark_disabled

_EXPIRY = NOW + timedelta(hours=48)


async def find(database: Database, key: str) -> MailKey | None:
    """What is known of it."""
    async with database.read() as session:
        return await find_mail_key(session, key)


async def insert(database: Database, reader: str = "me") -> str:
    """A new key to confirm an address."""
    key = mint_mail_key()
    async with database.write() as session:
        await insert_mail_key(session, key, "confirm", "me@b.c", NOW, _EXPIRY, reader=reader)
    return key


async def test_a_key_is_found_by_itself_only(database: Database) -> None:
    """With all that was kept; another key, of any length, finds nothing."""
    key = await insert(database)

    assert await find(database, key) == MailKey(
        kind="confirm", reader="me", email="me@b.c", week=None, created_at=NOW, expires_at=_EXPIRY, used_at=None
    )
    for other in (mint_mail_key(), key[:-1], key.swapcase(), ""):
        assert await find(database, other) is None


async def test_the_key_itself_is_not_kept(database: Database) -> None:
    """Whoever copies the database cannot act with what it holds."""
    key = await insert(database)
    async with database.read() as session:
        rows = (await session.execute(text("SELECT * FROM mail_keys"))).all()

    assert len(rows) == 1
    assert key not in repr(rows)


async def test_a_disabled_readers_key_opens_nothing(database: Database) -> None:
    """From the moment the account is disabled."""
    async with database.write() as session:
        await insert_reader(session, "ada", "ada@b.c", Role.READER, NOW)
    key = await insert(database, "ada")
    assert await find(database, key) is not None
    async with database.write() as session:
        await mark_disabled(session, "ada", NOW)

    assert await find(database, key) is None


async def test_one_of_two_uses_is_the_first(database: Database) -> None:
    """The first is told so and its time stands; an unknown key was never used."""
    key = await insert(database)
    told = []
    for moment in (NOW, _EXPIRY):
        async with database.write() as session:
            told += [await mark_key_used(session, key, moment), await mark_key_used(session, "other", moment)]

    found = await find(database, key)
    assert found is not None
    assert (told, found.used_at) == ([True, False, False, False], NOW)


async def test_many_keys_at_once(database: Database) -> None:
    """Each leads to its own reader and week; the same ones again change nothing."""
    rows = [
        NewMailKey(key=mint_mail_key(), kind="digest", reader=f"r{number}", email="a@b.c", created_at=NOW, week=WEEK)
        for number in range(3)
    ]
    for _ in range(2):
        async with database.write() as session:
            await insert_mail_keys(session, rows)

    found = [await find(database, row.key) for row in rows]
    assert [(key.reader, key.week) for key in found if key] == [("r0", WEEK), ("r1", WEEK), ("r2", WEEK)]


async def test_keys_are_counted_by_reader_kind_and_time(database: Database) -> None:
    """Only those of the last while, so that a limit per day can be kept."""
    await insert(database)
    await insert(database)
    await insert(database, "ada")
    async with database.write() as session:
        await insert_mail_key(session, mint_mail_key(), "digest", "me@b.c", NOW, week=WEEK, reader="me")
        before = NOW - timedelta(hours=1)
        assert await count_mail_keys(session, "confirm", before, reader="me") == 2
        assert await count_mail_keys(session, "confirm", NOW, reader="me") == 0
        assert await count_mail_keys(session, "digest", before, reader="me") == 1
        assert await count_mail_keys(session, "digest", before, reader="ada") == 0
