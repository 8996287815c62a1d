"""RIS, CSL-JSON, CSV and Markdown: one record per paper, whatever its texts say, and safe names."""

import csv
import io
import json
import re
from collections.abc import Callable

import pytest
import rispy
from hypothesis import given, settings
from hypothesis import strategies as st

from triage.core.paper import Paper
from triage.errors import InputError, UnknownPaperError
from triage.reading.exports import (
    _WRITERS,
    FORMATS,
    MOST_PAPERS,
    FileFormat,
    ReferenceFormat,
    _pack,
    export_papers,
    export_shortlist,
)
from triage.reading.exports.csl import write_csl
from triage.reading.exports.people import Person, read_person
from triage.reading.exports.reference import Reference, read_plain
from triage.reading.exports.ris import write_ris
from triage.reading.exports.table import COLUMNS, disarm, write_csv
from triage.reading.library import Library
from triage.reading.shortlists import encode_shortlist, find_shortlist
from triage.store.shortlists import Shortlist

TOPIC, WEEK = "generative-recommendation", "2026-W20"
TEXTS = st.text(st.one_of(st.characters(codec="utf-8"), st.sampled_from("=+-@\t\r\n\x00\x1e\u2028,;\"'${}\\ ER TY")))
# What https://resource.citationstyles.org/schema/v1.0/input/json/csl-data.json says of the fields that are written.
CSL_STRINGS = {"id", "title", "URL", "DOI", "abstract", "genre", "publisher", "number", "note"}
CSL_NAME = {"family", "given", "dropping-particle", "non-dropping-particle", "suffix", "literal"}


def refer(text: str = "A title", *, authors: tuple[str, ...] = ("Ada Example",)) -> Reference:
    paper = Paper(arxiv_id="2604.02684", title=text, abstract=text, authors=authors, categories=("cs.IR", "cs.AI"))
    return Reference(paper, text)


@pytest.fixture
async def shortlist(listed_library: Library) -> Shortlist:
    """The bundled one."""
    return await find_shortlist(listed_library, TOPIC, WEEK)


@given(TEXTS)
@settings(max_examples=100, deadline=None)
def test_ris_holds_one_record(text: str) -> None:
    """No line of a title, author or takeaway is taken for a tag or an end."""
    records = rispy.loads(write_ris([refer(text, authors=(text, "Ada Example"))]))
    assert len(records) == 1
    assert records[0].get("title", "") == read_plain(text)
    assert records[0]["id"] == "arxiv-2604.02684"
    assert records[0]["urls"] == ["https://arxiv.org/abs/2604.02684"]


@given(TEXTS)
@settings(max_examples=100, deadline=None)
def test_csv_gives_the_same_cells_back(text: str) -> None:
    """A cell is what it was, but for an apostrophe where a spreadsheet would have calculated."""
    rows = list(csv.reader(io.StringIO(write_csv([refer(text)]), newline=""), strict=True))
    assert rows[0] == list(COLUMNS)
    assert len(rows) == 2
    title = dict(zip(COLUMNS, rows[1], strict=True))["title"]
    assert title == disarm(read_plain(text))
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in rows[1])


@pytest.mark.parametrize(
    "cell", ['=HYPERLINK("http://x","y")', "+1", "-1+cmd|' /C calc'!A0", "@SUM(A1)", "\t=1", "\uff1d1"]
)
def test_formulas_are_disarmed(cell: str) -> None:
    """What OWASP lists begins with an apostrophe; nothing else is touched."""
    assert disarm(cell) == f"'{cell}"
    assert disarm(f"a{cell}") == f"a{cell}"


@given(TEXTS)
@settings(max_examples=100, deadline=None)
def test_csl_has_the_shape_that_its_schema_asks_for(text: str) -> None:
    """Strings are strings, names have known parts, the type is CSL's own for preprints."""
    [item] = json.loads(write_csl([refer(text, authors=(text, "Ludwig van Beethoven"))]))
    assert item["type"] == "article"
    assert item["id"] == "arxiv-2604.02684"
    assert item["title"] == read_plain(text)
    assert set(item) <= CSL_STRINGS | {"type", "author", "issued"}
    assert all(isinstance(item[field], str) for field in CSL_STRINGS & set(item))
    assert all(set(name) <= CSL_NAME for name in item["author"])
    assert item["author"][-1] == {"family": "Beethoven", "given": "Ludwig", "non-dropping-particle": "van"}


