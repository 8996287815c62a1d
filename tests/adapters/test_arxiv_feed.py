import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from http.server import BaseHTTPRequestHandler, HTTPServer
from xml.sax.saxutils import escape

import msgspec
import pytest
from fakes.faketime import FakeTime
from hypothesis import given, settings
from hypothesis import strategies as st

from triage.adapters.arxiv_feed import BASE_URL, ArxivFeed, read_feed
from triage.adapters.arxiv_http import BadAnswerError, HttpLimits, Network, name_agent
from triage.adapters.pace import Pace
from triage.errors import InputError, SourceError
from triage.ports import Announcement, Feed, Listing

FRIDAY = date(2026, 8, 21)
KINDS = ("new", "cross", "replace", "replace-cross")
LINES = tuple(Announcement(f"2608.{9 - n:05d}", 1 + n % 5, kind) for n, kind in enumerate(KINDS * 2))
_FEED = """<?xml version='1.0' encoding='UTF-8'?>
<rss xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns:dc="http://purl.org/dc/elements/1.1/" \
xmlns:atom="http://www.w3.org/2005/Atom" xmlns:content="http://purl.org/rss/1.0/modules/content/" version="2.0">
  <channel>
    <title>{title}</title>
    <link>http://rss.arxiv.org/rss/cs.IR</link>
    <description>{title}</description>
    <atom:link href="http://rss.arxiv.org/rss/cs.IR" rel="self" type="application/rss+xml"/>
    <docs>http://www.rssboard.org/rss-specification</docs>
    <language>en-us</language>
    <lastBuildDate>Fri, 21 Aug 2026 04:00:06 +0000</lastBuildDate>
    <managingEditor>rss-help@arxiv.org</managingEditor>
    <pubDate>{day}</pubDate>
    <skipDays><day>Sunday</day><day>Saturday</day></skipDays>
{items}  </channel>
</rss>
"""
_ITEM = """    <item>
      <title>On &lt;items&gt;</title>
      <link>https://arxiv.org/abs/{id}</link>
      <description>arXiv:{id}v{version} Announce Type: {kind} &#13;
Abstract: We study $\\alpha$ &amp; items.</description>
      <guid isPermaLink="false">oai:arXiv.org:{id}v{version}</guid>
      <category>cs.IR</category>
      <pubDate>Fri, 21 Aug 2026 00:00:00 -0400</pubDate>
      <arxiv:announce_type>{kind}</arxiv:announce_type>
      <dc:rights>http://creativecommons.org/licenses/by/4.0/</dc:rights>
      <dc:creator>Ada Example, Bo Sample</dc:creator>
    </item>
"""


def _write_feed(
    lines: tuple[Announcement, ...] = LINES,
    title: str = "cs.IR updates on arXiv.org",
    day: str = "Fri, 21 Aug 2026 00:00:00 -0400",
) -> bytes:
    items = "".join(_ITEM.format(id=line.arxiv_id, version=line.version, kind=line.kind) for line in lines)
    return _FEED.format(title=escape(title), day=day, items=items).encode()


def _read_or_refuse(body: bytes) -> Listing | None:
    try:
        return read_feed(body, "cs.IR")
    except BadAnswerError:
        return None


class _Server(HTTPServer):
    """Gives the answers in turn, the last one again and again; `paths` is what was asked."""

    answers: list[tuple[int, str, bytes]]
    paths: list[str]


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        """Answer one request."""
        status, media_type, body = self.server.answers[0]
        del self.server.answers[: len(self.server.answers) > 1]
        self.server.paths.append(self.path)
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- http.server's name
        """Stay silent."""


@contextmanager
def _serving(*answers: tuple[int, str, bytes]) -> Iterator[tuple[ArxivFeed, _Server]]:
    time = FakeTime()
    pace = Pace(monotonic=time.monotonic, sleep=time.sleep)
    with _Server(("127.0.0.1", 0), _Handler) as server:
        server.answers, server.paths = list(answers), []
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        network = Network(pace, name_agent("triage@example.org"), HttpLimits(attempts=3))
        yield ArxivFeed(f"http://127.0.0.1:{server.server_port}/rss/", network), server
        server.shutdown()


