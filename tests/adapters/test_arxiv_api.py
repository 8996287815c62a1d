import itertools
import threading
from datetime import datetime, timedelta

import msgspec
import pytest
from fakes.arxiv_case import CATEGORIES, SMALL, WEEK, open_case
from fakes.papers import MONDAY, make_papers
from hypothesis import given
from hypothesis import strategies as st

from triage import __version__
from triage.adapters.arxiv_api import ArxivApi, QueryLimits
from triage.adapters.arxiv_http import Network, name_agent
from triage.adapters.fixed_source import FixedSource
from triage.adapters.pace import INTERVAL, Pace
from triage.core.paper import Paper
from triage.core.withdrawal import says_withdrawn
from triage.errors import InputError, SourceError
from triage.ports import Source


@pytest.mark.parametrize("count", [0, 1, 9, 10, 11, 19, 20, 35])
def test_every_paper_comes_back_as_it_was(count: int) -> None:
    """Whatever the count is to the page size: all fields, oldest first, each paper once."""
    papers = make_papers(count)
    with open_case(papers) as case:
        assert case.read_week() == papers
        assert case.bad == []


def test_requests_keep_the_terms_of_use() -> None:
    """Every request names program, version and contact, asks for a bounded page, and starts 3 s after the last one."""
    with open_case(make_papers(35)) as case:
        case.read_week()
        assert {entry.user_agent for entry in case.server.log} == {f"triage/{__version__} (triage@example.org)"}
        assert {entry.params["max_results"] for entry in case.server.log} == {"10"}
        assert len(case.server.gaps) == 4
        assert min(case.server.gaps) >= INTERVAL


def test_the_query_is_the_one_the_manual_describes() -> None:
    """GMT to the minute, categories joined by OR, oldest first."""
    with open_case([]) as case:
        start = datetime.fromisoformat("2026-04-10T14:00:30-04:00")
        list(case.api.submitted_between(start, start + timedelta(days=1), ["cs.IR", "cs.CL", "cs.IR"]))
        params = case.server.log[0].params
        assert params["search_query"] == "submittedDate:[202604101800 TO 202604111800] AND (cat:cs.IR OR cat:cs.CL)"
        assert (params["sortBy"], params["sortOrder"]) == ("submittedDate", "ascending")


def test_windows_are_half_open_to_the_second() -> None:
    """The server includes the whole last minute; a paper on the edge belongs to the later window only."""
    papers = make_papers(120, apart=timedelta(seconds=1))
    with open_case(papers, QueryLimits(page_size=100)) as case:
        edges = [MONDAY, MONDAY + timedelta(seconds=30), MONDAY + timedelta(seconds=90), MONDAY + timedelta(days=1)]
        parts = [list(case.api.submitted_between(a, b, CATEGORIES)) for a, b in itertools.pairwise(edges)]
        assert [len(part) for part in parts] == [30, 60, 30]
        assert [paper for part in parts for paper in part] == papers
        assert case.bad == []


def test_a_long_span_is_read_week_by_week() -> None:
    """Three weeks and a day are four windows that tile."""
    papers = make_papers(60, apart=timedelta(hours=8))
    with open_case(papers) as case:
        assert list(case.api.submitted_between(MONDAY, MONDAY + timedelta(days=22), CATEGORIES)) == papers
        spans = {entry.params["search_query"][14:44] for entry in case.server.log}
        assert len(spans) == 4


def test_a_window_too_large_for_one_query_is_halved() -> None:
    """No query is read to more than its limit, and nothing is lost or doubled at the seams."""
    papers = make_papers(120, apart=timedelta(minutes=7, seconds=13))
    limits = QueryLimits(page_size=10, per_query=25)
    with open_case(papers, limits) as case:
        assert case.read_week() == papers
        assert max(int(entry.params["start"]) for entry in case.server.log) < 25


def test_a_minute_with_too_many_papers_is_an_error() -> None:
    """A server that ignores the dates is noticed instead of halved for ever."""
    limits = QueryLimits(page_size=10, per_query=25)
    with (
        open_case(make_papers(60, apart=timedelta(0)), limits) as case,
        pytest.raises(SourceError, match="date filter"),
    ):
        case.read_week()