async def test_csl_dates_are_those_of_the_first_version(listed_library: Library, shortlist: Shortlist) -> None:
    """Issued is year, month, day as numbers."""
    export = await export_shortlist(listed_library, shortlist, "csl")
    items = json.loads(export.body)
    assert [item["number"] for item in items][: len(shortlist.ranked)] == [
        f"arXiv:{entry.arxiv_id}" for entry in shortlist.ranked
    ]
    parts = [item["issued"]["date-parts"] for item in items]
    assert all(len(part) == 1 and all(isinstance(number, int) for number in part[0]) for part in parts)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Ada Lovelace", Person("Lovelace", "Ada")),
        ("Jos\\'e de la Cruz", Person("Cruz", "José", "de la")),
        ("Martin L. King Jr.", Person("King", "Martin L.", "", "Jr.")),
        ("Xi Chen", Person("Chen", "Xi")),
        ("The ATLAS Collaboration", Person(literal="The ATLAS Collaboration")),
        ("Qwen Team", Person(literal="Qwen Team")),
        ("Plato", Person(literal="Plato")),
        ("Barnes and Noble", Person(literal="Barnes and Noble")),
        ("A}{B C", Person(literal="A}{B C")),
        ("", Person()),
    ],
)
def test_names_are_taken_apart_where_that_can_be_told(name: str, expected: Person) -> None:
    """Family name last, particles and suffixes known; groups and single names stay whole."""
    assert read_person(name) == expected


async def test_csv_numbers_places_and_guards_ids(listed_library: Library, shortlist: Shortlist) -> None:
    """Rank and kind are the list's; ids are no numbers to a spreadsheet."""
    export = await export_shortlist(listed_library, shortlist, "csv")
    rows = list(csv.DictReader(io.StringIO(export.body.decode(), newline="")))
    places = [*shortlist.ranked, *shortlist.explored]
    assert [(row["kind"], row["rank"], row["arxiv_id"]) for row in rows] == [
        (entry.kind, str(entry.rank), f"arXiv:{entry.arxiv_id}") for entry in places
    ]
    assert [float(row["score"]) for row in rows] == [entry.score for entry in places]
    assert not export.body.startswith(b"\xef\xbb\xbf")


@pytest.mark.parametrize("form", FORMATS)
async def test_every_format_has_a_name_and_type(
    listed_library: Library, shortlist: Shortlist, form: FileFormat
) -> None:
    """Names are topic, week and ending; the same list is the same bytes."""
    first = await export_shortlist(listed_library, shortlist, form)
    assert first == await export_shortlist(listed_library, shortlist, form)
    assert (first.name, first.media_type) == (f"{TOPIC}-{WEEK}{FORMATS[form].suffix}", FORMATS[form].media_type)
    assert first.body


async def test_json_and_markdown_are_those_of_the_command_line(listed_library: Library, shortlist: Shortlist) -> None:
    """There is one JSON of a list and one digest."""
    assert (await export_shortlist(listed_library, shortlist, "json")).body == encode_shortlist(shortlist)
    digest = (await export_shortlist(listed_library, shortlist, "md")).body.decode()
    assert digest.startswith("---\ntitle: Generative recommendation")


async def test_papers_keep_the_order_asked_for(listed_library: Library, shortlist: Shortlist) -> None:
    """Ids that come twice or are unknown are passed over; takeaways are those of the newest list."""
    wanted = [entry.arxiv_id for entry in reversed(shortlist.ranked)][:3]
    export = await export_papers(listed_library, [*wanted, wanted[0], "2699.99999"], "csl")
    items = json.loads(export.body)
    assert [item["id"] for item in items] == [f"arxiv-{arxiv_id}" for arxiv_id in wanted]
    assert items[0]["note"] == shortlist.ranked[-1].takeaway


async def test_unknown_paper_is_told(listed_library: Library) -> None:
    """An id that the store lacks makes no empty file."""
    with pytest.raises(UnknownPaperError, match=r"2699\.99999"):
        await export_papers(listed_library, ["2699.99999"], "bib")


@given(name=st.text(max_size=200))
@settings(max_examples=100, deadline=None)
def test_file_names_are_safe(name: str) -> None:
    """No tag makes a path, a header or a hidden file."""
    assert re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._-]*\.ris|-[A-Za-z0-9._-]+\.ris", _pack(name, "ris", b"").name)


@pytest.mark.parametrize("write", [write_ris, write_csl, write_csv])
def test_no_papers_make_an_empty_file(write: Callable[[list[Reference]], str]) -> None:
    """A list without papers is a file without records, and no error."""
    assert "2604" not in write([])


@pytest.mark.parametrize("form", ["bib", "ris", "csl", "csv"])
def test_withdrawn_papers_say_so(form: ReferenceFormat) -> None:
    """A reference to a withdrawn paper begins its note with a warning."""
    paper = Paper(arxiv_id="2604.02684", title="T", abstract="A", is_withdrawn=True)
    assert "Withdrawn from arXiv. Better." in _WRITERS[form]([Reference(paper, "Better.")])


async def test_a_file_holds_only_so_many_papers(listed_library: Library) -> None:
    """A tag may be on thousands: writing them would keep everybody waiting."""
    ids = [f"2605.{number:05d}" for number in range(90_000, 90_000 + MOST_PAPERS + 1)]

    with pytest.raises(InputError, match="at most 1,000 papers, and these are 1,001"):
        await export_papers(listed_library, ids, "bib")
    assert (await export_papers(listed_library, ids[1:], "bib")).body
