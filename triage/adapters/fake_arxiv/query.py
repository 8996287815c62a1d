"""arXiv's query API: the shape of the feed follows answers recorded from export.arxiv.org in April 2026.

Known: `id_list` (with versions), `submittedDate` windows, `cat:` terms joined by OR, `sortBy`, `sortOrder`, `start`,
`max_results`. Other terms are not searched for.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from xml.sax.saxutils import escape, quoteattr

from msgspec.structs import replace

from triage.adapters.fake_arxiv.answer import Answer
from triage.adapters.fake_arxiv.archive import FakeArchive
from triage.adapters.fake_arxiv.faults_query import QUERY_RECORD
from triage.core.paper import ArxivId, Paper, parse_arxiv_id

_LARGEST_PAGE = 2000
_LARGEST_RESULT = 30_000
_MINUTE = timedelta(minutes=1)
_WINDOW = re.compile(r"submittedDate:\[(\d{12}) TO (\d{12})\]")
_CATEGORY = re.compile(r"cat:([\w.-]+)")
_EARLIEST, _LATEST = datetime(1986, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
_FEED = """<?xml version='1.0' encoding='UTF-8'?>
<feed xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/" xmlns:arxiv="http://arxiv.org/schemas/atom" \
xmlns="http://www.w3.org/2005/Atom">
  <id>https://arxiv.org/api/fake</id>
  <title>arXiv Query</title>
  <updated>2026-04-12T22:09:36Z</updated>
  <opensearch:itemsPerPage>{size}</opensearch:itemsPerPage>
  <opensearch:totalResults>{total}</opensearch:totalResults>
  <opensearch:startIndex>{start}</opensearch:startIndex>
{entries}</feed>
"""


class QueryApi:
    """Answers from an archive; `doubled` holds papers that the list has besides, as a damaged index may."""

    def __init__(self, archive: FakeArchive) -> None:
        self.archive = archive
        self.doubled: list[Paper] = []

    def select(self, params: Mapping[str, str]) -> list[Paper]:
        """The whole list that the parameters ask for; raises `ValueError` for an id that is none."""
        if ids := params.get("id_list"):
            wanted = {one.id: one for one in map(parse_arxiv_id, ids.split(","))}
            return [paper for one in wanted.values() if (paper := self._find(one)) is not None]
        papers = _filter([*self.archive.papers, *self.doubled], params.get("search_query", ""))
        by = _updated if params.get("sortBy") == "lastUpdatedDate" else _published
        return sorted(papers, key=by, reverse=params.get("sortOrder") != "ascending")

    def _find(self, identifier: ArxivId) -> Paper | None:
        """The paper, as of the version named if one is; the text is always the newest."""
        paper = self.archive.find(identifier.id)
        if paper is None or identifier.version is None:
            return paper
        times = {one.version: one.submitted for one in paper.versions}
        if identifier.version not in times:
            return None
        return replace(paper, version=identifier.version, updated=times[identifier.version])

    def answer(self, params: Mapping[str, str], spoiled: Mapping[str, str]) -> Answer:
        """A page; `spoiled` names ids and what is wrong with their entries."""
        try:
            return answer_page(self.select(params), params, spoiled)
        except ValueError:
            return Answer(status=400, body=b"")


def answer_page(papers: Sequence[Paper], params: Mapping[str, str], spoiled: Mapping[str, str]) -> Answer:
    """The slice of a result list that the parameters ask for."""
    start, size = int(params.get("start", "0")), min(int(params.get("max_results", "10")), _LARGEST_PAGE)
    if start + size > _LARGEST_RESULT + _LARGEST_PAGE:
        return Answer(status=400, body=b"")

    def render(shift: int = 0) -> bytes:
        chosen = papers[max(0, start + shift) :][:size]
        entries = "".join(_render_entry(paper, spoiled.get(paper.arxiv_id)) for paper in chosen)
        return _FEED.format(size=size, total=len(papers), start=start, entries=entries).encode()

    return Answer(body=render(), render=render)


def _filter(papers: Sequence[Paper], query: str) -> list[Paper]:
    categories = set(_CATEGORY.findall(query))
    window = _WINDOW.search(query)
    first, last = map(_read_minute, window.groups()) if window else (_EARLIEST, _LATEST)
    end = last + _MINUTE  # both ends are minutes, and included
    return [
        paper
        for paper in papers
        if first <= _published(paper) < end and (not categories or not categories.isdisjoint(paper.categories))
    ]


def _read_minute(text: str) -> datetime:
    return datetime.strptime(text, "%Y%m%d%H%M").replace(tzinfo=UTC)


def _published(paper: Paper) -> datetime:
    return paper.published or _EARLIEST


def _updated(paper: Paper) -> datetime:
    return paper.updated or _published(paper)


def _render_entry(paper: Paper, fault: str | None) -> str:
    optional = {"comment": paper.comment, "journal_ref": paper.journal_ref, "doi": paper.doi}
    lines = [
        f"<id>http://arxiv.org/abs/{paper.arxiv_id}v{paper.version or 1}</id>",
        f"<title>{escape(paper.title)}</title>",
        f"<updated>{_updated(paper):%Y-%m-%dT%H:%M:%SZ}</updated>",
        f"<summary>  {escape(paper.abstract)}\n</summary>",
        *(f'<category term={quoteattr(term)} scheme="http://arxiv.org/schemas/atom"/>' for term in paper.categories),
        f"<published>{_published(paper):%Y-%m-%dT%H:%M:%SZ}</published>",
        *(f"<arxiv:{key}>{escape(text)}</arxiv:{key}>" for key, text in optional.items() if text),
        f"<arxiv:primary_category term={quoteattr(paper.primary_category or '')}/>",
        *(f"<author><name>{escape(name)}</name></author>" for name in paper.authors),
    ]
    entry = Answer(f"  <entry>{''.join(lines)}</entry>\n".encode())
    if fault in QUERY_RECORD:
        QUERY_RECORD[fault](entry)
    return entry.body.decode()
