"""Maps of weeks in the store: a cache of what took seconds to draw, and what is shown of a week beside it."""

from collections.abc import Collection

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from triage.store.chunks import cut
from triage.store.conflict import insert_or_update
from triage.store.models import EmbeddingRow, EntryRow, PaperRow, ScoreRow, ShortlistRow
from triage.store.papers import StoredPaper, to_stored
from triage.store.reader_models import WeekMapRow
from triage.store.standing import is_standing


class DrawnPoint(msgspec.Struct, frozen=True, array_like=True):
    """A paper's place on the map, 0..1, and its theme's number."""

    paper_key: int
    x: float
    y: float
    theme: int


class DrawnTheme(msgspec.Struct, frozen=True, array_like=True):
    """A theme's words and the middle of its papers."""

    label: str
    x: float
    y: float


class Drawing(msgspec.Struct, frozen=True):
    """A whole map; points by arXiv id, themes by number."""

    points: tuple[DrawnPoint, ...] = ()
    themes: tuple[DrawnTheme, ...] = ()


async def list_embedded(session: AsyncSession, week: str, embedder: str) -> dict[int, str]:
    """The week's papers whose present text has a vector: the text's hash by paper key, in order of arXiv id."""
    query = (
        select(PaperRow.id, PaperRow.content_hash)
        .join(EmbeddingRow, EmbeddingRow.paper_id == PaperRow.id)
        .where(PaperRow.week == week, EmbeddingRow.content_hash == PaperRow.content_hash)
        .where(EmbeddingRow.embedder == embedder)
        .order_by(PaperRow.arxiv_id)
    )
    return dict((await session.execute(query)).all())


async def load_embedded(session: AsyncSession, keys: Collection[int]) -> list[StoredPaper]:
    """The papers with these keys, by arXiv id."""
    found: list[StoredPaper] = []
    for chunk in cut(sorted(keys)):
        found += map(to_stored, await session.scalars(select(PaperRow).where(PaperRow.id.in_(chunk))))
    return sorted(found, key=lambda each: each.paper.arxiv_id)


async def load_week_scores(session: AsyncSession, week: str, topic: str, fingerprint: str) -> dict[int, float]:
    """The scores of the week's papers for a topic that stand, by paper key."""
    query = (
        select(ScoreRow.paper_id, ScoreRow.score)
        .join(PaperRow, PaperRow.id == ScoreRow.paper_id)
        .where(PaperRow.week == week, ScoreRow.topic == topic, ScoreRow.fingerprint == fingerprint)
        .where(is_standing(topic, fingerprint))
    )
    return dict((await session.execute(query)).all())


async def list_shortlisted(session: AsyncSession, week: str, topic: str | None) -> set[int]:
    """Keys of the papers on the week's shortlist of the topic, or on any."""
    query = select(EntryRow.paper_id).join(ShortlistRow, ShortlistRow.id == EntryRow.shortlist_id)
    query = query.where(ShortlistRow.week == week)
    return set(await session.scalars(query if topic is None else query.where(ShortlistRow.topic == topic)))


async def load_drawing(session: AsyncSession, week: str, embedder: str, digest: str) -> Drawing | None:
    """The kept map; None where there is none that was drawn from the same things."""
    query = select(WeekMapRow.points).where(
        WeekMapRow.week == week, WeekMapRow.embedder == embedder, WeekMapRow.digest == digest
    )
    kept = await session.scalar(query)
    return None if kept is None else msgspec.json.decode(kept, type=Drawing)


async def save_drawing(session: AsyncSession, week: str, embedder: str, digest: str, drawing: Drawing) -> None:
    """Keep a map in place of the week's old one; idempotent."""
    row = {"week": week, "embedder": embedder, "digest": digest, "points": msgspec.json.encode(drawing).decode()}
    await insert_or_update(session, WeekMapRow, [row], on=("week", "embedder"), set_=("digest", "points"))
