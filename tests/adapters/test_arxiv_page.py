import pytest
from fakes.papers import make_papers
from hypothesis import given, settings
from hypothesis import strategies as st

from triage.adapters.arxiv_http import BadAnswerError, read_retry_after
from triage.adapters.arxiv_page import Page, Request, read_page, read_time
from triage.adapters.fake_arxiv.answer import Answer
from triage.adapters.fake_arxiv.faults import FAULTS
from triage.adapters.fake_arxiv.query import answer_page

REQUEST = Request(start=0, size=10)
BODY = answer_page(make_papers(3), {"max_results": "10"}, {}).body


def _read_or_refuse(body: bytes) -> Page | None:
    try:
        return read_page(body, REQUEST)
    except BadAnswerError:
        return None


def test_a_page_names_its_entries_in_order() -> None:
    """And nothing is wrong with it."""
    page = read_page(BODY, REQUEST)
    assert (page.total, page.keys, page.bad) == (3, ("2604.00001", "2604.00002", "2604.00003"), {})


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("entry_twice", "same paper twice"),
        ("wrong_start", "from place 1 when asked from 0"),
        ("short_page", "2 entries where its own total of 3 calls for 3"),
        ("total_grown", "3 entries where its own total of 10 calls for 10"),
        ("no_total", "no readable totalResults"),
        ("error_entry", "the error 'malformed query'"),
        ("entities", "document type definition"),
        ("foreign_root", "in place of an Atom feed"),
        ("broken_xml", "no well-formed XML"),
        ("not_utf8", "no well-formed XML"),
    ],
)
def test_each_lie_is_refused_for_its_own_reason(fault: str, reason: str) -> None:
    """The log says what was wrong."""
    answer = Answer(BODY)
    FAULTS[fault](answer)
    with pytest.raises(BadAnswerError, match=reason):
        read_page(answer.body, REQUEST)


@settings(max_examples=300)
@given(st.data())
def test_a_damaged_page_is_read_or_refused(data: st.DataObject) -> None:
    """Any splice of the bytes ends in a page of at most three entries or in the named error, never in another one."""
    first, last = sorted(data.draw(st.tuples(st.integers(0, len(BODY)), st.integers(0, len(BODY)))))
    page = _read_or_refuse(BODY[:first] + data.draw(st.binary(max_size=20)) + BODY[last:])
    assert page is None or len(page.keys) == page.total <= 3


@settings(max_examples=200)
@given(st.binary(max_size=200))
def test_no_bytes_at_all_are_taken_for_a_page(body: bytes) -> None:
    """Noise is refused by name."""
    assert _read_or_refuse(body) is None


@settings(max_examples=200)
@given(st.text(max_size=12), st.text(max_size=12))
def test_any_character_reference_is_survived(text: str, digits: str) -> None:
    """What XML cannot hold is dropped; the page stands unless the text breaks its markup."""
    page = _read_or_refuse(
        BODY.replace(b"On &lt;item", f"On &#{digits};&#x{digits};".encode(errors="surrogatepass"), 1)
    )
    assert page is None or len(page.keys) == 3
    plain = "".join(char for char in text if char not in "<&").encode(errors="surrogatepass")
    assert len(read_page(BODY.replace(b"neighbours", b"neighbours" + plain, 1), REQUEST).keys) == 3


@pytest.mark.parametrize(
    "reference", ["&#0;", "&#x1F;", "&#xD800;", "&#57343;", "&#x110000;", "&#xFFFE;", "&#9999999;"]
)
def test_references_that_xml_forbids_are_dropped(reference: str) -> None:
    """They would make the whole page unreadable, for good."""
    page = read_page(BODY.replace(b"On &lt;item", f"On {reference}".encode(), 1), REQUEST)
    assert len(page.keys) == 3
    assert page.bad == {}


def test_references_that_xml_allows_are_kept() -> None:
    """An accent written as a reference is still an accent."""
    page = read_page(BODY.replace(b"On &lt;item", b"On &#233;&#xE9;&#10;", 1), REQUEST)
    assert "On éé\n" in page.clean.decode()


def test_a_deeply_nested_answer_is_refused() -> None:
    """Ten thousand levels neither crash nor stall."""
    with pytest.raises(BadAnswerError, match="nested"):
        read_page(b"<a>" * 10_000 + b"</a>" * 10_000, REQUEST)


def test_a_count_of_a_thousand_digits_is_refused() -> None:
    """It is no number that arXiv could mean."""
    body = BODY.replace(b">3</opensearch:totalResults>", b">" + b"3" * 5000 + b"</opensearch:totalResults>")
    with pytest.raises(BadAnswerError, match="totalResults"):
        read_page(body, REQUEST)


@given(st.text())
def test_read_time_gives_a_time_or_a_value_error(text: str) -> None:
    """Aware UTC or the one named error."""
    try:
        assert read_time(text).utcoffset() is not None
    except ValueError as error:
        assert str(error)  # noqa: PT017 -- either outcome is right


@given(st.text(), st.text())
def test_read_retry_after_never_fails(text: str, date: str) -> None:
    """Whatever the server writes there, the wait is a number of seconds, not below 0."""
    assert read_retry_after({"Retry-After": text, "Date": date}) >= 0


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 0),
        ({"Retry-After": "120"}, 120),
        ({"Retry-After": "-5"}, 0),
        ({"Retry-After": "soon"}, 0),
        ({"Retry-After": "Wed, 15 Apr 2026 10:01:00 GMT", "Date": "Wed, 15 Apr 2026 10:00:00 GMT"}, 60),
        ({"Retry-After": "Wed, 15 Apr 2026 09:00:00 GMT", "Date": "Wed, 15 Apr 2026 10:00:00 GMT"}, 0),
        ({"Retry-After": "Wed, 15 Apr 2026 10:01:00 GMT"}, 0),
        ({"Retry-After": "Wed, 15 Apr 2026 10:01:00 GMT", "Date": "Wed, 15 Apr 2026 10:00:00 -0000"}, 0),
    ],
)
def test_retry_after_is_read_in_both_forms(headers: dict[str, str], seconds: float) -> None:
    """Seconds, or a date measured by the server's own clock; anything else leaves it to the back-off."""
    assert read_retry_after(headers) == seconds
