"""A list in memory, served page by page as arXiv's server does it, with the faults that only show between pages."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from triage.adapters.oai_list import OaiLimits, follow
from triage.adapters.oai_page import Line, NoRecordsError, OaiPage, OaiRequest, TokenError
from triage.errors import SourceError
from triage.ports import EARLIEST, Header

START = date(2026, 8, 1)
NOON = datetime(2026, 8, 21, 12, tzinfo=UTC)
REQUEST = OaiRequest("ListRecords", "cs", START)
Page = OaiPage[Header]


def make_lines(count: int, per_day: int = 4) -> list[Line]:
    """Changes by day and id."""
    return [Line(f"2608.{number:05}", START + timedelta(days=number // per_day)) for number in range(count)]


class Server:
    """Pages of 5; `faults[n]` alters answer n (from 0) or raises in its place."""

    def __init__(self, lines: list[Line]) -> None:
        self.lines = lines
        self.faults: dict[int, Callable[[Page], Page]] = {}
        self.always: Callable[[Page], Page] | None = None
        self.only: Callable[[OaiRequest], bool] = lambda _request: True
        self.requests: list[OaiRequest] = []

    def fetch(self, request: OaiRequest) -> Page:
        """The page, or the server's error."""
        number = len(self.requests)
        self.requests.append(request)
        page = self._answer(request, NOON + timedelta(seconds=3 * number))
        fault = self.faults.get(number, self.always)
        if fault is FAULTS["token_expired"] and not request.token:
            return page
        return fault(page) if fault and self.only(request) else page

    def _answer(self, request: OaiRequest, now: datetime) -> Page:
        day, skip = request.start, 0
        if request.token:
            day, skip = date.fromisoformat(request.token[:10]), int(request.token[11:])
        rows = sorted(
            (line for line in self.lines if line.datestamp >= day), key=lambda line: (line.datestamp, line.arxiv_id)
        )[skip:]
        if not rows:
            raise NoRecordsError("nothing")
        shown, token = tuple(rows[:5]), "" if request.token else None
        if len(rows) > 5:
            last = shown[-1].datestamp
            same = sum(line.datestamp == last for line in shown)
            token = f"{last} {skip + 5 if len(shown) == same and last == day else same}"
        items = tuple(Header(line.arxiv_id, line.datestamp, ("cs.IR",)) for line in shown)
        return OaiPage(items, (), shown, len(shown), now, token)

    def read(self, limits: OaiLimits = OaiLimits()) -> list[Line]:  # noqa: B008 -- frozen
        """Everything the list gives, as it comes."""
        steps = follow(REQUEST, self.fetch, self.fetch, limits)
        return [Line(item.arxiv_id, item.datestamp) for step in steps for item in step.page.items]

    def read_ids(self) -> set[str]:
        """The papers in it."""
        return {line.arxiv_id for line in self.read()}

    @property
    def ids(self) -> set[str]:
        """The papers that there are."""
        return {line.arxiv_id for line in self.lines}


def _raise(error: Exception) -> Callable[[Page], Page]:
    def fault(_page: Page) -> Page:
        raise error

    return fault


def _alter(**changes: object) -> Callable[[Page], Page]:
    return lambda page: replace(page, **changes)


def _relist(page: Page, lines: tuple[Line, ...]) -> Page:
    items = tuple(Header(line.arxiv_id, line.datestamp, ("cs.IR",)) for line in lines)
    return replace(page, items=items, lines=lines, size=len(lines))


def _turn_back(page: Page) -> Page:
    return _relist(page, tuple(replace(line, datestamp=START) for line in page.lines))


