"""What a mail server has against us is never held against a reader, who would get no mail for it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from fakes.smtp_case import MESSAGE, make_mailer

from triage.adapters.smtp_mailer import SmtpMailer
from triage.errors import MailError
from triage.ports import MailOutcome


@asynccontextmanager
async def open_server(**replies: str) -> AsyncIterator[SmtpMailer]:
    """A mailer at a server that answers these commands so, and every other one with OK."""
    talks: set[asyncio.Task[None]] = set()

    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talks.add(asyncio.create_task(talk(reader, writer)))

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 here\r\n")
        try:
            while line := await reader.readline():
                verb = line[:4].decode().strip().upper()
                if verb == "DATA" and verb not in replies:
                    writer.write(b"354 go on\r\n")
                    await reader.readuntil(b"\r\n.\r\n")
                    verb = "dot"
                writer.write(replies.get(verb, "250 OK").encode() + b"\r\n")
        finally:
            writer.close()

    server = await asyncio.start_server(greet, "127.0.0.1", 0)
    mailer = make_mailer(server.sockets[0].getsockname()[1])
    try:
        yield mailer
    finally:
        await mailer.close()
        await asyncio.gather(*talks, return_exceptions=True)  # some were cut off
        server.close()
        await server.wait_closed()


@pytest.mark.parametrize(
    "reply",
    [
        "550 relay not permitted",
        "550 authentication required",
        "550-Verification failed for <bounces@example.org>\r\n550-Unrouteable address\r\n550 Sender verify failed",
        "550 5.7.1 Unable to relay",
        "554 5.7.1 <ada@example.org>: Relay access denied",
    ],
)
async def test_a_refusal_to_relay_leaves_the_address_alone(reply: str) -> None:
    """As Exim and Postfix word it at RCPT when our login lapsed: no mailbox is missing."""
    async with open_server(RCPT=reply) as mailer:
        receipt = await mailer.send(MESSAGE, "ada@example.org")
    assert (receipt.outcome, receipt.is_address_bad) == (MailOutcome.REFUSED, False)


@pytest.mark.parametrize("reply", ["550 5.7.1 HELO rejected: invalid name", "450 4.7.1 HELO: host not found"])
async def test_a_refused_greeting_is_no_readers_fault(reply: str) -> None:
    """Nothing was sent to anybody, and everything waits."""
    async with open_server(EHLO=reply) as mailer:
        with pytest.raises(MailError, match=f"will not talk to us .{reply[:9]}"):
            await mailer.send(MESSAGE, "ada@example.org")


async def test_an_answer_too_many_is_not_the_next_messages() -> None:
    """A server that answers RSET twice is one answer behind from then on: nothing is taken for accepted by that."""
    async with open_server(RSET="250 OK\r\n250 OK", RCPT="250 OK") as mailer:
        outcomes = [(await mailer.send(MESSAGE, "ada@example.org")).outcome for _ in range(3)]
    assert outcomes == [MailOutcome.ACCEPTED, MailOutcome.DEFERRED, MailOutcome.ACCEPTED]
