"""One OAI-PMH answer of arXiv, read strictly: what contradicts the request or itself is refused as a whole.

The protocol: https://www.openarchives.org/OAI/openarchivesprotocol.html. A record that is bad by itself is set aside
and neither stops nor shifts the others.
"""

import itertools
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Generic, TypeVar
from xml.etree import ElementTree as ET

import msgspec

from triage.adapters.arxiv_http import BadAnswerError
from triage.adapters.arxiv_record import CATEGORY
from triage.adapters.oai_record import FORMAT, to_paper
from triage.adapters.xml_answer import parse_xml, write_xml
from triage.core.paper import clean_text, parse_arxiv_id
from triage.ports import DELETED, Header, Record, SetAside

_OAI = "{http://www.openarchives.org/OAI/2.0/}"
_PREFIX = "oai:arXiv.org:"
_LONGEST_TOKEN = 2000  # it must fit into a URL; arXiv's have some 200 characters
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_ONE_DAY = timedelta(days=1)

Item = TypeVar("Item")


class OaiError(Exception):
    """An error that the server names in a well-formed answer; to ask again at once would give the same answer."""


class TokenError(OaiError):
    """badResumptionToken: the list cannot be continued, since its token is wrong or has expired."""


class NoRecordsError(OaiError):
    """noRecordsMatch: nothing fits the request."""


class UnknownIdError(OaiError):
    """idDoesNotExist."""


class OaiRequest(msgspec.Struct, frozen=True):
    """A list of `set_name` from `start` on, its continuation at `token`, or the one record of `arxiv_id`."""

    verb: str
    set_name: str = ""
    start: date = date.min
    token: str | None = None
    arxiv_id: str | None = None

    @property
    def params(self) -> dict[str, str]:
        """The parameters of the URL; a token stands alone, as the protocol demands."""
        if self.token is not None:
            return {"verb": self.verb, "resumptionToken": self.token}
        params = {"verb": self.verb, "metadataPrefix": FORMAT}
        if self.arxiv_id is not None:
            return {**params, "identifier": f"{_PREFIX}{self.arxiv_id}"}
        return {**params, "set": self.set_name, "from": self.start.isoformat()}


class Line(msgspec.Struct, frozen=True):
    """What a list is checked by: a readable header's id and datestamp."""

    arxiv_id: str
    datestamp: date


class OaiPage(msgspec.Struct, Generic[Item], frozen=True):
    """A believable page. `size` counts all its records, `lines` names those with a readable header.

    `token` continues the list; it is empty on the last of several pages and None where the page has no token element.
    """

    items: tuple[Item, ...]
    set_aside: tuple[SetAside, ...]
    lines: tuple[Line, ...]
    size: int
    responded_at: datetime
    token: str | None


RecordsPage = OaiPage[Record]
HeadersPage = OaiPage[Header]


def read_records(body: bytes, request: OaiRequest) -> RecordsPage:
    """A page of ListRecords, or GetRecord's one record.

    Raises `BadAnswerError` where the answer cannot be believed, `OaiError` where the server names an error.
    """
    return _read_page(body, request, "record", _read_record)


def read_headers(body: bytes, request: OaiRequest) -> HeadersPage:
    """A page of ListIdentifiers; raises as `read_records` does."""
    return _read_page(body, request, "header", _read_header)


def _read_page(body: bytes, request: OaiRequest, name: str, read: Callable[[ET.Element, Line], Item]) -> OaiPage[Item]:
    root = parse_xml(body, f"{_OAI}OAI-PMH", "an OAI-PMH answer")
    _raise_error(root, request)
    responded_at = _read_response_date(root)
    elements, token = _open_list(root, request, name)
    items: list[Item] = []
    set_aside: list[SetAside] = []
    lines: list[Line] = []
    for element in elements:
        line: Line | None = None
        try:
            line = _read_line(element if name == "header" else element.find(f"{_OAI}header"))
            lines.append(line)
            items.append(read(element, line))
        except ValueError as error:
            named = (line.arxiv_id, line.datestamp) if line else ()
            set_aside.append(SetAside(write_xml(element), str(error), *named))
    _check_lines(lines, request, responded_at)
    return OaiPage(tuple(items), tuple(set_aside), tuple(lines), len(elements), responded_at, token)


def _raise_error(root: ET.Element, request: OaiRequest) -> None:
    for element in root.findall(f"{_OAI}error"):
        code, text = element.get("code", ""), clean_text(element.text or "")
        said = f"it answered with the OAI-PMH error {code!r} ({text})"
        if code == "badResumptionToken" and request.token is not None:
            raise TokenError(said)
        if code == "noRecordsMatch" and request.arxiv_id is None:
            raise NoRecordsError(said)
        if code == "idDoesNotExist" and request.arxiv_id is not None:
            raise UnknownIdError(said)
        raise BadAnswerError(said)


