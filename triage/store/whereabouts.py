"""Where each paper stands on its way, for the ledger and for the harvest."""

from collections.abc import Collection, Iterable
from datetime import date, datetime

import msgspec
from sqlalchemy import ColumnElement, and_, exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from triage.store.chunks import cut
from triage.store.judge_models import VerdictRow
from triage.store.models import EmbeddingRow, EntryRow, PaperRow, ScoreRow


class Known(msgspec.Struct, frozen=True):
    """A paper of the store: its categories, and the listing day it is counted in, which may be a computed one."""

    categories: tuple[str, ...]
    day: date | None
    is_computed: bool = False
    first_seen: datetime | None = None


class Whereabouts(msgspec.Struct, frozen=True):
    """How far a paper came; scored means for every topic, judged for one at least."""

    categories: tuple[str, ...]
    day: date
    is_embedded: bool
    is_scored: bool
    is_judged: bool
    is_shortlisted: bool


async def find_known(session: AsyncSession, arxiv_ids: Iterable[str]) -> dict[str, Known]:
    """Those of the ids that the store has."""
    wanted = list(dict.fromkeys(arxiv_ids))
    known: dict[str, Known] = {}
    for chunk in cut(wanted):
        columns = PaperRow.categories, PaperRow.announced, PaperRow.is_announced_computed, PaperRow.first_seen
        query = select(PaperRow.arxiv_id, *columns).where(PaperRow.arxiv_id.in_(chunk))
        rows = await session.execute(query)
        known.update({key: Known(tuple(listed), day, computed, seen) for key, listed, day, computed, seen in rows})
    return known


async def list_whereabouts(
    session: AsyncSession,
    first: date,
    last: date,
    *,
    embedder: str,
    scored_by: Collection[str],
    judged_by: Collection[str] = (),
) -> list[Whereabouts]:
    """The papers listed from `first` to `last`.

    `scored_by` are the fingerprints of all topics, `judged_by` those of what a judge is told of them.
    """
    query = select(
        PaperRow.categories,
        PaperRow.announced,
        _has_vector(embedder),
        _count_scores(scored_by) >= len(scored_by),
        _has_verdict(judged_by),
        PaperRow.id.in_(select(EntryRow.paper_id)),  # once for all: no index begins with an entry's paper
    ).where(PaperRow.announced >= first, PaperRow.announced <= last)
    return [
        Whereabouts(tuple(categories), day, bool(embedded), bool(scored), bool(judged), bool(listed))
        for categories, day, embedded, scored, judged, listed in await session.execute(query)
        if day is not None
    ]


async def count_days(session: AsyncSession, first: date, last: date) -> dict[date, dict[str, int]]:
    """Papers per listing day and category, cross-lists included."""
    query = select(PaperRow.announced, PaperRow.categories).where(
        PaperRow.announced >= first, PaperRow.announced <= last
    )
    counts: dict[date, dict[str, int]] = {}
    for day, categories in await session.execute(query):
        if day is not None:
            of_day = counts.setdefault(day, {})
            for category in categories:
                of_day[category] = of_day.get(category, 0) + 1
    return counts


def _has_vector(embedder: str) -> ColumnElement[bool]:
    return exists().where(
        and_(
            EmbeddingRow.paper_id == PaperRow.id,
            EmbeddingRow.embedder == embedder,
            EmbeddingRow.content_hash == PaperRow.content_hash,
        )
    )


def _count_scores(fingerprints: Collection[str]) -> ColumnElement[int]:
    """Topics (each has a fingerprint of its own) for which the text as it is now has a score."""
    return (
        select(func.count(ScoreRow.fingerprint.distinct()))
        .where(
            ScoreRow.paper_id == PaperRow.id,
            ScoreRow.fingerprint.in_(fingerprints),
            ScoreRow.content_hash == PaperRow.content_hash,
        )
        .correlate(PaperRow)
        .scalar_subquery()
    )


def _has_verdict(fingerprints: Collection[str]) -> ColumnElement[bool]:
    return exists().where(
        and_(
            VerdictRow.paper_id == PaperRow.id,
            VerdictRow.fingerprint.in_(fingerprints),
            VerdictRow.content_hash == PaperRow.content_hash,
            VerdictRow.status == "judged",
        )
    )
