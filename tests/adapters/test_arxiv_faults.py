"""Rule for all: a fault ends in the result without it or in a visible failure, never in a quiet success with less."""

import random
from collections.abc import Callable

import arxiv
import msgspec
import pytest
from fakes.arxiv_case import BOUNDED, HASTY, SMALL, Case, open_case, serve
from fakes.papers import make_papers

from triage.adapters.arxiv_api import ArxivApi
from triage.adapters.arxiv_http import HttpLimits, Network
from triage.adapters.fake_arxiv.faults_query import QUERY
from triage.adapters.fake_arxiv.faults_query import QUERY_RECORD as RECORD_FAULTS
from triage.adapters.fake_arxiv.faults_wire import FATAL, SLOW, WIRE
from triage.adapters.fake_arxiv.server import FakeArxiv
from triage.adapters.pace import INTERVAL
from triage.core.paper import Paper
from triage.errors import SourceError

HEALED = sorted((WIRE | QUERY).keys() - RECORD_FAULTS.keys() - FATAL.keys())
# Told twice alike, these cannot be told from the truth: the alarm on an empty announcement day is for them.
BELIEVABLE = ["blank_zero"]
# A page shifted by mistake and a list that moves by as much fit together: no reader could tell.
SHIFTED = ["shifted_page", "page_before"]
PAPERS = make_papers(35)


def _check_gaps(case: Case) -> None:
    assert min(case.server.gaps, default=INTERVAL) >= INTERVAL


@pytest.mark.parametrize("place", [0, 1, 4], ids=["first", "middle", "last"])
@pytest.mark.parametrize("fault", HEALED)
def test_a_fault_that_passes_changes_nothing(fault: str, place: int) -> None:
    """One bad answer is noticed and asked for again, after the pause: the result is the one without the fault."""
    with open_case(PAPERS, http=HASTY if fault in SLOW else BOUNDED) as case:
        case.server.script = ["ok"] * place + [fault]
        assert case.read_week() == PAPERS
        assert case.bad == []
        _check_gaps(case)


@pytest.mark.parametrize("fault", [fault for fault in HEALED if fault not in BELIEVABLE])
def test_a_fault_that_stays_is_an_error(fault: str) -> None:
    """A server that stays broken ends in `SourceError`, after a bounded number of well-spaced requests."""
    with open_case(PAPERS, http=HASTY if fault in SLOW else BOUNDED) as case:
        case.server.always = fault
        with pytest.raises(SourceError, match=r"Nothing .*taken over"):
            case.read_week()
        assert len(case.server.log) <= 30
        _check_gaps(case)


@pytest.mark.parametrize("fault", ["drip_head", "drip_body", "drip_without_length"])
def test_a_drip_is_cut_when_the_time_is_up(fault: str) -> None:
    """One byte now and then never meets the read time-out, so the whole answer has a limit of its own."""
    with open_case(PAPERS, http=HttpLimits(total=0.3, attempts=1)) as case:
        case.server.always = fault
        with pytest.raises(SourceError, match=r"took longer than 0\.3 s"):
            case.read_week()


def test_an_empty_answer_is_believed_only_twice() -> None:
    """An empty list is asked for again before it is taken for the truth."""
    with open_case(PAPERS) as case:
        case.server.always = "blank_zero"
        assert case.read_week() == []
        assert len(case.server.log) == 2


@pytest.mark.parametrize("fault", HEALED)
def test_single_papers_survive_a_passing_fault(fault: str) -> None:
    """Asking by id is as safe as asking by time."""
    with open_case(PAPERS, http=HASTY if fault in SLOW else BOUNDED) as case:
        case.server.script = [fault]
        assert list(case.api.by_id(paper.arxiv_id for paper in PAPERS[:7])) == PAPERS[:7]
        _check_gaps(case)


@pytest.mark.parametrize("place", [0, 9, 10, 17, 34])
@pytest.mark.parametrize("fault", RECORD_FAULTS)
def test_a_bad_record_is_set_aside_alone(fault: str, place: int) -> None:
    """One unusable entry is handed over with its text; all others come, whatever page boundary it lies on."""
    with open_case(PAPERS) as case:
        case.server.spoiled = {PAPERS[place].arxiv_id: fault}
        assert case.read_week() == PAPERS[:place] + PAPERS[place + 1 :]
        assert len(case.bad) == 1
        assert f"Sample-{place + 1}<" in case.raw[0]
        assert len(case.server.log) == 5


