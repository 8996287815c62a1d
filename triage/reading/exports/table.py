"""CSV for spreadsheets: UTF-8 without a byte order mark, RFC 4180, no cell that a spreadsheet would calculate."""

import csv
import io
from collections.abc import Iterable, Mapping
from typing import Final

from triage.reading.exports.reference import Reference, read_plain

COLUMNS: Final = (
    "topic", "week", "kind", "rank", "score", "arxiv_id", "title", "authors", "categories", "announced", "takeaway",
    "reasons", "url",
)  # fmt: skip
"""The same for every file; those of a place are empty outside a shortlist."""
# https://owasp.org/www-community/attacks/CSV_Injection, and the full-width forms that some spreadsheets take for them
_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def write_csv(references: Iterable[Reference]) -> str:
    """A header and a row per paper; a cell that begins like a formula has an apostrophe before it.

    Ids carry `arXiv:`, since a spreadsheet takes 2604.10000 for a number and drops its zeros.
    """
    text = io.StringIO(newline="")
    table = csv.DictWriter(text, COLUMNS, quoting=csv.QUOTE_ALL)
    table.writeheader()
    table.writerows(_to_row(reference) for reference in references)
    return text.getvalue()


def disarm(cell: str) -> str:
    """Text that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(_FORMULA_STARTS) else cell


def _to_row(reference: Reference) -> Mapping[str, str]:
    paper, place = reference.paper, reference.place
    cells = {
        "topic": reference.topic or "",
        "week": reference.week or "",
        "kind": place.kind if place else "",
        "rank": str(place.rank) if place else "",
        "score": str(place.score) if place else "",
        "arxiv_id": f"arXiv:{paper.arxiv_id}",
        "title": read_plain(paper.title),
        "authors": "; ".join(map(read_plain, paper.authors)),
        "categories": " ".join(paper.categories),
        "announced": str(paper.announced or ""),
        "takeaway": reference.note or "",
        "reasons": "; ".join(place.reasons) if place else "",
        "url": reference.url,
    }
    return {column: disarm(cell) for column, cell in cells.items()}