FAULTS: dict[str, Callable[[Page], Page]] = {
    "token_expired": _raise(TokenError("badResumptionToken")),
    "nothing_more": _raise(NoRecordsError("noRecordsMatch")),
    "token_dropped": _alter(token=None),
    "token_emptied": _alter(token=""),
    "page_shortened": lambda page: _relist(page, page.lines[:-2] or page.lines),
    "record_left_out": lambda page: _relist(page, (*page.lines[:1], *page.lines[2:])),
    "page_older": lambda page: replace(page, responded_at=NOON - timedelta(days=1)),
    "days_go_back": _turn_back,
    "page_repeated": lambda page: _relist(page, tuple(make_lines(5))),
    "token_loops": lambda page: replace(page, token="2026-08-02 1"),  # noqa: S106 -- no secret
}


@pytest.mark.parametrize("count", [1, 4, 5, 6, 10, 23])
def test_a_list_is_read_to_its_end(count: int) -> None:
    """All lines, in order, and only the last page is called the last."""
    server = Server(make_lines(count))
    steps = list(follow(REQUEST, server.fetch, server.fetch, OaiLimits()))
    assert [line for step in steps for line in step.page.lines] == server.lines
    assert [step.is_last for step in steps] == [False] * (len(steps) - 1) + [True]
    assert {step.responded_at for step in steps} == {NOON}


def test_the_headers_are_read_to_prove_it() -> None:
    """From a week earlier by their own pages, then from the last day; nothing else is asked."""
    server = Server(make_lines(10))
    server.read()
    assert [(request.verb, request.start, request.token) for request in server.requests] == [
        ("ListRecords", START, None),
        ("ListRecords", START, "2026-08-02 1"),
        ("ListIdentifiers", START - timedelta(days=7), None),
        ("ListIdentifiers", START - timedelta(days=7), "2026-08-02 1"),
        ("ListIdentifiers", START + timedelta(days=2), None),
    ]


def test_a_server_that_skips_the_first_row_of_every_list_is_found_out() -> None:
    """The headers begin a week earlier, so that what they skip is another row."""
    server = Server([Line("2607.00001", START - timedelta(days=1)), *make_lines(23)])
    answer = server._answer
    server._answer = lambda request, now: answer(replace(request, token=request.token or f"{request.start} 1"), now)  # type: ignore[method-assign]  # a server that is off by one
    with pytest.raises(SourceError, match="disagree about 2 papers"):
        server.read()


def test_a_server_that_ends_every_list_with_its_first_page_is_found_out() -> None:
    """The second list of headers begins where the first one ended."""
    server = Server(make_lines(43))
    server.always = lambda page: replace(page, token=None)
    with pytest.raises(SourceError, match="not read to its end"):
        server.read()


def test_no_list_begins_before_the_first_there_is() -> None:
    """The server refuses it."""
    server = Server(make_lines(4))
    list(follow(replace(REQUEST, start=EARLIEST), server.fetch, server.fetch, OaiLimits()))
    assert min(request.start for request in server.requests) == EARLIEST


@pytest.mark.parametrize("place", [1, 2, 3])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_that_passes_changes_nothing(fault: str, place: int) -> None:
    """The list is begun again, or the missing part of it is read again: in the end no paper is missing."""
    server = Server(make_lines(23))
    server.faults = {place: FAULTS[fault]}
    assert server.read_ids() == server.ids


@pytest.mark.parametrize("fault", ["token_dropped", "token_emptied", "page_shortened", "record_left_out"])
def test_a_first_page_that_lacks_something_is_noticed(fault: str) -> None:
    """It looks like a list of one page, until the headers tell otherwise."""
    server = Server(make_lines(23))
    server.faults = {0: FAULTS[fault]}
    assert server.read_ids() == server.ids


def test_a_last_page_that_lacks_something_is_noticed() -> None:
    """No page follows that could contradict it."""
    server = Server(make_lines(23))
    server.faults = {4: FAULTS["record_left_out"]}
    assert server.read_ids() == server.ids


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_that_stays_is_an_error(fault: str) -> None:
    """Never an end: after a bounded number of requests the harvest fails."""
    server = Server(make_lines(43))
    server.always = FAULTS[fault]
    server.only = lambda request: bool(request.token) and request.verb == "ListRecords"
    with pytest.raises(SourceError, match="not read to its end"):
        server.read()
    assert len(server.requests) <= 64


