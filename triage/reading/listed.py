"""What stands beside the places of a shortlist: who wrote a paper, what its score is made of, and a reader's marks."""

import msgspec

from triage.reading.library import Library
from triage.reading.records import TagView
from triage.store.papers import select_papers
from triage.store.reading import list_visible_tags
from triage.store.shortlists import Shortlist
from triage.store.standing import choose_standing, load_kept_scores
from triage.store.votes import list_votes


class ListedPaper(msgspec.Struct, frozen=True):
    """A listed paper as it is now. `parts` are empty where its text is no longer the one that was scored.

    `vote` is the reader's own, 1, 0 or -1; None without one.
    """

    authors: tuple[str, ...]
    categories: tuple[str, ...]
    parts: dict[str, float]
    vote: int | None
    tags: tuple[TagView, ...]


async def load_listed(library: Library, shortlist: Shortlist, reader: str) -> dict[str, ListedPaper]:
    """Of every paper of the shortlist, by arXiv id, with the marks that the reader may see."""
    ids = [entry.arxiv_id for entry in shortlist.entries]
    async with library.database.read() as session:
        papers = await select_papers(session, ids)
        kept = await load_kept_scores(session, [paper.key for paper in papers.values()])
        votes = await list_votes(session, shortlist.topic, reader=reader)
        tags = await list_visible_tags(session, ids, reader)
    scores = choose_standing(kept, {shortlist.topic: shortlist.fingerprint})
    values = {vote.arxiv_id: vote.value for vote in votes}
    return {
        arxiv_id: ListedPaper(
            paper.paper.authors,
            paper.paper.categories,
            scores[key].parts if (key := (paper.key, shortlist.topic)) in scores else {},
            values.get(arxiv_id),
            tuple(TagView(t.name, t.reader, t.is_shared, t.reader == reader) for t in tags if t.arxiv_id == arxiv_id),
        )
        for arxiv_id, paper in papers.items()
    }
