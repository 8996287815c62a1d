"""An HTTP adapter for `requests` that trusts no server: every limit is set, every answer judged, every retry paced.

The `arxiv` package sets no time-out, retries at once after a refused connection, ignores `Retry-After` and takes a 200
with any text for an empty result. Mounted on its session, this adapter returns only answers that passed `check`.
"""

import random
import re
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from email.utils import parsedate_to_datetime
from typing import Any, Protocol

import msgspec
import requests
import structlog
from requests.adapters import HTTPAdapter

from triage import __version__
from triage.adapters.pace import Pace
from triage.errors import InputError, SourceError, SourceStoppedError

_log = structlog.get_logger(__name__)
_BASE_URL = re.compile(r"https?://[^\s/?#{}]+[^\s?#{}]*")
_CHUNK = 64 * 1024
ATOM_TYPES = frozenset({"application/atom+xml", "application/xml", "text/xml"})
XML_TYPES = frozenset({"application/xml", "text/xml"})
RSS_TYPES = frozenset({"application/rss+xml", "application/xml", "text/xml"})
Keep = Callable[[str, bytes], None]
"""Called with the URL and the whole body of each answer that was believed."""


class HttpLimits(msgspec.Struct, frozen=True):
    """Bounds of one request; times in seconds, `size` in bytes after decompression."""

    connect: float = 10.0
    read: float = 60.0  # between two pieces of an answer
    total: float = 300.0  # from the first byte sent to the last received
    size: int = 64 * 2**20
    attempts: int = 6
    backoff: float = 3.0  # first wait before a retry; each further one is twice as long, plus up to half as jitter


class BadAnswerError(Exception):
    """An answer that cannot be believed; the adapter asks again, at the earliest after `retry_after` seconds."""

    def __init__(self, reason: str, retry_after: float = 0.0) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class Wire(Protocol):
    """How a client reaches arXiv: over the network, or by answers that were kept."""

    def adapter(
        self, check: Callable[[bytes], bytes], *, expected: str, media_types: frozenset[str] = XML_TYPES
    ) -> HTTPAdapter:
        """An adapter to mount on a `requests` session.

        `check` gets the whole decompressed body and returns what the caller shall see in its place; it raises
        `BadAnswerError` where the answer cannot be believed. `expected` names the answer in messages.
        """
        ...


class Network(msgspec.Struct, frozen=True):
    """The real wire. All clients share one: one pace, one name, one keeper of raw answers; limits may differ."""

    pace: Pace
    user_agent: str
    limits: HttpLimits = HttpLimits()
    keep: Keep = lambda _url, _body: None
    rng: random.Random = random.Random()

    def adapter(
        self, check: Callable[[bytes], bytes], *, expected: str, media_types: frozenset[str] = XML_TYPES
    ) -> HTTPAdapter:
        """An adapter that asks until `check` accepts."""
        return HardenedAdapter(check, self, expected=expected, media_types=media_types)


def check_base_url(url: str, example: str) -> None:
    """Raise `InputError` for what is no address to put a query behind."""
    if not _BASE_URL.fullmatch(url):
        raise InputError(f"{url!r} is no base URL: expected one such as {example}.")


def name_agent(contact: str) -> str:
    """The User-Agent: program, version and the mail address or page that arXiv's terms ask for; or `InputError`."""
    if not (contact.strip() and contact.isascii() and contact.isprintable()):
        raise InputError(f"{contact!r} is no contact: expected a mail address or a page, in one line of ASCII.")
    return f"triage/{__version__} ({contact})"


