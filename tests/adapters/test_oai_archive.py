"""Rule for all: a fault ends in the result without it or in a visible failure, never in a quiet success with less."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import pytest
from fakes.faketime import FakeTime
from fakes.papers import make_papers
from msgspec.structs import replace

from triage.adapters.arxiv_http import HttpLimits, Network, name_agent
from triage.adapters.fake_arxiv.archive import FakeArchive
from triage.adapters.fake_arxiv.faults_oai import OAI_ENVELOPE, OAI_HEADER, OAI_LIST, OAI_RECORD
from triage.adapters.fake_arxiv.faults_wire import FATAL, SLOW, WIRE
from triage.adapters.fake_arxiv.oai import PageSizes
from triage.adapters.fake_arxiv.server import FakeArxiv
from triage.adapters.oai_archive import OaiArchive
from triage.adapters.pace import INTERVAL, Pace
from triage.core.paper import Paper
from triage.errors import InputError, SourceError
from triage.ports import Header, RecordPage, SetAside

NOON = datetime(2026, 4, 20, 12, tzinfo=UTC)
START = date(2026, 4, 13)
PAPERS = make_papers(35)
BOUNDED = HttpLimits(size=2**20)
HASTY = HttpLimits(read=0.15, total=0.4, size=2**20)  # real seconds, for the faults that take them
SIZES = PageSizes(records=10, headers=20)
SINGLE = sorted(OAI_RECORD | OAI_HEADER)
LISTS = sorted(OAI_LIST | OAI_ENVELOPE)
PASSING = sorted(WIRE.keys() - FATAL.keys())


@dataclass
class Case:
    """A fake arXiv and what was read of it."""

    server: FakeArxiv
    oai: OaiArchive
    time: FakeTime
    pages: list[RecordPage] = field(default_factory=list)
    progress: list[int] = field(default_factory=list)

    def read(self) -> dict[str, Paper]:
        """Everything of `cs`, the newest word on each paper."""
        self.pages.extend(self.oai.records_since("cs", START))
        return {record.paper.arxiv_id: record.paper for page in self.pages for record in page.records}

    def read_headers(self) -> dict[str, Header]:
        """The same, headers only."""
        return {header.arxiv_id: header for header in self.oai.headers_since("cs", START)}

    @property
    def set_aside(self) -> list[SetAside]:
        """What came with the pages and was no paper."""
        return [one for page in self.pages for one in page.set_aside]


@contextmanager
def open_case(
    papers: Iterable[Paper] = PAPERS, http: HttpLimits = BOUNDED, *, now: datetime = NOON, caches: bool = False
) -> Iterator[Case]:
    """Serve the papers; the server's clock passes with the reader's pauses."""
    time = FakeTime()
    archive = FakeArchive(lambda: now + timedelta(seconds=time.now - 1000.0), papers)
    pace = Pace(monotonic=time.monotonic, sleep=time.sleep)
    with FakeArxiv(archive, clock=time.monotonic, sizes=SIZES, caches=caches) as server:
        progress: list[int] = []
        wire = Network(pace, name_agent("triage@example.org"), http)
        yield Case(server, OaiArchive(server.oai_url, wire, on_page=progress.append), time, progress=progress)


@pytest.fixture(scope="module")
def truth() -> dict[str, Paper]:
    """What a harvest without a fault gives."""
    with open_case() as case:
        return case.read()


def _check_gaps(case: Case) -> None:
    assert min(case.server.gaps, default=INTERVAL) >= INTERVAL
    assert case.server.most_at_once == 1


def test_an_archive_is_read_to_its_end(truth: dict[str, Paper]) -> None:
    """Every paper with all that the server knows of it, one page at a time, by the fixed parameters."""
    with open_case() as case:
        assert case.read() == truth
        served = {paper.arxiv_id: paper for paper in case.server.archive.papers}
        assert truth.keys() == served.keys()
        for arxiv_id, paper in truth.items():
            assert (paper.title, paper.abstract, paper.authors) == (
                served[arxiv_id].title,
                served[arxiv_id].abstract,
                served[arxiv_id].authors,
            )
            assert paper.versions == served[arxiv_id].versions
            assert (paper.primary_category, paper.source) == (served[arxiv_id].primary_category, case.oai.name)
        first = case.server.log[0].params
        assert first == {"verb": "ListRecords", "metadataPrefix": "arXivRaw", "set": "cs", "from": "2026-04-13"}
        assert case.progress == [10, 20, 30, 35]
        assert [page.is_last for page in case.pages] == [False, False, False, True]
        assert {page.responded_at for page in case.pages} == {NOON}
        assert len(case.server.log) == 7
        _check_gaps(case)


def test_headers_name_the_same_papers(truth: dict[str, Paper]) -> None:
    """With their categories, of which the first need not be the primary."""
    with open_case() as case:
        headers = case.read_headers()
        assert headers.keys() == truth.keys()
        assert all(set(headers[key].categories) == set(paper.categories) for key, paper in truth.items())
        _check_gaps(case)


@pytest.mark.parametrize("place", [0, 1, 3, 4], ids=["first", "middle", "last", "headers"])
@pytest.mark.parametrize("fault", [*PASSING, *LISTS])
def test_a_fault_that_passes_changes_nothing(fault: str, place: int, truth: dict[str, Paper]) -> None:
    """One bad answer: the same papers in the end, or an error that says that the list was not read."""
    with open_case(http=HASTY if fault in SLOW else BOUNDED) as case:
        case.server.script = ["ok"] * place + [fault]
        try:
            assert case.read() == truth
        except SourceError as error:
            assert fault == "no_records_match"  # the one that stands until midnight on arXiv
            assert "not read to its end" in str(error)  # noqa: PT017
        assert case.set_aside == []
        _check_gaps(case)


@pytest.mark.parametrize("place", [0, 1])
@pytest.mark.parametrize("fault", [*LISTS, *sorted(OAI_HEADER)])
def test_headers_survive_a_passing_fault(fault: str, place: int, truth: dict[str, Paper]) -> None:
    """They are proven by a second reading."""
    with open_case() as case:
        case.server.script = ["ok"] * place + [fault]
        try:
            assert len(case.read_headers()) + len(case.oai.set_aside) == len(truth)
        except SourceError:
            assert fault == "no_records_match"


@pytest.mark.parametrize("fault", [*PASSING, *LISTS])
def test_a_fault_that_stays_is_an_error(fault: str, truth: dict[str, Paper]) -> None:
    """A server that stays broken ends in `SourceError` after a bounded number of well-spaced requests."""
    with open_case(http=HASTY if fault in SLOW else BOUNDED) as case:
        case.server.choose_fault = lambda _number, kind: fault if kind == "oai-records" else "ok"
        try:
            assert case.read() == truth
        except SourceError as error:
            assert "Nothing was taken over" in str(error) or "not read to its end" in str(error)  # noqa: PT017
        assert len(case.server.log) <= 60
        _check_gaps(case)


@pytest.mark.parametrize("place", [0, 9, 10, 34])
@pytest.mark.parametrize("fault", sorted(OAI_RECORD))
def test_a_bad_record_is_set_aside_alone(fault: str, place: int, truth: dict[str, Paper]) -> None:
    """One unusable record is handed over with its text; all others come, whatever page boundary it lies on."""
    arxiv_id = PAPERS[place].arxiv_id
    with open_case() as case:
        case.server.spoiled = {arxiv_id: fault}
        assert case.read().keys() == truth.keys() - {arxiv_id}
        (aside,) = case.set_aside
        assert arxiv_id in aside.raw
        assert len(case.server.log) == 7


@pytest.mark.parametrize("place", [0, 1, 3])
@pytest.mark.parametrize("fault", SINGLE)
def test_a_page_with_a_bad_record_accounts_for_all(fault: str, place: int, truth: dict[str, Paper]) -> None:
    """Read or set aside: no paper is neither."""
    with open_case() as case:
        case.server.script = ["ok"] * place + [fault]
        assert len(case.read()) + len(case.set_aside) == len(truth)


@pytest.mark.parametrize("fault", sorted(FATAL))
def test_what_ends_a_harvest_ends_it_at_once(fault: str) -> None:
    """A refusal, a move and a long pause are told to a person."""
    with open_case() as case:
        case.server.script = ["ok", fault]
        with pytest.raises(SourceError):
            case.read()
        assert len(case.server.log) == 2


def test_a_token_that_dies_at_midnight_begins_the_list_again(truth: dict[str, Paper]) -> None:
    """The first page was asked for just before midnight UTC; the mark is the time of the list as begun again."""
    with open_case(now=datetime(2026, 4, 20, 23, 59, 58, tzinfo=UTC)) as case:
        assert case.read() == truth
        assert case.pages[-1].responded_at.date() == date(2026, 4, 21)


MOVES: dict[str, Callable[[FakeArchive, str], None]] = {
    "touched": FakeArchive.touch,
    "revised": lambda archive, arxiv_id: archive.revise(arxiv_id, title="A new title"),
    "withdrawn": FakeArchive.withdraw,
}


@pytest.mark.parametrize("move", MOVES)
@pytest.mark.parametrize("number", [1, 2, 3])
def test_what_moves_between_two_pages_is_read_as_it_is_in_the_end(move: str, number: int) -> None:
    """Three records move to the end of the list; those that they pushed out of sight are found by the headers."""
    with open_case() as case:
        archive = case.server.archive

        def change() -> None:
            for place in (0, 4, 7):
                MOVES[move](archive, PAPERS[place].arxiv_id)

        case.server.before[number] = change
        read = case.read()
        served = {paper.arxiv_id: paper for paper in archive.papers}
        assert read.keys() == served.keys()
        assert all(read[key].version == paper.version for key, paper in served.items())
        assert all(read[key].is_withdrawn == paper.is_withdrawn for key, paper in served.items())


def test_an_empty_list_is_not_believed() -> None:
    """A window of a week always has changes."""
    with open_case([]) as case, pytest.raises(SourceError, match="which is not believed"):
        case.read()


def test_single_records_are_read_by_id() -> None:
    """In the order asked, each once; an unknown one is left out after two answers."""
    with open_case() as case:
        wanted = [PAPERS[3].arxiv_id, "2604.99999", f"arXiv:{PAPERS[1].arxiv_id}v1", PAPERS[3].arxiv_id]
        records = list(case.oai.by_id(wanted))
        assert [record.paper.arxiv_id for record in records] == [PAPERS[3].arxiv_id, PAPERS[1].arxiv_id]
        assert [request.params["identifier"][14:] for request in case.server.log] == [
            PAPERS[3].arxiv_id,
            "2604.99999",
            "2604.99999",
            PAPERS[1].arxiv_id,
        ]


@pytest.mark.parametrize("fault", PASSING)
def test_a_single_record_survives_a_passing_fault(fault: str) -> None:
    """Asking by id is as safe as asking by day."""
    with open_case(http=HASTY if fault in SLOW else BOUNDED) as case:
        case.server.script = [fault]
        assert [record.paper.arxiv_id for record in case.oai.by_id(["2604.00001"])] == ["2604.00001"]
        _check_gaps(case)


@pytest.mark.parametrize(
    ("archive", "name"), [("stat", "stat"), ("hep-th", "physics:hep-th"), ("physics", "physics:physics")]
)
def test_an_archive_is_asked_for_by_its_set(archive: str, name: str) -> None:
    """Those of the physics group are sets of it."""
    papers = [replace(paper, categories=("hep-th", "stat.ML", "physics.data-an")) for paper in PAPERS]
    with open_case(papers) as case:
        assert len(next(case.oai.records_since(archive, START)).records) == 10
        assert case.server.log[0].params["set"] == name


@pytest.mark.parametrize("archive", ["", "CS", "cs.IR", "q-alg", "physics:hep-th"])
def test_an_unknown_archive_is_an_input_error(archive: str) -> None:
    """Before any request."""
    with open_case() as case:
        with pytest.raises(InputError, match="is no archive of arXiv"):
            case.oai.records_since(archive, START)
        with pytest.raises(InputError, match="is no archive of arXiv"):
            case.oai.headers_since(archive, START)
        assert case.server.log == []


def test_a_bad_id_is_an_input_error() -> None:
    """Before any request, also for the good ones."""
    with open_case() as case:
        with pytest.raises(InputError, match="is no arXiv id"):
            case.oai.by_id(["2604.00001", "2604"])
        assert case.server.log == []


@pytest.mark.parametrize("url", ["", "oai", "ftp://a/b", "https://a?b", "https://a b"])
def test_a_bad_base_url_is_an_input_error(url: str) -> None:
    """It says what was expected."""
    with pytest.raises(InputError, match=r"expected one such as https://oaipmh\.arxiv\.org/oai"):
        OaiArchive(url, Network(Pace(), "x"))
