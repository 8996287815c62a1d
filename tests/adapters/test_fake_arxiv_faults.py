from collections.abc import Iterator
from copy import copy
from datetime import UTC, date, datetime
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import urlopen

import pytest
from fakes.arxiv_case import LATER, serve
from fakes.papers import make_papers
from msgspec.structs import replace

from triage.adapters.fake_arxiv.answer import Answer
from triage.adapters.fake_arxiv.archive import FakeArchive
from triage.adapters.fake_arxiv.faults import FAULTS, FITTING, Kind
from triage.adapters.fake_arxiv.oai import PageSizes
from triage.adapters.fake_arxiv.server import FakeArxiv

_LIST = "metadataPrefix=arXivRaw&from=2026-04-13"
PAIRS = [(kind, name) for kind, table in FITTING.items() for name in table]


@pytest.fixture(scope="module")
def middle_answers() -> Iterator[dict[Kind, Answer]]:
    """An answer of each kind: the middle of a list, where every fault has something to spoil."""
    archive = FakeArchive(lambda: datetime(2026, 4, 28, 16, tzinfo=UTC))
    papers = [replace(paper, version=2) for paper in make_papers(60)]
    archive.announce(papers[:30], date(2026, 4, 27))
    archive.announce(papers[30:], date(2026, 4, 28))
    with FakeArxiv(archive, sizes=PageSizes(10, 10)) as server:
        answers: dict[Kind, Answer] = {}
        verbs: list[tuple[Kind, str]] = [("oai-records", "ListRecords"), ("oai-headers", "ListIdentifiers")]
        for kind, verb in verbs:
            first = server.answer(f"/oai?verb={verb}&{_LIST}", "")
            token = first.body.partition(b"<resumptionToken")[2].partition(b">")[2].partition(b"<")[0].decode()
            answers[kind] = server.answer(f"/oai?verb={verb}&resumptionToken={quote(token)}", "")
        one = "verb=GetRecord&metadataPrefix=arXivRaw&identifier=oai:arXiv.org:2604.00001"
        answers["oai-record"] = server.answer(f"/oai?{one}", "")
        answers["query"] = server.answer("/api/query?search_query=cat:cs.IR&start=10&max_results=10", "")
        answers["feed"] = server.answer("/rss/cs.AI", "")
        yield answers


def test_there_are_many_kinds_of_fault() -> None:
    """Names are unique over all tables."""
    assert len(FAULTS) == len({name for table in FITTING.values() for name in table})
    assert len(FAULTS) >= 90


@pytest.mark.parametrize(("kind", "name"), PAIRS)
def test_every_fault_alters_every_answer_it_fits(middle_answers: dict[Kind, Answer], kind: Kind, name: str) -> None:
    """None is a no-op; the answer it is made of stays as it was."""
    right = middle_answers[kind]
    wrong = copy(right)
    wrong.headers = dict(right.headers)
    FAULTS[name](wrong)
    assert (wrong.status, wrong.headers, wrong.body, wrong.send) != (
        right.status,
        right.headers,
        right.body,
        right.send,
    )


def test_one_server_answers_all_three_and_logs_each_request() -> None:
    """By path; what it does not know is not found."""
    with serve(make_papers(30)) as server:
        for url in (server.query_url, f"{server.oai_url}?verb=ListRecords&{_LIST}", f"{server.feed_url}/cs.IR+cs.CL"):
            with urlopen(url) as answer:
                assert answer.status == 200
        with pytest.raises(HTTPError, match="404"):
            urlopen(f"{server.root_url}/pdf/2604.00001")
    assert [(one.path, one.kind) for one in server.log] == [
        ("/api/query", "query"),
        ("/oai", "oai-records"),
        ("/rss/cs.IR+cs.CL", "feed"),
        ("/pdf/2604.00001", None),
    ]
    assert server.log[1].params["from"] == "2026-04-13"


def test_a_fault_comes_from_the_script_then_from_the_chooser_then_from_the_rule() -> None:
    """And the log says which it was."""
    with serve(make_papers(3)) as server:
        server.script, server.always = ["status_500"], "empty_body"
        statuses = [server.answer("/oai?verb=Identify", "").status]
        server.choose_fault = lambda number, kind: "status_503" if (number, kind) == (1, "query") else "ok"
        statuses += [server.answer("/api/query", "").status, server.answer("/api/query", "").status]
        server.choose_fault = None
        assert server.answer("/rss/cs.IR", "").body == b""
    assert statuses == [500, 503, 200]
    assert [one.fault for one in server.log] == ["status_500", "status_503", "ok", "empty_body"]


def test_a_list_can_move_before_a_request_and_a_record_can_be_bad_for_good() -> None:
    """`before` and `spoiled`."""
    with serve(make_papers(3)) as server:
        server.before[1] = lambda: server.archive.remove("2604.00001")
        server.spoiled = {"2604.00002": "record_without_title"}
        first, second = (server.answer(f"/oai?verb=ListRecords&{_LIST}", "").body for _ in range(2))
        one = server.answer("/oai?verb=GetRecord&metadataPrefix=arXivRaw&identifier=oai:arXiv.org:2604.00002", "").body
    assert (first.count(b"<record>"), second.count(b"<record>")) == (3, 2)
    assert (first.count(b"<title>"), second.count(b"<title>"), one.count(b"<title>")) == (2, 1, 0)


def test_a_kept_answer_can_be_spoiled_and_stays_right() -> None:
    """A fault alters what goes out once, not what the edge keeps."""
    archive = FakeArchive(lambda: LATER, make_papers(30))
    with FakeArxiv(archive, sizes=PageSizes(10, 10), caches=True) as server:
        path = f"/oai?verb=ListRecords&{_LIST}"
        server.script = ["status_500", "page_shifted", "ok", "token_repeated"]
        _, shifted, right, looping = (server.answer(path, "") for _ in range(4))
    assert len({shifted.body, right.body, looping.body}) == 3
    assert right.body.count(b"<record>") == looping.body.count(b"<record>") == 10
    assert b"skip%3D0<" in looping.body


def test_a_server_can_begin_anew() -> None:
    """With other papers, nothing logged and no fault left."""
    with serve(make_papers(3)) as server:
        server.always = "status_500"
        server.answer("/api/query", "")
        server.reset(FakeArchive(lambda: LATER, make_papers(1)))
        assert server.answer("/api/query", "").body.count(b"<entry>") == 1
        assert len(server.log) == 1
