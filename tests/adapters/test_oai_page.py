import re
from datetime import date
from xml.sax.saxutils import escape

import pytest
from fakes.oai_answer import DAY, NOW, make_record, render, render_header, render_page, render_record
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from triage.adapters.arxiv_http import BadAnswerError
from triage.adapters.oai_page import (
    HeadersPage,
    NoRecordsError,
    OaiError,
    OaiPage,
    OaiRequest,
    RecordsPage,
    TokenError,
    UnknownIdError,
    read_headers,
    read_records,
)
from triage.core.paper import clean_text
from triage.ports import Header, Record

RECORDS = OaiRequest("ListRecords", "cs", date(2026, 8, 14))
HEADERS = replace(RECORDS, verb="ListIdentifiers")
ONE = OaiRequest("GetRecord", arxiv_id="2608.00001")
AT_TOKEN = replace(RECORDS, token="from%3D2026-08-20%26skip%3D2")  # noqa: S106 -- no secret
PAPERS = [make_record(number) for number in (1, 2, 3)]
BODY = render_page(PAPERS)


def _read_or_refuse(body: bytes) -> RecordsPage | None:
    try:
        return read_records(body, RECORDS)
    except (BadAnswerError, OaiError):
        return None


def _swap(pattern: str, text: str) -> bytes:
    """The body with the first match changed, which must be there."""
    changed, count = re.subn(pattern, text, BODY.decode(), count=1, flags=re.DOTALL)
    assert count == 1
    return changed.encode()


def test_a_page_of_records_is_read_whole() -> None:
    """Every field lands where it belongs, in the order of the page."""
    page = read_records(BODY, RECORDS)
    assert page.items == tuple(PAPERS)
    assert (page.set_aside, page.size, page.responded_at, page.token) == ((), 3, NOW, None)


def test_a_page_of_headers_is_read_whole() -> None:
    """Categories are the sets without their group."""
    body = render(f"<ListIdentifiers>{''.join(map(render_header, PAPERS))}<resumptionToken/></ListIdentifiers>", "")
    page: HeadersPage = read_headers(body, HEADERS)
    assert page.items == tuple(Header(one.paper.arxiv_id, DAY, ("cs.IR", "cs.CL", "math-ph")) for one in PAPERS)
    assert (page.size, page.token) == (3, "")


def test_a_single_record_is_read() -> None:
    """GetRecord's answer is a page of one."""
    page = read_records(render(f"<GetRecord>{render_record(PAPERS[0])}</GetRecord>", ""), ONE)
    assert page.items == (PAPERS[0],)


@pytest.mark.parametrize(
    ("element", "token"),
    [("", None), ("<resumptionToken/>", ""), ("<resumptionToken expires='x'> a%3D1 </resumptionToken>", "a%3D1")],
)
def test_no_token_an_empty_one_and_a_token_are_told_apart(element: str, token: str | None) -> None:
    """They mean a list of one page, the end of a longer one, and more to come."""
    assert read_records(render_page(PAPERS, element), RECORDS).token == token


@pytest.mark.parametrize(
    ("pattern", "text", "reason"),
    [
        ('<OAI-PMH xmlns="[^"]*"', "<OAI-PMH", "in place of an OAI-PMH answer"),
        ("<responseDate>[^<]*</responseDate>", "", "responseDate is ''"),
        ("(<responseDate>)[^<]*", r"\g<1>2026-08-21T02:31:07", "no time in UTC"),
        ("(<responseDate>)[^<]*", r"\g<1>2026-13-21T02:31:07Z", "no time in UTC"),
        ('verb="ListRecords"', 'verb="ListIdentifiers"', "a request for verb 'ListIdentifiers'"),
        ('set="cs"', 'set="math"', "a request for set 'math'"),
        ("<ListRecords>.*</ListRecords>", "", "0 elements <ListRecords>"),
        ("<ListRecords>.*</ListRecords>", "<ListRecords/>", "0 elements <record>"),
        ("</ListRecords>", "</ListRecords><ListRecords/>", "2 elements <ListRecords>"),
        ("</ListRecords>", "<resumptionToken/><resumptionToken/></ListRecords>", "more than one token"),
        ("</ListRecords>", "<resumptionToken>" + "a" * 2001 + "</resumptionToken></ListRecords>", "longer than 2000"),
        ("</ListRecords>", "<rekord/></ListRecords>", "something that is no <record>"),
        (r"oai:arXiv.org:2608\.00001", "oai:arXiv.org:2608.00002", "the same paper twice"),
        ("<datestamp>2026-08-20", "<datestamp>2026-08-13", "a change of 2026-08-13 when asked from 2026-08-14"),
        ("<datestamp>2026-08-20", "<datestamp>2026-08-21", "go backwards"),
        ("(.*<datestamp>)2026-08-20", r"\g<1>2026-08-23", "on 2026-08-21 with a change of 2026-08-23"),
        ("^", "<!DOCTYPE a>", "no well-formed XML|document type"),
        ("Paper 1", "<i>" * 3 + "x" + "</i>" * 3, "nested"),
        ("</ListRecords>", "", "no well-formed XML"),
        ("Paper 1", "&lt;!DOCTYPE", None),
    ],
)  # fmt: skip
def test_an_answer_that_contradicts_itself_is_refused_for_its_own_reason(
    pattern: str, text: str, reason: str | None
) -> None:
    """The log says what was wrong; a document type as the text of a title is none."""
    body = _swap(pattern, text)
    if reason is None:
        assert read_records(body, RECORDS).size == 3
    else:
        with pytest.raises(BadAnswerError, match=reason):
            read_records(body, RECORDS)


