"""arXiv's RSS feed of a listing day, after the public source arXiv/arxiv-feed (which writes it with feedgen)."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time
from email.utils import format_datetime
from hashlib import sha256
from typing import NamedTuple
from xml.sax.saxutils import escape

from triage.adapters.fake_arxiv.answer import Answer
from triage.adapters.fake_arxiv.archive import Announced, FakeArchive
from triage.adapters.fake_arxiv.faults_feed import FEED_ITEM
from triage.core.paper import Paper
from triage.core.week import EASTERN

_KINDS = ("new", "cross", "replace", "replace-cross")
_MOST_ITEMS = 2000
_VERSIONS_SHOWN = 5  # replacements above it are not listed
_CHANNEL = """<?xml version='1.0' encoding='UTF-8'?>
<rss xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns:dc="http://purl.org/dc/elements/1.1/" \
xmlns:atom="http://www.w3.org/2005/Atom" xmlns:content="http://purl.org/rss/1.0/modules/content/" version="2.0">
  <channel>
    <title>{names} updates on arXiv.org</title>
    <link>http://rss.arxiv.org/rss/{path}</link>
    <description>{names} updates on the arXiv.org e-print archive.</description>
    <atom:link href="http://rss.arxiv.org/rss/{path}" rel="self" type="application/rss+xml"/>
    <docs>http://www.rssboard.org/rss-specification</docs>
    <language>en-us</language>
    <lastBuildDate>{built}</lastBuildDate>
    <managingEditor>rss-help@arxiv.org</managingEditor>
    <pubDate>{date}</pubDate>
    <skipDays>
      <day>Sunday</day>
      <day>Saturday</day>
    </skipDays>
{items}  </channel>
</rss>
"""


class _Item(NamedTuple):
    kind: str
    version: int
    paper: Paper


class FeedServer:
    """Answers from an archive's announcements; while `is_stale` it serves the listing day before today's."""

    def __init__(self, archive: FakeArchive) -> None:
        self.archive = archive
        self.is_stale = False

    def answer(self, path: str, spoiled: Mapping[str, str]) -> Answer:
        """The feed of `cs.IR`, of `cs.IR+cs.CL` or of `cs`; 400 for a name that is none."""
        names = path.split("+")
        if not all(names):
            return Answer(status=400, body=b"")

        def render(shift: int) -> bytes:
            return self._write(names, self._day(-shift), spoiled)

        body = render(-1 if self.is_stale else 0)
        headers = {"Content-Type": "application/rss+xml", "ETag": f'"{sha256(body).hexdigest()}"'}
        return Answer(body, headers=headers, render=render)

    def _day(self, back: int) -> date:
        """Today by the clock of New York, or the listing day that many before it."""
        today = self.archive.now.astimezone(EASTERN).date()
        if back <= 0:
            return today
        earlier = sorted(day for day in self.archive.log if day < today)
        return earlier[-back] if back <= len(earlier) else today

    def _write(self, names: list[str], day: date, spoiled: Mapping[str, str]) -> bytes:
        midnight = format_datetime(datetime.combine(day, time(), EASTERN))
        items = [_write_item(item, midnight, spoiled.get(item.paper.arxiv_id)) for item in self._choose(names, day)]
        return _CHANNEL.format(
            names=escape(", ".join(names)),
            path=escape("+".join(names)),
            built=format_datetime(self.archive.now.astimezone(UTC)),
            date=midnight,
            items="".join(items),
        ).encode(errors="surrogatepass")

    def _choose(self, names: list[str], day: date) -> list[_Item]:
        """One line per paper, the strongest kind; `new` and `replace` only in the paper's own category."""
        best: dict[str, Announced] = {}
        for line in self._lines(names, day):
            known = best.get(line.arxiv_id)
            if known is None or _KINDS.index(line.kind) < _KINDS.index(known.kind):
                best[line.arxiv_id] = line
        found = [_Item(line.kind, line.version, self.archive[line.arxiv_id].paper) for line in best.values()]
        found.sort(key=lambda item: item.paper.arxiv_id, reverse=True)
        return sorted(found, key=lambda item: _KINDS.index(item.kind))[:_MOST_ITEMS]

    def _lines(self, names: list[str], day: date) -> Iterable[Announced]:
        for line in self.archive.log.get(day, ()):
            is_named = line.category in names or line.category.partition(".")[0] in names
            is_shown = not line.kind.startswith("replace") or line.version <= _VERSIONS_SHOWN
            if is_named and is_shown and line.arxiv_id in self.archive:
                yield line


def _write_item(item: _Item, midnight: str, fault: str | None) -> str:
    paper, full_id = item.paper, f"{item.paper.arxiv_id}v{item.version}"
    text = f"arXiv:{full_id} Announce Type: {item.kind} \nAbstract: {paper.abstract}"
    lines = [
        f"<title>{escape(paper.title)}</title>",
        f"<link>https://arxiv.org/abs/{paper.arxiv_id}</link>",
        f"<description>{escape(text)}</description>",
        f'<guid isPermaLink="false">oai:arXiv.org:{full_id}</guid>',
        *(f"<category>{escape(name)}</category>" for name in paper.categories),
        f"<pubDate>{midnight}</pubDate>",
        f"<arxiv:announce_type>{item.kind}</arxiv:announce_type>",
        "<dc:rights>http://arxiv.org/licenses/nonexclusive-distrib/1.0/</dc:rights>",
        *([f"<arxiv:DOI>{escape(paper.doi)}</arxiv:DOI>"] if paper.doi else []),
        *(
            [f"<arxiv:journal_reference>{escape(paper.journal_ref)}</arxiv:journal_reference>"]
            if paper.journal_ref
            else []
        ),
        f"<dc:creator>{escape(', '.join(paper.authors))}</dc:creator>",
    ]
    answer = Answer(f"    <item>{''.join(lines)}</item>\n".encode(errors="surrogatepass"))
    if fault in FEED_ITEM:
        FEED_ITEM[fault](answer)
    return answer.body.decode(errors="surrogatepass")