@pytest.mark.parametrize("fault", RECORD_FAULTS)
def test_a_bad_record_among_single_papers_is_set_aside(fault: str) -> None:
    """Also where the entry no longer says which of the ids it answers."""
    with open_case(PAPERS) as case:
        case.server.spoiled = {PAPERS[1].arxiv_id: fault}
        assert list(case.api.by_id(paper.arxiv_id for paper in PAPERS[:4])) == [PAPERS[0], *PAPERS[2:4]]
        assert len(case.bad) == 1


def test_papers_that_were_not_asked_for_are_an_error() -> None:
    """A server that ignores the ids cannot be believed."""
    with open_case(PAPERS) as case:
        case.server.query.select = lambda _params: PAPERS[5:7]  # type: ignore[method-assign, assignment]  # it ignores ids
        with pytest.raises(SourceError, match=r"not asked for: 2604\.00006"):
            list(case.api.by_id(["2604.00001"]))


def test_a_page_of_bad_records_does_not_end_the_list() -> None:
    """Ten in a row are one page without a single paper."""
    with open_case(PAPERS) as case:
        case.server.spoiled = {paper.arxiv_id: "bad_date" for paper in PAPERS[9:20]}
        assert case.read_week() == PAPERS[:9] + PAPERS[20:]
        assert len(case.bad) == 11


def test_403_stops_everything_until_a_person_acts() -> None:
    """One request, no retry, and every later question in the process is refused without a request."""
    with open_case(PAPERS) as case:
        case.server.script = ["status_403"]
        with pytest.raises(SourceError, match="403"):
            case.read_week()
        other = ArxivApi(case.server.query_url, Network(case.pace, "x"), limits=SMALL)
        case.time.now += 1e6
        with pytest.raises(SourceError, match="find the cause"):
            list(other.by_id(["2604.00001"]))
        assert len(case.server.log) == 1


def test_a_redirect_is_not_followed() -> None:
    """Whoever moves the service has to be believed by a person first."""
    with open_case(PAPERS) as case:
        case.server.script = ["redirect"]
        with pytest.raises(SourceError, match="moved to"):
            case.read_week()
        assert len(case.server.log) == 1


@pytest.mark.parametrize("fault", ["status_429_seconds", "status_429_date"])
def test_retry_after_is_honoured_in_both_forms(fault: str) -> None:
    """Forty seconds asked for are forty seconds waited."""
    with open_case(PAPERS) as case:
        case.server.script = [fault]
        case.read_week()
        assert 40 <= case.server.gaps[0] < 41


def test_a_pause_of_an_hour_ends_the_command_and_is_kept() -> None:
    """Nobody hangs for an hour, nobody asks before it is over, and afterwards all is well."""
    with open_case(PAPERS) as case:
        case.server.script = ["long_pause"]
        with pytest.raises(SourceError, match="pause of another 3600 s"):
            case.read_week()
        with pytest.raises(SourceError, match="pause"):
            case.read_week()
        case.time.now += 3600
        assert case.read_week() == PAPERS
        assert case.server.gaps[0] >= 3600


def test_waits_grow_with_each_attempt() -> None:
    """At least 3, 6, 12, 24, 48 s, and at most half as much again."""
    with open_case(PAPERS) as case:
        case.server.always = "status_503"
        with pytest.raises(SourceError, match="6 attempts; the last time it answered HTTP 503"):
            case.read_week()
        assert all(3 * 2**i <= gap <= 4.5 * 2**i for i, gap in enumerate(case.server.gaps))
        assert len(case.server.gaps) == 5


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_server_that_is_gone_is_asked_slowly(scheme: str) -> None:
    """A refused connection and a failed TLS handshake are retried at the same pace, then reported."""
    with serve([]) as gone:
        url = gone.query_url
    with open_case([]) as case:
        if scheme == "https":
            url = case.server.query_url.replace("http", "https")
        api = ArxivApi(url, Network(case.pace, "x"), limits=SMALL)
        with pytest.raises(SourceError, match="the connection failed"):
            list(api.by_id(["2604.00001"]))
        assert len(case.time.slept) == 5
        assert min(case.time.slept) >= INTERVAL


def _remove_in_front(case: Case) -> None:
    case.server.archive.remove(PAPERS[2].arxiv_id)


def _swap_under_an_equal_total(case: Case) -> None:
    case.server.archive.remove(PAPERS[2].arxiv_id)
    case.server.archive.load(make_papers(50)[-1:])