@pytest.mark.parametrize("body", [b"", b"Rate exceeded.", b"<html/>", BODY[:-20], "\ufeff".encode("utf-16") + BODY])
def test_what_is_no_answer_at_all_is_refused(body: bytes) -> None:
    """Text, another page, a cut one."""
    with pytest.raises(BadAnswerError):
        read_records(body, RECORDS)


def test_a_hidden_document_type_is_refused() -> None:
    """Characters that are dropped must not hide it from the check."""
    with pytest.raises(BadAnswerError, match="document type"):
        read_records(b'<!DOC\x00TYPE a [<!ENT\x00ITY b "c">]>' + BODY.split(b"\n", 1)[1], RECORDS)


@pytest.mark.parametrize("name", ["identifier", "datestamp"])
def test_a_page_without_a_readable_header_is_refused(name: str) -> None:
    """That is no matter of single records any more."""
    with pytest.raises(BadAnswerError, match="not one of its records"):
        read_records(re.sub(f"<{name}>[^<]*", f"<{name}>", BODY.decode()).encode(), RECORDS)


@pytest.mark.parametrize(
    ("code", "request_", "error"),
    [
        ("badResumptionToken", AT_TOKEN, TokenError),
        ("badResumptionToken", RECORDS, BadAnswerError),
        ("noRecordsMatch", RECORDS, NoRecordsError),
        ("noRecordsMatch", AT_TOKEN, NoRecordsError),
        ("noRecordsMatch", ONE, BadAnswerError),
        ("idDoesNotExist", ONE, UnknownIdError),
        ("idDoesNotExist", RECORDS, BadAnswerError),
        ("badArgument", RECORDS, BadAnswerError),
        ("", RECORDS, BadAnswerError),
    ],
)
def test_an_error_of_the_protocol_has_its_name(code: str, request_: OaiRequest, error: type[Exception]) -> None:
    """Those that fit the request are true answers; others are asked again."""
    with pytest.raises(error, match=f"'{code}'.*text of it"):
        read_records(render(f"<error code='{code}'>text of it</error>", "<request>x</request>"), request_)


@pytest.mark.parametrize(
    ("pattern", "text", "reason"),
    [
        ("<metadata>.*?</metadata>", "", "2608.00001: expected <metadata>"),
        ("<header>.*?</header>", "", "expected a <header>"),
        ("<header>", "<header status='deleted'>", "deleted"),
        (r"oai:arXiv.org:2608\.00001", "oai:arXiv.org:2608.1", "no arXiv id"),
        (r"oai:arXiv.org:2608\.00001", "oai:arXiv.org:2608.00001v1", "without a version"),
        (r"oai:arXiv.org:2608\.00001", "2608.00001", "expected oai:arXiv.org:"),
        ("<datestamp>[^<]*", "<datestamp>2026-W34-4", "<datestamp>: expected a day"),
        ("<datestamp>[^<]*", "<datestamp>2026-02-30", "day is out of range"),
        (r"<id>2608\.00001", "<id>2608.00009", "its metadata are those of 2608.00009"),
        (r"<id>2608\.00001", "<id>", "no arXiv id"),
        ("<title>[^<]*", "<title> \n", "<title> is empty"),
        ("<abstract>[^<]*</abstract>", "", "<abstract> is empty or missing"),
        ("<categories>[^<]*", "<categories>None H.3.3", "<categories>: expected at least one"),
        ("<date>[^<]*", "<date>last Tuesday", "RFC 2822 date"),
        ("<date>[^<]*</date>", "", "RFC 2822 date"),
        ("<date>[^<]*", "<date>Mon, 01 Jan 0001 00:00:00 GMT", "a year of four digits"),
        ("<date>[^<]*", "<date>Tue, 18 Aug 1826 09:00:00 GMT", "expected a year"),
        ('version="v1"', 'version="one"', "expected v1, v2"),
        ('version="v1"', 'version="v3"', "expected v1 first"),
        ('version="v2"', 'version="v1"', "ascending"),
        ("<version version.*</version>(?=<title>Paper 1 )", "", "expected v1 first"),
        ("<arXivRaw xmlns=[^>]*>", "<arXivRaw>", "expected <arXivRaw>"),
    ],
)
def test_a_bad_record_is_set_aside_alone(pattern: str, text: str, reason: str) -> None:
    """With its XML and the reason; the other two come as ever."""
    page = read_records(_swap(pattern, text), RECORDS)
    assert page.items == tuple(PAPERS[1:])
    assert page.size == 3
    (aside,) = page.set_aside
    assert reason in aside.reason
    assert "record" in aside.raw


