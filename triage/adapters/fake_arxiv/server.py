"""One HTTP/1.1 server on loopback for the query API, OAI-PMH and the feed, with a log and faults on demand."""

import itertools
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import NamedTuple, Self
from urllib.parse import parse_qs, unquote, urlsplit

from triage.adapters.fake_arxiv.answer import Answer
from triage.adapters.fake_arxiv.archive import FakeArchive
from triage.adapters.fake_arxiv.faults import FAULTS, Kind
from triage.adapters.fake_arxiv.feed import FeedServer
from triage.adapters.fake_arxiv.oai import OaiServer, PageSizes
from triage.adapters.fake_arxiv.query import QueryApi

_OK = "ok"
_OAI_KINDS: dict[str, Kind] = {"ListRecords": "oai-records", "ListIdentifiers": "oai-headers"}


class Logged(NamedTuple):
    """One request as it came in, and the fault it was answered with; `at` is the server's clock."""

    at: float
    path: str
    params: dict[str, str]
    user_agent: str
    kind: Kind | None
    fault: str


class FakeArxiv:
    """A context manager; a request's fault comes from `script` (by number, from 0), then `choose_fault`, then `always`.

    "ok" is no fault. `before[n]` runs before request n is answered: to move the list under a reader. `spoiled` names
    ids and the fault of their record, in every answer. `thinking` is real seconds before each answer.
    """

    def __init__(
        self,
        archive: FakeArchive,
        *,
        port: int = 0,
        clock: Callable[[], float] = time.monotonic,
        sizes: PageSizes = PageSizes(),  # noqa: B008 -- frozen
        caches: bool = False,
    ) -> None:
        self._clock = clock
        self._sizes = sizes
        self._caches = caches
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", port), _make_handler(self))
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self.reset(archive)

    def reset(self, archive: FakeArchive) -> None:
        """Begin anew with another archive: nothing logged, cached, scripted or spoiled."""
        self.archive = archive
        self.query = QueryApi(archive)
        self.oai = OaiServer(archive, self.oai_url, self._sizes, caches=self._caches)
        self.feed = FeedServer(archive)
        self.script: list[str] = []
        self.choose_fault: Callable[[int, Kind], str] | None = None
        self.always = _OK
        self.spoiled: dict[str, str] = {}
        self.before: dict[int, Callable[[], None]] = {}
        self.log: list[Logged] = []
        self.most_at_once = 0
        self.thinking = 0.0
        self._at_once = 0

    @property
    def root_url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def query_url(self) -> str:
        """The query API, as https://export.arxiv.org/api/query."""
        return f"{self.root_url}/api/query"

    @property
    def oai_url(self) -> str:
        """OAI-PMH, as https://oaipmh.arxiv.org/oai."""
        return f"{self.root_url}/oai"

    @property
    def feed_url(self) -> str:
        """The feeds, as https://rss.arxiv.org/rss; a category follows."""
        return f"{self.root_url}/rss"

    @property
    def gaps(self) -> list[float]:
        """Seconds between two requests, by the clock."""
        pairs = itertools.pairwise(self.log)
        return [round(late.at - early.at, 6) for early, late in pairs]  # a float is no exact clock

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, path: str, user_agent: str) -> Answer:
        """Note the request and say how it is answered; `path` has the query string."""
        url = urlsplit(path)
        params = {key: values[0] for key, values in parse_qs(url.query).items()}
        kind = _name_kind(url.path, params)
        with self._lock:
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
            number = len(self.log)
            fault = self._choose(number, kind)
            self.log.append(Logged(self._clock(), url.path, params, user_agent, kind, fault))
            if number in self.before:
                self.before[number]()
            answer = self._ask(kind, url.path, url.query, params)
        if fault != _OK:
            FAULTS[fault](answer)
        return answer

    def leave(self) -> None:
        """Count a request as answered: called before the answer goes out, so that no honest client is counted twice."""
        with self._lock:
            self._at_once -= 1

    def _choose(self, number: int, kind: Kind | None) -> str:
        if kind is None:
            return _OK
        if number < len(self.script):
            return self.script[number]
        return self.choose_fault(number, kind) if self.choose_fault else self.always

    def _ask(self, kind: Kind | None, path: str, query: str, params: dict[str, str]) -> Answer:
        if kind is None:
            return Answer(b"Not found", status=404, headers={"Content-Type": "text/plain"})
        if kind == "query":
            return self.query.answer(params, self.spoiled)
        if kind == "feed":
            return self.feed.answer(unquote(path.removeprefix("/rss/")), self.spoiled)
        return self.oai.answer(query, self.spoiled)


def _name_kind(path: str, params: dict[str, str]) -> Kind | None:
    if path == "/oai":
        return _OAI_KINDS.get(params.get("verb", ""), "oai-record")
    return "query" if path == "/api/query" else "feed" if path.startswith("/rss/") else None


def _make_handler(server: FakeArxiv) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 10
        disable_nagle_algorithm = True  # head and body are two writes

        def handle(self) -> None:
            """Serve a connection until either side ends it, which a client may do at any time."""
            with suppress(ConnectionError):
                super().handle()

        def do_GET(self) -> None:
            """Answer one request."""
            answer = server.answer(self.path, self.headers.get("User-Agent", ""))
            time.sleep(server.thinking)
            server.leave()
            answer.send(self, answer)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- http.server's name
            """Stay silent: the log is `FakeArxiv.log`."""

    return Handler
