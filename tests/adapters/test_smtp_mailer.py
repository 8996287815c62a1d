"""What becomes of a message when the server says no, or nothing: fault list E2."""

import pytest
from fakes.smtp_case import HASTE, MESSAGE, list_taken, make_mailer, open_pair, send

from triage.adapters.fake_smtp.server import FakeSmtp
from triage.errors import InputError
from triage.ports import MailOutcome, MailReceipt

ACCEPTED, REFUSED, DEFERRED, UNKNOWN = MailOutcome


async def test_a_message_arrives_as_it_was() -> None:
    """Dots at the start of lines included, from the bounces address, with its size, greeting by our domain."""
    async with open_pair() as (server, mailer):
        assert await send(mailer, "ada") == [MailReceipt(ACCEPTED, "250 OK, taken")]
    [taken] = server.accepted
    assert taken.data == MESSAGE
    assert (taken.sender, taken.recipient) == ("bounces@example.org", "ada@example.org")
    assert (taken.hello, taken.options) == ("example.org", (f"SIZE={len(MESSAGE)}",))


@pytest.mark.parametrize("message", [b"A: b\n\n.x\ny", b"A: b\r\rx\r\n.\r\n", b"A: b\r\n\r\n"])
async def test_line_ends_are_made_right(message: bytes) -> None:
    """Nothing in a message can end it early and begin another (SMTP smuggling)."""
    async with open_pair() as (server, mailer):
        receipt = await mailer.send(message, "ada@example.org")
        assert (receipt.outcome, len(server.accepted)) == (ACCEPTED, 1)
    data = server.accepted[0].data
    assert data.endswith(b"\r\n")
    assert data.replace(b"\r\n", b"\n").rstrip(b"\n") == message.replace(b"\r\n", b"\n").replace(b"\r", b"\n").rstrip(
        b"\n"
    )


@pytest.mark.parametrize(
    ("fault", "outcome", "reply", "is_bad"),
    [
        ("drop_at_rcpt", DEFERRED, "before the message", False),
        ("status_421", DEFERRED, "421 4.3.2", False),
        ("status_450", DEFERRED, "450 4.2.1", False),
        ("status_451", DEFERRED, "451 4.7.1 Greylisted", False),
        ("status_452", DEFERRED, "452 4.3.1", False),
        ("status_550", REFUSED, "550 5.1.1 No such user here", True),
        ("status_550_policy", REFUSED, "550 5.7.1", False),
        ("drop_at_data", DEFERRED, "before the message", False),
        ("status_554_at_data", REFUSED, "554 5.5.1", False),
        ("drop_before_dot", UNKNOWN, "after the message", False),
        ("status_421_at_end", DEFERRED, "421 4.3.2", False),
        ("status_451_at_end", DEFERRED, "451 4.3.0", False),
        ("status_552", REFUSED, "552 5.3.4", False),
        ("status_554", REFUSED, "554 5.7.1", False),
        ("accept_then_drop", UNKNOWN, "after the message", False),
        ("accept_then_nonsense", UNKNOWN, "no SMTP", False),
        ("accept_then_close", ACCEPTED, "250 OK", False),
    ],
)
async def test_one_fault_harms_one_recipient(fault: str, outcome: MailOutcome, reply: str, is_bad: bool) -> None:
    """Its state is right, the server's words are kept, and those before and after get theirs, each once."""
    async with open_pair({"eve": fault}) as (server, mailer):
        before, spoiled, *after = await send(mailer, "ada", "eve", "bob", "zoe")
    assert {receipt.outcome for receipt in (before, *after)} == {ACCEPTED}
    assert (spoiled.outcome, spoiled.is_address_bad) == (outcome, is_bad)
    assert reply in spoiled.reply
    taken = ["ada", "eve", "bob", "zoe"] if fault.startswith("accept") else ["ada", "bob", "zoe"]
    assert list_taken(server) == taken


async def test_no_answer_after_the_dot_is_unknown() -> None:
    """It ends at the deadline, and the next message goes its way."""
    async with open_pair({"eve": "accept_then_silence"}, timeout=HASTE) as (server, mailer):
        silent, after = await send(mailer, "eve", "bob")
    assert (silent.outcome, after.outcome) == (UNKNOWN, ACCEPTED)
    assert list_taken(server) == ["eve", "bob"]


async def test_answers_that_drip_end_in_time() -> None:
    """One byte a second at RCPT is given up before anything was sent."""
    async with open_pair({"eve": "slow"}, timeout=HASTE) as (server, mailer):
        slow, after = await send(mailer, "eve", "bob")
    assert (slow.outcome, after.outcome) == (DEFERRED, ACCEPTED)
    assert list_taken(server) == ["bob"]


async def test_greylisting_passes() -> None:
    """The same message to the same address is taken at the second attempt."""
    async with open_pair({"ada": ("status_451",)}) as (server, mailer):
        receipts = await send(mailer, "ada", "ada")
    assert [receipt.outcome for receipt in receipts] == [DEFERRED, ACCEPTED]
    assert list_taken(server) == ["ada"]


async def test_a_message_that_is_too_big_is_refused_by_its_size() -> None:
    """The server says so at MAIL; that is about this message, so others are taken."""
    async with open_pair() as (server, mailer):
        receipt = await mailer.send(b"A: b\r\n\r\n" + b"x" * 70 * 500_000, "eve@example.org")
        after = (await send(mailer, "bob"))[0]
    assert (receipt.outcome, receipt.reply[:3], after.outcome) == (REFUSED, "552", ACCEPTED)
    assert list_taken(server) == ["bob"]


async def test_an_address_that_is_not_ascii_is_refused_here() -> None:
    """Nothing is asked of the server."""
    async with open_pair() as (server, mailer):
        receipt = await mailer.send(MESSAGE, "zoë@example.org")
    assert (receipt.outcome, receipt.is_address_bad, server.connections) == (REFUSED, True, 0)


def test_a_password_is_not_sent_in_the_open() -> None:
    """Not even to this machine: it is refused before anything is connected."""
    with FakeSmtp() as server, pytest.raises(InputError, match="TRIAGE_SMTP_PASSWORD"):
        make_mailer(server.port, user="triage", password="secret")  # noqa: S106 -- made up
    assert server.connections == 0


def test_a_place_does_not_show_its_password() -> None:
    """It may stand in a log or a traceback."""
    place = make_mailer(25, security="starttls", user="triage", password="secret").place  # noqa: S106 -- made up
    assert "secret" not in repr(place)
    assert "127.0.0.1:25" in repr(place)
