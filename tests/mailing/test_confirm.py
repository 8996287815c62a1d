"""Double opt-in: the letter, and the link in it."""

import re
from datetime import timedelta
from email import message_from_bytes, policy

import pytest
from fakes.mailing_case import ADA, MONDAY, queue_digest, subscribe_ada
from msgspec.structs import replace

from triage.core.mailing import Mailing
from triage.core.rubric import LANGUAGES, Rubric
from triage.errors import ConflictError, LimitError, MailError, NotFoundError
from triage.mailing.confirm import LETTERS_PER_DAY, ask_to_confirm, confirm_by_key
from triage.mailing.letters import make_confirm_letter
from triage.mailing.mailings import MailingChange, change_mailing, leave_mailing, view_mailing
from triage.mailing.message import write_message
from triage.ports import MailOutcome, MailReceipt
from triage.store.engine import Database
from triage.store.mail_keys import find_mail_key
from triage.store.suppressions import suppress

_URL = "https://triage.example.org"
_SENDER = "Triage <no-reply@triage.example.org>"
_HOUR = timedelta(hours=1)


class Inbox:
    """A mail system that keeps what it is given, or cannot be reached."""

    def __init__(self, *, is_down: bool = False) -> None:
        self.messages: list[tuple[str, bytes]] = []
        self._is_down = is_down

    async def send(self, message: bytes, recipient: str) -> MailReceipt:
        """Keep it."""
        if self._is_down:
            raise MailError("The mail server does not answer.")
        self.messages.append((recipient, message))
        return MailReceipt(MailOutcome.ACCEPTED, "250 kept")

    async def close(self) -> None:
        """Nothing to close."""

    def read_keys(self) -> list[str]:
        """The keys in the letters, oldest first."""
        found = [re.search(rb"/mail/([\w-]{32})/confirm\r\n", message) for _, message in self.messages]
        return [match[1].decode() for match in found if match]


@pytest.fixture
async def mailing(database: Database, rubric: Rubric) -> Mailing:
    """Ada's, not confirmed."""
    change = MailingChange(email=ADA, topics=(rubric.topics[0].name,))
    return await change_mailing(database, rubric, "ada", change, MONDAY, account_email=None)


async def ask(database: Database, inbox: Inbox, hours: int = 0) -> MailReceipt:
    """Ask ada, some hours later."""
    return await ask_to_confirm(database, inbox, "ada", _URL, _SENDER, MONDAY + hours * _HOUR)


@pytest.mark.usefixtures("mailing")
async def test_the_letter_confirms(database: Database) -> None:
    """It goes to the address alone, its link stands on a line of its own, and whoever follows it gets digests."""
    inbox = Inbox()
    receipt = await ask(database, inbox)
    [(recipient, message)], [key] = inbox.messages, inbox.read_keys()
    confirmed = await confirm_by_key(database, key, MONDAY + 47 * _HOUR)
    parsed = message_from_bytes(message, policy=policy.SMTP)

    assert (receipt.outcome, recipient, parsed["To"], parsed["From"]) == (MailOutcome.ACCEPTED, ADA, ADA, _SENDER)
    assert parsed["Auto-Submitted"] == "auto-generated"
    assert f"{_URL}/mail/{key}/confirm" in parsed.get_content().splitlines()
    assert confirmed is not None
    assert confirmed.is_active
    assert (confirmed.confirmed_at, confirmed.first_week) == (MONDAY + 47 * _HOUR, "2026-W17")


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_letter_is_in_the_readers_language(mailing: Mailing, language: str) -> None:
    """In each that digests are written in, and it says so."""
    letter = make_confirm_letter(replace(mailing, language=language), _SENDER, f"{_URL}/x", 48, MONDAY)
    parsed = message_from_bytes(write_message(letter), policy=policy.SMTP)

    assert (parsed["Subject"], parsed["Content-Language"]) == (letter.subject, language)
    assert parsed["Subject"].isascii() == (language == "en")
    assert f"{_URL}/x" in parsed.get_content().splitlines()
    assert "48" in parsed.get_content()


