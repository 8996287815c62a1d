"""Scores in the store, each under the fingerprint, scorer and text it was made with."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec
from sqlalchemy import delete, exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from triage.store.chunks import cut
from triage.store.conflict import insert_missing
from triage.store.models import PaperRow, ScoreRow, ShortlistRow
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
        query = select(ScoreRow.paper_id, ScoreRow.content_hash, ScoreRow.score, ScoreRow.parts).where(
            ScoreRow.paper_id.in_(chunk),
            ScoreRow.topic == key.topic,
            ScoreRow.fingerprint == key.fingerprint,
            ScoreRow.scorer == key.scorer,
        )
        for paper_key, content_hash, value, parts in await session.execute(query):
            if hashes[paper_key] == content_hash:
                scores[paper_key] = Score(value, parts)
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


async def delete_superseded(session: AsyncSession, topic: str, week: str, mark: str) -> int:
    """Delete the week's scores whose scorer's name holds `mark`, and say how many.

    Those that a shortlist of the topic rests on stay: its scorer's own, and those whose scorer's name begins it.
    """
    of_list = exists().where(
        ShortlistRow.topic == topic,
        func.substr(ShortlistRow.scorer, 1, func.length(ScoreRow.scorer)) == ScoreRow.scorer,
    )
    deleted = delete(ScoreRow).where(
        ScoreRow.topic == topic,
        ScoreRow.scorer.contains(mark, autoescape=True),
        ScoreRow.paper_id.in_(select(PaperRow.id).where(PaperRow.week == week)),
        ~of_list,
    )
    return len((await session.scalars(deleted.returning(ScoreRow.id))).all())
