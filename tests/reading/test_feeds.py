"""Feeds: valid Atom and JSON Feed, an entry per paper, the same bytes until something changes."""

import json
import re
import xml.etree.ElementTree as ET
from datetime import UTC, datetime, timedelta
from typing import Any

import feedparser
import pytest
from fakes.judging_case import NOW
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from triage.core.paper import Paper
from triage.errors import InputError, NotFoundError, UnknownTopicError
from triage.reading.exports.reference import read_plain
from triage.reading.feeds import WEEKS, Feed, _enter, gather_tag, gather_topic, write_atom, write_json_feed
from triage.reading.library import Library
from triage.reading.marks import put_tag
from triage.reading.shortlists import find_shortlist, publish
from triage.store.shortlists import Shortlist, replace_shortlist

TOPIC, WEEK, SITE = "generative-recommendation", "2026-W20", "https://papers.example.org/triage/"
ATOM = "{http://www.w3.org/2005/Atom}"
RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
TEXTS = st.text(st.one_of(st.characters(), st.sampled_from("<>&\"'\x00\x0b\ufffe\uffff]]>")), max_size=60)
HOSTILE = [
    "<script>alert(1)</script>",
    "]]> & <b>bold</b>",
    "&lt;i&gt; &amp;",
    "<!ENTITY x SYSTEM 'file:///'>",
    "a\x00\x0b\ufffeb",
]


def make_feed(title: str, takeaway: str | None = None, authors: tuple[str, ...] = ()) -> Feed:
    paper = Paper(arxiv_id="2604.02684", title=title, abstract="", authors=authors, categories=("cs.IR",))
    return Feed("urn:uuid:1", "A feed", f"{SITE}feeds/x", SITE, (_enter(paper, "urn:uuid:2", takeaway, NOW, SITE),))


def parse(atom: bytes) -> Any:
    """By feedparser, which takes what breaks XML for a fault; then by the musts of RFC 4287, 4.1.1 and 4.1.2."""
    parsed = feedparser.parse(atom)
    assert not parsed.bozo, parsed.get("bozo_exception")
    root = ET.fromstring(atom)  # noqa: S314 - our own bytes
    for element in (root, *root.iter(f"{ATOM}entry")):
        for name in ("id", "title", "updated"):
            [found] = element.findall(f"{ATOM}{name}")
            assert found.text
        assert RFC_3339.fullmatch(element.findtext(f"{ATOM}updated", ""))
        links = [link.get("rel", "alternate") for link in element.findall(f"{ATOM}link")]
        assert links.count("alternate") == 1
    assert root.find(f"{ATOM}author") is not None
    [own] = [link.get("href", "") for link in root.findall(f"{ATOM}link") if link.get("rel") == "self"]
    assert own.endswith(".atom")
    ids = [entry.findtext(f"{ATOM}id") for entry in root.iter(f"{ATOM}entry")]
    assert len(ids) == len(set(ids))
    return parsed


@given(TEXTS, TEXTS)
@settings(max_examples=100, deadline=None)
def test_any_text_stays_text(title: str, takeaway: str) -> None:
    """Titles, takeaways and authors of all kinds make valid Atom that holds the same text."""
    entry = make_feed(title, takeaway, (title, takeaway)).entries[0]
    atom = write_atom(make_feed(title, takeaway, (title, takeaway)))
    parse(atom)
    found = ET.fromstring(atom).find(f"{ATOM}entry")  # noqa: S314 - our own bytes
    assert found is not None
    assert found.findtext(f"{ATOM}title") == entry.title
    assert entry.title == (re.sub("[\ufffe\uffff]", "", read_plain(title)) or "2604.02684")
    assert (found.findtext(f"{ATOM}summary") or "") == entry.summary


@pytest.mark.parametrize("title", HOSTILE)
def test_hostile_titles_are_escaped(title: str) -> None:
    """No title becomes an element, an entity or the end of a section, in a reader that trusts the feed."""
    atom = write_atom(make_feed(title, title))
    parsed = parse(atom)
    assert parsed.entries[0].title_detail.type == "text/plain"
    assert b"<script" not in atom
    assert b"<!ENTITY" not in atom
    assert json.loads(write_json_feed(make_feed(title)))["items"][0]["title"] == make_feed(title).entries[0].title


async def test_topic_feed_has_the_ranked_papers(listed_library: Library) -> None:
    """One entry per ranked paper in order: our page first, arXiv beside it, the takeaway as summary."""
    shortlist = await find_shortlist(listed_library, TOPIC, WEEK)
    parsed = parse(write_atom(await gather_topic(listed_library, TOPIC, SITE)))
    assert [entry.link for entry in parsed.entries] == [f"{SITE}papers/{each.arxiv_id}" for each in shortlist.ranked]
    first, place = parsed.entries[0], shortlist.ranked[0]
    assert {"rel": "related", "href": f"https://arxiv.org/abs/{place.arxiv_id}"}.items() <= first.links[1].items()
    assert (first.summary, first.title) == (place.takeaway, read_plain(place.title))
    assert first.tags
    assert first.authors
    assert parsed.feed.links[0].href == f"{SITE}feeds/{TOPIC}.atom"


