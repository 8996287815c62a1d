"""Papers into the store: what is new comes in, what changed is kept beside what it was, nothing else is touched."""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec.structs import replace
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from triage.core.announcements import listing_day
from triage.core.merging import merge_papers
from triage.core.paper import Paper, PaperVersion, hash_content
from triage.core.week import week_of
from triage.store.background import draw_number
from triage.store.chunks import cut
from triage.store.conflict import insert_missing, insert_or_update
from triage.store.models import ChangeRow, PaperRow, VersionRow
from triage.store.papers import to_stored
from triage.store.turns import take_turn

_HISTORY = (
    "version",
    "title",
    "abstract",
    "authors",
    "categories",
    "primary_category",
    "comment",
    "doi",
    "journal_ref",
    "is_withdrawn",
    "announced",
)


class UpsertCount(msgspec.Struct, frozen=True):
    """What an upsert did to a batch."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0

    def __add__(self, other: "UpsertCount") -> "UpsertCount":
        return UpsertCount(self.new + other.new, self.changed + other.changed, self.unchanged + other.unchanged)


async def upsert_papers(
    session: AsyncSession,
    papers: Sequence[Paper],
    now: datetime,
    *,
    relisted: Collection[str] = (),
    is_replay: bool = False,
) -> UpsertCount:
    """Add new papers, update changed ones and note what changed, touch nothing else; idempotent.

    A known paper becomes what `merge_papers` makes of it and the record, and stays in the week it was put in unless a
    listing day that was read replaces one that was computed, or its id is among `relisted`. Several records with one
    id are merged first. In a replay, a record from before the paper last changed adds only what was not known.
    """
    await take_turn(session, "papers")
    merged = _merge_records(papers)
    known = await _find_known(session, merged)
    fresh = [paper for paper in merged.values() if paper.arxiv_id not in known]
    await insert_missing(
        session, PaperRow, [_to_columns(paper) | {"first_seen": now, "changed_at": now} for paper in fresh]
    )
    changes = {
        row.id: fields
        for arxiv_id, row in known.items()
        if (
            fields := _merge_into(
                row, merged[arxiv_id], now, is_relisted=arxiv_id in relisted, is_old=is_replay and now < row.changed_at
            )
        )
        is not None
    }
    await session.flush()
    await _add_versions(session, papers)
    await _note_changes(session, changes, merged, known, now)
    return UpsertCount(len(fresh), len(changes), len(papers) - len(fresh) - len(changes))


def _merge_records(papers: Iterable[Paper]) -> dict[str, Paper]:
    merged: dict[str, Paper] = {}
    for paper in papers:
        known = merged.get(paper.arxiv_id)
        merged[paper.arxiv_id] = merge_papers(known, paper) if known else paper
    return merged


async def _find_known(session: AsyncSession, arxiv_ids: Iterable[str]) -> dict[str, PaperRow]:
    known: dict[str, PaperRow] = {}
    for chunk in cut(list(arxiv_ids)):
        query = select(PaperRow).where(PaperRow.arxiv_id.in_(chunk))
        known.update({row.arxiv_id: row for row in await session.scalars(query)})
    return known


def _merge_into(
    row: PaperRow, read: Paper, now: datetime, *, is_relisted: bool, is_old: bool
) -> dict[str, list[Any]] | None:
    """Bring a row up to date and say what changed, `{field: [before, after]}`; None where nothing is new."""
    known = to_stored(row).paper
    if row.is_announced_computed or (is_relisted and not is_old and read.announced is not None):
        known = replace(known, announced=None)
    merged = merge_papers(read, known) if is_old else merge_papers(known, read)
    columns = _to_columns(replace(merged, announced=known.announced or read.announced))
    if columns["metadata_hash"] == row.metadata_hash:
        return None
    if columns["is_announced_computed"] and row.announced is not None:
        columns |= {"announced": row.announced, "week": row.week}
    before = {name: getattr(row, name) for name in _HISTORY}
    for name, value in columns.items():
        setattr(row, name, value)
    row.changed_at = max(row.changed_at, now)
    changed = {name: [before[name], columns[name]] for name in _HISTORY if before[name] != columns[name]}
    builtins: dict[str, list[Any]] = msgspec.to_builtins(changed)
    return builtins


async def _note_changes(
    session: AsyncSession,
    changes: dict[int, dict[str, list[Any]]],
    merged: dict[str, Paper],
    known: dict[str, PaperRow],
    now: datetime,
) -> None:
    """Number them from the last one noted of each paper on; times alone are no change worth a line."""
    told = {key: fields for key, fields in changes.items() if fields}
    if not told:
        return
    source = {row.id: merged[arxiv_id].source for arxiv_id, row in known.items()}
    last: dict[int, int] = {}
    for keys in cut(sorted(told)):
        query = select(ChangeRow.paper_id, func.max(ChangeRow.number)).where(ChangeRow.paper_id.in_(keys))
        last.update(dict((await session.execute(query.group_by(ChangeRow.paper_id))).all()))
    rows = [
        {"paper_id": key, "number": last.get(key, 0) + 1, "seen_at": now, "source": source[key], "fields": fields}
        for key, fields in told.items()
    ]
    await insert_missing(session, ChangeRow, rows)


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
        "draw": draw_number(paper.arxiv_id),
    }


def _hash_metadata(paper: Paper) -> str:
    return hashlib.sha256(msgspec.json.encode(replace(paper, source="", versions=()))).hexdigest()


async def _add_versions(session: AsyncSession, papers: Iterable[Paper]) -> None:
    """A whole history is arXiv's own word and mends what was known; a single version only fills a gap."""
    told = [(paper.arxiv_id, version) for paper in papers for version in paper.versions]
    seen = [(paper.arxiv_id, version) for paper in papers if not paper.versions for version in _name_version(paper)]
    keys = await _find_keys(session, sorted({arxiv_id for arxiv_id, _ in (*told, *seen)}))
    await insert_or_update(
        session,
        VersionRow,
        _to_version_rows(told, keys),
        on=("paper_id", "version"),
        set_=("submitted", "is_withdrawn"),
    )
    await insert_missing(session, VersionRow, _to_version_rows(seen, keys))


def _to_version_rows(histories: Iterable[tuple[str, PaperVersion]], keys: Mapping[str, int]) -> list[dict[str, Any]]:
    rows = {
        (arxiv_id, version.version): {"paper_id": keys[arxiv_id], **msgspec.structs.asdict(version)}
        for arxiv_id, version in histories
    }
    return list(rows.values())


def _name_version(paper: Paper) -> tuple[PaperVersion, ...]:
    if paper.version is None:
        return ()
    return (PaperVersion(paper.version, paper.published if paper.version == 1 else paper.updated),)


async def _find_keys(session: AsyncSession, arxiv_ids: Sequence[str]) -> dict[str, int]:
    keys: dict[str, int] = {}
    for chunk in cut(arxiv_ids):
        query = select(PaperRow.arxiv_id, PaperRow.id).where(PaperRow.arxiv_id.in_(chunk))
        keys.update(dict((await session.execute(query)).all()))
    return keys
