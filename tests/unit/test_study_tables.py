"""Tables, notes and shortened titles, as a notebook shows them."""

import html5lib
from hypothesis import given
from hypothesis import strategies as st

from triage.study.tables import Link, Note, Table, link_paper, shorten

_TABLE = Table(
    columns=("Title", "Papers"),
    rows=(("<b>& co", "7"), (link_paper("2604.02684"), "1,024")),
    caption="Two <rows>",
    numbers=(1,),
)


def test_what_papers_say_is_no_markup() -> None:
    """A title with angle brackets is shown as it stands, and a link leads where it says."""
    page = html5lib.parse(_TABLE._repr_html_(), namespaceHTMLElements=False)
    cells = list(page.iter("td"))
    assert cells[0].text == "<b>& co"
    assert page.find(".//caption").text == "Two <rows>"
    assert [(link.text, link.get("href")) for link in page.iter("a")] == [
        ("2604.02684", "https://arxiv.org/abs/2604.02684")
    ]


def test_a_reader_of_the_page_hears_what_a_column_is() -> None:
    """Header cells say that they head a column."""
    page = html5lib.parse(_TABLE._repr_html_(), namespaceHTMLElements=False)
    assert [(cell.text, cell.get("scope")) for cell in page.iter("th")] == [("Title", "col"), ("Papers", "col")]


def test_as_text_it_is_aligned() -> None:
    """Text to the left and numbers to the right, in columns as wide as their widest cell."""
    assert str(_TABLE).splitlines() == ["Two <rows>", "Title       Papers", "<b>& co          7", "2604.02684   1,024"]
    assert repr(_TABLE) == str(_TABLE)


def test_without_rows_the_caption_says_all() -> None:
    """No header stands over nothing."""
    empty = Table(columns=("Title",), rows=(), caption="0 papers <enter>")
    assert empty._repr_html_() == "<p>0 papers &lt;enter&gt;</p>"


def test_a_note_is_a_paragraph() -> None:
    """Escaped on a page, as it stands elsewhere."""
    assert Note("1 < 2")._repr_html_() == "<p>1 &lt; 2</p>"
    assert str(Note("1 < 2")) == repr(Note("1 < 2")) == "1 < 2"
    assert str(Link("here", "https://example.org")) == "here"


@given(st.text(max_size=60), st.integers(min_value=2, max_value=40))
def test_a_shortened_text_fits(text: str, most: int) -> None:
    """At most as long as asked, the same where it fits, and a beginning of the text with an ellipsis where not."""
    short = shorten(text, most)
    assert len(short) <= most
    assert short == text if len(text) <= most else text.startswith(short.removesuffix("…"))