def test_a_deleted_header_is_set_aside() -> None:
    """It names no paper that could be checked against."""
    headers = "".join(map(render_header, PAPERS)).replace("<header>", "<header status='deleted'>", 1)
    page = read_headers(render(f"<ListIdentifiers>{headers}</ListIdentifiers>", ""), HEADERS)
    assert [header.arxiv_id for header in page.items] == ["2608.00002", "2608.00003"]
    assert [aside.reason for aside in page.set_aside] == ["deleted"]


def test_another_paper_than_the_one_asked_for_is_refused() -> None:
    """GetRecord names one paper."""
    with pytest.raises(BadAnswerError, match=r"with 2608\.00002 when asked for 2608\.00001"):
        read_records(render(f"<GetRecord>{render_record(PAPERS[1])}</GetRecord>", ""), ONE)


@pytest.mark.parametrize("withdrawn", [(1,), (2,), (1, 2)])
def test_a_withdrawal_is_a_version_of_source_type_i(withdrawn: tuple[int, ...]) -> None:
    """The paper is withdrawn when its last version is."""
    paper = PAPERS[0].paper
    versions = tuple(replace(one, is_withdrawn=one.version in withdrawn) for one in paper.versions)
    record = Record(replace(paper, versions=versions, is_withdrawn=2 in withdrawn), DAY)
    assert read_records(render_page([record]), RECORDS).items == (record,)


def test_a_comment_that_says_so_is_a_withdrawal_too() -> None:
    """Old withdrawals have no source type."""
    (paper, *_) = read_records(_swap("9 pages", "This paper has been withdrawn"), RECORDS).items
    assert paper.paper.is_withdrawn


_TEXT = (
    st.text(st.characters(exclude_categories=("Cs", "Cc", "Cf", "Co", "Cn")), max_size=60).map(clean_text).filter(bool)
)
_RECORD = st.builds(
    lambda record, title, abstract, comment, day, name: Record(
        replace(record.paper, title=title, abstract=f"We {abstract}", comment=comment, authors=(name,)), day
    ),
    st.integers(1, 50).map(make_record),
    _TEXT,
    _TEXT,
    st.none() | _TEXT.map(lambda text: f"x {text}"),
    st.dates(date(2026, 8, 14), date(2026, 8, 22)),
    st.sampled_from(["A. Author", "Jos\\'e {\\O}rsted", "Zoë"]),
)


@settings(max_examples=100)
@given(st.lists(_RECORD, min_size=1, max_size=6, unique_by=lambda record: record.paper.arxiv_id))
def test_what_the_server_writes_is_read_back(records: list[Record]) -> None:
    """Whatever the texts hold, markup and LaTeX included."""
    records.sort(key=lambda record: record.datestamp)
    assert read_records(render_page(records), RECORDS).items == tuple(records)


@settings(max_examples=300)
@given(st.data())
def test_a_damaged_page_is_read_or_refused(data: st.DataObject) -> None:
    """Any splice of the bytes ends in a page of at most three records or in a named error, never in another one."""
    first, last = sorted(data.draw(st.tuples(st.integers(0, len(BODY)), st.integers(0, len(BODY)))))
    page = _read_or_refuse(BODY[:first] + data.draw(st.binary(max_size=20)) + BODY[last:])
    assert page is None or len(page.items) + len(page.set_aside) == page.size <= 3


@settings(max_examples=300)
@given(st.data())
def test_a_damaged_text_is_read_or_refused(data: st.DataObject) -> None:
    """The same where the damage keeps the markup: other words between two tags or quotes."""
    places = [match.span(1) for match in re.finditer(r'[>"]([^<>"]+)[<"]', BODY.decode())]
    first, last = data.draw(st.sampled_from(places))
    word = data.draw(
        st.text(max_size=12) | st.sampled_from(["0001-01-01", "9999-12-31", "9999-12-31T23:59:59Z", "v" + "9" * 5000])
    )
    text = BODY.decode()
    page: OaiPage[Record] | None = _read_or_refuse(
        (text[:first] + escape(word) + text[last:]).encode(errors="surrogatepass")
    )
    assert page is None or len(page.items) + len(page.set_aside) == page.size == 3
