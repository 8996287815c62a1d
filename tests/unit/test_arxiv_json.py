import gzip
import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.core.arxiv_json import DUMP_SOURCE, MAX_LINE_BYTES, NO_ABSTRACT, read_record
from triage.core.paper import Paper, PaperVersion

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 10**20) | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def dump_line(**changes: Any) -> bytes:
    """A line as arXiv's dump has it."""
    record = {
        "id": "0704.0001",
        "submitter": "Pavel Nadolsky",
        "authors": "C. Bal\\'azs, E. L. Berger and C.-P. Yuan (MSU, East Lansing)",
        "title": "Calculation of prompt\n  diphoton production",
        "comments": "37 pages, 15 figures; published version",
        "journal-ref": "Phys.Rev.D76:013009,2007",
        "doi": "10.1103/PhysRevD.76.013009",
        "report-no": "ANL-HEP-PR-07-12",
        "categories": "hep-ph cs.IR cs.IR",
        "license": None,
        "abstract": "  A fully differential calculation\nis presented.\n",
        "versions": [
            {"version": "v10", "created": "Tue, 24 Jul 2007 20:10:27 GMT"},
            {"version": "v1", "created": "Mon, 2 Apr 2007 15:18:42 -0400"},
        ],
        "update_date": "2008-11-26",
        "authors_parsed": [["Balázs", "C.", ""], ["Berger", "E. L.", "Jr."], ["Yuan", "C.-P.", "", "MSU"]],
    }
    return json.dumps(record | changes).encode()


def week_line(**changes: Any) -> bytes:
    """A line as the week files have it."""
    record = {
        "id": "2603.14049",
        "version": 2,
        "title": "Schrödinger Bridge",
        "abstract": "This work studies $\\mathsf{SO}(2)$.",
        "authors": ["Hamza Mahmood", "Abhishek Halder"],
        "categories": ["math.OC", "cs.LG"],
        "primary_category": "math.OC",
        "published": "2026-03-14",
        "updated": None,
        "comment": None,
        "doi": None,
        "journal_ref": None,
        "source": "owner/repo",
        "announced": "2026-03-23",
        "published_basis": "api",
    }
    return json.dumps(record | changes).encode()


def test_a_line_of_the_dump() -> None:
    """Every field lands where it belongs: versions by number, dates in UTC, names in reading order."""
    first, last = datetime(2007, 4, 2, 19, 18, 42, tzinfo=UTC), datetime(2007, 7, 24, 20, 10, 27, tzinfo=UTC)
    assert read_record(dump_line()) == Paper(
        arxiv_id="0704.0001",
        version=10,
        title="Calculation of prompt diphoton production",
        abstract="A fully differential calculation is presented.",
        authors=("C. Balázs", "E. L. Berger Jr.", "C.-P. Yuan"),
        categories=("hep-ph", "cs.IR"),
        primary_category="hep-ph",
        published=first,
        updated=last,
        comment="37 pages, 15 figures; published version",
        doi="10.1103/PhysRevD.76.013009",
        journal_ref="Phys.Rev.D76:013009,2007",
        source=DUMP_SOURCE,
        versions=(PaperVersion(1, first), PaperVersion(10, last)),
    )


def test_a_line_of_a_week_file() -> None:
    """The listing day is kept, a bare day is midnight UTC, and nulls stay unknown."""
    assert read_record(week_line()) == Paper(
        arxiv_id="2603.14049",
        version=2,
        title="Schrödinger Bridge",
        abstract="This work studies $\\mathsf{SO}(2)$.",
        authors=("Hamza Mahmood", "Abhishek Halder"),
        categories=("math.OC", "cs.LG"),
        primary_category="math.OC",
        published=datetime(2026, 3, 14, tzinfo=UTC),
        announced=date(2026, 3, 23),
        source="owner/repo",
    )


def test_authors_of_the_dump_without_a_parsed_list() -> None:
    """The text is split at commas and *and*; affiliations in parentheses go; names that hold *and* stay whole."""
    line = dump_line(authors_parsed=None, authors="Sandy Anderson, C. Doe and E. F. (Univ. of X, Y), and Bo Brand")
    assert read_record(line).authors == ("Sandy Anderson", "C. Doe", "E. F.", "Bo Brand")


def test_partial_records_say_what_is_missing() -> None:
    """`partial` is kept, its categories may be none, and a record without abstract becomes partial by itself."""
    assert read_record(week_line(partial=["categories_partial"], categories=[])).partial == ("categories_partial",)
    assert read_record(week_line(abstract=None)).partial == (NO_ABSTRACT,)
    assert read_record(dump_line(abstract=" \n")).partial == (NO_ABSTRACT,)


