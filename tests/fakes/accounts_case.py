"""What tests of accounts share: a time, a password, a mailer that keeps, and a count of what the database was asked."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

from sqlalchemy import event

from triage.accounts.sign_in import send_link
from triage.core.account import Principal, Role, Scope
from triage.ports import MailOutcome, MailReceipt
from triage.store.engine import Database

NOW = datetime(2026, 8, 21, 12, tzinfo=UTC)
PASSWORD = "correct horse battery"  # noqa: S105 - made up
URL = "https://triage.example.org"
ADA = Principal("ada", Role.ADMIN, frozenset(Scope), "session")
BOB = Principal("bob", Role.READER, frozenset(Scope), "session")
_LINK = re.compile(r"^https://triage\.example\.org/sign-in/link\?key=(\S+)\r?$", re.MULTILINE)


class KeepingMailer:
    """Keeps messages, and says that it took them, or whatever it is told to say."""

    def __init__(self, outcome: MailOutcome = MailOutcome.ACCEPTED) -> None:
        self.outcome = outcome
        self.sent: list[tuple[bytes, str]] = []

    async def send(self, message: bytes, recipient: str) -> MailReceipt:
        """Keep it."""
        self.sent.append((message, recipient))
        return MailReceipt(self.outcome)

    async def close(self) -> None:
        """Nothing is open."""


async def mail_link(database: Database, email: str = "bob@example.org", now: datetime = NOW) -> str:
    """Have a link mailed, and read its key from the mail."""
    mailer = KeepingMailer()
    await send_link(database, mailer, email, URL, now)
    ((message, _),) = mailer.sent
    return find_key(message)


def find_key(message: bytes) -> str:
    """The key in the link of a mail."""
    match = _LINK.search(message.decode())
    assert match is not None
    return match[1]


def parse_mail(message: bytes) -> EmailMessage:
    """A message as a mail program reads it."""
    parsed = message_from_bytes(message, policy=SMTP)
    assert isinstance(parsed, EmailMessage)
    return parsed


@contextmanager
def count_statements(database: Database) -> Iterator[list[str]]:
    """The first words of all statements that the database is given meanwhile."""
    words: list[str] = []

    def note(*arguments: Any) -> None:
        words.append(arguments[2].split()[0])

    engine = database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield words
    finally:
        event.remove(engine, "before_cursor_execute", note)