async def test_feed_is_the_same_until_something_changes(listed_library: Library) -> None:
    """Asking again gives the same bytes; publishing changes when the entries were updated, and no id."""
    before = await gather_topic(listed_library, TOPIC, SITE)
    assert write_atom(before) == write_atom(await gather_topic(listed_library, TOPIC, SITE))
    await publish(replace(listed_library, clock=lambda: NOW + timedelta(days=1)), TOPIC, WEEK)
    after = await gather_topic(listed_library, TOPIC, "https://elsewhere.example.org")
    assert after.updated == NOW + timedelta(days=1)
    assert [entry.id for entry in after.entries] == [entry.id for entry in before.entries]


async def test_drafts_hide_behind_published_lists(listed_library: Library) -> None:
    """Once a week is published a newer draft is not shown; a paper in two weeks is one entry, with the newer list's."""
    published = await publish(listed_library, TOPIC, WEEK)
    keys = await _find_keys(listed_library, published)
    for week, moment in (("2026-W21", NOW), ("2026-W22", None)):
        again = replace(published, week=week, published_at=moment, built_at=NOW, entries=published.entries[:3])
        async with listed_library.database.write() as session:
            await replace_shortlist(session, again, keys[:3])
    feed = await gather_topic(listed_library, TOPIC, SITE)
    assert len(feed.entries) == len({entry.id for entry in feed.entries}) == len(published.ranked)
    assert [entry.url for entry in feed.entries][:3] == [
        f"{SITE}papers/{entry.arxiv_id}" for entry in published.entries[:3]
    ]
    assert WEEKS == 8


async def test_tag_feed_is_of_what_the_reader_sees(listed_library: Library) -> None:
    """Own and shared tags, the last put first; another's private tag is not there."""
    papers = [entry.arxiv_id for entry in (await find_shortlist(listed_library, TOPIC, WEEK)).ranked[:3]]
    for hours, (reader, is_shared) in enumerate([("ada", False), ("bob", True), ("bob", False)]):
        later = replace(listed_library, clock=lambda hours=hours: NOW + timedelta(hours=hours))
        await put_tag(later, reader, papers[hours], "to read", is_shared=is_shared)
    feed = await gather_tag(listed_library, "to read", "ada", SITE)
    parsed = parse(write_atom(feed))
    assert [entry.link for entry in parsed.entries] == [f"{SITE}papers/{papers[1]}", f"{SITE}papers/{papers[0]}"]
    assert parsed.feed.links[0].href == f"{SITE}feeds/tags/to%20read.atom"
    assert feed.updated == NOW + timedelta(hours=1)


async def test_what_is_not_there_is_told(listed_library: Library) -> None:
    """An unknown topic, a tag that nobody put or that is none: errors that say so."""
    with pytest.raises(UnknownTopicError):
        await gather_topic(listed_library, "nothing", SITE)
    with pytest.raises(NotFoundError, match="no paper with the tag 'nothing'"):
        await gather_tag(listed_library, "nothing", "ada", SITE)
    with pytest.raises(InputError):
        await gather_tag(listed_library, "a/b", "ada", SITE)


def test_empty_feed_is_valid() -> None:
    """A topic before its first list has a feed without entries that never changed."""
    feed = Feed("urn:uuid:1", "A feed", f"{SITE}feeds/x", SITE, ())
    assert parse(write_atom(feed)).entries == []
    assert feed.updated == datetime(1991, 8, 14, tzinfo=UTC)


async def test_json_feed_says_the_same(listed_library: Library) -> None:
    """JSON Feed 1.1's musts: version, title, items with a string id and content; and the entries of the Atom feed."""
    feed = await gather_topic(listed_library, TOPIC, SITE)
    record = json.loads(write_json_feed(feed))
    assert record["version"] == "https://jsonfeed.org/version/1.1"
    assert record["feed_url"] == f"{SITE}feeds/{TOPIC}.json"
    assert [item["id"] for item in record["items"]] == [entry.id for entry in parse(write_atom(feed)).entries]
    for item in record["items"]:
        assert item["content_text"]
        assert RFC_3339.fullmatch(item["date_modified"])


async def _find_keys(library: Library, shortlist: Shortlist) -> list[int]:
    from triage.store.papers import select_papers

    async with library.database.read() as session:
        stored = await select_papers(session, [entry.arxiv_id for entry in shortlist.entries])
    return [stored[entry.arxiv_id].key for entry in shortlist.entries]
