"""Vectors in the store: float32 blobs keyed by paper, embedder and text."""

from collections.abc import AsyncIterator, Mapping, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Row, Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from triage.core.week import Week
from triage.errors import StoreError
from triage.store.chunks import cut
from triage.store.conflict import insert_missing
from triage.store.models import EmbeddingRow, PaperRow
from triage.store.papers import StoredPaper

_UNIT_TOLERANCE = 1e-3
_LITTLE_ENDIAN = np.dtype("<f4")
_BATCH = 2_000  # 3 MB of vectors of 384 numbers


class VectorBatch(msgspec.Struct, frozen=True):
    """Papers' `keys` and `(n, d) float32`, unit rows, in the same order."""

    keys: list[int]
    vectors: NDArray[np.float32]


async def stream_vectors(session: AsyncSession, embedder: str, after: int = 0) -> AsyncIterator[VectorBatch]:
    """The vectors of present texts with a number above `after`, by number; raises `StoreError` for a damaged one."""
    query = _select_present(embedder).order_by(EmbeddingRow.id).limit(_BATCH)
    while rows := (await session.execute(query.where(EmbeddingRow.id > after))).all():
        yield VectorBatch([row.paper_id for row in rows], _read_vectors(rows))
        after = rows[-1].id


async def stream_vectors_of(session: AsyncSession, embedder: str, keys: Sequence[int]) -> AsyncIterator[VectorBatch]:
    """The vectors of these papers' present texts, where there are any; raises `StoreError` for a damaged one."""
    for chunk in cut(keys):
        query = _select_present(embedder).where(EmbeddingRow.paper_id.in_(chunk)).order_by(EmbeddingRow.id)
        if rows := (await session.execute(query)).all():
            yield VectorBatch([row.paper_id for row in rows], _read_vectors(rows))


def _select_present(embedder: str) -> Select[int, int, bytes, int]:
    return (
        select(EmbeddingRow.id, EmbeddingRow.paper_id, EmbeddingRow.vector, EmbeddingRow.dimension)
        .join(PaperRow, (PaperRow.id == EmbeddingRow.paper_id) & (PaperRow.content_hash == EmbeddingRow.content_hash))
        .where(EmbeddingRow.embedder == embedder)
    )


async def list_unembedded(
    session: AsyncSession, embedder: str, *, after: int = 0, limit: int = _BATCH, week: Week | None = None
) -> list[int]:
    """Keys above `after` of papers whose present text has no vector of this embedder, by key, at most `limit`."""
    query = select(PaperRow.id).where(PaperRow.id > after, _lacks_vector(embedder)).order_by(PaperRow.id).limit(limit)
    if week is not None:
        query = query.where(PaperRow.week == str(week))
    return list(await session.scalars(query))


async def load_vector(session: AsyncSession, paper_key: int, embedder: str) -> NDArray[np.float32] | None:
    """The unit vector of the paper's present text, `(d,) float32`; None without one; `StoreError` for a damaged one."""
    query = (
        select(EmbeddingRow.vector, EmbeddingRow.dimension)
        .join(PaperRow, (PaperRow.id == EmbeddingRow.paper_id) & (PaperRow.content_hash == EmbeddingRow.content_hash))
        .where(EmbeddingRow.paper_id == paper_key, EmbeddingRow.embedder == embedder)
    )
    row = (await session.execute(query)).one_or_none()
    return None if row is None else _read_vector(row.vector, row.dimension, paper_key)


async def load_vectors(
    session: AsyncSession, papers: Sequence[StoredPaper], embedder: str
) -> dict[int, NDArray[np.float32]]:
    """Unit vectors by paper key; absent where the present text has none. Raises `StoreError` for a damaged one."""
    hashes = {paper.key: paper.content_hash for paper in papers}
    keys = sorted(hashes)
    vectors: dict[int, NDArray[np.float32]] = {}
    for chunk in cut(keys):
        query = select(
            EmbeddingRow.paper_id, EmbeddingRow.content_hash, EmbeddingRow.vector, EmbeddingRow.dimension
        ).where(EmbeddingRow.paper_id.in_(chunk), EmbeddingRow.embedder == embedder)
        for key, content_hash, blob, dimension in await session.execute(query):
            if hashes[key] == content_hash:
                vectors[key] = _read_vector(blob, dimension, key)
    return vectors