def test_a_paper_outside_the_window_is_reported() -> None:
    """What the date filter should have kept out is neither mixed in nor dropped in silence."""
    stray = msgspec.structs.replace(make_papers(3)[2], published=MONDAY - timedelta(days=1))
    papers = make_papers(2)
    with open_case(papers) as case:
        case.server.query.select = lambda _params: [*papers, stray]  # type: ignore[method-assign, assignment]  # it ignores the dates
        assert case.read_week() == papers
        assert case.bad == [f"2604.00003: submitted {stray.published}, outside the time asked for"]


def test_progress_is_told_page_by_page() -> None:
    """A caller can show how far a window is."""
    with open_case(make_papers(25)) as case:
        case.read_week()
        assert case.pages == [(10, 25), (19, 25), (25, 25)]


def test_nothing_is_asked_before_somebody_iterates() -> None:
    """Building the iterator talks to nobody."""
    with open_case(make_papers(3)) as case:
        case.api.submitted_between(*WEEK, CATEGORIES)
        case.api.by_id(["2604.00001"])
        assert case.server.log == []


@pytest.mark.parametrize(
    ("start", "end", "categories"),
    [
        (MONDAY.replace(tzinfo=None), WEEK[1], ["cs.IR"]),
        (WEEK[1], WEEK[0], ["cs.IR"]),
        (*WEEK, []),
        (*WEEK, ["cs.IR) OR (cat:math"]),
    ],
)
def test_bad_questions_are_refused_before_any_request(start: datetime, end: datetime, categories: list[str]) -> None:
    """Naive or backward times and malformed categories are the caller's error."""
    with open_case([]) as case:
        with pytest.raises(InputError):
            case.api.submitted_between(start, end, categories)
        assert case.server.log == []


@pytest.mark.parametrize("url", ["export.arxiv.org", "ftp://arxiv.org/api/query", "https://", "https://a.org/{}"])
def test_a_bad_base_url_is_refused(url: str) -> None:
    """The setting is named before it fails deep inside."""
    with pytest.raises(InputError, match="base URL"):
        ArxivApi(url, Network(Pace(), "x"))


@pytest.mark.parametrize("contact", ["", " ", "x@example.org\r\nCookie: a=b", "\N{SNOWMAN}@example.org"])
def test_a_contact_that_cannot_stand_in_a_header_is_refused(contact: str) -> None:
    """It is sent with every request."""
    with pytest.raises(InputError, match="contact"):
        name_agent(contact)


@pytest.mark.parametrize(("size", "per_query"), [(0, 100), (1, 100), (2001, 10_000), (200, 100), (500, 30_001)])
def test_impossible_sizes_are_refused(size: int, per_query: int) -> None:
    """Pages overlap by one entry; arXiv gives at most 2000 papers a page and 30,000 a query."""
    limits = QueryLimits(page_size=size, per_query=per_query)
    with pytest.raises(InputError, match="papers"):
        ArxivApi("https://example.org", Network(Pace(), "x"), limits=limits)


def test_by_id_gives_the_known_ones_in_the_order_asked() -> None:
    """Any spelling is accepted, unknown ids are absent, repeated ones come once."""
    papers = make_papers(30)
    with open_case(papers) as case:
        asked = ["arXiv:2604.00007", "2604.99999", *(f"2604.{n:05d}" for n in range(30, 4, -1)), "2604.00007"]
        found = [paper.arxiv_id for paper in case.api.by_id(asked)]
        assert found == ["2604.00007", *(f"2604.{n:05d}" for n in range(30, 4, -1) if n != 7)]
        assert min(case.server.gaps) >= INTERVAL


def test_by_id_asks_for_a_version_where_one_is_named() -> None:
    """The version travels to the server."""
    with open_case(make_papers(1)) as case:
        list(case.api.by_id(["2604.00001v2"]))
        assert case.server.log[0].params["id_list"] == "2604.00001v2"


def test_by_id_asks_in_batches_of_a_hundred() -> None:
    """The URL stays short."""
    papers = make_papers(250)
    with open_case(papers, QueryLimits()) as case:
        assert list(case.api.by_id(paper.arxiv_id for paper in papers)) == papers
        assert [len(entry.params["id_list"].split(",")) for entry in case.server.log] == [100, 100, 50]


def test_by_id_refuses_a_malformed_id_before_any_request() -> None:
    """One bad id among good ones, and nothing is asked."""
    with open_case(make_papers(3)) as case:
        with pytest.raises(InputError, match=r"2604\.1"):
            case.api.by_id(["2604.00001", "2604.1"])
        assert case.server.log == []


