"""Scores in the store, each under the fingerprint, scorer and text it was made with."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from triage.store.chunks import cut
from triage.store.conflict import insert_missing
from triage.store.models import ScoreRow
from triage.store.papers import StoredPaper


class ScoreKey(msgspec.Struct, frozen=True):
    """What a score rests on besides the paper."""

    topic: str
    fingerprint: str
    scorer: str


class Score(msgspec.Struct, frozen=True):
    """A probability of relevance and the shares that make up its logit."""

    value: float
    parts: dict[str, float]


async def load_scores(session: AsyncSession, papers: Sequence[StoredPaper], key: ScoreKey) -> dict[int, Score]:
    """Scores of the papers' present texts, by paper key; unscored papers are absent."""
    hashes = {paper.key: paper.content_hash for paper in papers}
    keys = sorted(hashes)
    scores: dict[int, Score] = {}
    for chunk in cut(keys):
        query = select(ScoreRow).where(
            ScoreRow.paper_id.in_(chunk),
            ScoreRow.topic == key.topic,
            ScoreRow.fingerprint == key.fingerprint,
            ScoreRow.scorer == key.scorer,
        )
        for row in await session.scalars(query):
            if hashes[row.paper_id] == row.content_hash:
                scores[row.paper_id] = Score(row.score, row.parts)
    return scores


async def save_scores(
    session: AsyncSession, papers: Sequence[StoredPaper], scores: Mapping[int, Score], key: ScoreKey, now: datetime
) -> None:
    """Keep the scores that are new; idempotent."""
    rows = [
        {
            "paper_id": paper.key,
            "topic": key.topic,
            "fingerprint": key.fingerprint,
            "scorer": key.scorer,
            "content_hash": paper.content_hash,
            "score": scores[paper.key].value,
            "parts": scores[paper.key].parts,
            "created_at": now,
        }
        for paper in papers
    ]
    await insert_missing(session, ScoreRow, rows)
