"""Search: papers that hold the words, and papers that mean the same, as one list."""

import asyncio
from collections.abc import Mapping, Sequence

import structlog

from triage.core.rank_fusion import fuse_ranks
from triage.core.search_query import SearchQuery, read_query
from triage.errors import InputError, ModelError
from triage.reading.library import Library
from triage.reading.papers import view_cards
from triage.reading.records import Hit
from triage.store.paper_lists import list_papers_by_key
from triage.store.search import WordHits, find_by_words, find_key

MOST_HITS = 50
_CANDIDATES = 100  # of each kind, so that what both find comes first
_LEAST_COSINE = 0.3  # measured with MiniLM: names of people, which mean nothing to it, are below with nearly all papers
_log = structlog.get_logger(__name__)


async def search(library: Library, q: str, reader: str, limit: int = 20) -> tuple[Hit, ...]:
    """The closest papers first; of equals those with the words, then by arXiv id. Raises `InputError`.

    An arXiv id finds its paper first. Without vectors or without a model it searches by words alone, as for a query
    with a "phrase" in double quotes.
    """
    check_limit(limit)
    query = read_query(q)
    named, worded, meant = await asyncio.gather(
        _find_by_id(library, query), _find_by_words(library, query), _find_by_meaning(library, query)
    )
    if worded.is_name:
        meant = [key for key in meant if key in worded.keys]
    found = {"id": named, "words": worded.keys, "meaning": meant}
    closeness = _measure_closeness(named, worded, meant)
    async with library.database.read() as session:
        papers = await list_papers_by_key(session, _choose_closest(closeness, limit))
        nearest = sorted(
            papers.values(), key=lambda paper: (-closeness[paper.key], paper.key not in worded.keys, paper.arxiv_id)
        )[:limit]
        cards = await view_cards(session, library.rubric, nearest, reader)
    return tuple(
        Hit(card, tuple(way for way, keys in found.items() if paper.key in keys), closeness[paper.key])
        for card, paper in zip(cards, nearest, strict=True)
    )


def check_limit(limit: int) -> None:
    """Raise `InputError` for a number of hits that is not handed out."""
    if not 1 <= limit <= MOST_HITS:
        raise InputError(f"A limit of {limit} is out of range: expected 1 to {MOST_HITS}.")


def _measure_closeness(named: Sequence[int], worded: WordHits, meant: Sequence[int]) -> dict[int, float]:
    """1.0 for the paper whose id it is; below, by words alone, those that the query names; below, what else is found.

    The meaning of a name disturbs, and a title as it was typed is hardly meant otherwise.
    """
    headings = worded.keys[: worded.heading]
    rest = fuse_ranks([worded.keys[worded.heading :], [key for key in meant if key not in set(headings)]])
    closeness: dict[int, float] = {}
    for band in (rest, fuse_ranks([headings]), dict.fromkeys(named, 1.0)):
        if band:
            closeness = _put_above(closeness, band)
    return closeness


def _put_above(low: Mapping[int, float], high: Mapping[int, float]) -> dict[int, float]:
    """The upper half of the range for one, the lower for the other; the whole of it for one that is alone."""
    if not low:
        return dict(high)
    return {key: value / 2 for key, value in low.items()} | {key: (1 + value) / 2 for key, value in high.items()}


def _choose_closest(closeness: Mapping[int, float], limit: int) -> list[int]:
    """The `limit` closest, and all that are as close as the last of them."""
    least = min(sorted(closeness.values(), reverse=True)[:limit], default=0.0)
    return [key for key, value in closeness.items() if value >= least]


async def _find_by_id(library: Library, query: SearchQuery) -> list[int]:
    if query.arxiv_id is None:
        return []
    async with library.database.read() as session:
        key = await find_key(session, query.arxiv_id)
    return [] if key is None else [key]


async def _find_by_words(library: Library, query: SearchQuery) -> WordHits:
    async with library.database.read() as session:
        return await find_by_words(session, query, _CANDIDATES)


async def _find_by_meaning(library: Library, query: SearchQuery) -> list[int]:
    if query.arxiv_id or query.is_literal:
        return []
    index = await library.open_index()
    if not len(index):
        return []
    try:
        vector = await asyncio.to_thread(lambda: library.open_embedder().embed([query.text])[0])
    except ModelError as error:
        _log.warning("search_by_words_alone", error=str(error))
        return []
    near = await asyncio.to_thread(index.search, vector, _CANDIDATES)
    return [neighbour.key for neighbour in near if neighbour.cosine >= _LEAST_COSINE]