@pytest.mark.usefixtures("mailing")
async def test_a_key_is_used_up(database: Database, rubric: Rubric) -> None:
    """Pressing the button twice does no harm; after a change of address and back it confirms nothing."""
    inbox = Inbox()
    await ask(database, inbox)
    [key] = inbox.read_keys()
    first = await confirm_by_key(database, key, MONDAY)
    assert first is not None
    assert await confirm_by_key(database, key, MONDAY + _HOUR) == first
    for email in ("other@example.org", ADA):
        await change_mailing(database, rubric, "ada", MailingChange(email=email), MONDAY, account_email=None)
    assert await confirm_by_key(database, key, MONDAY + _HOUR) is None


@pytest.mark.usefixtures("mailing")
async def test_a_late_or_unknown_key_confirms_nothing(database: Database) -> None:
    """After 48 hours; nor does the key of a digest."""
    inbox = Inbox()
    await ask(database, inbox)
    [key] = inbox.read_keys()
    digest_key = await queue_digest(database, "<16@triage.example.org>", "2026-W16")
    for wrong, hours in ((key, 48), (digest_key, 0), ("x" * 32, 0), ("", 0), ("\x00", 0)):
        assert await confirm_by_key(database, wrong, MONDAY + hours * _HOUR) is None
    mailing = await view_mailing(database, "ada")
    assert mailing is not None
    assert not mailing.is_active


@pytest.mark.usefixtures("mailing")
async def test_a_key_confirms_only_the_address_it_went_to(database: Database, rubric: Rubric) -> None:
    """One who gave another's address by mistake cannot be made its reader by the other's letter."""
    inbox = Inbox()
    await ask(database, inbox)
    change = MailingChange(email="new@example.org")
    await change_mailing(database, rubric, "ada", change, MONDAY, account_email=None)
    assert await confirm_by_key(database, inbox.read_keys()[0], MONDAY) is None


@pytest.mark.usefixtures("mailing")
async def test_who_left_is_not_brought_back_by_a_letter(database: Database) -> None:
    """Neither by one that lies there, nor is another one sent."""
    inbox = Inbox()
    await ask(database, inbox)
    await leave_mailing(database, "ada", MONDAY)
    assert await confirm_by_key(database, inbox.read_keys()[0], MONDAY) is None
    with pytest.raises(NotFoundError, match="no weekly mail to confirm"):
        await ask(database, inbox)


@pytest.mark.usefixtures("mailing")
async def test_an_inbox_cannot_be_filled(database: Database) -> None:
    """Three letters a day, wherever they went; the next day there are more, and old keys still work."""
    inbox = Inbox()
    for hour in range(LETTERS_PER_DAY):
        await ask(database, inbox, hour)
    with pytest.raises(LimitError, match="3 letters"):
        await ask(database, inbox, 23)
    await ask(database, inbox, 24)

    assert len(inbox.messages) == LETTERS_PER_DAY + 1
    assert await confirm_by_key(database, inbox.read_keys()[1], MONDAY + 24 * _HOUR) is not None


async def test_nobody_is_asked_again_or_in_vain(database: Database, rubric: Rubric) -> None:
    """Without settings, with a confirmed address, and where mail came back, no letter is sent, and it says why."""
    inbox = Inbox()
    with pytest.raises(NotFoundError, match="no weekly mail to confirm"):
        await ask(database, inbox)
    await subscribe_ada(database, rubric)
    with pytest.raises(ConflictError, match="confirmed already"):
        await ask(database, inbox)
    async with database.write() as session:
        await suppress(session, "bad@example.org", "bounced", "550 5.1.1", MONDAY)
    change = MailingChange(email="bad@example.org")
    await change_mailing(database, rubric, "ada", change, MONDAY, account_email=None)
    with pytest.raises(ConflictError, match=r"came back on 2026-04-20.*triage bounces --forgive bad@example.org"):
        await ask(database, inbox)

    assert inbox.messages == []


@pytest.mark.usefixtures("mailing")
async def test_a_mail_system_that_is_down_is_told(database: Database) -> None:
    """The letter counts nevertheless: it may be a long while."""
    with pytest.raises(MailError):
        await ask(database, Inbox(is_down=True))


@pytest.mark.usefixtures("mailing")
async def test_only_the_hash_of_a_key_is_kept(database: Database) -> None:
    """Whoever reads the database can confirm nothing."""
    inbox = Inbox()
    await ask(database, inbox)
    [key] = inbox.read_keys()
    async with database.read() as session:
        found = await find_mail_key(session, key)

    assert found is not None
    assert key not in str(found)
