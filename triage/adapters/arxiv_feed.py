"""arXiv's RSS feed of a category as a `Feed`: the day's listing, to check counts against.

The format: https://info.arxiv.org/help/rss_specifications.html and the public source arXiv/arxiv-feed. Each answer
holds one listing day, and one line per paper; on a day without a listing it holds none.
"""

from datetime import date
from email.utils import format_datetime, parsedate_to_datetime
from xml.etree import ElementTree as ET

import msgspec
import requests

from triage.adapters.arxiv_http import RSS_TYPES, BadAnswerError, Wire, check_base_url
from triage.adapters.arxiv_record import CATEGORY
from triage.adapters.xml_answer import parse_xml
from triage.core.paper import clean_text, parse_arxiv_id
from triage.core.week import EASTERN
from triage.errors import InputError, SourceError
from triage.ports import Announcement, Listing

BASE_URL = "https://rss.arxiv.org/rss"
SOURCE = "arxiv-feed"
_ARXIV = "{http://arxiv.org/schemas/atom}"
_EXPECTED = "an RSS feed"
_GUID = "oai:arXiv.org:"
_KINDS = frozenset({"new", "cross", "replace", "replace-cross"})
_LARGEST_LISTING = 2000  # arXiv leaves out what is more, without a word


class ArxivFeed:
    """The feed, believed as a whole or not at all: a part of a listing would be a false witness."""

    def __init__(self, base_url: str, wire: Wire) -> None:
        """Raises `InputError` for a base URL that cannot be."""
        check_base_url(base_url, BASE_URL)
        self._base_url = base_url.rstrip("/")
        self._wire = wire

    @property
    def name(self) -> str:
        """Names the source in the ledger."""
        return SOURCE

    def read_listing(self, category: str) -> Listing:
        """One request; raises `InputError` for a name that is no category, and `SourceError`."""
        if not CATEGORY.fullmatch(category):
            raise InputError(f"{category!r} is no category of arXiv: expected a name such as cs.IR.")

        def check(body: bytes) -> bytes:
            return msgspec.json.encode(read_feed(body, category))

        adapter = self._wire.adapter(check, expected=_EXPECTED, media_types=RSS_TYPES)
        with requests.Session() as session:
            session.mount("https://", adapter)
            session.mount("http://", adapter)
            response = session.get(f"{self._base_url}/{category}")
        return msgspec.json.decode(response.content, type=Listing)


def read_feed(body: bytes, category: str) -> Listing:
    """The listing in an answer; raises `BadAnswerError`, and `SourceError` where asking again cannot help."""
    channels = parse_xml(body, "rss", _EXPECTED).findall("channel")
    if len(channels) != 1:
        raise BadAnswerError(f"the feed has {len(channels)} channels in place of one")
    channel = channels[0]
    title = clean_text(channel.findtext("title") or "")
    # "cs.IR updates on arXiv.org"; an error, and another category's feed, are named otherwise
    if title.partition(" updates on ")[0] != category:
        raise BadAnswerError(f"it answered with the feed {title!r} when asked for {category}")
    day = _read_day(channel.findtext("pubDate"))
    items = channel.findall("item")
    if len(items) >= _LARGEST_LISTING:
        raise SourceError(
            f"arXiv's feed of {category} holds {len(items)} papers for {day}, the most it ever gives: it may be cut, "
            "and the listing's true count cannot be known from it."
        )
    announcements = tuple(_read_item(item) for item in items)
    if len({line.arxiv_id for line in announcements}) < len(announcements):
        raise BadAnswerError("the feed held the same paper twice")
    return Listing(category, day, announcements)


def _read_day(text: str | None) -> date:
    """The listing day: arXiv dates a feed with the midnight, Eastern time, that the day begins with."""
    written = (text or "").strip()
    try:
        time = parsedate_to_datetime(written)
        # The parser passes over the day of the week, and takes the year 26, or 0026, for 2026.
        if time.tzinfo is None or not written.startswith(format_datetime(time)[: len("Fri, 21 Aug 2026")]):
            raise BadAnswerError(f"the feed's date {text!r} contradicts itself or names no time zone")
        return time.astimezone(EASTERN).date()
    except (ValueError, OverflowError) as error:
        raise BadAnswerError(f"the feed has no readable date: {text!r}") from error


def _read_item(item: ET.Element) -> Announcement:
    guid = (item.findtext("guid") or "").strip()
    kind = (item.findtext(f"{_ARXIV}announce_type") or "").strip()
    if not guid.startswith(_GUID):
        raise BadAnswerError(f"an item's guid is {guid!r} in place of {_GUID}IDvN")
    try:
        identifier = parse_arxiv_id(guid)
    except ValueError as error:
        raise BadAnswerError(f"an item's guid is no paper: {error}") from error
    if identifier.version is None:
        raise BadAnswerError(f"the item {guid!r} names no version")
    if kind not in _KINDS:
        raise BadAnswerError(f"the item {guid!r} is announced as {kind!r}, which is no kind of announcement")
    return Announcement(identifier.id, identifier.version, kind)
