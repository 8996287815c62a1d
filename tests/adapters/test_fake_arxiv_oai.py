import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, urlencode
from xml.etree import ElementTree as ET

import pytest
from fakes.papers import MONDAY, make_papers

from triage.adapters.fake_arxiv.archive import WITHDRAWN, FakeArchive
from triage.adapters.fake_arxiv.oai import OaiServer, PageSizes

_RAW = "{http://arxiv.org/OAI/arXivRaw/}"
FROM = "2026-04-13"
AT_MOST_25_PAGES = 25


class Clock:
    """arXiv's time, set by hand."""

    def __init__(self) -> None:
        self.now = datetime(2026, 4, 30, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        """The time."""
        return self.now


class Reader:
    """A client that pages as a simple one does: it believes every answer."""

    def __init__(self, count: int = 60, apart: timedelta = timedelta(hours=1), *, caches: bool = False) -> None:
        self.clock = Clock()
        self.archive = FakeArchive(self.clock, make_papers(count, apart=apart))
        self.server = OaiServer(self.archive, "http://oai.example", PageSizes(10, 25), caches=caches)

    def ask(self, **params: str) -> str:
        """One answer; an underscore behind a name is dropped."""
        query = {"verb": "ListRecords", "metadataPrefix": "arXivRaw"} | params
        return self.server.answer(urlencode({key.rstrip("_"): query[key] for key in query}), {}).body.decode()

    def resume(self, token: str, verb: str = "ListRecords") -> str:
        """The page a token leads to."""
        return self.server.answer(f"verb={verb}&resumptionToken={quote(token)}", {}).body.decode()

    def walk(self, verb: str = "ListRecords", between: Callable[[], None] = lambda: None, **params: str) -> list[str]:
        """All pages of a list; `between` runs before each page but the first."""
        pages = [self.ask(verb=verb, **params)]
        while (token := find_token(pages[-1])) and len(pages) < AT_MOST_25_PAGES:
            between()
            pages.append(self.resume(token, verb))
        return pages


def find_token(page: str) -> str | None:
    """What the token element says, if there is one."""
    match = re.search("<resumptionToken[^/>]*>([^<]+)<", page)
    return match[1] if match else None


def find_ids(*pages: str) -> list[str]:
    """The identifiers of headers, in order."""
    return [found for page in pages for found in re.findall("<identifier>oai:arXiv.org:([^<]+)<", page)]


def find_error(page: str) -> str | None:
    """The code of an error document."""
    match = re.search('<error code="([^"]+)"', page)
    return match[1] if match else None


@pytest.mark.parametrize("apart", [timedelta(0), timedelta(hours=1), timedelta(hours=5), timedelta(days=1)])
@pytest.mark.parametrize("count", [1, 9, 10, 11, 20, 21, 60])
@pytest.mark.parametrize("verb", ["ListRecords", "ListIdentifiers"])
def test_tokens_walk_the_whole_list(verb: str, count: int, apart: timedelta) -> None:
    """Every record once, days in order, whether a day fills pages or a page holds days; an empty token ends it."""
    reader = Reader(count, apart)
    reader.clock.now = MONDAY + timedelta(days=90)
    pages = reader.walk(verb, from_=FROM)
    assert sorted(find_ids(*pages)) == sorted(paper.arxiv_id for paper in reader.archive.papers)
    days = re.findall("<datestamp>([^<]+)<", "".join(pages))
    assert days == sorted(days)
    assert ("<resumptionToken/>" in pages[-1]) is (len(pages) > 1)


def test_a_page_is_well_formed_and_whole() -> None:
    """Namespaces, header, versions with their dates, primary category first."""
    root = ET.fromstring(Reader(3).ask(set="cs", from_=FROM))  # noqa: S314 -- our own
    oai = "{http://www.openarchives.org/OAI/2.0/}"
    assert root.findtext(f"{oai}responseDate") == "2026-04-30T12:00:00Z"
    record = root.findall(f"{oai}ListRecords/{oai}record")[2]  # of the third day
    raw = record.find(f"{oai}metadata/{_RAW}arXivRaw")
    assert record.findtext(f"{oai}header/{oai}identifier") == "oai:arXiv.org:2604.00002"
    assert raw is not None
    assert [one.get("version") for one in raw.findall(f"{_RAW}version")] == ["v1", "v2", "v3"]
    assert raw.findtext(f"{_RAW}version/{_RAW}date") == "Mon, 13 Apr 2026 01:00:00 GMT"
    assert raw.findtext(f"{_RAW}categories") == "cs.LG stat.ML"
    assert raw.findtext(f"{_RAW}title") == "On <item> 2 & its $\\alpha$-neighbours"


def test_a_record_that_moves_while_paging_loses_another_one() -> None:
    """Why a list has to be read with overlap and checked: offsets shift, and no answer shows it."""
    reader = Reader(60, timedelta(0))
    moved = reader.archive.papers[0].arxiv_id
    pages = reader.walk(from_=FROM, between=lambda: reader.archive.touch(moved))
    found = find_ids(*pages)
    lost = {paper.arxiv_id for paper in reader.archive.papers} - set(found)
    assert len(lost) == 1
    assert all(find_error(page) is None for page in pages)
    assert found.count(moved) == 2
    assert set(find_ids(*reader.walk(from_=FROM))) > lost


def test_tokens_end_with_the_utc_day() -> None:
    """At midnight a list has to be begun again, and then its tokens are good for another day."""
    reader = Reader()
    reader.clock.now = datetime(2026, 4, 30, 23, 59, 59, tzinfo=UTC)
    page = reader.ask(from_=FROM)
    token = find_token(page) or ""
    assert "expires='2026-05-01T00:00:00Z'" in page
    assert find_error(reader.resume(token)) is None
    reader.clock.now += timedelta(seconds=1)
    assert find_error(reader.resume(token)) == "badResumptionToken"
    assert find_token(reader.ask(from_=FROM)) == token
    assert find_error(reader.resume(token)) is None


def test_an_error_is_kept_until_midnight() -> None:
    """Who asks for an empty day gets its emptiness for the rest of the day, though papers came in."""
    reader = Reader()
    assert find_error(reader.ask(from_="2026-04-30")) == "noRecordsMatch"
    reader.archive.touch("2604.00001")
    assert find_error(reader.ask(from_="2026-04-30")) == "noRecordsMatch"
    assert find_ids(reader.ask(from_="2026-04-30", set="cs")) == ["2604.00001"]
    reader.clock.now = datetime(2026, 5, 1, tzinfo=UTC)
    assert find_ids(reader.ask(from_="2026-04-30")) == ["2604.00001"]


def test_an_open_window_is_kept_for_an_hour_where_the_edge_is_played() -> None:
    """The answer and its date are old; a window with an end is not kept."""
    reader = Reader(3, caches=True)
    first = reader.ask(from_=FROM)
    reader.archive.touch("2604.00001")
    reader.clock.now += timedelta(minutes=59)
    assert reader.ask(from_=FROM) == first
    reader.clock.now += timedelta(minutes=1)
    assert "<datestamp>2026-04-30</datestamp>" in reader.ask(from_=FROM)


@pytest.mark.parametrize(
    ("name", "count"), [("cs", 60), ("cs:cs", 60), ("cs:cs:IR", 30), ("stat", 15), ("stat:stat:ML", 15), ("math", 0)]
)
def test_sets_hold_cross_lists_too(name: str, count: int) -> None:
    """A group, an archive or a category: whatever the primary category is."""
    reader = Reader()
    pages = reader.walk(set=name, from_=FROM)
    assert len(find_ids(*pages)) == count
    assert find_error(pages[0]) == (None if count else "noRecordsMatch")


def test_sets_of_physics_are_below_their_group() -> None:
    """A category without a point is an archive."""
    reader = Reader(4)
    reader.archive.add_category("2604.00001", "hep-th")
    reader.archive.add_category("2604.00002", "cond-mat.stat-mech")
    for name, ids in (
        ("physics", ["2604.00001", "2604.00002"]),
        ("physics:hep-th", ["2604.00001"]),
        ("physics:cond-mat", ["2604.00002"]),
        ("physics:cond-mat:stat-mech", ["2604.00002"]),
    ):
        assert find_ids(*reader.walk(set=name, from_=FROM)) == ids


def test_a_record_that_leaves_a_set_is_not_told_there() -> None:
    """The list of the set is as if the paper had never been in it."""
    reader = Reader(4)
    assert "2604.00002" in find_ids(reader.ask(set="stat", from_=FROM))
    reader.archive.drop_category("2604.00002", "stat.ML")
    assert find_error(reader.ask(set="stat", from_=FROM, until="2026-04-30")) == "noRecordsMatch"
    assert "2604.00002" in find_ids(reader.ask(set="cs", from_="2026-04-30"))


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"from_": "2026-05-01"}, "badArgument"),
        ({"from_": "2005-09-15"}, "badArgument"),
        ({"from_": "2026-04-31"}, "badArgument"),
        ({"from_": "2026-4-1"}, "badArgument"),
        ({"until": "2026-05-02"}, "badArgument"),
        ({"from_": "2026-04-20", "until": "2026-04-19"}, "badArgument"),
        ({"set": "informatics"}, "badArgument"),
        ({"set": "cs:stat:ML"}, "badArgument"),
        ({"set": "cs:cs:IR:x"}, "badArgument"),
        ({"colour": "red"}, "badArgument"),
        ({"metadataPrefix": "marc"}, "cannotDisseminateFormat"),
        ({"resumptionToken": "x"}, "badArgument"),
        ({"verb": "ListEverything"}, "badVerb"),
        ({"verb": "GetRecord", "identifier": "oai:arXiv.org:2604.99999"}, "idDoesNotExist"),
        ({"verb": "GetRecord", "identifier": "2604.00001"}, "badArgument"),
        ({"verb": "GetRecord", "identifier": "oai:arXiv.org:1"}, "badArgument"),
    ],
)
def test_what_cannot_be_answered_is_an_error(params: dict[str, str], code: str) -> None:
    """HTTP 200 with the protocol's code, as arXiv answers."""
    assert find_error(Reader(3).ask(**params)) == code