async def save_vectors(
    session: AsyncSession, papers: Sequence[StoredPaper], embedder: str, vectors: NDArray[np.float32]
) -> None:
    """Keep `(n, d)` unit rows, one per paper; refuse rows that are not finite and of unit length; idempotent."""
    lengths = np.linalg.norm(vectors, axis=1)
    if not bool(np.all(np.abs(lengths - 1) < _UNIT_TOLERANCE)):  # NaN fails the comparison too
        raise StoreError(f"The embedder {embedder} gave vectors that are not finite or not of unit length.")
    rows = [
        {
            "paper_id": paper.key,
            "embedder": embedder,
            "content_hash": paper.content_hash,
            "dimension": vectors.shape[1],
            "vector": vector.astype(_LITTLE_ENDIAN).tobytes(),
        }
        for paper, vector in zip(papers, vectors, strict=True)
    ]
    await insert_missing(session, EmbeddingRow, rows)


def stack_vectors(papers: Sequence[StoredPaper], vectors: Mapping[int, NDArray[np.float32]]) -> NDArray[np.float32]:
    """`(n, d) float32` in the order of the papers, all of which must have one."""
    return np.stack([vectors[paper.key] for paper in papers])


def _read_vector(blob: bytes, dimension: int, key: int) -> NDArray[np.float32]:
    if len(blob) == dimension * _LITTLE_ENDIAN.itemsize:
        vector = np.frombuffer(blob, dtype=_LITTLE_ENDIAN).astype(np.float32)
        if abs(float(np.linalg.norm(vector)) - 1) < _UNIT_TOLERANCE:
            return vector
    raise StoreError(f"The vector of paper {key} in the database is damaged; delete it and run `triage embed`.")


def _read_vectors(rows: Sequence[Row[int, int, bytes, int]]) -> NDArray[np.float32]:
    """All at once, since it is done a million times; a damaged one is found and named one by one."""
    dimension = rows[0].dimension
    if all(len(row.vector) == dimension * _LITTLE_ENDIAN.itemsize for row in rows):
        vectors = np.frombuffer(b"".join(row.vector for row in rows), _LITTLE_ENDIAN).reshape(-1, dimension)
        if bool(np.all(np.abs(np.linalg.norm(vectors, axis=1) - 1) < _UNIT_TOLERANCE)):
            return vectors.astype(np.float32)
    return np.stack([_read_vector(row.vector, row.dimension, row.paper_id) for row in rows])


async def select_embedded(session: AsyncSession, papers: Sequence[StoredPaper], embedder: str) -> set[int]:
    """Keys of the papers whose present text has a vector of this embedder, none of which is read."""
    hashes = {paper.key: paper.content_hash for paper in papers}
    found: set[int] = set()
    for chunk in cut(sorted(hashes)):
        query = select(EmbeddingRow.paper_id, EmbeddingRow.content_hash).where(
            EmbeddingRow.paper_id.in_(chunk), EmbeddingRow.embedder == embedder
        )
        found.update(key for key, content_hash in await session.execute(query) if hashes[key] == content_hash)
    return found


async def count_unembedded(session: AsyncSession, embedder: str) -> int:
    """How many papers lack a vector of this embedder for their present text; reads all papers, but no vector."""
    return await session.scalar(select(func.count()).select_from(PaperRow).where(_lacks_vector(embedder))) or 0


def _lacks_vector(embedder: str) -> ColumnElement[bool]:
    vector = select(EmbeddingRow.id).where(
        EmbeddingRow.paper_id == PaperRow.id,
        EmbeddingRow.embedder == embedder,
        EmbeddingRow.content_hash == PaperRow.content_hash,
    )
    return ~vector.exists()
