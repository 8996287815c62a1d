"""The endpoint: one SMTP server on loopback, with a list of what it took, and faults on demand."""

import asyncio
import socket
import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, NamedTuple, Self

import msgspec

from triage.adapters.fake_smtp.faults import FAULTS, OK
from triage.errors import InputError

if TYPE_CHECKING:
    from triage.adapters.fake_smtp.connection import Connection, Taken

_GOODBYE = 0.1  # seconds that a client has to end its side of the encryption
Script = str | Sequence[str]
"""A fault for every attempt, or one for each of the first ones; after those all is well."""


class Tls(NamedTuple):
    """The server's side of encryption: by STARTTLS, or from the first byte on. `wrong` is for `wrong_certificate`."""

    right: ssl.SSLContext
    wrong: ssl.SSLContext | None = None
    is_from_start: bool = False


class FakeSmtp:
    """A context manager. `faults` are scripted by the local part of the recipient, or by number of connection (from 0).

    `choose_fault(key, attempt)` is asked, by the same keys, where nothing is scripted; attempts count from 0.
    `accepted` holds what was taken, in order, whether or not the client was told; `log_path` gets a JSON line of each,
    without its data, before the client is told, so that another process can read it. Raises `InputError` for faults
    that are none, and where aiosmtpd is not installed; `OSError` for a port that is taken.
    """

    def __init__(
        self,
        faults: Mapping[str | int, Script] | None = None,
        *,
        port: int = 0,
        tls: Tls | None = None,
        log_path: Path | None = None,
    ) -> None:
        self.faults = dict(faults or {})
        self.choose_fault: Callable[[str | int, int], str] | None = None
        self.accepted: list[Taken] = []
        self.connections = 0
        self.log_path = log_path
        self._tls = tls
        self._attempts: Counter[str] = Counter()
        self.open: set[Connection] = set()
        self._is_ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._connection = _import_connection()
        self._check_faults()
        self._socket = socket.create_server(("127.0.0.1", port))
        self.port: int = self._socket.getsockname()[1]

    def __enter__(self) -> Self:
        self._thread.start()
        self._is_ready.wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def choose(self, recipient: str) -> str:
        """The fault for this attempt to reach a recipient; it counts the attempt."""
        name = recipient.rpartition("@")[0]
        attempt = self._attempts[name]
        self._attempts[name] += 1
        return self._find_fault(name, attempt)

    def take(self, taken: "Taken") -> None:
        """Note a message: in the log first, so that a reader of it never misses what a client was told."""
        if self.log_path:
            line = {key: value for key, value in taken._asdict().items() if key != "data"} | {"at": time.time()}
            with self.log_path.open("ab") as file:
                file.write(msgspec.json.encode(line) + b"\n")
        self.accepted.append(taken)

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:  # aiosmtpd needs asyncio's own
            runner.run(self._serve())

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        encryption = self._tls.right if self._tls and self._tls.is_from_start else None
        patience = _GOODBYE if encryption else None
        server = await self._loop.create_server(
            self._answer, sock=self._socket, ssl=encryption, ssl_shutdown_timeout=patience
        )
        self._is_ready.set()
        await self._stop.wait()
        server.close()
        for connection in tuple(self.open):
            connection.abort()
        while self.open:  # noqa: ASYNC110 -- gone within a few turns of the loop
            await asyncio.sleep(0)

    def _answer(self) -> "Connection":
        number, self.connections = self.connections, self.connections + 1
        fault = self._find_fault(number, 0)
        is_private = self._tls is not None and self._tls.is_from_start
        return self._connection(self, number, fault, self._find_tls(fault), is_private=is_private)

    def _find_fault(self, key: str | int, attempt: int) -> str:
        script = self.faults.get(key)
        if script is None:
            return self.choose_fault(key, attempt) if self.choose_fault else OK
        if isinstance(script, str):
            return script
        return script[attempt] if attempt < len(script) else OK

    def _find_tls(self, fault: str) -> ssl.SSLContext | None:
        if self._tls is None or self._tls.is_from_start or fault == "no_starttls":
            return None
        return self._tls.wrong if fault == "wrong_certificate" else self._tls.right

    def _check_faults(self) -> None:
        names = {name for script in self.faults.values() for name in ([script] if isinstance(script, str) else script)}
        if unknown := sorted(names - FAULTS.keys() - {OK}):
            raise InputError(f"{unknown[0]!r} is no fault: expected one of {', '.join(sorted(FAULTS))}.")
        if "wrong_certificate" in names and not (self._tls and self._tls.wrong):
            raise InputError("The fault wrong_certificate needs a certificate to show: expected tls=Tls(right, wrong).")


def _import_connection() -> type["Connection"]:
    try:
        from triage.adapters.fake_smtp.connection import Connection
    except ImportError as error:
        raise InputError("The mail server for trials needs aiosmtpd. Add it with: pip install aiosmtpd") from error
    return Connection
