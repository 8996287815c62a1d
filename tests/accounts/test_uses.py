import asyncio
import sqlite3
from contextlib import closing
from datetime import timedelta

import pytest
from fakes.accounts_case import ADA, BOB, NOW, count_statements
from sqlalchemy import text

from triage.accounts.keys import create_token, list_tokens
from triage.accounts.uses import UseNotes
from triage.core.account import Principal, Scope
from triage.log import configure_logging
from triage.store.engine import Database


async def make_token(database: Database, principal: Principal = BOB) -> str:
    """The public part of a token."""
    key, _ = await create_token(database, principal, "notebook", [Scope.READ], None, NOW)
    return key.public


async def test_a_use_is_noted_once_a_minute(database: Database) -> None:
    """No write per request."""
    public, uses = await make_token(database), UseNotes(database)
    with count_statements(database) as words:
        for seconds in (0, 1, 30, 59, 60, 61, 119):
            uses.note(public, NOW + timedelta(seconds=seconds))
            await uses.close()
    assert words.count("UPDATE") == 2
    (view,) = await list_tokens(database, "bob")
    assert view.last_used_at == NOW + timedelta(seconds=60)


async def test_each_key_is_noted(database: Database) -> None:
    """Those that come while others are being written, too."""
    keys, uses = [await make_token(database), await make_token(database, ADA)], UseNotes(database)
    assert database.url.database is not None
    with closing(sqlite3.connect(database.url.database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        uses.note(keys[0], NOW)
        await asyncio.sleep(0)  # the writer is under way
        uses.note(keys[1], NOW)
    await uses.close()
    for reader in ("bob", "ada"):
        (view,) = await list_tokens(database, reader)
        assert view.last_used_at == NOW


async def test_what_cannot_be_written_is_logged_and_dropped(
    database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    """And the next minute is noted again."""
    configure_logging("info")
    public, uses = await make_token(database), UseNotes(database)
    for command in ("CREATE TRIGGER t BEFORE UPDATE ON credentials BEGIN SELECT RAISE(ABORT, 'full'); END", ""):
        async with database.write() as session:
            await session.execute(text(command or "DROP TRIGGER t"))
        uses.note(public, NOW if command else NOW + timedelta(minutes=1))
        await uses.close()
        (view,) = await list_tokens(database, "bob")
        assert view.last_used_at == (None if command else NOW + timedelta(minutes=1))
    assert capsys.readouterr().err.count("uses_not_noted") == 1


async def test_there_may_be_nothing_to_wait_for(database: Database) -> None:
    """Where nobody used a key."""
    await UseNotes(database).close()