class HardenedAdapter(HTTPAdapter):
    """Sends one request at a time, by the network's pace, until `check` accepts or the attempts are used up."""

    def __init__(
        self, check: Callable[[bytes], bytes], network: Network, *, expected: str, media_types: frozenset[str]
    ) -> None:
        super().__init__(pool_maxsize=1)
        self._check = check
        self._network = network
        self._pace = network.pace
        self._limits = network.limits
        self._expected = expected
        self._media_types = media_types
        self._socket: socket.socket | None = None

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,  # noqa: FBT001, FBT002, ARG002 -- the body is always read here, within the limits
        timeout: object = None,  # noqa: ARG002 -- the limits are ours
        verify: bool | str = True,  # noqa: FBT001, FBT002
        cert: bytes | str | tuple[bytes | str, bytes | str] | None = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """Return an accepted answer; raise `SourceError` after the last attempt, on a redirect and on 403."""
        request.headers["User-Agent"] = self._network.user_agent
        reason = ""
        for attempt in range(self._limits.attempts):
            with self._pace.turn():
                try:
                    return self._attempt(request, verify=verify, cert=cert, proxies=proxies)
                except BadAnswerError as error:
                    reason = str(error)
                    wait = self._limits.backoff * 2**attempt * self._network.rng.uniform(1.0, 1.5)
                    self._pace.postpone(max(wait, error.retry_after))
                    _log.warning("arxiv_answer_refused", attempt=attempt + 1, reason=reason)
        raise SourceError(
            f"arXiv gave no usable answer in {self._limits.attempts} attempts; the last time {reason}. "
            f"Nothing was taken over; run the command again later. ({request.url})"
        )

    def _attempt(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        with self._time_limit():
            timeout = (self._limits.connect, self._limits.read)
            try:
                response = super().send(request, stream=True, timeout=timeout, **options)
                with response:  # closes the connection unless the body was read to its end
                    self._judge_head(response)
                    body = self._read(response)
            except requests.RequestException as error:
                raise BadAnswerError(f"the connection failed ({_name_cause(error)})") from error
        # requests offers no way to hand over a body that was already read.
        response._content = self._check(body)  # noqa: SLF001
        self._network.keep(str(request.url), body)
        return response

    def _judge_head(self, response: requests.Response) -> None:
        status = response.status_code
        if status == requests.codes.forbidden:
            self._pace.stop(
                "arXiv answered 403: it refuses this program, and further requests would count as an attack. Read "
                "https://info.arxiv.org/help/api/tou.html, find the cause, and only then: triage harvest --clear-stop."
            )
            raise SourceStoppedError(
                f"arXiv answered 403 and was asked no further: find the cause first. ({response.url})"
            )
        if response.is_redirect:
            target = response.headers["Location"]
            raise SourceError(f"arXiv's server moved to {target!r}; if that is right, set the base URL to it.")
        if status != requests.codes.ok:
            raise BadAnswerError(f"it answered HTTP {status}", read_retry_after(response.headers))
        media_type = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if media_type not in self._media_types:
            raise BadAnswerError(f"it answered with {media_type or 'no content type'} in place of {self._expected}")

    def _read(self, response: requests.Response) -> bytes:
        body = bytearray()
        for chunk in response.iter_content(_CHUNK):
            body += chunk
            if len(body) > self._limits.size:
                raise BadAnswerError(f"the answer was larger than {self._limits.size} bytes")
        return bytes(body)

    @contextmanager
    def _time_limit(self) -> Iterator[None]:
        """Cut the connection when the time is up: a read time-out never ends a drip of one byte a second."""
        is_over = threading.Event()

        def cut() -> None:
            is_over.set()
            if self._socket is not None:
                with suppress(OSError):  # closed in the meantime
                    socket.socket.shutdown(self._socket, socket.SHUT_RDWR)  # TLS would wait for the other side

        timer = threading.Timer(self._limits.total, cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        except BadAnswerError as error:
            if not is_over.is_set():
                raise
            raise BadAnswerError(f"the answer took longer than {self._limits.total:g} s") from error
        finally:
            timer.cancel()
        if is_over.is_set():  # an answer without a length ends without an error when it is cut
            raise BadAnswerError(f"the answer took longer than {self._limits.total:g} s")

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        """Remember each socket that is opened, so that `_time_limit` can cut it before an answer exists."""
        pool: Any = super().get_connection_with_tls_context(*args, **kwargs)
        connection_class = type(pool).ConnectionCls

        def open_connection(*args: Any, **kwargs: Any) -> Any:
            connection = connection_class(*args, **kwargs)
            plain_connect = connection.connect

            def connect() -> None:
                plain_connect()
                self._socket = connection.sock  # the connection itself forgets it when an answer has no length

            connection.connect = connect
            return connection

        pool.ConnectionCls = open_connection
        return pool


def read_retry_after(headers: Mapping[str, str]) -> float:
    """Seconds that `Retry-After` (RFC 9110, 10.2.3: seconds or a date) asks for; 0 where it is absent or unreadable.

    A date is compared with the answer's own `Date`, so that our clock does not matter.
    """
    text = headers.get("Retry-After", "").strip()
    if text.isdecimal():
        return float(text)
    try:
        until, now = parsedate_to_datetime(text), parsedate_to_datetime(headers.get("Date", ""))
        return max(0.0, (until - now).total_seconds())
    except (ValueError, OverflowError, TypeError):  # TypeError: one of them names no time zone
        return 0.0


def _name_cause(error: requests.RequestException) -> str:
    """What urllib3 says went wrong, without the long URL that requests puts before it."""
    inner = error.args[0] if error.args else error
    return f"{type(error).__name__}: {getattr(inner, 'reason', inner)}"
