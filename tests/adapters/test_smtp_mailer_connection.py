"""The one connection: kept, replaced when it died, and never shared by two messages at once."""

import asyncio
import socket

import pytest
from fakes.smtp_case import HASTE, MESSAGE, list_taken, make_mailer, open_pair, send

from triage.adapters.fake_smtp.server import FakeSmtp
from triage.errors import MailError
from triage.ports import MailOutcome


async def test_one_connection_carries_many() -> None:
    """Also after refusals; a closed mailer connects again."""
    async with open_pair({"eve": "status_550", "kim": "status_554", "lee": "status_451"}) as (server, mailer):
        await send(mailer, "ada", "eve", "bob", "kim", "lee", "zoe")
        assert {taken.connection for taken in server.accepted} == {0}
        await mailer.close()
        await send(mailer, "dan")
    assert list_taken(server) == ["ada", "bob", "zoe", "dan"]
    assert server.connections == 2


async def test_a_kept_connection_that_died_is_replaced() -> None:
    """The message that meets it is sent once, over the new one."""
    async with open_pair({"ada": "accept_then_close"}) as (server, mailer):
        receipts = await send(mailer, "ada", "bob", "zoe")
    assert {receipt.outcome for receipt in receipts} == {MailOutcome.ACCEPTED}
    assert [taken.connection for taken in server.accepted] == [0, 1, 1]


async def test_a_server_that_came_back_is_found() -> None:
    """A restart in between costs nothing but a connection."""
    with FakeSmtp() as first:
        mailer = make_mailer(first.port)
        await send(mailer, "ada")
    with pytest.raises(MailError, match="cannot be reached"):
        await send(mailer, "bob")
    with FakeSmtp(port=first.port) as second:
        assert [receipt.outcome for receipt in await send(mailer, "bob")] == [MailOutcome.ACCEPTED]
        await mailer.close()
    assert (list_taken(first), list_taken(second)) == (["ada"], ["bob"])


async def test_sends_wait_for_each_other() -> None:
    """Twenty at once go one by one over one connection."""
    async with open_pair() as (server, mailer):
        names = [f"reader{number}" for number in range(20)]
        receipts = await asyncio.gather(*(mailer.send(MESSAGE, f"{name}@example.org") for name in names))
    assert {receipt.outcome for receipt in receipts} == {MailOutcome.ACCEPTED}
    assert sorted(list_taken(server)) == sorted(names)
    assert server.connections == 1


async def test_cancelling_gives_no_receipt() -> None:
    """Who is stopped while the answer to the dot is out learns nothing, and the next message is not harmed."""
    async with open_pair({"eve": "accept_then_silence"}) as (server, mailer):
        sending = asyncio.create_task(mailer.send(MESSAGE, "eve@example.org"))
        while not server.accepted:  # noqa: ASYNC110 -- the server is another thread
            await asyncio.sleep(0.01)
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        assert [receipt.outcome for receipt in await send(mailer, "bob")] == [MailOutcome.ACCEPTED]
    assert list_taken(server) == ["eve", "bob"]


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [("banner_421", "will not talk to us .421 4.3.2 Too busy"), ("banner_never", "cannot be reached .*TRIAGE_SMTP")],
)
async def test_a_server_that_does_not_greet(fault: str, sentence: str) -> None:
    """Nothing was sent to anybody, which is an error and no receipt; later all is well."""
    async with open_pair({0: fault}, timeout=HASTE) as (server, mailer):
        with pytest.raises(MailError, match=sentence):
            await send(mailer, "ada")
        await send(mailer, "ada")
    assert list_taken(server) == ["ada"]


async def test_a_sender_who_is_refused_is_no_readers_fault() -> None:
    """A wrong setting must not count as the refusal of each reader's mail; what is for now is a delay."""
    async with open_pair({0: "status_550_sender", 1: "status_450_sender"}) as (server, mailer):
        with pytest.raises(MailError, match=r"no mail from bounces@example.org .550 5.7.1 .*TRIAGE_MAIL_FROM"):
            await send(mailer, "ada")
        later, now = await send(mailer, "ada", "ada")
    assert (later.outcome, later.reply) == (MailOutcome.DEFERRED, "450 4.7.1 Too much mail")
    assert now.outcome == MailOutcome.ACCEPTED
    assert list_taken(server) == ["ada"]


async def test_a_slow_greeting_ends_in_time() -> None:
    """One byte a second is no greeting."""
    async with open_pair({0: "slow"}, timeout=HASTE) as (server, mailer):
        with pytest.raises(MailError, match="TRIAGE_SMTP_HOST"):
            await send(mailer, "ada")
    assert list_taken(server) == []


async def test_nobody_listens() -> None:
    """The settings to look at are named."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(MailError, match=f"127.0.0.1:{port} cannot be reached .*TRIAGE_SMTP_HOST, TRIAGE_SMTP_PORT"):
        await make_mailer(port).send(MESSAGE, "ada@example.org")


async def test_a_mailer_that_never_sent_can_be_closed() -> None:
    """Twice, too; nothing is connected for it."""
    async with open_pair() as (server, mailer):
        await mailer.close()
    assert server.connections == 0
