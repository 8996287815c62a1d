"""Topics and tags as feeds: Atom (RFC 4287) by feedgen, and JSON Feed 1.1, for which there is no well-kept library.

Both come from one record, hold text only and no moment of their making: they are the same bytes until a list changes.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote
from uuid import NAMESPACE_URL, uuid5

import msgspec

from triage.core.paper import Paper
from triage.core.rubric import find_topic
from triage.errors import NotFoundError
from triage.reading.exports.reference import Reference, read_plain
from triage.reading.library import Library
from triage.reading.marks import read_tag_name
from triage.store.outlets import list_newest_weeks, list_taggings, load_takeaways
from triage.store.papers import select_papers
from triage.store.shortlists import Shortlist, load_shortlist

WEEKS: Final = 8
MOST_ENTRIES: Final = 100
"""Weeks in a topic's feed, entries in a tag's."""
_NEVER: Final = datetime(1991, 8, 14, tzinfo=UTC)  # arXiv's first day: when a feed without entries last changed
_NOT_XML = re.compile(r"[\ufffe\uffff]")  # XML 1.0 2.2; read_plain leaves none of the others
_CATEGORIES: Final = "http://arxiv.org/schemas/atom"


class FeedEntry(msgspec.Struct, frozen=True):
    """A paper in a feed; `id` stays the same whatever week, host or title it appears with."""

    id: str
    title: str
    url: str
    arxiv_url: str
    summary: str
    updated: datetime
    authors: tuple[str, ...]
    categories: tuple[str, ...]


class Feed(msgspec.Struct, frozen=True):
    """A feed's entries, the newest first. `url` is its own address without the ending, `page` the same for people."""

    id: str
    title: str
    url: str
    page: str
    entries: tuple[FeedEntry, ...]

    @property
    def updated(self) -> datetime:
        """When an entry was last added or changed."""
        return max((entry.updated for entry in self.entries), default=_NEVER)


async def gather_topic(library: Library, topic: str, public_url: str) -> Feed:
    """The ranked papers of the topic's last eight published weeks, newest week first, each paper once.

    Drafts change with every vote, so they are only shown where nothing is published yet. Raises `UnknownTopicError`.
    """
    named = find_topic(library.rubric, topic)
    async with library.database.read() as session:
        weeks = await list_newest_weeks(session, topic, WEEKS)
        lists = [found for week in weeks if (found := await load_shortlist(session, topic, week)) is not None]
        stored = await select_papers(session, [entry.arxiv_id for each in lists for entry in each.ranked])
    site = public_url.rstrip("/")
    papers = {arxiv_id: each.paper for arxiv_id, each in stored.items()}
    entries: dict[str, FeedEntry] = {}
    for shortlist in lists:
        for entry in _enter_list(shortlist, papers, site):
            entries.setdefault(entry.id, entry)
    url = f"{site}/feeds/{quote(topic, safe='')}"
    page = f"{site}/shortlists/{quote(topic, safe='')}"
    return Feed(_name("topic", topic), f"{named.title}: Triage", url, page, tuple(entries.values()))


async def gather_tag(library: Library, name: str, reader: str, public_url: str) -> Feed:
    """The papers that a reader sees under a tag, the last tagged first; a hundred at most.

    Raises `NotFoundError` where they see none, `InputError` for a name that is no tag.
    """
    name = read_tag_name(name)
    async with library.database.read() as session:
        tagged = (await list_taggings(session, reader, name))[:MOST_ENTRIES]
        stored = await select_papers(session, [arxiv_id for arxiv_id, _ in tagged])
        takeaways = await load_takeaways(session, stored)
    if not tagged:
        raise NotFoundError(f"You see no paper with the tag {name!r}: put it on one first.")
    site = public_url.rstrip("/")
    entries = tuple(
        _enter(stored[arxiv_id].paper, _name("tag", name, arxiv_id), takeaways.get(arxiv_id), moment, site)
        for arxiv_id, moment in tagged
        if arxiv_id in stored
    )
    place = quote(name, safe="")
    return Feed(
        _name("tag", name), f"{_clean(name)}: Triage", f"{site}/feeds/tags/{place}", f"{site}/tags/{place}", entries
    )


