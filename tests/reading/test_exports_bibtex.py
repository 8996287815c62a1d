"""BibTeX: whatever a title says, the file holds one entry per paper and TeX prints the title."""

import re

import pytest
from bibtexparser.entrypoint import parse_string
from bibtexparser.middlewares import LatexDecodingMiddleware
from bibtexparser.model import Entry
from hypothesis import given, settings
from hypothesis import strategies as st

from triage.core.paper import Paper, clean_text
from triage.reading.exports.bibtex import encode_title, escape_text, write_bibtex
from triage.reading.exports.reference import Reference, read_plain

MARKUP = r"\{}$&%#_^~@=,\"'`-!?<>|()[]"
TEXTS = st.text(
    st.one_of(st.characters(codec="utf-8", exclude_characters="\u02c6"), st.sampled_from(MARKUP + "axé5 \n")),
    max_size=60,
)
HOSTILE = [
    "} @misc{evil, title = {owned}}",
    "}\n}\n@string{x = {y}}",
    "\\input{/etc/passwd} and \\write18{rm}",
    "$\\input{secret}$ and $\\catcode`\\%=12$",
    "$^^5cinput{secret}$",
    "a { b",
    "a } b",
    "\\{ \\} \\",
    "50% of $5 & #1_x^2~y",
    '" , title = "x',
    "@preamble{\\immediate\\write18{x}}",
    "%",
]


def parse(text: str) -> Entry:
    library = parse_string(text)
    assert (library.failed_blocks, len(library.blocks)) == ([], 1)
    return library.entries[0]


def write(title: str = "A title", *, takeaway: str | None = None, authors: tuple[str, ...] = ("Ada Example",)) -> Entry:
    paper = Paper(arxiv_id="2604.02684", title=title, abstract=title, authors=authors, primary_category="cs.IR")
    return parse(write_bibtex([Reference(paper, takeaway)]))


def print_tex(value: str) -> str:
    """The text that TeX would print, by pylatexenc, which takes a caret for an accent."""
    text, problem = LatexDecodingMiddleware()._transform_python_value_string(value)
    assert problem == ""
    return text.replace("\u02c6", "^")


def value(entry: Entry, field: str) -> str:
    return str(entry.fields_dict[field].value)


@given(TEXTS)
@settings(max_examples=150, deadline=None)
def test_any_text_parses_back_to_one_entry(text: str) -> None:
    """No title, takeaway or author ends its value, whatever braces, quotes and entries it holds."""
    entry = write(text, takeaway=text, authors=(text, "Ada Example"))
    assert (entry.key, entry.entry_type) == ("arxiv-2604.02684", "misc")
    assert set(entry.fields_dict) <= {
        "author", "title", "eprint", "archivePrefix", "primaryClass", "url", "abstract", "note",
    }  # fmt: skip


@given(TEXTS)
@settings(max_examples=150, deadline=None)
def test_tex_prints_a_note_as_it_is(text: str) -> None:
    """Every character of plain text survives TeX's reading."""
    assert print_tex(escape_text(clean_text(text))) == clean_text(text)


@given(TEXTS.filter(lambda text: "$" not in text))
@settings(max_examples=150, deadline=None)
def test_tex_prints_the_title_that_readers_see(text: str) -> None:
    """Outside mathematics, commands are read and the rest is escaped: nothing is left for TeX to run."""
    encoded = encode_title(text)
    assert print_tex(encoded) == read_plain(text)
    assert set(re.findall(r"\\([A-Za-z]+)", encoded)) <= {
        "textbackslash", "lbrace", "rbrace", "textasciitilde", "textasciicircum",
    }  # fmt: skip


@given(TEXTS)
@settings(max_examples=150, deadline=None)
def test_braces_balance_as_bibtex_counts_them(text: str) -> None:
    """BibTeX counts escaped braces too; no value may open or close more than it should."""
    depth = 0
    for brace in re.findall(r"[{}]", encode_title(text)):
        depth += 1 if brace == "{" else -1
        assert depth >= 0
    assert depth == 0


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_titles_stay_text(text: str) -> None:
    """No entry, string, preamble or command comes in by a title."""
    encoded = value(write(text, takeaway=text), "title")
    assert not re.search(r"\\(input|write|immediate|catcode)|\^\^|(?<!\\)[%#&_]", encoded)


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        (r"An $O(n \log n)$ bound for $\alpha$-NDCG", r"An $O(n \log n)$ bound for $\alpha$-NDCG"),
        (r"$\mathcal{L}_{2}$ & 5%", r"$\mathcal{L}_{2}$ \& 5\%"),
        (r"From $5 to $10 a day", r"From \$5 to \$10 a day"),
        (r"Schr\"odinger \emph{et al.}", "Schrödinger et al."),
        (r"\texttt{agent\_bench}: 10~GB", r"agent\_bench: 10 GB"),
        (r"$\def\x{y}$ loops", "defy loops"),
        ("-- why ``this''?", "– why “this”?"),  # noqa: RUF001 - the dash is what is expected
    ],
)
def test_mathematics_is_kept_where_it_is_harmless(title: str, expected: str) -> None:
    """Balanced mathematics of known commands stays LaTeX; everything else becomes plain text."""
    assert encode_title(title) == expected


def test_entry_is_the_one_that_arxiv_writes() -> None:
    """A preprint is a misc with eprint, class and year; the takeaway is its note."""
    paper = Paper(
        arxiv_id="hep-th/9901001",
        title="On {K}",
        abstract="Text.",
        authors=("Ludwig van Beethoven", "The ATLAS Collaboration", "Martin King Jr.", "Plato"),
        primary_category="hep-th",
        doi="10.1000/a_b(1)",
        is_withdrawn=True,
    )
    entry = parse(write_bibtex([Reference(paper, "It is 5% better.")]))
    fields = {name: str(field.value) for name, field in entry.fields_dict.items()}
    assert entry.key == "arxiv-hep-th-9901001"
    assert fields == {
        "author": "van Beethoven, Ludwig and {The ATLAS Collaboration} and King, Jr., Martin and {Plato}",
        "title": "On K",
        "eprint": "hep-th/9901001",
        "archivePrefix": "arXiv",
        "primaryClass": "hep-th",
        "doi": "10.1000/a_b(1)",
        "url": "https://arxiv.org/abs/hep-th/9901001",
        "abstract": "Text.",
        "note": r"Withdrawn from arXiv. It is 5\% better.",
    }


def test_values_that_are_no_identifiers_are_left_out() -> None:
    """DOI and class are read verbatim by biblatex, so that only well-formed ones are written."""
    paper = Paper(arxiv_id="2604.02684", title="T", abstract="A", primary_category="x}{y", doi="10.1/}\\input{x}")
    assert {"doi", "primaryClass", "author", "note"}.isdisjoint(parse(write_bibtex([Reference(paper)])).fields_dict)


def test_papers_keep_their_order_and_keys() -> None:
    """A file of many papers has their keys once each, in the order given."""
    papers = [Paper(arxiv_id=f"2604.0{number}", title="Same", abstract="Same") for number in (2003, 2001, 2002)]
    library = parse_string(write_bibtex(map(Reference, papers)))
    assert [entry.key for entry in library.entries] == [f"arxiv-2604.0{number}" for number in (2003, 2001, 2002)]
