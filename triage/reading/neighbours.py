"""Papers that are like a paper."""

import asyncio

from triage.errors import UnknownPaperError
from triage.reading.library import Library
from triage.reading.naming import read_id
from triage.reading.papers import view_cards
from triage.reading.records import Hit
from triage.reading.search import check_limit
from triage.store.embeddings import load_vector
from triage.store.paper_lists import list_papers_by_key
from triage.store.search import find_key

_SPARE = 20  # more than asked for, since withdrawn ones are left out


async def find_similar(library: Library, arxiv_id: str, reader: str, limit: int = 10) -> tuple[Hit, ...]:
    """The nearest papers by cosine (`closeness`), equals by arXiv id, but for itself and withdrawn ones.

    Empty for a paper that has no vector. Raises `InputError`, `UnknownPaperError`.
    """
    check_limit(limit)
    wanted = read_id(arxiv_id)
    async with library.database.read() as session:
        key = await find_key(session, wanted)
        if key is None:
            raise UnknownPaperError(f"The store has no paper {wanted}: triage harvest, or triage repair --id {wanted}")
        vector = await load_vector(session, key, library.embedder_name)
    if vector is None:
        return ()
    index = await library.open_index()
    near = await asyncio.to_thread(index.search, vector, limit + _SPARE)
    cosines = {each.key: min(1.0, each.cosine) for each in near if each.key != key}
    async with library.database.read() as session:
        found = [paper for paper in (await list_papers_by_key(session, cosines)).values() if not paper.is_withdrawn]
        nearest = sorted(found, key=lambda paper: (-cosines[paper.key], paper.arxiv_id))[:limit]
        cards = await view_cards(session, library.rubric, nearest, reader)
    return tuple(Hit(card, ("meaning",), cosines[paper.key]) for card, paper in zip(cards, nearest, strict=True))
