"""One page of the query API, read strictly: what the `arxiv` package would drop, misread or die of is found first.

The format: https://info.arxiv.org/help/api/user-manual.html, section 3.3.
"""

import re
import sys
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

import msgspec

from triage.adapters.arxiv_http import BadAnswerError
from triage.core.paper import clean_text, parse_arxiv_id

_ATOM = "{http://www.w3.org/2005/Atom}"
_OPENSEARCH = "{http://a9.com/-/spec/opensearch/1.1/}"
_DEPTH = 8  # an Atom feed of arXiv is four elements deep
_DIGITS = 9
_ERROR_ID = "/api/errors"
# What XML 1.0 cannot hold, raw or as a reference; `clean_text` would drop the same characters from a field.
_NOT_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_REFERENCE = re.compile(r"&#(?:(\d{1,7})|[xX]([0-9a-fA-F]{1,6}));")


class Request(msgspec.Struct, frozen=True):
    """What a page was asked for; a list of ids is answered by as many entries as there are known ones."""

    start: int
    size: int
    is_id_list: bool = False


class BadRecord(msgspec.Struct, frozen=True):
    """An entry that is no usable paper: its XML and what is wrong with it."""

    raw: str
    reason: str


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
    root = _parse(body)
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
            bad[key] = BadRecord(_write(entry), flaw)
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


def _parse(body: bytes) -> ET.Element:
    if b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        raise BadAnswerError("it answered with a document type definition, which no Atom feed of arXiv has")
    try:
        text = _REFERENCE.sub(_keep_legal, body.decode("utf-8", "surrogatepass"))
        root = ET.fromstring(_NOT_XML.sub("", text))  # noqa: S314 -- no DTD, so no entities to expand; the size is bounded before
    except (ET.ParseError, UnicodeDecodeError) as error:
        raise BadAnswerError(f"the answer is no well-formed XML ({error})") from error
    level = [root]
    for _ in range(_DEPTH):
        level = [child for element in level for child in element]
    if level:
        raise BadAnswerError("the answer is nested more deeply than any Atom feed of arXiv")
    if root.tag != f"{_ATOM}feed":
        raise BadAnswerError(f"it answered with <{root.tag}> in place of an Atom feed")
    return root


def _keep_legal(reference: re.Match[str]) -> str:
    code = int(reference[1]) if reference[1] else int(reference[2], 16)
    is_legal = code <= sys.maxunicode and (code in b"\t\n\r" if code < ord(" ") else not _NOT_XML.fullmatch(chr(code)))
    return reference[0] if is_legal else ""


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
        return _write(entry), str(error)
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


def _write(entry: ET.Element) -> str:
    return ET.tostring(entry, encoding="unicode").strip()  # without the white space that follows the entry