def test_an_empty_list_is_not_believed() -> None:
    """A week always has changes; and nothing is asked again, since arXiv keeps its answer."""
    server = Server([])
    with pytest.raises(SourceError, match="nothing of cs changed since 2026-08-01, which is not believed"):
        server.read()
    assert len(server.requests) == 1


def test_a_record_without_a_header_explains_a_missing_line() -> None:
    """It was set aside already: it stops neither the others nor the mark."""
    server = Server(make_lines(23))
    server.only = lambda request: request.verb == "ListRecords" and request.token == "2026-08-02 1"  # noqa: S105 -- no secret
    server.always = lambda page: replace(page, lines=page.lines[1:], items=page.items[1:])
    assert len(server.read()) == 22
    assert len(server.requests) == 11


def test_headers_that_lack_papers_are_no_proof() -> None:
    """The records lost a page and the headers end early too: they are read again, and then tell."""
    server = Server(make_lines(23))
    server.faults = {1: FAULTS["token_emptied"], 2: FAULTS["token_emptied"]}
    assert server.read_ids() == server.ids


def test_a_paper_that_left_the_set_is_no_error() -> None:
    """The headers lack it every time, and nothing else."""
    server = Server(make_lines(23))

    def leave(page: Page) -> Page:
        del server.lines[20]
        return page

    server.faults = {4: leave}
    assert len(server.read_ids()) == 23
    assert len(server.requests) == 5 + 4 * 6


def test_a_bulk_day_is_read_by_offset() -> None:
    """All pages of one day."""
    server = Server(make_lines(500, per_day=500))
    assert server.read() == server.lines
    assert len(server.requests) == 300


def test_no_reading_begins_today() -> None:
    """Where the changes of today are missing, those of yesterday are read too: arXiv keeps an early error all day."""
    server = Server([*make_lines(12), Line("2608.00099", NOON.date())])
    server.only = lambda request: request.start > START or request.token == "2026-08-03 2"  # noqa: S105 -- no secret
    server.faults = {2: lambda page: _relist(page, page.lines[:-1])}
    assert server.read_ids() == server.ids
    begun = {request.start for request in server.requests if request.token is None}
    assert max(begun) == NOON.date() - timedelta(days=1)


@settings(max_examples=100)
@given(
    st.integers(1, 40),
    st.integers(1, 12),
    st.dictionaries(st.integers(0, 30), st.sampled_from(sorted(FAULTS)), max_size=6),
)
def test_any_mix_of_faults_ends_in_everything_or_an_error(count: int, per_day: int, faults: dict[int, str]) -> None:
    """Never in less, as long as the headers are not cut short in the same place."""
    server = Server(make_lines(count, per_day))
    server.faults = {place: FAULTS[fault] for place, fault in faults.items()}
    server.only = lambda request: request.verb == "ListRecords"
    try:
        read = server.read_ids()
    except SourceError as error:
        assert "not read to its end" in str(error)  # noqa: PT017 -- either outcome is right
    else:
        assert read >= server.ids  # a page of another list may bring papers that this one lacks


@settings(max_examples=100)
@given(st.integers(12, 40), st.lists(st.tuples(st.integers(0, 1), st.integers(0, 39)), max_size=6))
def test_what_moves_while_it_is_paged_is_read_all_the_same(count: int, moves: list[tuple[int, int]]) -> None:
    """A record that changes between two pages pushes another one out of sight; the headers bring it back."""
    server = Server(make_lines(count))

    def move(place: int) -> Callable[[Page], Page]:
        def fault(page: Page) -> Page:
            server.lines[place % count] = replace(server.lines[place % count], datestamp=START + timedelta(days=20))
            return page

        return fault

    server.faults = {number: move(place) for number, place in moves}
    newest = {line.arxiv_id: line.datestamp for line in server.read()}
    assert newest == {line.arxiv_id: line.datestamp for line in server.lines}
