"""What tells an index of vectors that it is behind the store, or is another store's."""

import hashlib
from collections.abc import Sequence

import msgspec
from sqlalchemy import Text, cast, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from triage.core.vectors import IndexMark
from triage.store.models import ChangeRow, EmbeddingRow

LATE = 10_000
"""Numbers below the newest that may still come: of two writers at a time, the one that began first may end last."""
_SAMPLED = 32  # rows


class VectorState(msgspec.Struct, frozen=True):
    """The newest vector's number, 0 without any, how many there are, and the number of the newest change of a paper.

    `settled`, where it was counted: how many have a number that is not read again.
    """

    newest: int = 0
    count: int = 0
    changes: int = 0
    settled: int = 0

    def is_at(self, other: "VectorState") -> bool:
        """Whether nothing came between."""
        return (self.newest, self.count, self.changes) == (other.newest, other.count, other.changes)

    def has_lost(self, before: "VectorState") -> bool:
        """Whether something was deleted since, which the program never does, or the database is another one."""
        return self.newest < before.newest or self.count < before.count or self.changes < before.changes


def tell_late(session: AsyncSession) -> int:
    """How many numbers to read again: none on SQLite, whose writers come one after another."""
    return LATE if session.get_bind().dialect.name == "postgresql" else 0


async def read_vector_state(session: AsyncSession) -> VectorState:
    """Of all embedders together; takes some 50 ms at a million."""
    row = (await session.execute(select(func.max(EmbeddingRow.id), func.count()).select_from(EmbeddingRow))).one()
    return VectorState(row[0] or 0, row[1], await session.scalar(select(func.max(ChangeRow.id))) or 0)


async def count_vectors(session: AsyncSession, embedder: str) -> int:
    """Of one embedder, those of old texts included."""
    query = select(func.count()).select_from(EmbeddingRow).where(EmbeddingRow.embedder == embedder)
    return await session.scalar(query) or 0


async def count_by_embedder(session: AsyncSession) -> dict[str, int]:
    """The same of every embedder that has any."""
    query = select(EmbeddingRow.embedder, func.count()).group_by(EmbeddingRow.embedder)
    return {row.embedder: row[1] for row in await session.execute(query)}


async def list_changed_texts(session: AsyncSession, after: int) -> list[int]:
    """Keys of the papers whose title or abstract a change numbered above `after` touched; perhaps some others too."""
    fields = cast(ChangeRow.fields, Text)
    query = (
        select(ChangeRow.paper_id)
        .where(ChangeRow.id > after, or_(fields.contains('"title"'), fields.contains('"abstract"')))
        .distinct()
        .order_by(ChangeRow.paper_id)
    )
    return list(await session.scalars(query))


async def mark_vectors(session: AsyncSession, state: VectorState) -> IndexMark:
    """What an index that was built at a state says of it, or what it would say had it been built then."""
    return IndexMark(
        newest=state.newest,
        changes=state.changes,
        count=await _count_up_to(session, state.newest),
        settled=await count_settled(session, state.newest),
        fingerprint=await _take_fingerprint(session, state.newest),
    )


async def count_settled(session: AsyncSession, newest: int) -> int:
    """How many vectors have a number that is not read again by those who knew `newest`: more than then, if any missed.

    A writer can be so late: it stood still while others wrote `LATE` vectors.
    """
    return await _count_up_to(session, newest - LATE)


async def _count_up_to(session: AsyncSession, number: int) -> int:
    """All but those above, of which there are few: counted from below, SQLite would read the vectors themselves."""
    count = select(func.count()).select_from(EmbeddingRow)
    total, above = await session.scalar(count), await session.scalar(count.where(EmbeddingRow.id > number))
    return (total or 0) - (above or 0)


async def _take_fingerprint(session: AsyncSession, newest: int) -> str:
    """SHA-256 of the row of a number and of some before it, evenly spaced, where none can come in between any more."""
    rows: list[Sequence[object]] = []
    settled = max(0, newest - LATE)
    for number in (newest, *(settled * step // _SAMPLED for step in range(1, _SAMPLED + 1))):
        query = (
            select(EmbeddingRow.id, EmbeddingRow.paper_id, EmbeddingRow.content_hash, EmbeddingRow.vector)
            .where(EmbeddingRow.id <= number)
            .order_by(EmbeddingRow.id.desc())
            .limit(1)
        )
        rows += [tuple(row) for row in await session.execute(query)]
    return hashlib.sha256(msgspec.json.encode(rows)).hexdigest()
