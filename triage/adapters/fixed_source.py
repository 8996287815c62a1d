"""Sources that hand out what they were given: for tests, demonstrations and work without a network."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime

from triage.core.paper import Paper, parse_arxiv_id
from triage.errors import InputError, SourceError
from triage.ports import Header, Listing, Record, RecordPage, SetAside


class FixedSource:
    """The offline implementation of `Source`; never fails."""

    def __init__(self, papers: Iterable[Paper], name: str = "fixed") -> None:
        self._papers = {paper.arxiv_id: paper for paper in papers}
        self._name = name
        self.set_aside: Sequence[SetAside] = ()

    @property
    def name(self) -> str:
        """As given."""
        return self._name

    def submitted_between(self, start: datetime, end: datetime, categories: Sequence[str]) -> Iterator[Paper]:
        """The papers with `published` in `[start, end)`, oldest first."""
        wanted = set(categories)
        dated = [(paper.published, paper) for paper in self._papers.values() if paper.published is not None]
        for published, paper in sorted(dated, key=lambda pair: (pair[0], pair[1].arxiv_id)):
            if start <= published < end and wanted.intersection(paper.categories):
                yield paper

    def by_id(self, arxiv_ids: Iterable[str]) -> Iterator[Paper]:
        """The papers it has, in the order asked, each once; raises `InputError` on a malformed id."""
        try:
            wanted = dict.fromkeys(parse_arxiv_id(text).id for text in arxiv_ids)
        except ValueError as error:
            raise InputError(f"{error}.") from error
        return (self._papers[key] for key in wanted if key in self._papers)


class FixedArchive:
    """The offline implementation of `Archive`: one page of everything."""

    def __init__(self, records: Iterable[Record], responded_at: datetime, name: str = "fixed") -> None:
        self._records = sorted(records, key=lambda record: (record.datestamp, record.paper.arxiv_id))
        self._responded_at = responded_at
        self._name = name
        self.set_aside: Sequence[SetAside] = ()

    @property
    def name(self) -> str:
        """As given."""
        return self._name

    def records_since(self, archive: str, start: date) -> Iterator[RecordPage]:
        """One page, the last; raises `SourceError` for an empty one."""
        chosen = self._choose(archive, start)
        if not chosen:
            raise SourceError(f"{self.name} has nothing of {archive} since {start}.")
        yield RecordPage(tuple(chosen), (), self._responded_at, is_last=True)

    def headers_since(self, archive: str, start: date) -> Iterator[Header]:
        """The same records, by name."""
        for record in self._choose(archive, start):
            yield Header(record.paper.arxiv_id, record.datestamp, record.paper.categories)

    def _choose(self, archive: str, start: date) -> list[Record]:
        return [
            record
            for record in self._records
            if record.datestamp >= start
            and any(category.partition(".")[0] == archive for category in record.paper.categories)
        ]


class FixedFeed:
    """The offline implementation of `Feed`: the listings it was given, empty ones for other categories."""

    def __init__(self, listings: Iterable[Listing], day: date, name: str = "fixed") -> None:
        self._listings = {listing.category: listing for listing in listings}
        self._day = day
        self._name = name

    @property
    def name(self) -> str:
        """As given."""
        return self._name

    def read_listing(self, category: str) -> Listing:
        """What it was given."""
        return self._listings.get(category) or Listing(category, self._day, ())
