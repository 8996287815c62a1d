"""arXiv's query API on a loopback port, answering from given papers, with faults on demand.

The shape of the feed follows answers recorded from export.arxiv.org in April 2026.
"""

import itertools
import re
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import NamedTuple, Self
from urllib.parse import parse_qs, urlsplit
from xml.sax.saxutils import escape, quoteattr

from fakes.arxiv_faults import FAULTS, Answer

from triage.core.paper import Paper, parse_arxiv_id

_LARGEST_PAGE = 2000
_LARGEST_RESULT = 30_000
_FEED = """<?xml version='1.0' encoding='UTF-8'?>
<feed xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/" xmlns:arxiv="http://arxiv.org/schemas/atom" \
xmlns="http://www.w3.org/2005/Atom">
  <id>https://arxiv.org/api/fake</id>
  <title>arXiv Query</title>
  <updated>2026-04-12T22:09:36Z</updated>
  <opensearch:itemsPerPage>{size}</opensearch:itemsPerPage>
  <opensearch:totalResults>{total}</opensearch:totalResults>
  <opensearch:startIndex>{start}</opensearch:startIndex>
{entries}</feed>
"""


class Logged(NamedTuple):
    """One request as it came in; `at` is the fake's clock."""

    at: float
    params: dict[str, str]
    user_agent: str


class FakeArxiv:
    """A context manager; `script` names the fault of each request in turn ("ok" for none), then `always` rules.

    `before[n]` runs before request n (from 0) is answered: to move the list under a reader.
    """

    def __init__(self, papers: Iterable[Paper], *, clock: Callable[[], float] = time.monotonic) -> None:
        self.papers = list(papers)
        self.script: list[str] = []
        self.always = "ok"
        self.spoiled: dict[str, str] = {}  # id: the fault of its record, in every answer
        self.before: dict[int, Callable[[], None]] = {}
        self.log: list[Logged] = []
        self.most_at_once = 0
        self.thinking = 0.0  # real seconds before each answer, to catch two requests at once
        self._at_once = 0
        self._clock = clock
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _make_handler(self))
        self._server.daemon_threads = True
        self._server.block_on_close = False

    @property
    def base_url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self._server.server_port}/api/query"

    @property
    def gaps(self) -> list[float]:
        """Seconds between two requests, by the clock."""
        return [
            round(late.at - early.at, 6) for early, late in itertools.pairwise(self.log)
        ]  # a float is no exact clock

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, path: str, user_agent: str) -> Answer:
        """Note the request and say how it is answered."""
        params = {key: values[0] for key, values in parse_qs(urlsplit(path).query).items()}
        with self._lock:
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
            number = len(self.log)
            self.log.append(Logged(self._clock(), params, user_agent))
            fault = self.script[number] if number < len(self.script) else self.always
            if number in self.before:
                self.before[number]()
            papers = self._select(params)
        answer = answer_page(papers, params, self.spoiled)
        if fault != "ok":
            FAULTS[fault](answer)
        return answer

    def leave(self) -> None:
        """Count a request as answered: called before the answer goes out, so that no honest client is counted twice."""
        with self._lock:
            self._at_once -= 1

    def _select(self, params: dict[str, str]) -> list[Paper]:
        if ids := params.get("id_list"):
            wanted = {parse_arxiv_id(text).id for text in ids.split(",")}
            return [paper for paper in self.papers if paper.arxiv_id in wanted]
        query = params.get("search_query", "")
        first, last = re.findall(r"submittedDate:\[(\d{12}) TO (\d{12})\]", query)[0]
        categories = set(re.findall(r"cat:([\w.-]+)", query))
        found = [
            paper
            for paper in self.papers
            if categories.intersection(paper.categories) and first <= f"{_published(paper):%Y%m%d%H%M}" <= last
        ]
        return sorted(found, key=_published, reverse=params.get("sortOrder") != "ascending")


def _published(paper: Paper) -> datetime:
    return paper.published or datetime.max.replace(tzinfo=UTC)


def answer_page(papers: list[Paper], params: dict[str, str], spoiled: dict[str, str]) -> Answer:
    """The slice of a result list that the parameters ask for."""
    start, size = int(params.get("start", "0")), min(int(params.get("max_results", "10")), _LARGEST_PAGE)
    if start + size > _LARGEST_RESULT + _LARGEST_PAGE:
        return Answer(status=400, body=b"")

    def render(shift: int = 0) -> bytes:
        chosen = papers[max(0, start + shift) :][:size]
        entries = "".join(_render_entry(paper, spoiled.get(paper.arxiv_id)) for paper in chosen)
        return _FEED.format(size=size, total=len(papers), start=start, entries=entries).encode()

    return Answer(body=render(), render=render)


def _render_entry(paper: Paper, fault: str | None) -> str:
    optional = {"comment": paper.comment, "journal_ref": paper.journal_ref, "doi": paper.doi}
    lines = [
        f"<id>http://arxiv.org/abs/{paper.arxiv_id}v{paper.version or 1}</id>",
        f"<title>{escape(paper.title)}</title>",
        f"<updated>{paper.updated or paper.published:%Y-%m-%dT%H:%M:%SZ}</updated>",
        f"<summary>  {escape(paper.abstract)}\n</summary>",
        *(f'<category term={quoteattr(term)} scheme="http://arxiv.org/schemas/atom"/>' for term in paper.categories),
        f"<published>{paper.published:%Y-%m-%dT%H:%M:%SZ}</published>",
        *(f"<arxiv:{key}>{escape(text)}</arxiv:{key}>" for key, text in optional.items() if text),
        f"<arxiv:primary_category term={quoteattr(paper.primary_category or '')}/>",
        *(f"<author><name>{escape(name)}</name></author>" for name in paper.authors),
    ]
    entry = Answer(f"  <entry>{''.join(lines)}</entry>\n".encode())
    if fault is not None:
        FAULTS[fault](entry)
    return entry.body.decode()


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
