"""Mail by SMTP, one message at a time over a connection that is kept: what is certain about each, and what is not."""

import asyncio
import re
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from aiosmtplib import SMTP, SMTPException, SMTPResponseException, SMTPSenderRefused, SMTPServerDisconnected

from triage.adapters.smtp_connection import SmtpPlace, connect, drop, make_context
from triage.adapters.smtp_reply import (
    CLOSING,
    TOO_BIG,
    Stage,
    is_permanent,
    is_temporary,
    read_refusal,
    shorten,
)
from triage.errors import InputError, MailError
from triage.ports import MailOutcome, MailReceipt

_GO_ON: Final = 354
_LINE_END: Final = re.compile(rb"\r\n|\r|\n")
_DOT: Final = re.compile(rb"^\.", re.MULTILINE)


class SmtpMailer:
    """Sends from `sender`, where bounces go, what `sign` makes of a message.

    Sends wait for each other. Raises `InputError` for certificates that cannot be read, and for a password that would
    be sent unencrypted.
    """

    def __init__(self, place: SmtpPlace, sender: str, sign: Callable[[bytes], bytes] = bytes) -> None:
        if place.security == "none" and (place.user or place.password):
            raise InputError(
                "TRIAGE_SMTP_PASSWORD would be sent unencrypted: set TRIAGE_SMTP_SECURITY to starttls or tls."
            )
        self.place = place
        self.sender = sender
        self._sign = sign
        self._tls = make_context(place.ca)
        self._client: SMTP | None = None
        self._stage: Stage = "connecting"
        self._turn = asyncio.Lock()

    async def send(self, message: bytes, recipient: str) -> MailReceipt:
        """Try once, within `place.deadline`; a kept connection that fails before the recipient is named is replaced.

        Raises `MailError`, which names the setting to look at, when there is no connection, or the server takes no mail
        from us: then nothing was sent.
        """
        if not recipient.isascii():
            return MailReceipt(MailOutcome.REFUSED, "The address is not ASCII.", is_address_bad=True)
        content = _LINE_END.sub(b"\r\n", await asyncio.to_thread(self._sign, message))
        async with self._turn:
            try:
                async with asyncio.timeout(self.place.deadline):
                    return await self._hand_over(content, recipient)
            except SMTPResponseException as error:
                if error.code == CLOSING or not (is_temporary(error.code) or is_permanent(error.code)):
                    self._drop()
                return read_refusal(error, self._stage)
            except (SMTPException, OSError) as error:
                self._drop()
                return self._tell_loss(error)
            except BaseException:  # also Ctrl-C, after which the caller must doubt what became of the message
                self._drop()
                raise

    async def close(self) -> None:
        """Say goodbye to the server; it may be used again after."""
        async with self._turn:
            if self._client is not None:
                with suppress(SMTPException, OSError):
                    await self._client.execute_command(b"QUIT")
            self._drop()

    async def _hand_over(self, content: bytes, recipient: str) -> MailReceipt:
        self._stage = "connecting"
        client = await self._begin(len(content))
        await client.rcpt(recipient)
        answer = await client.execute_command(b"DATA")
        if answer.code != _GO_ON:
            raise SMTPResponseException(answer.code, answer.message)
        if client.protocol is None or not client.is_connected:
            raise SMTPServerDisconnected("Connection lost")
        self._stage = "content"  # `client.data` would not tell a loss before this from one after it
        end = b".\r\n" if content.endswith(b"\r\n") else b"\r\n.\r\n"
        client.protocol.write(_DOT.sub(b"..", content) + end)
        answer = await client.protocol.read_response(self.place.deadline)
        if answer.code // 100 != 2:  # noqa: PLR2004 -- 2xx is yes
            raise SMTPResponseException(answer.code, answer.message)
        return MailReceipt(MailOutcome.ACCEPTED, f"{answer.code} {shorten(answer.message)}")

    async def _begin(self, size: int) -> SMTP:
        """A connection on which our address was taken: the one that was kept, or a new one where that fails."""
        if self._client is not None:
            try:
                await self._client.rset()
                await self._name_sender(self._client, size)
            except (SMTPException, OSError):
                self._drop()
            else:
                return self._client
        self._stage = "connecting"
        self._client = await connect(self.place, self._tls)
        try:
            await self._name_sender(self._client, size)
        except SMTPSenderRefused as error:
            if is_permanent(error.code) and error.code != TOO_BIG:  # about us, not about this message or its reader
                raise MailError(
                    f"The mail server {self.place.host} takes no mail from {self.sender} ({error.code} "
                    f"{shorten(error.message)}): look at TRIAGE_MAIL_FROM, TRIAGE_MAIL_BOUNCES and TRIAGE_SMTP_USER."
                ) from error
            raise
        return self._client

    async def _name_sender(self, client: SMTP, size: int) -> None:
        self._stage = "envelope"
        options = [f"SIZE={size}"] if client.supports_extension("size") else []
        await client.mail(self.sender, options=options)

    def _tell_loss(self, error: Exception) -> MailReceipt:
        reason = shorten(str(error)) or f"no answer within {self.place.deadline:g} s"
        if self._stage == "connecting":
            raise MailError(
                f"The mail server {self.place.host}:{self.place.port} gives no answer ({reason}): look at "
                "TRIAGE_SMTP_HOST and TRIAGE_SMTP_PORT."
            ) from error
        if self._stage == "envelope":
            return MailReceipt(MailOutcome.DEFERRED, f"Connection lost before the message was sent: {reason}")
        return MailReceipt(MailOutcome.UNKNOWN, f"Connection lost after the message was sent: {reason}")

    def _drop(self) -> None:
        if self._client is not None:
            drop(self._client)
        self._client = None
