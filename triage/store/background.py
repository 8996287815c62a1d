"""The random background that taste is learned against."""

import hashlib
from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from triage.core.week import Week
from triage.store.models import EmbeddingRow, PaperRow
from triage.store.papers import StoredPaper, select_papers


async def sample_background(
    session: AsyncSession, embedder: str, week: Week, size: int, *, without: Collection[str]
) -> list[StoredPaper]:
    """At most `size` embedded papers of earlier weeks, nobody's vote on them, chosen by a hash of their ids.

    The order of hashes is random as far as content goes. Later weeks are left out, so that reading on changes no list
    behind; embedding more of the past does, since what has no vector yet is not drawn: it would cost minutes.
    """
    has_vector = select(EmbeddingRow.id).where(
        EmbeddingRow.paper_id == PaperRow.id,
        EmbeddingRow.embedder == embedder,
        EmbeddingRow.content_hash == PaperRow.content_hash,
    )
    query = select(PaperRow.arxiv_id).where(PaperRow.announced < week.monday, has_vector.exists())
    known = set(without)
    drawn = await session.scalars(query.order_by(PaperRow.draw, PaperRow.arxiv_id).limit(size + len(known)))
    chosen = await select_papers(session, [arxiv_id for arxiv_id in drawn if arxiv_id not in known][:size])
    return sorted(chosen.values(), key=lambda paper: paper.paper.arxiv_id)


def draw_number(arxiv_id: str) -> int:
    """The paper's place in an order that has nothing to do with time or subject: 60 bits of the id's SHA-256."""
    return int(hash_order(arxiv_id)[:15], 16)


def hash_order(arxiv_id: str) -> str:
    """The same order, by all of its bits."""
    return hashlib.sha256(arxiv_id.encode()).hexdigest()
