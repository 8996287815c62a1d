"""A source that hands out the papers it was given: for tests, demonstrations and work without a network."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from triage.core.paper import Paper, parse_arxiv_id
from triage.errors import InputError
from triage.ports import SetAside


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