def test_withdrawn_papers_are_marked() -> None:
    """The comment of either format decides."""
    assert read_record(dump_line(comments="This paper has been withdrawn by the author")).is_withdrawn
    assert read_record(week_line(comment="Withdrawn by the authors")).is_withdrawn
    assert not read_record(week_line()).is_withdrawn


@pytest.mark.parametrize(
    ("arxiv_id", "expected", "version"),
    [
        ("math.GT/0309136", "math/0309136", None),
        ("2401.00001v3", "2401.00001", 3),
        ("arXiv:1412.0001", "1412.0001", None),
    ],
)
def test_ids_of_every_form_become_canonical(arxiv_id: str, expected: str, version: int | None) -> None:
    """Old and new forms, prefixes and versions are read."""
    paper = read_record(week_line(id=arxiv_id, version=None))
    assert (paper.arxiv_id, paper.version) == (expected, version)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b"", "not one JSON object"),
        (b'{"id": "2401.00001"', "not one JSON object"),
        (week_line() + b"{}", "not one JSON object"),
        (b"[" * 100_000, "expected `object`"),
        (b"[1]", "expected `object`, got `array`"),
        (b"{}", "missing required field `id`"),
        (week_line(title="x").replace(b"x", b"\xff", 1), "not UTF-8"),
        (week_line().replace(b"Schr", b"\\ud800", 1), "not one JSON object"),
        (week_line(id=2603.14049), "field id: expected `str`, got `float` .ids are text"),
        (week_line(id=260314049), "field id: expected `str`, got `int`"),
        (week_line(id="2603.0014049"), "field id: .* is no arXiv id"),
        (week_line(id="1501.0031099999999"), "somebody kept it as a number"),
        (week_line(title=None), "field title: expected `str`, got `null`"),
        (week_line(title=" \u200b"), "field title: .* empty"),
        (week_line(version=0), "field version: "),
        (week_line(version=True), "field version: "),
        (week_line(categories=[]), "field categories: expected at least one"),
        (week_line(categories=["cs.IR", 3]), r"field categories\[1\]: expected `str`"),
        (week_line(categories=["H.3.3"]), "'H.3.3' is no arXiv category"),
        (week_line(primary_category="<b>"), "'<b>' is no arXiv category"),
        (week_line(published="last week"), "field published: expected an ISO 8601"),
        (week_line(updated="0001-01-01T00:00:00+14:00"), "field updated: expected a year from 1980"),
        (week_line(announced="9999-12-31"), "field announced: expected a year"),
        (dump_line(versions=[{"version": "one", "created": ""}]), "field versions: expected v1"),
        (dump_line(versions=[{"version": "v99999", "created": ""}]), "field versions: expected v1"),
        (
            dump_line(versions=[{"version": "v1", "created": "Mon, 99 Apr 2007"}]),
            "field versions: expected an RFC 2822",
        ),
        (
            dump_line(versions=[{"version": "v1", "created": "Mon, 2 Apr 99999999999999999999 19:18:42 GMT"}]),
            "field versions: expected an RFC 2822",
        ),
        (dump_line(versions=[{"version": "v1"}]), "field versions.0.: .*missing required field `created`"),
        (week_line(title="x" * MAX_LINE_BYTES), "longer than"),
    ],
)
def test_a_bad_line_is_refused_with_field_and_expectation(line: bytes, message: str) -> None:
    """Each fault raises `ValueError` whose sentence names the field and what was expected there."""
    with pytest.raises(ValueError, match=message):
        read_record(line)


@given(st.binary(max_size=60))
def test_any_bytes_are_a_paper_or_a_value_error(line: bytes) -> None:
    """No line makes the reader fail in another way."""
    with pytest.raises(ValueError):  # noqa: PT011 # no random bytes are a record
        read_record(line)


@given(
    st.sampled_from([dump_line, week_line]),
    st.dictionaries(st.sampled_from(sorted(json.loads(dump_line()) | json.loads(week_line()))), _JSON, max_size=3),
)
def test_any_field_may_hold_anything(make: Any, changes: dict[str, Any]) -> None:
    """With any JSON in any field a line is a storable paper or a `ValueError`."""
    try:
        paper = read_record(make(**changes))
    except ValueError:
        return
    for text in (paper.title, paper.abstract, paper.comment or "", *paper.authors, *paper.categories, *paper.partial):
        assert "\0" not in text
        text.encode()


def test_every_archived_line_is_a_paper_or_has_an_id_that_was_a_number(shared_data: Path) -> None:
    """Of 22,704 real lines only those are bad whose id a source kept as a float, such as 1501.0031099999999."""
    papers, reasons = 0, set()
    with gzip.open(shared_data / "arxiv" / "archive-1993_2019.jsonl.gz") as lines:
        for line in lines:
            try:
                read_record(line)
            except ValueError as error:
                reasons.add("kept it as a number" in str(error))
            else:
                papers += 1
    assert papers > 19_000
    assert reasons <= {True}
