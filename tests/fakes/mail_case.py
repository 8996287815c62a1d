"""The weekly mail without a mail server: a mailer that does as it is told, a clock that is set, and readers."""

from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fakes.judging_case import GR, Ticker, read_bundled_rubric
from msgspec.structs import replace

from triage.adapters.hashing import HashingEmbedder
from triage.adapters.mail_log import FileMailLog
from triage.core.mailing import Delivery, DeliveryState, Mailing
from triage.delivery.deliver import deliver
from triage.delivery.desk import DeliverDesk, DeliverReport
from triage.errors import MailError
from triage.mailing.mailings import MailingChange, change_mailing, confirm_mailing
from triage.ports import Index, MailOutcome, MailReceipt
from triage.reading.library import Library
from triage.store.engine import Database
from triage.store.outbox import list_deliveries

DUE = datetime(2026, 5, 18, 7, tzinfo=UTC)
"""When the bundled week's digest is due on Mondays at 7 UTC."""
JOINED = datetime(2026, 5, 14, 12, tzinfo=UTC)
"""When readers confirm: the bundled week is their first."""
ACCEPTED = MailReceipt(MailOutcome.ACCEPTED, "250 taken")
DEFERRED = MailReceipt(MailOutcome.DEFERRED, "450 busy")
REFUSED = MailReceipt(MailOutcome.REFUSED, "554 no")
NO_MAILBOX = MailReceipt(MailOutcome.REFUSED, "550 no such mailbox", is_address_bad=True)
UNKNOWN = MailReceipt(MailOutcome.UNKNOWN, "the line died")
DOWN = MailError("The mail server is down.")
Answer = MailReceipt | MailError


class ScriptedMailer:
    """Answers each recipient with the next of its `script`, and then always accepts; `received` is what it took.

    `before` is called with the recipient while a message is under way.
    """

    def __init__(self) -> None:
        self.script: defaultdict[str, list[Answer]] = defaultdict(list)
        self.tried: list[str] = []
        self.received: list[tuple[str, bytes]] = []
        self.before: Callable[[str], Awaitable[object]] | None = None
        self.closed = 0

    @property
    def times(self) -> Counter[str]:
        """How often each address got something."""
        return Counter(recipient for recipient, _ in self.received)

    async def send(self, message: bytes, recipient: str) -> MailReceipt:
        """As the script says; what is accepted or unknown has arrived."""
        self.tried.append(recipient)
        answers = self.script[recipient]
        answer = answers.pop(0) if answers else ACCEPTED
        if self.before is not None:
            await self.before(recipient)
        if isinstance(answer, MailError):
            raise answer
        if answer.outcome in {MailOutcome.ACCEPTED, MailOutcome.UNKNOWN}:
            self.received.append((recipient, message))
        return answer

    async def close(self) -> None:
        """Counted."""
        self.closed += 1


class MailCase:
    """One machine that sends. `now` is its clock, to be set; `ticker` the time that paces take."""

    def __init__(self, path: Path, mailer: ScriptedMailer, now: datetime = DUE) -> None:
        self.path, self.mailer, self.now = path, mailer, now
        self.ticker = Ticker()
        self.log = FileMailLog(path.parent / "mail.log")
        self.database = Database(f"sqlite+aiosqlite:///{path}")
        embedder, self.rubric = HashingEmbedder(), read_bundled_rubric()
        self.library = Library(self.database, self.rubric, embedder.name, lambda: embedder, _refuse, lambda: self.now)

    def open_desk(self, **changes: Any) -> DeliverDesk:
        """What it delivers with."""
        desk = DeliverDesk(
            self.library,
            self.mailer,
            self.log,
            "https://triage.example.org",
            "Triage <no-reply@triage.example.org>",
            monotonic=self.ticker.read,
            sleep=self.ticker.sleep,
        )
        return replace(desk, **changes)

    async def deliver(self, **changes: Any) -> DeliverReport:
        """One run."""
        return await deliver(self.open_desk(**changes))

    async def add(self, reader: str, topics: Iterable[str] = (GR,), **change: Any) -> Mailing:
        """A reader with a confirmed address, `READER@example.org` unless another is given."""
        wish = MailingChange(**{"email": f"{reader}@example.org", "topics": tuple(topics)} | change)
        await change_mailing(self.database, self.rubric, reader, wish, JOINED, account_email=None)
        return await confirm_mailing(self.database, reader, JOINED)

    async def list(self, state: DeliveryState | None = None) -> dict[str, Delivery]:
        """The bundled week's deliveries, by reader."""
        async with self.database.read() as session:
            found = await list_deliveries(session, week="2026-W20", state=state, limit=1000)
        return {each.reader: each for each in found}


@asynccontextmanager
async def open_mail_case(
    path: Path, mailer: ScriptedMailer | None = None, now: datetime = DUE
) -> AsyncIterator[MailCase]:
    """On a database file, which others may have open too."""
    case = MailCase(path, mailer or ScriptedMailer(), now)
    try:
        yield case
    finally:
        await case.database.close()


async def _refuse() -> Index:
    raise AssertionError("nothing here looks for likeness")
