"""Parts of the list of all papers that meet some wishes, in a total order, without reading the rest."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Select, String, cast, exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from triage.core.search_query import SearchQuery
from triage.store.chunks import cut
from triage.store.models import PaperRow, ScoreRow, TagRow
from triage.store.ownership import visible_tags
from triage.store.standing import is_standing
from triage.store.word_match import hold_all_terms

_Papers = Select[int, str, str, list[str], list[str], date | None, str | None, bool]
_COLUMNS = (
    PaperRow.id,
    PaperRow.arxiv_id,
    PaperRow.title,
    PaperRow.authors,
    PaperRow.categories,
    PaperRow.announced,
    PaperRow.week,
    PaperRow.is_withdrawn,
)


class ListedPaper(msgspec.Struct, frozen=True):
    """What a list says of a paper."""

    key: int
    arxiv_id: str
    title: str
    authors: tuple[str, ...]
    categories: tuple[str, ...]
    announced: date | None
    week: str | None
    is_withdrawn: bool


class Wishes(msgspec.Struct, frozen=True):
    """What listed papers have in common; a tag counts where the reader may see it."""

    reader: str
    week: str | None = None
    tag: str | None = None
    query: SearchQuery | None = None
    category: str | None = None

    @property
    def is_narrow(self) -> bool:
        """Whether an index finds the few papers: those are read, and not the scores from the greatest down."""
        names_paper = self.query is not None and self.query.arxiv_id is not None
        return self.week is not None or self.tag is not None or names_paper


class Scale(msgspec.Struct, frozen=True):
    """The scores to order by, and the least one that is wanted."""

    topic: str
    fingerprint: str
    min_score: float | None = None


async def list_by_date(session: AsyncSession, wishes: Wishes, offset: int, limit: int) -> tuple[list[ListedPaper], int]:
    """Part of the papers, the last announced first, then by id; and how many there are in all."""
    wanted = _wish(session, wishes)
    papers = await _read(session, _by_date(wanted).offset(offset).limit(limit))
    return papers, await _count(session, offset, limit, papers, select(PaperRow.id).where(*wanted))


async def list_by_score(
    session: AsyncSession, wishes: Wishes, scale: Scale, offset: int, limit: int
) -> tuple[list[ListedPaper], int]:
    """Part of the papers by standing score, the greatest first, then by id; and how many there are in all.

    Papers without a score follow by date, unless a least score is wanted: none is lost for not being scored.
    """
    wanted = _wish(session, wishes)
    scored = _scored(wanted, scale, is_narrow=wishes.is_narrow)
    by_score = scored.order_by(ScoreRow.score.desc(), PaperRow.arxiv_id)
    papers = await _read(session, by_score.offset(offset).limit(limit))
    if scale.min_score is not None:
        return papers, await _count(session, offset, limit, papers, scored)
    if len(papers) < limit:
        before = await _count(session, offset, limit, papers, scored)
        rest = _by_date([*wanted, ~_has_score(scale)])
        papers += await _read(session, rest.offset(max(0, offset - before)).limit(limit - len(papers)))
    return papers, await _count(session, offset, limit, papers, select(PaperRow.id).where(*wanted))


def _wish(session: AsyncSession, wishes: Wishes) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    if wishes.week is not None:
        wanted.append(PaperRow.week == wishes.week)
    if wishes.tag is not None:
        tagged = select(TagRow.arxiv_id).where(TagRow.name == wishes.tag, visible_tags(wishes.reader))
        wanted.append(PaperRow.arxiv_id.in_(tagged))
    if wishes.category is not None:
        # JSON without an index of its own; a category is checked before it comes here, and holds no wildcard.
        wanted.append(cast(PaperRow.categories, String).contains(f'"{wishes.category}"', autoescape=True))
    if wishes.query is not None and wishes.query.arxiv_id is not None:
        wanted.append(PaperRow.arxiv_id == wishes.query.arxiv_id)
    elif wishes.query is not None:
        wanted.append(hold_all_terms(session, wishes.query))
    return wanted


def _by_date(wanted: Collection[ColumnElement[bool]]) -> _Papers:
    return select(*_COLUMNS).where(*wanted).order_by(PaperRow.announced.desc().nulls_last(), PaperRow.arxiv_id)


def _scored(wanted: Collection[ColumnElement[bool]], scale: Scale, *, is_narrow: bool) -> _Papers:
    least = [] if scale.min_score is None else [ScoreRow.score >= scale.min_score]
    if not is_narrow:  # else these would make a database walk all scores of the topic
        wanted = [*wanted, ScoreRow.topic == scale.topic, ScoreRow.fingerprint == scale.fingerprint]
    return (
        select(*_COLUMNS)
        .join(ScoreRow, ScoreRow.paper_id == PaperRow.id)
        .where(is_standing(scale.topic, scale.fingerprint), *least, *wanted)
    )


def _has_score(scale: Scale) -> ColumnElement[bool]:
    return exists().where(
        ScoreRow.paper_id == PaperRow.id,
        ScoreRow.topic == scale.topic,
        ScoreRow.fingerprint == scale.fingerprint,
        ScoreRow.content_hash == PaperRow.content_hash,
    )


async def list_papers_by_key(session: AsyncSession, keys: Collection[int]) -> dict[int, ListedPaper]:
    """What lists say of the papers; keys that the store does not have are absent."""
    found: dict[int, ListedPaper] = {}
    for chunk in cut(sorted(keys)):
        query = select(*_COLUMNS).where(PaperRow.id.in_(chunk))
        found |= {paper.key: paper for paper in await _read(session, query)}
    return found


async def _read(session: AsyncSession, query: _Papers) -> list[ListedPaper]:
    return [
        ListedPaper(key, arxiv_id, title, tuple(authors), tuple(categories), announced, week, is_withdrawn)
        for key, arxiv_id, title, authors, categories, announced, week, is_withdrawn in await session.execute(query)
    ]


async def _count(
    session: AsyncSession, offset: int, limit: int, read: Sequence[ListedPaper], query: Select[*tuple[Any, ...]]
) -> int:
    """How many rows the query has; a page that is not full is the last one, and says so without another query."""
    if 0 < len(read) < limit:
        return offset + len(read)
    return await session.scalar(select(func.count()).select_from(query.subquery())) or 0
