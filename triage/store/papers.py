"""Papers in the store: upsert without loss, and the selections the steps work on."""

import hashlib
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec.structs import replace
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from triage.core.merging import merge_papers
from triage.core.paper import Paper, PaperVersion, hash_content
from triage.core.week import Week, listing_day, week_of
from triage.store.conflict import insert_missing
from triage.store.models import PaperRow, VersionRow

_CHUNK = 500  # SQLite takes a limited number of variables in one statement


class StoredPaper(msgspec.Struct, frozen=True):
    """A paper with its key in the store and the hash of its text."""

    key: int
    paper: Paper
    content_hash: str


class UpsertCount(msgspec.Struct, frozen=True):
    """What an upsert did to a batch."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0

    def __add__(self, other: "UpsertCount") -> "UpsertCount":
        return UpsertCount(self.new + other.new, self.changed + other.changed, self.unchanged + other.unchanged)


async def upsert_papers(session: AsyncSession, papers: Sequence[Paper], now: datetime) -> UpsertCount:
    """Add new papers, update changed ones, touch nothing else; idempotent.

    A known paper becomes what `merge_papers` makes of it and the record, and stays in the week it was put in unless a
    listing day that was read replaces one that was computed. Several records with one id are merged first.
    """
    merged = _merge_records(papers)
    known = await _find_known(session, merged)
    fresh = [paper for paper in merged.values() if paper.arxiv_id not in known]
    await insert_missing(
        session, PaperRow, [_to_columns(paper) | {"first_seen": now, "changed_at": now} for paper in fresh]
    )
    changed = [row for arxiv_id, row in known.items() if _merge_into(row, merged[arxiv_id], now)]
    await session.flush()
    await _add_versions(session, papers)
    return UpsertCount(len(fresh), len(changed), len(papers) - len(fresh) - len(changed))


async def select_week(session: AsyncSession, week: Week, categories: Collection[str]) -> list[StoredPaper]:
    """The papers first listed in a week in one of the categories, cross-lists included, by arXiv id.

    A paper whose categories are not all known stays in: losing it would be worse than ranking it.
    """
    rows = await session.scalars(select(PaperRow).where(PaperRow.week == str(week)).order_by(PaperRow.arxiv_id))
    return [to_stored(row) for row in rows if row.partial or not set(categories).isdisjoint(row.categories)]


async def select_papers(session: AsyncSession, arxiv_ids: Iterable[str]) -> dict[str, StoredPaper]:
    """The papers with those ids that the store has, by id."""
    wanted = sorted(set(arxiv_ids))
    found: dict[str, StoredPaper] = {}
    for start in range(0, len(wanted), _CHUNK):
        query = select(PaperRow).where(PaperRow.arxiv_id.in_(wanted[start : start + _CHUNK]))
        found.update({row.arxiv_id: to_stored(row) for row in await session.scalars(query)})
    return found


async def count_week(session: AsyncSession, week: Week) -> int:
    """How many papers were first listed in a week."""
    return await session.scalar(select(func.count()).select_from(PaperRow).where(PaperRow.week == str(week))) or 0


async def count_weeks(session: AsyncSession) -> dict[str, int]:
    """How many papers each week holds, in order of weeks."""
    query = select(PaperRow.week, func.count()).where(PaperRow.week.is_not(None)).group_by(PaperRow.week)
    return {week: count for week, count in (await session.execute(query.order_by(PaperRow.week))) if week}


async def list_ids_before(session: AsyncSession, week: Week) -> list[str]:
    """Ids of the complete papers listed before a week, sorted."""
    query = select(PaperRow.arxiv_id, PaperRow.partial).where(PaperRow.announced < week.monday)
    return [arxiv_id for arxiv_id, partial in await session.execute(query.order_by(PaperRow.arxiv_id)) if not partial]


def to_stored(row: PaperRow) -> StoredPaper:
    """A row as the record the rest of the program works with (without its version history)."""
    paper = Paper(
        arxiv_id=row.arxiv_id,
        version=row.version,
        title=row.title,
        abstract=row.abstract,
        authors=tuple(row.authors),
        categories=tuple(row.categories),
        primary_category=row.primary_category,
        published=row.published,
        updated=row.updated,
        announced=row.announced,
        comment=row.comment,
        doi=row.doi,
        journal_ref=row.journal_ref,
        is_withdrawn=row.is_withdrawn,
        source=row.source,
        partial=tuple(row.partial),
    )
    return StoredPaper(row.id, paper, row.content_hash)


def _merge_records(papers: Iterable[Paper]) -> dict[str, Paper]:
    merged: dict[str, Paper] = {}
    for paper in papers:
        known = merged.get(paper.arxiv_id)
        merged[paper.arxiv_id] = merge_papers(known, paper) if known else paper
    return merged


async def _find_known(session: AsyncSession, arxiv_ids: Iterable[str]) -> dict[str, PaperRow]:
    wanted = list(arxiv_ids)
    known: dict[str, PaperRow] = {}
    for start in range(0, len(wanted), _CHUNK):
        query = select(PaperRow).where(PaperRow.arxiv_id.in_(wanted[start : start + _CHUNK]))
        known.update({row.arxiv_id: row for row in await session.scalars(query)})
    return known


def _merge_into(row: PaperRow, read: Paper, now: datetime) -> bool:
    """Bring a row up to date; False when the record says nothing new."""
    known = to_stored(row).paper
    if row.is_announced_computed:
        known = replace(known, announced=None)
    columns = _to_columns(merge_papers(known, read))
    if columns["metadata_hash"] == row.metadata_hash:
        return False
    if columns["is_announced_computed"] and row.announced is not None:
        columns |= {"announced": row.announced, "week": row.week}
    for name, value in columns.items():
        setattr(row, name, value)
    row.changed_at = now
    return True


def _to_columns(paper: Paper) -> dict[str, Any]:
    announced = paper.announced or (listing_day(paper.published) if paper.published else None)
    return {
        "arxiv_id": paper.arxiv_id,
        "version": paper.version,
        "title": paper.title,
        "abstract": paper.abstract,
        "authors": list(paper.authors),
        "categories": list(paper.categories),
        "primary_category": paper.primary_category,
        "comment": paper.comment,
        "doi": paper.doi,
        "journal_ref": paper.journal_ref,
        "published": paper.published,
        "updated": paper.updated,
        "announced": announced,
        "is_announced_computed": paper.announced is None,
        "week": str(week_of(announced)) if announced else None,
        "is_withdrawn": paper.is_withdrawn,
        "partial": list(paper.partial),
        "source": paper.source,
        "content_hash": hash_content(paper.title, paper.abstract),
        "metadata_hash": _hash_metadata(paper),
    }


def _hash_metadata(paper: Paper) -> str:
    return hashlib.sha256(msgspec.json.encode(replace(paper, source="", versions=()))).hexdigest()


async def _add_versions(session: AsyncSession, papers: Iterable[Paper]) -> None:
    histories = [(paper.arxiv_id, version) for paper in papers for version in _list_versions(paper)]
    keys = await _find_keys(session, sorted({arxiv_id for arxiv_id, _ in histories}))
    rows = {
        (arxiv_id, version.version): {
            "paper_id": keys[arxiv_id],
            "version": version.version,
            "submitted": version.submitted,
        }
        for arxiv_id, version in histories
    }
    await insert_missing(session, VersionRow, list(rows.values()))


def _list_versions(paper: Paper) -> tuple[PaperVersion, ...]:
    if paper.versions or paper.version is None:
        return paper.versions
    submitted = paper.published if paper.version == 1 else paper.updated
    return (PaperVersion(paper.version, submitted),)


async def _find_keys(session: AsyncSession, arxiv_ids: Sequence[str]) -> dict[str, int]:
    keys: dict[str, int] = {}
    for start in range(0, len(arxiv_ids), _CHUNK):
        query = select(PaperRow.arxiv_id, PaperRow.id).where(PaperRow.arxiv_id.in_(arxiv_ids[start : start + _CHUNK]))
        keys.update(dict((await session.execute(query)).all()))
    return keys