def _as_rss(body: bytes) -> tuple[int, str, bytes]:
    return 200, "application/rss+xml", body


def test_the_listing_is_read_in_one_request() -> None:
    """Every line with its version and kind, in the feed's order."""
    with _serving(_as_rss(_write_feed())) as (feed, server):
        assert feed.read_listing("cs.IR") == Listing("cs.IR", FRIDAY, LINES)
        assert server.paths == ["/rss/cs.IR"]


def test_the_feed_is_a_feed() -> None:
    """It can be handed to the steps, under the name that the ledger shows."""
    with _serving(_as_rss(_write_feed())) as (arxiv, _):
        feed: Feed = arxiv
        assert feed.name == "arxiv-feed"


def test_a_day_without_a_listing_is_empty() -> None:
    """At weekends and on holidays the feed has a date and no item."""
    body = _write_feed((), day="Sat, 22 Aug 2026 00:00:00 -0400")
    assert read_feed(body, "cs.IR") == Listing("cs.IR", date(2026, 8, 22), ())


@pytest.mark.parametrize(
    "answer",
    [
        (200, "text/html", b"<html/>"),
        (200, "text/plain", b"Rate exceeded."),
        (304, "application/rss+xml", b""),
        (400, "text/html", b"Bad archive"),
        (503, "text/plain", b""),
        _as_rss(b""),
        _as_rss(_write_feed()[:-20]),
        _as_rss(_write_feed(title="cs.CL updates on arXiv.org")),
    ],
    ids=["html", "text", "not modified", "bad request", "busy", "empty", "cut", "other category"],
)
def test_what_is_no_listing_is_asked_for_again(answer: tuple[int, str, bytes]) -> None:
    """And is never an empty day: after the last attempt it is a failure."""
    with _serving(answer, _as_rss(_write_feed())) as (feed, server):
        assert feed.read_listing("cs.IR").announcements == LINES
        assert len(server.paths) == 2
    with _serving(answer) as (feed, server):
        with pytest.raises(SourceError, match="no usable answer in 3 attempts"):
            feed.read_listing("cs.IR")
        assert len(server.paths) == 3


@pytest.mark.parametrize(
    ("day", "listed"),
    [
        ("Fri, 21 Aug 2026 00:00:00 -0400", FRIDAY),
        ("Fri, 21 Aug 2026 04:00:00 GMT", FRIDAY),
        ("Fri, 21 Aug 2026 03:59:59 +0000", date(2026, 8, 20)),
        ("Mon, 09 Mar 2026 00:00:00 -0400", date(2026, 3, 9)),  # the day after the clocks went forward
        ("Mon, 02 Nov 2026 00:00:00 -0500", date(2026, 11, 2)),  # and back
        ("Wed, 30 Dec 2026 00:00:00 -0500", date(2026, 12, 30)),
    ],
)
def test_the_listing_day_is_new_yorks(day: str, listed: date) -> None:
    """Whatever zone the date is written in, in summer and in winter."""
    assert read_feed(_write_feed(day=day), "cs.IR").day == listed


@pytest.mark.parametrize(
    "day",
    [
        "",
        "yesterday",
        "2026-08-21",
        "Fri, 21 Aug 2026 00:00:00",
        "Fri, 21 Aug 2026 00:00:00 -0000",
        "Fri, 32 Aug 2026 00:00:00 -0400",
        "Sat, 01 Jan 0001 00:00:00 +1400",
        "Thu, 21 Aug 2026 00:00:00 -0400",
        "Fri, 21 Aug 26 00:00:00 -0400",
        "Fri, 21 Aug 2026 00:00:00 +9999999999999999999999",
    ],
)
def test_a_feed_without_a_date_is_refused(day: str) -> None:
    """The counts would stand under another day."""
    with pytest.raises(BadAnswerError, match=r"date"):
        read_feed(_write_feed(day=day), "cs.IR")


