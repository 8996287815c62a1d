"""CSL-JSON, which Zotero, pandoc and citeproc read: https://docs.citationstyles.org/en/stable/specification.html."""

from collections.abc import Iterable

import msgspec

from triage.reading.exports.people import Person, read_person
from triage.reading.exports.reference import Reference, read_plain


class _Name(msgspec.Struct, frozen=True, omit_defaults=True, rename="kebab"):
    family: str = ""
    given: str = ""
    non_dropping_particle: str = ""
    suffix: str = ""
    literal: str = ""


class _Date(msgspec.Struct, frozen=True, rename="kebab"):
    date_parts: list[list[int]]


class _Item(msgspec.Struct, frozen=True, omit_defaults=True):
    """`article` is CSL's type for a preprint."""

    type: str
    id: str
    title: str
    author: list[_Name] = []
    issued: _Date | None = None
    url: str = msgspec.field(name="URL", default="")
    doi: str = msgspec.field(name="DOI", default="")
    abstract: str = ""
    genre: str = ""
    publisher: str = ""
    number: str = ""
    note: str = ""


def write_csl(references: Iterable[Reference]) -> str:
    """A JSON array in the order given; the takeaway is the note."""
    items = msgspec.json.encode([_to_item(reference) for reference in references])
    return msgspec.json.format(items, indent=2).decode() + "\n"


def _to_item(reference: Reference) -> _Item:
    paper, issued = reference.paper, reference.issued
    return _Item(
        type="article",
        id=reference.key,
        title=read_plain(paper.title),
        author=[_to_name(read_person(name)) for name in paper.authors],
        issued=_Date([[issued.year, issued.month, issued.day]]) if issued else None,
        url=reference.url,
        doi=read_plain(paper.doi or ""),
        abstract=read_plain(paper.abstract),
        genre="preprint",
        publisher="arXiv",
        number=f"arXiv:{paper.arxiv_id}",
        note=reference.note or "",
    )


def _to_name(person: Person) -> _Name:
    return _Name(person.family, person.given, person.particle, person.suffix, person.literal)
