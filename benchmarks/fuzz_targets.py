"""The parsers under fuzz: how each is called, which errors it names, from which seeds its cases are made."""

import logging
import re
from collections.abc import Callable
from datetime import date, datetime
from functools import cache, partial
from pathlib import Path
from types import SimpleNamespace

import msgspec
from requests.adapters import HTTPAdapter

from benchmarks.mutations import JSON_WORDS, XML_WORDS, Mutator, read_json, read_plain, read_xml
from triage.adapters.arxiv_client import ArxivClient, PaperPage
from triage.adapters.arxiv_feed import read_feed
from triage.adapters.arxiv_http import XML_TYPES, BadAnswerError
from triage.adapters.oai_page import (
    NoRecordsError,
    OaiPage,
    OaiRequest,
    TokenError,
    UnknownIdError,
    read_headers,
    read_records,
)
from triage.core.arxiv_json import read_record
from triage.core.paper import ArxivId, Paper, clean_text, parse_arxiv_id
from triage.ports import Announcement, Header

_CORPUS = Path(__file__).parent / "corpus"
_PAGE_SIZE = 10
_START = date(2026, 8, 14)
_UNSTORABLE = re.compile(r"[\0\ud800-\udfff]")


class ViolationError(Exception):
    """An accepted result that breaks a promise."""


class Target(msgspec.Struct, frozen=True):
    """A parser: `read` returns what it accepted or raises one of `errors`, exactly these classes."""

    name: str
    read: Callable[[bytes], object]
    errors: tuple[type[Exception], ...] = (BadAnswerError,)

    def load_mutator(self) -> Mutator:
        """Cases from the seeds in `corpus/NAME`: an XML file is one seed, any other file has one a line."""
        files = sorted((_CORPUS / self.name).iterdir())
        if files[0].suffix == ".xml":
            return Mutator([read_xml(file.read_bytes()) for file in files], XML_WORDS)
        lines = [line for file in files for line in file.read_bytes().splitlines()]
        if files[0].suffix == ".jsonl":
            return Mutator([read_json(line) for line in lines], JSON_WORDS)
        return Mutator([read_plain(line) for line in lines])


class _Wire:
    """Answers every request with `body`; not through `requests`, which takes longer than reading the answer."""

    def __init__(self) -> None:
        self.body = b""
        self._check: Callable[[bytes], bytes] = bytes
        logging.getLogger("arxiv").setLevel(logging.ERROR)  # it warns of entries that the corpus has on purpose

    def adapter(
        self,
        check: Callable[[bytes], bytes],
        *,
        expected: str,  # noqa: ARG002 -- for messages
        media_types: frozenset[str] = XML_TYPES,  # noqa: ARG002 -- nothing is sent
    ) -> HTTPAdapter:
        """Keep `check` for `get`; the adapter itself is never used."""
        self._check = check
        return HTTPAdapter()

    def get(self, _url: str, headers: dict[str, str]) -> SimpleNamespace:  # noqa: ARG002 -- as `requests.Session.get`
        """The part of a response that the `arxiv` package reads."""
        return SimpleNamespace(status_code=200, content=self._check(self.body))


@cache
def _open_client() -> tuple[_Wire, ArxivClient]:
    wire = _Wire()
    client = ArxivClient("https://export.arxiv.org/api/query", wire, _PAGE_SIZE)
    client._client._session = wire  # noqa: SLF001 -- see _Wire
    return wire, client


def _read_id(case: bytes) -> ArxivId:
    return parse_arxiv_id(case.decode(errors="surrogateescape"))


def _read_query_page(case: bytes) -> PaperPage:
    """As `ArxivApi` gets its pages, the `arxiv` package's own reading included; half of them as lists of ids."""
    wire, client = _open_client()
    wire.body = case
    return client.fetch_ids(["2604.00001"]) if len(case) % 2 else client.fetch("cat:cs.IR", 0)


def _read_oai_page(case: bytes) -> object:
    """The verb is the one the case names; half of the lists are continued ones."""
    if b"GetRecord" in case:
        return read_records(case, OaiRequest("GetRecord", arxiv_id="2608.00001"))
    token = "skip=2" if len(case) % 2 else None
    if b"ListIdentifiers" in case:
        return read_headers(case, OaiRequest("ListIdentifiers", "cs", _START, token))
    return read_records(case, OaiRequest("ListRecords", "cs", _START, token))


TARGETS = {
    target.name: target
    for target in (
        Target("arxiv-id", _read_id, (ValueError,)),
        Target("snapshot-line", read_record, (ValueError,)),
        Target("query-page", _read_query_page),
        Target("oai-page", _read_oai_page, (BadAnswerError, TokenError, NoRecordsError, UnknownIdError)),
        Target("feed", partial(read_feed, category="cs.IR")),
    )
}


def judge(result: object) -> None:
    """Raise `ViolationError` unless an accepted result can be stored and means what it says."""
    match result:
        case str():
            _judge_text(result)
        case datetime():
            _require(result.tzinfo is not None, f"the time {result} has no zone")
        case tuple() | list():
            for item in result:
                judge(item)
        case dict():
            for key, value in result.items():
                judge(key)
                judge(value)
        case msgspec.Struct():
            _judge_record(result)


def _judge_record(record: msgspec.Struct) -> None:
    for field in record.__struct_fields__:
        value = getattr(record, field)
        _require(field != "version" or value is None or value >= 1, f"version {value}")
        judge(value)
    match record:
        case ArxivId():
            _require(parse_arxiv_id(str(record)) == record, f"{record} does not come back from its own text")
        case Announcement() | Header():
            _judge_id(record.arxiv_id)
        case OaiPage():
            _require(len(record.items) + len(record.set_aside) == record.size, "a record is lost or doubled")
        case Paper():
            _judge_id(record.arxiv_id)
            _require(record.title == clean_text(record.title) != "", f"title {record.title!r}")
            _require(record.abstract == clean_text(record.abstract), f"abstract {record.abstract!r}")
        case PaperPage():
            named = all(paper.arxiv_id == key for key, paper in record.entries.items() if isinstance(paper, Paper))
            _require(named, "an entry has another paper's name")
            _require(len(record.entries) <= record.total, f"{len(record.entries)} entries of {record.total}")


def _judge_id(arxiv_id: str) -> None:
    _require(parse_arxiv_id(arxiv_id) == ArxivId(arxiv_id), f"{arxiv_id!r} is not canonical")


def _judge_text(text: str) -> None:
    _require(_UNSTORABLE.search(text) is None, f"no database holds {text!r}")


def _require(is_kept: bool, broken: str) -> None:  # noqa: FBT001 -- reads like an assertion
    if not is_kept:
        raise ViolationError(broken)
