"""The server's clock: delivers what is due, goes on after errors, never overlaps itself, and ends with the server."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from pathlib import Path

import pytest
from fakes.judging_case import GR, NOW, wait_until
from fakes.mail_case import JOINED, ScriptedMailer
from structlog.testing import capture_logs

from api.clock import open_clock
from triage.bootstrap import Services
from triage.config import Settings
from triage.delivery.desk import DeliverDesk
from triage.errors import MailError
from triage.mailing.mailings import MailingChange, change_mailing, confirm_mailing
from triage.store.engine import Database

SOON = 0.002
"""Seconds that a minute lasts."""


class Server(Services):
    """Services with a scripted mailer. `looks` counts how often the clock asked for a desk; the first get `errors`."""

    def __init__(self, settings: Settings, database: Database, clock: Callable[[], datetime]) -> None:
        super().__init__(settings, database, clock)
        self.script = ScriptedMailer()
        self.mailer = self.script
        self.looks = 0
        self.errors: list[Exception] = []

    def open_deliver_desk(self) -> DeliverDesk:
        """The real one, or the next error."""
        self.looks += 1
        if self.errors:
            raise self.errors.pop(0)
        return super().open_deliver_desk()

    async def add(self, reader: str) -> None:
        """Somebody whose digest is due."""
        wish = MailingChange(email=f"{reader}@example.org", topics=(GR,))
        await change_mailing(self.database, self.rubric, reader, wish, JOINED, account_email=None)
        await confirm_mailing(self.database, reader, JOINED)


@pytest.fixture
async def server(home: Path) -> AsyncIterator[Server]:
    """A server with the bundled week, on the Monday after, that looks every minute."""
    settings = Settings(home=home, embedder="hashing", deliver_every=1)
    server = Server(settings, Database(settings.url), lambda: NOW)
    yield server
    await server.close()
    await server.database.close()


async def test_due(server: Server) -> None:
    """What is due is delivered once without anybody asking, and what was kept of drafts is forgotten."""
    await server.add("ada")
    forgotten: list[bool] = []
    async with open_clock(server, lambda: forgotten.append(True), SOON):
        await wait_until(lambda: server.looks > 2)
    assert server.script.times == {"ada@example.org": 1}
    assert forgotten == [True]


async def test_goes_on(server: Server) -> None:
    """An error is logged, be it of the mail system or of the program, and the next look delivers."""
    await server.add("ada")
    server.errors = [MailError("The mail server is down."), RuntimeError("a mistake")]
    with capture_logs() as logs:
        async with open_clock(server, lambda: None, SOON):
            await wait_until(lambda: server.script.received)
    told, failed, *_ = [log for log in logs if log["event"] == "deliver_failed"]
    assert told["error"] == "The mail server is down."
    assert str(failed["exc_info"]) == "a mistake"


async def test_no_overlap(server: Server) -> None:
    """While a look lasts, there is no other."""
    await server.add("ada")
    begun, goes_on = asyncio.Event(), asyncio.Event()

    async def hold(_recipient: str) -> None:
        begun.set()
        await goes_on.wait()

    server.script.before = hold
    async with open_clock(server, lambda: None, SOON):
        await begun.wait()
        await asyncio.sleep(50 * SOON)
        assert server.looks == 1
        goes_on.set()
        await wait_until(lambda: server.looks > 1)


async def test_ends(server: Server) -> None:
    """When the server ends, the message that is being sent is sent, and no other."""
    for reader in ("ada", "bob", "carol"):
        await server.add(reader)
    begun, goes_on = asyncio.Event(), asyncio.Event()

    async def hold(_recipient: str) -> None:
        begun.set()
        await goes_on.wait()

    server.script.before = hold
    async with open_clock(server, lambda: None, SOON):
        await begun.wait()
        asyncio.get_running_loop().call_later(SOON, goes_on.set)
    assert len(server.script.received) == 1


async def test_never(server: Server) -> None:
    """With `deliver_every` 0 there is no clock."""
    server.settings = server.settings.model_copy(update={"deliver_every": 0})
    async with open_clock(server, lambda: None, SOON):
        await asyncio.sleep(20 * SOON)
    assert server.looks == 0