@pytest.mark.parametrize("place", [1, 2, 3])
@pytest.mark.parametrize("move", [_remove_in_front, _swap_under_an_equal_total])
def test_a_list_that_moves_is_read_again(move: Callable[[Case], None], place: int) -> None:
    """What is handed out is one list that stood still, not a mixture of two."""
    with open_case(PAPERS) as case:
        case.server.before = {place: lambda: move(case)}
        assert case.read_week() == case.papers
        _check_gaps(case)


@pytest.mark.parametrize("place", [1, 2, 3, 4])
def test_a_paper_that_comes_while_reading_is_not_lost(place: int) -> None:
    """A held paper enters in front of what was read already."""
    late = make_papers(60)[-1]
    with open_case(PAPERS[1:]) as case:
        case.server.before = {place: lambda: case.server.archive.load([PAPERS[0], late])}
        assert case.read_week() == [*PAPERS, late]


@pytest.mark.parametrize("place", [2, 20, 34])
def test_a_paper_listed_twice_is_an_error(place: int) -> None:
    """One page apart or on the last page: a list that holds a paper twice may lack another."""
    with open_case(PAPERS) as case:
        again = msgspec.structs.replace(PAPERS[0], published=PAPERS[place].published)
        case.server.query.doubled.append(again)
        with pytest.raises(SourceError, match="Nothing"):
            case.read_week()


def test_a_list_that_never_stands_still_is_an_error() -> None:
    """The reader gives up after a bounded number of starts."""
    with open_case(PAPERS) as case:
        extra = iter(make_papers(160)[35:])
        case.server.before = {n: lambda: case.server.archive.load([next(extra)]) for n in range(120)}
        with pytest.raises(SourceError, match="moved 6 times"):
            case.read_week()


@pytest.mark.parametrize("seed", range(150))
def test_a_random_mix_of_faults_loses_nothing(seed: int) -> None:
    """Half of all answers are bad and the list may move: all papers, or those and the quarantined, or an error."""
    rng = random.Random(seed)
    is_moving = rng.random() < 0.5
    kinds = [fault for fault in HEALED if fault not in {*SLOW, *BELIEVABLE, *(SHIFTED if is_moving else [])}]
    with open_case(PAPERS) as case:
        case.server.script = [rng.choice(kinds) if rng.random() < 0.5 else "ok" for _ in range(60)]
        case.server.script[rng.randrange(10)] = rng.choice(BELIEVABLE)
        case.server.script[rng.randrange(10)] = rng.choice(sorted(RECORD_FAULTS))
        if is_moving:
            case.server.before = {rng.randrange(10): lambda: _swap_under_an_equal_total(case)}
        try:
            found = case.read_week()
        except SourceError as error:
            assert "Nothing" in str(error)  # noqa: PT017 -- either outcome is right
        else:
            _check_complete(found, case)
        _check_gaps(case)


def _check_complete(found: list[Paper], case: Case) -> None:
    missing = [paper for paper in case.papers if paper not in found]
    assert found == [paper for paper in case.papers if paper in found]
    assert len(missing) == len(case.bad)
    assert all(any(f"{paper.authors[1]}<" in raw for raw in case.raw) for paper in missing)


def _read_plainly(server: FakeArxiv) -> list[str]:
    client = arxiv.Client(page_size=10, delay_seconds=0, num_retries=3)
    client.query_url_format = server.query_url + "?{}"
    query = "submittedDate:[202604130000 TO 202604200000] AND (cat:cs.IR OR cat:cs.CL OR cat:cs.AI OR cat:cs.LG)"
    search = arxiv.Search(query, max_results=None, sort_by=arxiv.SortCriterion.SubmittedDate)
    return [result.entry_id for result in client.results(search)]


@pytest.mark.parametrize(
    ("fault", "found"), [("ok", 35), ("text_as_xml", 0), ("error_entry", 0), ("blank", 0), ("no_total", 10)]
)
def test_the_plain_client_loses_papers_quietly(fault: str, found: int) -> None:
    """Why the adapter exists: the same answers, read by `arxiv.Client` alone, end early without an error."""
    with open_case(PAPERS) as case:
        case.server.script = [fault]
        assert len(_read_plainly(case.server)) == found


def test_the_plain_client_loses_a_record_without_a_date_and_hides_it() -> None:
    """35 results as promised, but one of them twice and one never."""
    with open_case(PAPERS) as case:
        case.server.spoiled = {"2604.00030": "no_published"}
        found = _read_plainly(case.server)
        assert (len(found), len(set(found))) == (35, 34)