def _read_response_date(root: ET.Element) -> datetime:
    text = clean_text(root.findtext(f"{_OAI}responseDate") or "")
    try:
        moment = datetime.fromisoformat(text).astimezone(UTC) if text.endswith("Z") else None
    except (ValueError, OverflowError):
        moment = None
    if moment is None:
        raise BadAnswerError(f"its responseDate is {text!r}, no time in UTC")
    return moment


def _open_list(root: ET.Element, request: OaiRequest, name: str) -> tuple[list[ET.Element], str | None]:
    """The records of the answer and its token; refuses an answer to another request or with anything else in it."""
    asked = root.find(f"{_OAI}request")
    for key, value in ("verb", request.verb), ("set", request.set_name):
        if asked is not None and asked.get(key, value) != value:
            raise BadAnswerError(f"it answered a request for {key} {asked.get(key)!r} when asked for {value!r}")
    lists = root.findall(f"{_OAI}{request.verb}")
    if len(lists) != 1:
        raise BadAnswerError(f"it held {len(lists)} elements <{request.verb}> in place of one")
    elements, tokens = lists[0].findall(f"{_OAI}{name}"), lists[0].findall(f"{_OAI}resumptionToken")
    if len(elements) + len(tokens) < len(lists[0]) or len(tokens) > 1:
        raise BadAnswerError(f"<{request.verb}> held something that is no <{name}> or more than one token")
    if not elements or (request.arxiv_id is not None and len(elements) > 1):
        raise BadAnswerError(f"<{request.verb}> held {len(elements)} elements <{name}>")
    token = clean_text(tokens[0].text or "") if tokens else None
    if token and len(token) > _LONGEST_TOKEN:
        raise BadAnswerError(f"its resumption token was longer than {_LONGEST_TOKEN} characters")
    return elements, token


def _read_line(header: ET.Element | None) -> Line:
    if header is None:
        raise ValueError("expected a <header>")
    text, day = (clean_text(header.findtext(f"{_OAI}{name}") or "") for name in ("identifier", "datestamp"))
    identifier = parse_arxiv_id(text)
    if not text.startswith(_PREFIX) or identifier.version is not None:
        raise ValueError(f"<identifier>: expected {_PREFIX} and an id without a version, got {text!r}")
    if not _DAY.fullmatch(day):
        raise ValueError(f"<datestamp>: expected a day such as 2026-08-20, got {day!r}")
    return Line(identifier.id, date.fromisoformat(day))


def _check_lines(lines: list[Line], request: OaiRequest, responded_at: datetime) -> None:
    if not lines:
        raise BadAnswerError("not one of its records had a readable header")
    if request.arxiv_id is not None and lines[0].arxiv_id != request.arxiv_id:
        raise BadAnswerError(f"it answered with {lines[0].arxiv_id} when asked for {request.arxiv_id}")
    if len({line.arxiv_id for line in lines}) < len(lines):
        raise BadAnswerError("one page held the same paper twice")
    days = [line.datestamp for line in lines]
    if any(early > late for early, late in itertools.pairwise(days)):
        raise BadAnswerError("the datestamps of one page go backwards")
    if days[0] < request.start:
        raise BadAnswerError(f"it answered with a change of {days[0]} when asked from {request.start}")
    if days[-1] - responded_at.date() > _ONE_DAY:
        raise BadAnswerError(f"it answered on {responded_at:%Y-%m-%d} with a change of {days[-1]}")


def _read_record(record: ET.Element, line: Line) -> Record:
    _refuse_deleted(record.find(f"{_OAI}header"))
    metadata = record.find(f"{_OAI}metadata")
    if metadata is None:
        raise ValueError(f"{line.arxiv_id}: expected <metadata>")
    try:
        paper = to_paper(metadata)
    except ValueError as error:
        raise ValueError(f"{line.arxiv_id}: {error}") from error
    if paper.arxiv_id != line.arxiv_id:
        raise ValueError(f"{line.arxiv_id}: its metadata are those of {paper.arxiv_id}")
    return Record(paper, line.datestamp)


def _read_header(header: ET.Element, line: Line) -> Header:
    """A set is named GROUP:ARCHIVE[:CLASS], as in cs:cs:IR and physics:hep-th."""
    _refuse_deleted(header)
    names = (clean_text(spec.text or "").split(":") for spec in header.iterfind(f"{_OAI}setSpec"))
    categories = dict.fromkeys(".".join(name[1:]) for name in names)
    return Header(line.arxiv_id, line.datestamp, tuple(filter(CATEGORY.fullmatch, categories)))


def _refuse_deleted(header: ET.Element | None) -> None:
    if header is not None and header.get("status") == "deleted":
        raise ValueError(DELETED)
