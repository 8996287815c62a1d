"""A paper as a reference: what every file format takes from it."""

from collections.abc import Iterable, Mapping
from datetime import date

import msgspec

from triage.core.latex import read_latex
from triage.core.paper import Paper, clean_text
from triage.store.shortlists import Entry, Shortlist


class Reference(msgspec.Struct, frozen=True):
    """A paper, what we say of it, and where it stands if it comes from a shortlist (`topic`, `week`, `place`)."""

    paper: Paper
    takeaway: str | None = None
    topic: str | None = None
    week: str | None = None
    place: Entry | None = None

    @property
    def key(self) -> str:
        """Unique and never another one: `arxiv-2604.02684`, `arxiv-hep-th-9901001`."""
        return f"arxiv-{self.paper.arxiv_id.replace('/', '-')}"

    @property
    def url(self) -> str:
        """The paper at arXiv."""
        return f"https://arxiv.org/abs/{self.paper.arxiv_id}"

    @property
    def issued(self) -> date | None:
        """The day of the first version (UTC), else the first listing day."""
        return self.paper.published.date() if self.paper.published else self.paper.announced

    @property
    def note(self) -> str | None:
        """The takeaway, after a warning where the paper is withdrawn; one line of plain text."""
        words = ["Withdrawn from arXiv."] if self.paper.is_withdrawn else []
        words += [clean_text(self.takeaway)] if self.takeaway else []
        return " ".join(words) or None


def read_plain(text: str) -> str:
    """One line of plain text: LaTeX read, control characters and line breaks gone."""
    return clean_text(read_latex(clean_text(text)))


def refer_to_places(shortlist: Shortlist, papers: Mapping[str, Paper]) -> list[Reference]:
    """The ranked papers, then those shown to explore, in the order of the list."""
    return [
        Reference(papers[entry.arxiv_id], entry.takeaway, shortlist.topic, shortlist.week, entry)
        for entry in (*shortlist.ranked, *shortlist.explored)
    ]


def refer_to_papers(papers: Iterable[Paper], takeaways: Mapping[str, str]) -> list[Reference]:
    """Papers outside a list, with the takeaways that some have, by arXiv id."""
    return [Reference(paper, takeaways.get(paper.arxiv_id)) for paper in papers]
