"""A connection to a mail server, encrypted and logged in; what goes wrong, as the setting to look at."""

import asyncio
import ssl
from pathlib import Path
from typing import Final, Literal, cast

import msgspec
from aiosmtplib import SMTP, SMTPAuthenticationError, SMTPException, SMTPResponseException

from triage.adapters.smtp_reply import shorten
from triage.errors import InputError, MailError

_STEPS: Final = 5


class SmtpPlace(msgspec.Struct, frozen=True, kw_only=True):
    """A mail server, how it is reached, and who we are there. `hello` is our domain; `timeout` (seconds) is per step.

    `ca` is a file of certificates (PEM) to trust instead of the system's.
    """

    host: str
    port: int
    security: Literal["starttls", "tls", "none"]
    hello: str
    user: str = ""
    password: str = ""
    ca: Path | None = None
    timeout: float = 60.0

    def __repr__(self) -> str:
        return f"SmtpPlace({self.host}:{self.port}, {self.security})"

    @property
    def deadline(self) -> float:
        """Seconds that one send takes at most, with connecting.

        The answer to the final dot has all that is left of them: giving up early is what makes unknowns (RFC 5321,
        4.5.3.2.6, gives it ten minutes).
        """
        return _STEPS * self.timeout


def make_context(ca: Path | None) -> ssl.SSLContext:
    """TLS 1.2 or newer, certificate and name verified; raises `InputError` for a file that cannot be read."""
    try:
        context = ssl.create_default_context(cafile=ca)
    except (OSError, ssl.SSLError) as error:
        raise InputError(f"TRIAGE_SMTP_CA: {ca} cannot be read ({error}): expected certificates in PEM.") from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


async def connect(place: SmtpPlace, tls: ssl.SSLContext) -> SMTP:
    """Greeted, encrypted as the place wants, and logged in; raises `MailError`."""
    client = SMTP(
        hostname=place.host,
        port=place.port,
        local_hostname=place.hello,
        timeout=place.timeout,
        use_tls=place.security == "tls",
        start_tls=False,
        tls_context=tls,
    )
    try:
        await client.connect()
        if place.security == "starttls":
            await _encrypt(client, place)
        await client.ehlo()  # here, where a refusal is known to be about us
        if place.user:
            await _log_in(client, place)
    except (SMTPException, OSError) as error:
        drop(client)
        raise MailError(_explain(place, error)) from error
    except BaseException:
        drop(client)
        raise
    return client


def drop(client: SMTP) -> None:
    """End the connection at once, whatever the server does."""
    if client.transport is not None:
        cast("asyncio.WriteTransport", client.transport).abort()
    client.close()


async def _encrypt(client: SMTP, place: SmtpPlace) -> None:
    await client.ehlo()
    if not client.supports_extension("starttls"):
        raise MailError(
            f"The mail server {place.host}:{place.port} does not offer STARTTLS, and nothing is sent unencrypted: look "
            "at TRIAGE_SMTP_PORT and TRIAGE_SMTP_SECURITY (port 465 is for tls)."
        )
    await client.starttls()


async def _log_in(client: SMTP, place: SmtpPlace) -> None:
    if not client.supported_auth_methods:
        raise MailError(f"The mail server {place.host}:{place.port} asks for no name: leave TRIAGE_SMTP_USER empty.")
    try:
        await client.login(place.user, place.password)
    except SMTPAuthenticationError as error:
        reply = shorten(error.message.replace(place.password, "***") if place.password else error.message)
        raise MailError(
            f"The mail server {place.host} does not let {place.user} in ({error.code} {reply}): look at "
            "TRIAGE_SMTP_USER and TRIAGE_SMTP_PASSWORD."
        ) from error


def _explain(place: SmtpPlace, error: Exception) -> str:
    server = f"The mail server {place.host}:{place.port}"
    cause = next((each for each in (error, error.__cause__) if isinstance(each, ssl.SSLError)), None)
    if isinstance(cause, ssl.SSLCertVerificationError):
        return (
            f"{server} shows a certificate that cannot be trusted ({cause.verify_message}): TRIAGE_SMTP_HOST must be "
            "the name that stands in it, and for one that no public authority gave set TRIAGE_SMTP_CA."
        )
    if cause is not None:
        return (
            f"{server} cannot be talked to encrypted ({cause.reason or cause}): look at TRIAGE_SMTP_SECURITY (port 465 "
            "is for tls, 587 for starttls)."
        )
    if isinstance(error, SMTPResponseException):
        return f"{server} will not talk to us ({error.code} {shorten(error.message)}): ask who runs it."
    return (
        f"{server} cannot be reached ({shorten(str(error))}): look at TRIAGE_SMTP_HOST, TRIAGE_SMTP_PORT and "
        "TRIAGE_SMTP_SECURITY."
    )