@pytest.mark.parametrize(
    "title",
    ["", "cs.CL updates on arXiv.org", "cs.IR, cs.CL updates on arXiv.org", "cs.I updates", "Feed error for query: x"],
)
def test_another_feed_is_refused(title: str) -> None:
    """A cache may answer with another category's feed, and an error is a feed too."""
    with pytest.raises(BadAnswerError, match=r"when asked for cs\.IR"):
        read_feed(_write_feed(title=title), "cs.IR")


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("<guid[^>]*>[^<]*</guid>", "", "guid is ''"),
        ("oai:arXiv.org:", "https://arxiv.org/abs/", "guid is 'https"),
        ("oai:arXiv.org:2608.00009", "oai:arXiv.org:2608.9", "no paper"),
        ("00009v1</guid>", "00009</guid>", "names no version"),
        ("<arxiv:announce_type>new", "<arxiv:announce_type>absonly", "announced as 'absonly'"),
        ("<arxiv:announce_type>[^<]*</arxiv:announce_type>", "", "announced as ''"),
        ("http://arxiv.org/schemas/atom", "http://arxiv.org/schemas/atom2", "announced as ''"),
        ("2608.00008v2</guid>", "2608.00009v2</guid>", "same paper twice"),
        ("</channel>", "</channel><channel/>", "2 channels"),
        ("(?s)<channel>.*</channel>", "", "0 channels"),
        ('<rss (.*)version="2.0">', '<!DOCTYPE rss [<!ENTITY a "b">]><rss \\1>', "document type definition"),
        ("(</?)rss", "\\1feed", "in place of"),
    ],
)
def test_one_unreadable_line_makes_the_whole_a_failure(old: str, new: str, reason: str) -> None:
    """A feed is only a check on counts: a partial one would be a false witness."""
    body, count = re.subn(old, new, _write_feed().decode(), count=0 if "rss" in old else 1)
    assert count
    with pytest.raises(BadAnswerError, match=reason):
        read_feed(body.encode(), "cs.IR")


def _make_lines(count: int) -> tuple[Announcement, ...]:
    return tuple(Announcement(f"2608.{number:05d}", 1, "new") for number in range(count, 0, -1))


def test_a_full_feed_may_be_cut() -> None:
    """1,999 papers are a listing; at 2,000 arXiv leaves out the rest without a word, and asking again is no help."""
    assert len(read_feed(_write_feed(_make_lines(1999)), "cs.IR").announcements) == 1999
    with _serving(_as_rss(_write_feed(_make_lines(2000)))) as (feed, server):
        with pytest.raises(SourceError, match="may be cut"):
            feed.read_listing("cs.IR")
        assert len(server.paths) == 1


@pytest.mark.parametrize("base_url", ["", "rss.arxiv.org/rss", f"{BASE_URL}?x=1", "ftp://rss.arxiv.org/rss"])
def test_a_base_url_must_be_one(base_url: str) -> None:
    """Before anything is asked."""
    with pytest.raises(InputError, match="no base URL"):
        ArxivFeed(base_url, Network(Pace(), "triage"))


@pytest.mark.parametrize("category", ["", "CS.IR", "cs.IR+cs.CL", "cs/IR", "../list", "cs.IR?x"])
def test_a_category_must_be_one(category: str) -> None:
    """It becomes part of the address."""
    with _serving(_as_rss(_write_feed())) as (feed, server):
        with pytest.raises(InputError, match="no category of arXiv"):
            feed.read_listing(category)
        assert server.paths == []


@settings(max_examples=60)
@given(data=st.data())
def test_any_damage_is_seen_or_harmless(data: st.DataObject) -> None:
    """Whatever is cut out or put in, the answer is a listing or a `BadAnswerError`."""
    body = _write_feed(LINES[:2])
    start = data.draw(st.integers(0, len(body)))
    end = data.draw(st.integers(start, min(len(body), start + 40)))
    listing = _read_or_refuse(body[:start] + data.draw(st.binary(max_size=8)) + body[end:])
    assert listing is None or listing.category == "cs.IR"


@settings(max_examples=60)
@given(
    text=st.text(max_size=40) | st.from_regex(r"\w{3}, \d{1,3} \w{3} \d{1,5} \d\d:\d\d:\d\d [+-]\d{4}", fullmatch=True)
)
def test_any_date_is_read_or_refused(text: str) -> None:
    """The library's date parser never gets through with an error of its own."""
    listing = _read_or_refuse(_write_feed((), day=escape(text)))
    assert listing is None or msgspec.json.decode(msgspec.json.encode(listing), type=Listing) == listing
