"""One connection as the server sees it: aiosmtpd's protocol, spoiled where the script says so."""

import asyncio
import ssl
from email.parser import BytesHeaderParser
from email.policy import compat32
from typing import Any, NamedTuple, Protocol

from aiosmtpd.smtp import SMTP, AuthResult

from triage.adapters.fake_smtp.faults import FAULTS, OK, Fault, Place

_DRIP = 1.0  # seconds between two bytes
_PART = 64  # bytes of a message that are read before it is cut


class Taken(NamedTuple):
    """A message that the server took on. `data` is as it came; `is_dropped_after`: the client was never told so.

    `connection` counts connections from 0; `hello` is what the client called itself, `options` those of MAIL.
    """

    sender: str
    recipient: str
    message_id: str
    data: bytes
    is_dropped_after: bool
    connection: int
    hello: str
    options: tuple[str, ...]


class Book(Protocol):
    """What a connection asks of the server it belongs to."""

    open: set["Connection"]

    def choose(self, recipient: str) -> str:
        """The name of the fault for this attempt to reach a recipient; it counts the attempt."""
        ...

    def take(self, taken: Taken) -> None:
        """Note a message, before the client is told."""
        ...


class Connection(SMTP):  # type: ignore[misc]  # aiosmtpd has no types
    """`fault` is that of the whole connection, `own_fault` that of the recipient who was named last."""

    def __init__(self, book: Book, number: int, fault: str, tls: ssl.SSLContext | None, *, is_private: bool) -> None:
        self.book = book
        self.number = number
        self.fault = fault
        self.own_fault = OK
        self._is_greeted = False
        super().__init__(
            _Hooks(),
            hostname="mail.test",
            ident="FakeSmtp",
            tls_context=tls,
            auth_require_tls=not is_private,
            auth_exclude_mechanism=["LOGIN", "PLAIN"] if fault == "no_login" else [],
            authenticator=self._check_login,
            loop=asyncio.get_running_loop(),
        )

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Be counted among the open ones; called again after STARTTLS."""
        self.book.open.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        """Be counted no more."""
        self.book.open.discard(self)
        super().connection_lost(error)

    def abort(self) -> None:
        """End it at once: below the encryption, where that has begun its goodbyes already and hears no more."""
        (self._original_transport or self.transport).abort()

    def _check_login(self, *_: object) -> AuthResult:
        return AuthResult(success=self.fault != "auth_refused", handled=False)

    def find_fault(self, place: Place) -> Fault | None:
        """The fault that strikes here."""
        faults = (FAULTS.get(name) for name in (self.own_fault, self.fault))
        return next((fault for fault in faults if fault and fault.place == place), None)

    async def push(self, status: str | bytes) -> None:
        """Say a line, or what the script says instead of the greeting."""
        fault = self.find_fault("connect")
        if not self._is_greeted:
            self._is_greeted = True
            status = await self.spoil(fault) or status if fault else status
        line = (status.encode() if isinstance(status, str) else status) + b"\r\n"
        if "slow" in {self.own_fault, self.fault}:
            for place in range(len(line)):
                self._writer.write(line[place : place + 1])
                await asyncio.sleep(_DRIP)
        else:
            self._writer.write(line)
            await self._writer.drain()

    async def spoil(self, fault: Fault) -> str:
        """What to say; does not come back from a fault that ends the talk."""
        if fault.is_cut:
            if fault.reply:
                self._writer.write(f"{fault.reply}\r\n".encode())
                self._writer.close()
            else:
                self._writer.transport.abort()
        if fault.is_cut or fault.is_silent:
            await asyncio.Event().wait()  # until the loss of the connection cancels this
        return fault.reply

    async def smtp_DATA(self, arg: str | None) -> None:  # noqa: N802 -- aiosmtpd's name
        """Take the message, or fail to."""
        if fault := self.find_fault("data"):
            await self.push(await self.spoil(fault))
            self._set_post_data_state()
            return
        if fault := self.find_fault("content"):
            await self.push("354 Go on")
            await self._reader.read(_PART)
            await self.spoil(fault)
        await super().smtp_DATA(arg)

    def take(self, *, is_dropped_after: bool) -> None:
        """Note the message that just came in."""
        envelope, data = self.envelope, bytes(self.envelope.original_content)
        message_id = str(BytesHeaderParser(policy=compat32).parsebytes(data).get("Message-ID", "")).strip()
        for recipient in envelope.rcpt_tos:
            self.book.take(
                Taken(
                    sender=envelope.mail_from,
                    recipient=recipient,
                    message_id=message_id,
                    data=data,
                    is_dropped_after=is_dropped_after,
                    connection=self.number,
                    hello=self.session.host_name,
                    options=tuple(envelope.mail_options),
                )
            )


class _Hooks:
    """What aiosmtpd calls back; its names are aiosmtpd's."""

    async def handle_MAIL(  # noqa: N802 -- aiosmtpd's name
        self, server: Connection, _session: object, envelope: Any, address: str, options: list[str]
    ) -> str:
        server.own_fault = OK
        if fault := server.find_fault("sender"):
            return await server.spoil(fault)
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802 -- aiosmtpd's name
        self, server: Connection, _session: object, envelope: Any, address: str, _options: list[str]
    ) -> str:
        server.own_fault = server.book.choose(address)
        if fault := server.find_fault("recipient"):
            return await server.spoil(fault)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Connection, _session: object, _envelope: object) -> str:  # noqa: N802
        fault = server.find_fault("end")
        if not fault:
            server.take(is_dropped_after=False)
            return "250 OK, taken"
        if fault.is_taken:
            server.take(is_dropped_after=not fault.reply.startswith("2"))
        return await server.spoil(fault)

    async def handle_exception(self, error: Exception) -> str:
        """Say it to the client, and nothing to standard error."""
        return f"500 {type(error).__name__}"