def write_atom(feed: Feed) -> bytes:
    """Atom; text of papers stays text. The feed has an author, so that papers whose authors are unknown need none."""
    from feedgen.feed import FeedGenerator

    document = FeedGenerator()
    document.id(feed.id)
    document.title(feed.title)
    document.updated(feed.updated)
    document.author({"name": "Triage"})
    document.generator("Triage")
    document.link(href=f"{feed.url}.atom", rel="self", type="application/atom+xml")
    document.link(href=feed.page, rel="alternate", type="text/html")
    for entry in feed.entries:
        item = document.add_entry(order="append")
        item.id(entry.id)
        item.title(entry.title)
        item.updated(entry.updated)
        item.link(href=entry.url, rel="alternate")
        item.register_extension("related", _RelatedLink)
        item.related.href = entry.arxiv_url
        item.author([{"name": name} for name in entry.authors])
        item.category([{"term": category, "scheme": _CATEGORIES} for category in entry.categories])
        item.summary(entry.summary)
    atom: bytes = document.atom_str(pretty=True)
    return atom


class _RelatedLink:
    """An extension of feedgen's, whose version 1.0 writes the links of entries without what they are."""

    href = ""

    def extend_atom(self, entry: Any) -> None:
        """Add the link to the entry's element."""
        from feedgen.util import xml_elem

        xml_elem("link", entry, rel="related", href=self.href)


class _Author(msgspec.Struct, frozen=True):
    name: str


class _Item(msgspec.Struct, frozen=True, omit_defaults=True):
    id: str
    url: str
    external_url: str
    title: str
    content_text: str
    date_modified: datetime
    summary: str = ""
    authors: tuple[_Author, ...] = ()
    tags: tuple[str, ...] = ()


class _JsonFeed(msgspec.Struct, frozen=True):
    version: str
    title: str
    home_page_url: str
    feed_url: str
    items: tuple[_Item, ...]


def write_json_feed(feed: Feed) -> bytes:
    """JSON Feed 1.1 (https://www.jsonfeed.org/version/1.1/); an entry without a takeaway has its title as content."""
    items = tuple(
        _Item(
            entry.id,
            entry.url,
            entry.arxiv_url,
            entry.title,
            entry.summary or entry.title,
            entry.updated,
            entry.summary,
            tuple(map(_Author, entry.authors)),
            entry.categories,
        )
        for entry in feed.entries
    )
    version = "https://jsonfeed.org/version/1.1"
    return msgspec.json.encode(_JsonFeed(version, feed.title, feed.page, f"{feed.url}.json", items))


def _enter_list(shortlist: Shortlist, papers: dict[str, Paper], site: str) -> Sequence[FeedEntry]:
    moment = shortlist.published_at or shortlist.built_at
    return [
        _enter(
            papers[entry.arxiv_id],
            _name("topic", shortlist.topic, entry.arxiv_id),
            entry.takeaway,
            moment,
            site,
        )
        for entry in shortlist.ranked
    ]


def _enter(paper: Paper, name: str, takeaway: str | None, moment: datetime, site: str) -> FeedEntry:
    return FeedEntry(
        id=name,
        title=_clean(paper.title) or paper.arxiv_id,
        url=f"{site}/papers/{paper.arxiv_id}",
        arxiv_url=f"https://arxiv.org/abs/{paper.arxiv_id}",
        summary=_NOT_XML.sub("", Reference(paper, takeaway).note or ""),
        updated=moment,
        authors=tuple(name for author in paper.authors if (name := _clean(author))),
        categories=paper.categories,
    )


def _clean(text: str) -> str:
    return _NOT_XML.sub("", read_plain(text))


def _name(*parts: str) -> str:
    """A URN that only depends on what it names (RFC 9562 version 5): no host, no week."""
    return uuid5(NAMESPACE_URL, "/".join(["https://arxiv.org/triage", *parts])).urn
