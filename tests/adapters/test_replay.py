from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
import requests
from fakes.arxiv_case import CATEGORIES, SMALL, WEEK, serve
from fakes.faketime import FakeTime
from fakes.papers import make_papers

from triage.adapters.arxiv_api import ArxivApi
from triage.adapters.arxiv_http import BadAnswerError, Network, Wire, name_agent
from triage.adapters.fake_arxiv.server import FakeArxiv
from triage.adapters.pace import Pace
from triage.adapters.raw_answers import KeptSession, RawAnswers
from triage.adapters.replay import ReplayWire
from triage.core.paper import Paper
from triage.errors import InputError, SourceError

BEGUN = datetime(2026, 4, 20, 2, 31, tzinfo=UTC)
PAPERS = make_papers(35)
ELSEWHERE = "https://export.arxiv.org/api/query"


@contextmanager
def _recording(folder: Path) -> Iterator[tuple[FakeArxiv, Network]]:
    """A server with the papers, and a wire to it that keeps what it answers."""
    time = FakeTime()
    pace = Pace(monotonic=time.monotonic, sleep=time.sleep)
    recording = RawAnswers(folder).begin("api", BEGUN, {})
    with serve(PAPERS, time.monotonic) as server:
        yield server, Network(pace, name_agent("triage@example.org"), keep=recording.keep)


def _read_week(wire: Wire, base_url: str = ELSEWHERE) -> list[Paper]:
    return list(ArxivApi(base_url, wire, limits=SMALL).submitted_between(*WEEK, CATEGORIES))


def _record_week(folder: Path, *script: str) -> KeptSession:
    with _recording(folder) as (server, network):
        server.script = list(script)
        assert _read_week(network, server.query_url) == PAPERS
    return RawAnswers(folder).sessions()[0]


def _keep(folder: Path, *answers: tuple[str, bytes]) -> ReplayWire:
    recording = RawAnswers(folder).begin("api", BEGUN, {})
    for url, body in answers:
        recording.keep(url, body)
    return ReplayWire(RawAnswers(folder).sessions()[0])


def _get(wire: ReplayWire, url: str) -> bytes:
    with requests.Session() as session:
        session.mount("https://", wire.adapter(bytes.upper, expected="a text"))
        return session.get(url).content


def test_a_kept_harvest_gives_the_same_papers(tmp_path: Path) -> None:
    """From any host: what was asked for is compared, not where."""
    wire = ReplayWire(_record_week(tmp_path))
    assert not wire.is_finished
    assert _read_week(wire) == PAPERS
    assert wire.is_finished


@pytest.mark.parametrize("fault", ["status_503", "text_as_xml", "cut_length", "refused", "short_page"])
def test_answers_that_were_refused_are_not_in_a_replay(tmp_path: Path, fault: str) -> None:
    """Only what was believed is kept, in the order it was believed."""
    wire = ReplayWire(_record_week(tmp_path, "ok", fault, "ok", fault))
    assert _read_week(wire) == PAPERS
    assert wire.is_finished


def test_a_list_that_moved_moves_again(tmp_path: Path) -> None:
    """A harvest that began its list anew is replayed with that."""
    with _recording(tmp_path) as (server, network):
        server.before[2] = partial(server.archive.remove, PAPERS[0].arxiv_id)
        live = _read_week(network, server.query_url)
    session = RawAnswers(tmp_path).sessions()[0]
    assert live == PAPERS[1:]
    assert len(list(session.answers())) > 5
    assert _read_week(ReplayWire(session)) == live


def test_several_clients_share_one_cursor(tmp_path: Path) -> None:
    """A session holds the answers of all clients of a harvest, as they came."""
    with _recording(tmp_path) as (server, network):
        live = ArxivApi(server.query_url, network, limits=SMALL)
        weeks = live.submitted_between(*WEEK, CATEGORIES)
        expected = [next(weeks), *ArxivApi(server.query_url, network).by_id(["2604.00007"]), *weeks]
    wire = ReplayWire(RawAnswers(tmp_path).sessions()[0])
    again = ArxivApi(ELSEWHERE, wire, limits=SMALL).submitted_between(*WEEK, CATEGORIES)
    assert [next(again), *ArxivApi(ELSEWHERE, wire).by_id(["2604.00007"]), *again] == expected
    assert wire.is_finished


def test_a_harvest_that_broke_off_ends_in_an_error(tmp_path: Path) -> None:
    """With the last answers missing, nothing of the window is taken for the whole."""
    session = _record_week(tmp_path)
    max(session.path.glob("*.gz")).unlink()
    wire = ReplayWire(session)
    with pytest.raises(SourceError, match=r"The kept harvest ends here: it broke off at this place\."):
        _read_week(wire)
    assert wire.is_finished


def test_another_request_is_an_error(tmp_path: Path) -> None:
    """Both requests are named, and the answer is not handed out."""
    wire = ReplayWire(_record_week(tmp_path))
    week = ArxivApi(ELSEWHERE, wire, limits=SMALL).submitted_between(*WEEK, ["cs.SE"])
    with pytest.raises(SourceError, match=r"belongs to http://127.*cs\.IR.* but https://export.*cs\.SE"):
        next(week)


def test_the_order_of_parameters_does_not_matter(tmp_path: Path) -> None:
    """Nor do scheme and host; a parameter twice is not the same as once, and a blank is none the less there."""
    query = "verb=ListRecords&set=cs&from=2026-08-14"
    kept = (f"http://localhost:8000/oai?{query}", b"body")
    wire = _keep(tmp_path / "a", kept)
    assert _get(wire, "https://oaipmh.arxiv.org/oai?from=2026-08-14&verb=ListRecords&set=cs") == b"BODY"
    for number, other in enumerate(["verb=ListRecords&set=cs", f"{query}&set=cs", f"{query}&until="]):
        wire = _keep(tmp_path / str(number), kept)
        with pytest.raises(SourceError, match="is asked for now"):
            _get(wire, f"https://oaipmh.arxiv.org/oai?{other}")


def test_another_path_is_another_request(tmp_path: Path) -> None:
    """The feed of another category differs in nothing else."""
    wire = _keep(tmp_path, ("https://rss.arxiv.org/rss/cs.IR", b"body"))
    with pytest.raises(SourceError, match="is asked for now"):
        _get(wire, "https://rss.arxiv.org/rss/cs.CL")


def test_an_answer_that_is_no_longer_believed_is_an_error(tmp_path: Path) -> None:
    """The program may have become stricter since; asking again is no way out of that."""

    def refuse(_body: bytes) -> bytes:
        raise BadAnswerError("a flaw")

    wire = _keep(tmp_path, ("https://rss.arxiv.org/rss/cs.IR", b"body"))
    with requests.Session() as session:
        session.mount("https://", wire.adapter(refuse, expected="an RSS feed"))
        with pytest.raises(SourceError, match="not believed any more as an RSS feed: a flaw"):
            session.get("https://rss.arxiv.org/rss/cs.IR")


def test_a_damaged_session_is_refused_before_it_is_replayed(tmp_path: Path) -> None:
    """Not after half of it went into the store."""
    session = _record_week(tmp_path)
    last = max(session.path.glob("*.gz"))
    last.write_bytes(last.read_bytes()[:-9])
    with pytest.raises(InputError, match=last.name):
        ReplayWire(session)
