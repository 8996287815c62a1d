"""One page of the query API, read strictly: what the `arxiv` package would drop, misread or die of is found first.

The format: https://info.arxiv.org/help/api/user-manual.html, section 3.3.
"""

from datetime import UTC, datetime
from xml.etree import ElementTree as ET

import msgspec

from triage.adapters.arxiv_http import BadAnswerError
from triage.adapters.xml_answer import parse_xml, write_xml
from triage.core.paper import clean_text, parse_arxiv_id

_ATOM = "{http://www.w3.org/2005/Atom}"
_OPENSEARCH = "{http://a9.com/-/spec/opensearch/1.1/}"
_DIGITS = 9
_ERROR_ID = "/api/errors"


class Request(msgspec.Struct, frozen=True):
    """What a page was asked for; a list of ids is answered by as many entries as there are known ones."""

    start: int
    size: int
    is_id_list: bool = False


class BadRecord(msgspec.Struct, frozen=True):
    """An entry that is no usable paper: its XML, what is wrong with it, and its id where that can be read."""

    raw: str
    reason: str
    arxiv_id: str | None = None


class Page(msgspec.Struct, frozen=True):
    """A believable page: `keys` name its entries in order; `clean` is the feed without the bad ones."""

    total: int
    keys: tuple[str, ...]
    bad: dict[str, BadRecord]
    clean: bytes


def read_page(body: bytes, request: Request) -> Page:
    """Check an answer against what was asked; raise `BadAnswerError` where it cannot be believed as a whole.

    In `clean`, the total is set so that the package takes the page for the last one: paging is not left to it, because
    it believes the first page's total whatever the later ones say.
    """
    root = parse_xml(body, f"{_ATOM}feed", "an Atom feed")
    entries = root.findall(f"{_ATOM}entry")
    _refuse_error_entry(entries)
    total = _read_int(root, "totalResults")
    _check_counts(root, len(entries), total, request)
    keys: list[str] = []
    bad: dict[str, BadRecord] = {}
    for entry in entries:
        key, flaw = _inspect(entry)
        keys.append(key)
        if flaw is not None:
            bad[key] = BadRecord(write_xml(entry), flaw, None if key.startswith("<") else key)
            root.remove(entry)
    if len(set(keys)) < len(keys):
        raise BadAnswerError("one page held the same paper twice")
    root.find(f"{_OPENSEARCH}totalResults").text = str(request.start + len(keys) - len(bad))  # type: ignore[union-attr]  # _read_int found it
    return Page(total, tuple(keys), bad, ET.tostring(root, encoding="utf-8"))


def read_time(text: str | None) -> datetime:
    """An Atom time stamp as aware UTC, read as the package reads it; raise `ValueError` where it is none."""
    try:
        time = datetime.fromisoformat((text or "").strip().replace("Z", "+00:00"))  # noqa: FURB162 -- as the package
        return (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f"{text!r} is no date of the calendar") from error


def _refuse_error_entry(entries: list[ET.Element]) -> None:
    for entry in entries:
        if _ERROR_ID in (entry.findtext(f"{_ATOM}id") or ""):
            raise BadAnswerError(f"it answered with the error {clean_text(entry.findtext(f'{_ATOM}summary') or '')!r}")


def _read_int(root: ET.Element, name: str) -> int:
    text = (root.findtext(f"{_OPENSEARCH}{name}") or "").strip()
    if not (text.isascii() and text.isdecimal() and len(text) <= _DIGITS):
        raise BadAnswerError(f"the answer has no readable {name}")
    return int(text)


def _check_counts(root: ET.Element, count: int, total: int, request: Request) -> None:
    start = _read_int(root, "startIndex")
    if start != request.start:
        raise BadAnswerError(f"it answered from place {start} when asked from {request.start}")
    expected = min(request.size, max(0, total - start))
    if count > expected or (count < expected and not request.is_id_list):
        raise BadAnswerError(f"the page held {count} entries where its own total of {total} calls for {expected}")


def _inspect(entry: ET.Element) -> tuple[str, str | None]:
    """Name an entry (its canonical id if it has one) and say what keeps it from being a paper, if anything."""
    identifier = (entry.findtext(f"{_ATOM}id") or "").strip()
    try:
        key = parse_arxiv_id(identifier).id
    except ValueError as error:
        return write_xml(entry), str(error)
    for field in ("published", "updated"):
        text = entry.findtext(f"{_ATOM}{field}")
        try:
            read_time(text)
        except ValueError:
            return key, f"{key}: <{field}> is {text!r}, no date"
    for field in ("title", "summary"):
        if not clean_text(entry.findtext(f"{_ATOM}{field}") or ""):
            return key, f"{key}: <{field}> is empty or missing"
    return key, None
