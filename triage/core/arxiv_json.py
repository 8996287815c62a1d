"""One line of arXiv's bulk metadata dump, or of the week files cut from it, as a `Paper`.

The dump (https://www.kaggle.com/datasets/Cornell-University/arxiv) writes `categories` as one blank-separated text and
`versions` with RFC 2822 dates; the week files write lists and ISO dates and add `announced` and `partial`.
"""

import re
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from typing import Annotated

import msgspec

from triage.core.authors import split_authors
from triage.core.paper import ArxivId, Paper, PaperVersion, clean_text, parse_arxiv_id
from triage.core.withdrawal import says_withdrawn

MAX_LINE_BYTES = 4 * 2**20
"""A longer line is no metadata record: arXiv's abstracts have at most 1,920 characters."""
DUMP_SOURCE = "arxiv-metadata-dump"
NO_ABSTRACT = "abstract_missing"
"""Added to `Paper.partial`, so that such a record never replaces one with an abstract."""

_CATEGORY = re.compile(r"[a-z]+(?:-[a-z]+)*(?:\.[A-Za-z]{2,}(?:-[A-Za-z]+)*)?")
_WAS_A_NUMBER = re.compile(r"\d{3,4}\.\d{6,}|\d{3}\.\d+")
_AT_FIELD = re.compile(r"(?P<what>.*?) - at `\$\.?(?P<field>.*)`", re.DOTALL)
_VERSION_DIGITS = 4  # as in arXiv ids
_YEARS = range(1980, 2100)  # some papers of the eighties were added later; beyond 2099 the id scheme ends


class _Version(msgspec.Struct):
    version: str
    created: str


class _Record(msgspec.Struct, rename={"journal_ref_dump": "journal-ref"}):
    """Both formats; which one a line is in shows in the type of `categories`."""

    id: str
    title: str
    categories: str | list[str]
    abstract: str | None = None
    authors: str | list[str] | None = None
    authors_parsed: list[list[str]] | None = None
    comment: str | None = None
    comments: str | None = None
    doi: str | None = None
    journal_ref: str | None = None
    journal_ref_dump: str | None = None
    version: Annotated[int, msgspec.Meta(ge=1, le=9999)] | None = None
    versions: list[_Version] = []
    primary_category: str | None = None
    published: str | None = None
    updated: str | None = None
    update_date: str | None = None
    announced: str | None = None
    partial: list[str] = []
    source: str | None = None


_DECODER = msgspec.json.Decoder(_Record)


def read_record(line: bytes) -> Paper:
    """Read either format; raise `ValueError`, a sentence that names the field and what was expected."""
    record = _decode(line)
    arxiv_id = _read_id(record.id)
    versions = tuple(
        sorted((read_version(one.version, one.created) for one in record.versions), key=lambda one: one.version)
    )
    title, abstract = clean_text(record.title), clean_text(record.abstract or "")
    comment = _clean_or_none(record.comment or record.comments)
    if not title:
        raise ValueError("field title: expected a text, got an empty one")
    categories = _read_categories(record)
    return Paper(
        arxiv_id=arxiv_id.id,
        version=versions[-1].version if versions else record.version or arxiv_id.version,
        title=title,
        abstract=abstract,
        authors=_read_authors(record),
        categories=categories,
        primary_category=_read_primary(record, categories),
        published=versions[0].submitted if versions else _read_time("published", record.published),
        updated=versions[-1].submitted if versions else _read_time("updated", record.updated or record.update_date),
        announced=_read_day("announced", record.announced),
        comment=comment,
        doi=_clean_or_none(record.doi),
        journal_ref=_clean_or_none(record.journal_ref or record.journal_ref_dump),
        is_withdrawn=says_withdrawn(comment, abstract),
        source=clean_text(record.source or "") or DUMP_SOURCE,
        partial=tuple(dict.fromkeys((*map(clean_text, record.partial), *(() if abstract else (NO_ABSTRACT,))))),
        versions=versions,
    )


