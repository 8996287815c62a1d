"""One paper with all there is to say of it, and lists of papers."""

import re
from collections.abc import Sequence

import msgspec

from triage.core.rubric import Rubric, find_topic, fingerprint
from triage.core.search_query import read_query
from triage.errors import InputError, UnknownPaperError
from triage.reading.library import Library
from triage.reading.marks import read_tag_name
from triage.reading.naming import check_page, read_id, read_week
from triage.reading.paper_view import load_facts, write_tag, write_view
from triage.reading.records import Page, PaperCard, PaperView
from triage.store.engine import Session
from triage.store.paper_lists import ListedPaper, Scale, Wishes, list_by_date, list_by_score
from triage.store.reading import VisibleTag, find_paper, list_visible_tags
from triage.store.standing import KeptScore, choose_standing, load_kept_scores

_SHOWN = 64  # characters of a wrong category
_CATEGORY = re.compile(r"[a-z-]{2,16}(\.[A-Za-z-]{2,16})?")


class PaperQuery(msgspec.Struct, frozen=True, kw_only=True):
    """What papers to list. `q`: every word of it, or an arXiv id; `min_score` needs a `topic`, whose scores then order.

    Without a topic the last announced come first. Of a topic, papers that were never scored for it come last.
    """

    week: str | None = None
    topic: str | None = None
    tag: str | None = None
    q: str | None = None
    min_score: float | None = None
    category: str | None = None
    offset: int = 0
    limit: int = 20


async def view_paper(library: Library, arxiv_id: str, reader: str) -> PaperView:
    """Raises `InputError` for what is no arXiv id, `UnknownPaperError`; a version in the id is ignored."""
    wanted = read_id(arxiv_id)
    async with library.database.read() as session:
        known = await find_paper(session, wanted)
        if known is None:
            raise UnknownPaperError(f"The store has no paper {wanted}. To fetch it: triage repair {wanted}")
        facts = await load_facts(session, library.rubric, known, reader)
    return write_view(library.rubric, facts, reader)


async def list_papers(library: Library, query: PaperQuery, reader: str) -> Page[PaperCard]:
    """Part of the papers that meet the query; raises `InputError`, `UnknownTopicError`."""
    check_page(query.offset, query.limit)
    wishes, scale = _read_wishes(query, reader), _read_scale(library.rubric, query)
    async with library.database.read() as session:
        if scale is None:
            papers, total = await list_by_date(session, wishes, query.offset, query.limit)
        else:
            papers, total = await list_by_score(session, wishes, scale, query.offset, query.limit)
        cards = await view_cards(session, library.rubric, papers, reader, query.topic)
    return Page(cards, total, query.offset, query.limit)


async def view_cards(
    session: Session, rubric: Rubric, papers: Sequence[ListedPaper], reader: str, topic: str | None = None
) -> tuple[PaperCard, ...]:
    """The papers as they stand in lists, in the same order, with the tags that the reader may see."""
    fingerprints = {each.name: fingerprint(rubric, each.name) for each in rubric.topics if topic in {None, each.name}}
    kept = await load_kept_scores(session, [paper.key for paper in papers])
    best: dict[int, KeptScore] = {}
    for (key, _), score in choose_standing(kept, fingerprints).items():
        best[key] = max(best.get(key, score), score, key=lambda each: each.value)
    tags = await list_visible_tags(session, [paper.arxiv_id for paper in papers], reader)
    return tuple(_write_card(paper, best.get(paper.key), topic, tags, reader) for paper in papers)


def _read_wishes(query: PaperQuery, reader: str) -> Wishes:
    if query.category is not None and not _CATEGORY.fullmatch(query.category):
        raise InputError(f"{query.category[:_SHOWN]!r} is no arXiv category: expected one such as cs.IR.")
    return Wishes(
        reader,
        week=None if query.week is None else str(read_week(query.week)),
        tag=None if query.tag is None else read_tag_name(query.tag),
        query=None if query.q is None else read_query(query.q),
        category=query.category,
    )


def _read_scale(rubric: Rubric, query: PaperQuery) -> Scale | None:
    if query.topic is None:
        if query.min_score is not None:
            raise InputError("A least score needs a topic, since every topic has scores of its own: name one.")
        return None
    if query.min_score is not None and not 0.0 <= query.min_score <= 1.0:
        raise InputError(f"A least score of {query.min_score} is out of range: expected 0 to 1.")
    topic = find_topic(rubric, query.topic).name
    return Scale(topic, fingerprint(rubric, topic), query.min_score)


def _write_card(
    paper: ListedPaper, score: KeptScore | None, topic: str | None, tags: Sequence[VisibleTag], reader: str
) -> PaperCard:
    return PaperCard(
        paper.arxiv_id,
        paper.title,
        paper.authors,
        paper.categories,
        paper.announced,
        paper.week,
        paper.is_withdrawn,
        score.topic if score else topic,
        score.value if score else None,
        tuple(write_tag(tag, reader) for tag in tags if tag.arxiv_id == paper.arxiv_id),
    )