def test_by_id_without_ids_asks_nothing() -> None:
    """No question, no request."""
    with open_case([]) as case:
        assert list(case.api.by_id([])) == []
        assert case.server.log == []


def test_two_sources_in_two_threads_take_turns() -> None:
    """They share a pace: never two requests at once, never two within three seconds."""
    papers = make_papers(35)
    with open_case(papers) as case:
        case.server.thinking = 0.01
        other = ArxivApi(case.server.query_url, Network(case.pace, "x"), limits=SMALL)
        results: list[list[Paper]] = []
        threads = [
            threading.Thread(target=lambda api=api: results.append(list(api.submitted_between(*WEEK, CATEGORIES))))
            for api in (case.api, other)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert results == [papers, papers]
        assert case.server.most_at_once == 1
        assert min(case.server.gaps) >= INTERVAL


def test_foreign_classes_and_odd_characters_are_cleaned() -> None:
    """ACM and MSC codes are no categories; control characters, also as references, do not break the page."""
    paper = msgspec.structs.replace(
        make_papers(1)[0],
        title="A\x00 title\x0b with\u200b marks",
        abstract="One &#x1F;two\nthree &#55296;.",
        categories=("cs.IR", "H.3.3; I.2.7", "68T05", "cond-mat.stat-mech"),
    )
    with open_case([paper]) as case:
        render = case.server.answer

        def unescape(path: str, agent: str) -> object:
            answer = render(path, agent)
            answer.body = answer.body.replace(b"&amp;#", b"&#")
            return answer

        case.server.answer = unescape  # type: ignore[method-assign, assignment]  # references raw on the wire
        (read,) = case.read_week()
        assert read.title == "A title with marks"
        assert read.abstract == "One two three ."
        assert read.categories == ("cs.IR", "cond-mat.stat-mech")


@pytest.mark.parametrize(
    ("comment", "abstract"),
    [
        ("This paper has been withdrawn by the author due to a crucial error in equation 10", "We prove."),
        ("14 Pages This manuscript is withdrawn", "We prove."),
        ("Withdrawn. Our recent study shows no difference", "We prove."),
        ("This paper has been withdrawn from arXiv", "We prove."),
        (None, "This paper has been withdrawn by the authors."),
    ],
)
def test_plain_withdrawals_are_recognised(comment: str | None, abstract: str) -> None:
    """The wordings that arXiv and its authors use."""
    assert says_withdrawn(comment, abstract)


@pytest.mark.parametrize(
    ("comment", "abstract"),
    [
        ("The paper has been withdrawn from the XX International Conference", "We prove."),
        ("Accepted at ICUFN 2018 but later withdrawn due to financial issues", "We prove."),
        ("10 pages, withdraw experimental results on CNN datasets", "We prove."),
        ("Withdrawn from ICLR 2026", "We prove."),
        (None, "We control a forklift whose fork must be withdrawn without dragging the pallet."),
        (None, "We study what happens after publication. " * 3 + "Sometimes a paper is withdrawn."),
    ],
)
def test_other_uses_of_the_word_are_not_withdrawals(comment: str | None, abstract: str) -> None:
    """A paper that still stands is not struck out."""
    assert not says_withdrawn(comment, abstract)


@given(st.sets(st.integers(1, 60)), st.integers(0, 70), st.integers(0, 70))
def test_the_fixed_source_filters_like_the_real_one(numbers: set[int], first: int, length: int) -> None:
    """`[start, end)`, category overlap, oldest first."""
    papers = [paper for paper in make_papers(60) if int(paper.arxiv_id[5:]) in numbers]
    start = MONDAY + timedelta(hours=first)
    source: Source = FixedSource(reversed(papers))
    found = list(source.submitted_between(start, start + timedelta(hours=length), ["cs.IR"]))
    hours = range(first, first + length)
    assert found == [p for p in papers if "cs.IR" in p.categories and int(p.arxiv_id[5:]) - 1 in hours]


def test_the_fixed_source_finds_by_id() -> None:
    """In the order asked, unknown ids absent, malformed ones refused."""
    source: Source = FixedSource(make_papers(5), name="demo")
    assert source.name == "demo"
    assert [paper.arxiv_id for paper in source.by_id(["2604.00004v1", "2604.00009", "2604.00001"])] == [
        "2604.00004",
        "2604.00001",
    ]
    with pytest.raises(InputError):
        source.by_id(["nonsense"])
