"""Readers with a weekly mail, and the keys that stand in what was mailed to them."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

from fakes.judging_case import GR, NOW, WEEK

from triage.core.mailing import Mailing, MailKeyKind, mint_mail_key
from triage.core.schedule import Slot
from triage.store.engine import Database, Session
from triage.store.mail_keys import insert_mail_key
from triage.store.mailings import load_mailing, save_mailing
from triage.store.outbox import Draft, queue_deliveries
from triage.store.subscriptions import add_subscription

T = TypeVar("T")
TABLES = ("mailings", "mail_keys", "votes", "deliveries", "subscriptions", "suppressions")


def work(home: Path, do: Callable[[Session], Awaitable[T]]) -> T:
    """Work on the database of a data folder, in one transaction."""

    async def run() -> T:
        database = Database(f"sqlite+aiosqlite:///{home / 'triage.db'}")
        try:
            async with database.write() as session:
                return await do(session)
        finally:
            await database.close()

    return asyncio.run(run())


def begin_mailing(home: Path, reader: str, *, is_confirmed: bool = True) -> None:
    """Give the reader a weekly mail at Monday 07:00 in Berlin."""
    mailing = Mailing(
        reader=reader,
        email=f"{reader}@example.org",
        slot=Slot(0, 7, "Europe/Berlin"),
        created_at=NOW,
        changed_at=NOW,
        confirmed_at=NOW if is_confirmed else None,
        first_week=str(WEEK.next) if is_confirmed else None,
    )

    async def do(session: Session) -> None:
        await save_mailing(session, mailing, reader=reader)
        await add_subscription(session, GR, NOW, reader=reader)

    work(home, do)


def mail_key(
    home: Path, reader: str, kind: MailKeyKind = "digest", *, made: datetime = NOW, life: timedelta | None = None
) -> str:
    """A key as a mail to the reader has it: of the sample week's digest, or of a letter to confirm."""
    key, week = mint_mail_key(), str(WEEK) if kind == "digest" else None
    expires = None if life is None else made + life

    async def do(session: Session) -> None:
        await insert_mail_key(session, key, kind, f"{reader}@example.org", made, expires, week, reader=reader)

    work(home, do)
    return key


def queue_digest(home: Path, reader: str, week: str = str(WEEK)) -> None:
    """Put a digest into the outbox, to be sent."""
    draft = Draft(
        reader=reader,
        week=week,
        email=f"{reader}@example.org",
        topics=(GR,),
        message_id=f"<{reader}.{week}@example.org>",
        message=b"Subject: x\r\n\r\nx\r\n",
        key=mint_mail_key(),
        deadline=NOW + timedelta(days=3),
    )

    async def do(session: Session) -> None:
        await queue_deliveries(session, [draft], NOW)

    work(home, do)


def find_mailing(home: Path, reader: str) -> Mailing:
    """As it is kept."""

    async def do(session: Session) -> Mailing | None:
        return await load_mailing(session, reader=reader)

    found = work(home, do)
    assert found is not None
    return found


def dump_tables(home: Path) -> list[tuple[object, ...]]:
    """Every row that a link could change."""
    with closing(sqlite3.connect(home / "triage.db")) as store:
        return [(table, *row) for table in TABLES for row in store.execute(f"SELECT * FROM {table} ORDER BY id")]  # noqa: S608