@pytest.mark.parametrize("token", ["", "nonsense", "verb%3DListIdentifiers%26metadataPrefix%3DarXivRaw%26skip%3D3"])
def test_a_token_that_is_none_is_refused(token: str) -> None:
    """Also one that belongs to another verb."""
    assert find_error(Reader(3).resume(token)) == "badResumptionToken"


def test_a_withdrawal_shows_in_the_versions() -> None:
    """Source type I and a comment; the paper stays, and may come back."""
    reader = Reader(3)
    reader.archive.withdraw("2604.00003")
    page = reader.ask(verb="GetRecord", identifier="oai:arXiv.org:2604.00003")
    assert re.findall("<source_type>(.)<", page) == ["D", "I"]
    assert f"<comments>{WITHDRAWN}</comments>" in page
    reader.archive.restore("2604.00003")
    page = reader.ask(verb="GetRecord", identifier="oai:arXiv.org:2604.00003")
    assert re.findall("<source_type>(.)<", page) == ["D", "I", "D"]
    assert WITHDRAWN not in page


def test_the_server_says_who_it_is() -> None:
    """Identify, for curious clients."""
    page = Reader(0).server.answer("verb=Identify", {}).body.decode()
    assert "<earliestDatestamp>2005-09-16</earliestDatestamp>" in page
