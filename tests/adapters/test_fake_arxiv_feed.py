from datetime import date, datetime
from xml.etree import ElementTree as ET

import pytest
from fakes.papers import make_papers
from msgspec.structs import replace

from triage.adapters.fake_arxiv.archive import FakeArchive
from triage.adapters.fake_arxiv.faults_feed import FEED
from triage.adapters.fake_arxiv.feed import FeedServer

TUESDAY = date(2026, 4, 28)
_KIND = "{http://arxiv.org/schemas/atom}announce_type"


def make_feed(now: str = "2026-04-28T09:00:00-04:00") -> FeedServer:
    """Four papers of Monday and four of Tuesday, one in each pair of categories."""
    archive = FakeArchive(lambda: datetime.fromisoformat(now))
    papers = [replace(paper, version=1) for paper in make_papers(8)]
    archive.announce(papers[:4], date(2026, 4, 27))
    archive.announce(papers[4:], TUESDAY)
    return FeedServer(archive)


def read_items(feed: FeedServer, path: str) -> list[tuple[str | None, str | None]]:
    """Announce type and guid of each item."""
    root = ET.fromstring(feed.answer(path, {}).body)  # noqa: S314 -- our own
    return [(item.findtext(_KIND), item.findtext("guid")) for item in root.iter("item")]


def test_a_feed_has_new_papers_before_cross_lists_and_the_latest_first() -> None:
    """Of its category, of today."""
    assert read_items(make_feed(), "cs.AI") == [
        ("new", "oai:arXiv.org:2604.00007v1"),
        ("cross", "oai:arXiv.org:2604.00005v1"),
    ]


def test_a_paper_of_several_categories_stands_once() -> None:
    """As new, where one of them is its own."""
    assert read_items(make_feed(), "cs.AI+cs.CL") == [
        ("new", "oai:arXiv.org:2604.00007v1"),
        ("new", "oai:arXiv.org:2604.00005v1"),
    ]
    assert len(read_items(make_feed(), "cs")) == 4


def test_replacements_come_last() -> None:
    """In their own category before the others, with the version that is new."""
    feed = make_feed()
    for _ in range(3):
        feed.archive.revise("2604.00001")
    feed.archive.revise("2604.00003")
    kinds = read_items(feed, "cs.AI")
    assert kinds[2:] == [("replace", "oai:arXiv.org:2604.00003v2"), ("replace-cross", "oai:arXiv.org:2604.00001v2")]


@pytest.mark.parametrize("version", [5, 6])
def test_a_sixth_version_is_not_listed(version: int) -> None:
    """Only up to the fifth."""
    feed = make_feed()
    feed.archive.load([replace(make_papers(1)[0], version=version - 1)])
    feed.archive.revise("2604.00001")
    listed = [guid for kind, guid in read_items(feed, "cs.CL") if kind == "replace"]
    assert listed == ([f"oai:arXiv.org:2604.00001v{version}"] if version == 5 else [])


@pytest.mark.parametrize(
    ("now", "count"),
    [
        ("2026-04-27T23:59:59-04:00", 2),  # still Monday in New York, though Tuesday's papers are out
        ("2026-04-28T00:00:00-04:00", 2),
        ("2026-04-29T00:00:00-04:00", 0),
        ("2026-05-02T12:00:00-04:00", 0),  # Saturday
    ],
)
def test_the_feed_changes_at_midnight_in_new_york(now: str, count: int) -> None:
    """A day without a listing has an empty feed under that day's date."""
    feed = make_feed(now)
    assert len(read_items(feed, "cs.AI")) == count
    day = datetime.fromisoformat(now)
    assert f"<pubDate>{day:%a, %d %b %Y} 00:00:00 -0400</pubDate>" in feed.answer("cs.AI", {}).body.decode()


def test_a_stale_feed_serves_the_former_batch() -> None:
    """Under the former date, or, worse, under today's."""
    feed = make_feed()
    fresh = feed.answer("cs.AI", {})
    feed.is_stale = True
    assert [guid for _, guid in read_items(feed, "cs.AI")] == [
        "oai:arXiv.org:2604.00003v1",
        "oai:arXiv.org:2604.00001v1",
    ]
    assert b"<pubDate>Mon, 27 Apr 2026" in feed.answer("cs.AI", {}).body
    FEED["feed_stale_under_todays_date"](fresh)
    assert b"2604.00003v1" in fresh.body
    assert b"Mon, 27 Apr" not in fresh.body


def test_a_feed_of_no_name_is_a_bad_request() -> None:
    """As at arXiv."""
    assert make_feed().answer("cs.AI+", {}).status == 400
