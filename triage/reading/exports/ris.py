"""RIS: one record per paper, plain text, a line per value."""

from collections.abc import Iterable

import rispy

from triage.reading.exports.people import Person, read_person
from triage.reading.exports.reference import Reference, read_plain


class _Writer(rispy.RisWriter):  # type: ignore[misc] # it has no types
    """Without the numbers between records, which some reference managers take for text."""

    def set_header(self, count: int) -> str:
        del count
        return ""


def write_ris(references: Iterable[Reference]) -> str:
    """Unpublished works (UNPB) in the order given; the takeaway is a note."""
    text: str = rispy.dumps([_to_record(reference) for reference in references], implementation=_Writer)
    return text


def _to_record(reference: Reference) -> dict[str, str | list[str]]:
    paper, issued = reference.paper, reference.issued
    record: dict[str, str | list[str]] = {
        "type_of_reference": "UNPB",
        "id": reference.key,
        "authors": [_write_person(read_person(name)) for name in paper.authors],
        "title": read_plain(paper.title),
        "year": f"{issued.year}" if issued else "",
        "date": f"{issued:%Y/%m/%d}" if issued else "",
        "abstract": read_plain(paper.abstract),
        "publisher": "arXiv",
        "number": f"arXiv:{paper.arxiv_id}",
        "doi": read_plain(paper.doi or ""),
        "keywords": list(paper.categories),
        "notes": [reference.note] if reference.note else [],
        "urls": [reference.url],
    }
    return {label: value for label, value in record.items() if value}


def _write_person(person: Person) -> str:
    family = f"{person.particle} {person.family}".strip()
    return person.literal or ", ".join(part for part in (family, person.given, person.suffix) if part)