def read_version(name: str, created: str) -> PaperVersion:
    """A version from `v1`, `v2` and so on and an RFC 2822 date; raise `ValueError` as `read_record` does."""
    number = name.removeprefix("v")
    if not (number.isascii() and number.isdecimal() and len(number) <= _VERSION_DIGITS and int(number)):
        raise ValueError(f"field versions: expected v1, v2 and so on, got {name!r}")
    try:
        moment = parsedate_to_datetime(created)
    except (ValueError, OverflowError):
        raise ValueError(f"field versions: expected an RFC 2822 date, got {created!r}") from None
    if str(moment.year) not in created:  # RFC 2822 lets 0001 and 01 mean 2001
        raise ValueError(f"field versions: expected a year of four digits, got {created!r}")
    return PaperVersion(int(number), _to_utc("versions", moment))


def _decode(line: bytes) -> _Record:
    if len(line) > MAX_LINE_BYTES:
        raise ValueError(f"the line is longer than {MAX_LINE_BYTES} bytes")
    try:
        return _DECODER.decode(line)
    except msgspec.ValidationError as error:
        raise ValueError(_say_which_field(str(error))) from None
    except UnicodeDecodeError as error:
        raise ValueError(f"the line is not UTF-8: {error.reason}") from None
    except (msgspec.DecodeError, RecursionError) as error:
        raise ValueError(f"the line is not one JSON object: {error}") from None


def _say_which_field(message: str) -> str:
    match = _AT_FIELD.fullmatch(message)
    if match is None:
        return message[0].lower() + message[1:]
    hint = " (ids are text: as a number they lose zeros)" if match["field"] == "id" else ""
    return f"field {match['field']}: {match['what'][0].lower()}{match['what'][1:]}{hint}"


def _read_id(text: str) -> ArxivId:
    try:
        return parse_arxiv_id(text)
    except ValueError as error:
        was_a_number = " (somebody kept it as a number)" if _WAS_A_NUMBER.fullmatch(text) else ""
        raise ValueError(f"field id: {error}{was_a_number}") from None


def _read_time(field: str, text: str | None) -> datetime | None:
    """A bare day is midnight UTC; a time without a zone is UTC."""
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"field {field}: expected an ISO 8601 date or time, got {text!r}") from None
    return _to_utc(field, moment)


def _to_utc(field: str, moment: datetime) -> datetime:
    if moment.year not in _YEARS:
        raise ValueError(f"field {field}: expected a year from {_YEARS[0]} to {_YEARS[-1]}, got {moment.year}")
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _read_day(field: str, text: str | None) -> date | None:
    moment = _read_time(field, text)
    return moment.date() if moment else None


def _read_categories(record: _Record) -> tuple[str, ...]:
    listed = record.categories.split() if isinstance(record.categories, str) else record.categories
    if not listed and not record.partial:
        raise ValueError("field categories: expected at least one, such as cs.IR")
    return tuple(dict.fromkeys(map(_check_category, listed)))


def _read_primary(record: _Record, categories: tuple[str, ...]) -> str | None:
    """The dump names the primary first; the week files say it, or do not know it."""
    if isinstance(record.categories, str):
        return categories[0] if categories else None
    return _check_category(record.primary_category) if record.primary_category else None


def _check_category(text: str) -> str:
    if _CATEGORY.fullmatch(text) is None:
        raise ValueError(f"field categories: {text!r} is no arXiv category such as cs.IR")
    return text


def _read_authors(record: _Record) -> tuple[str, ...]:
    """`authors_parsed` holds last name, first names, suffix and sometimes an affiliation, which is left out."""
    if record.authors_parsed:
        names = [" ".join((*parts[1:2], *parts[:1], *parts[2:3])) for parts in record.authors_parsed]
    elif isinstance(record.authors, str):
        return split_authors(record.authors)
    else:
        names = record.authors or []
    return tuple(name for name in map(clean_text, names) if name)


def _clean_or_none(text: str | None) -> str | None:
    return clean_text(text) or None if text else None
