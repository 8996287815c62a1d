"""A mail server on this machine and a mailer that talks to it."""

import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import trustme

from triage.adapters.fake_smtp.server import FakeSmtp, Script, Tls
from triage.adapters.smtp_connection import SmtpPlace
from triage.adapters.smtp_mailer import SmtpMailer
from triage.ports import MailReceipt

MESSAGE = (
    b"From: Triage <triage@example.org>\r\nTo: ada@example.org\r\nSubject: Your week\r\nMessage-ID: <1@example.org>\r\n"
    b"Date: Mon, 18 May 2026 08:00:00 +0000\r\nList-Id: <digest.example.org>\r\n"
    b"List-Unsubscribe: <https://triage.example.org/mail/0123456789abcdef0123456789abcdef/unsubscribe?from=the-mail>\r\n"
    b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\nMIME-Version: 1.0\r\n"
    b'Content-Type: text/plain; charset="utf-8"\r\n\r\nHello.\r\n.\r\n..two dots\r\nBye.\r\n'
)
HASTE = 0.5
"""Seconds a step may take where a server is meant to be too slow."""


class Certificates:
    """Certificates for 127.0.0.1: one by an authority that lies in the file `ca`, one by an unknown authority."""

    def __init__(self, folder: Path) -> None:
        authority, other = trustme.CA(), trustme.CA()
        self.ca = folder / "ca.pem"
        authority.cert_pem.write_to_path(str(self.ca))
        self.right = _make_server_context(authority, "127.0.0.1")
        self.wrong = _make_server_context(other, "127.0.0.1")
        self.of_another_name = _make_server_context(authority, "mail.example.org")

    @property
    def tls(self) -> Tls:
        """What a server by STARTTLS shows."""
        return Tls(self.right, self.wrong)


def _make_server_context(authority: trustme.CA, name: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


def make_mailer(port: int, **changes: Any) -> SmtpMailer:
    """One that talks to that port of this machine, in the open unless told otherwise."""
    place: dict[str, Any] = {"host": "127.0.0.1", "port": port, "security": "none", "hello": "example.org"}
    return SmtpMailer(SmtpPlace(**place | changes), "bounces@example.org")


@asynccontextmanager
async def open_pair(
    faults: Mapping[str | int, Script] | None = None, tls: Tls | None = None, **changes: Any
) -> AsyncIterator[tuple[FakeSmtp, SmtpMailer]]:
    """A server and a mailer, closed in order; `changes` are of the mailer's `SmtpPlace`."""
    with FakeSmtp(faults, tls=tls) as server:
        mailer = make_mailer(server.port, **changes)
        try:
            yield server, mailer
        finally:
            await mailer.close()


async def send(mailer: SmtpMailer, *names: str) -> list[MailReceipt]:
    """The same message to each of them at example.org, one after the other."""
    return [await mailer.send(MESSAGE, f"{name}@example.org") for name in names]


def list_taken(server: FakeSmtp) -> list[str]:
    """Local parts of the recipients of what the server took."""
    return [taken.recipient.partition("@")[0] for taken in server.accepted]
