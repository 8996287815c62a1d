"""Which of a paper's scores for a topic stands: the one that made its week's shortlist, else the newest.

A vote, a verdict or their withdrawal leads to scores under other scorer names, and a later row may be an older opinion.
A scorer's name begins with those of the cheaper scorers that it builds on, so that of the scores whose scorer the
shortlist's begins with, the one with the longest name is what the paper was ranked by.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

import msgspec
from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from triage.store.chunks import cut
from triage.store.models import PaperRow, ScoreRow, ShortlistRow


class KeptScore(msgspec.Struct, frozen=True):
    """A score with all that it rests on; `list_scorer` is what scored the shortlist of the paper's week, if any."""

    key: int
    paper_key: int
    topic: str
    fingerprint: str
    scorer: str
    value: float
    parts: dict[str, float]
    scored_at: datetime
    is_of_text: bool
    list_scorer: str | None

    @property
    def standing(self) -> tuple[int, datetime, int]:
        """The greater stands."""
        is_listed = self.list_scorer is not None and self.list_scorer.startswith(self.scorer)
        return (len(self.scorer) if is_listed else 0, self.scored_at, self.key)


async def load_kept_scores(session: AsyncSession, paper_keys: Collection[int]) -> tuple[KeptScore, ...]:
    """Every score that the papers ever got, in no order; `is_of_text`: the paper's text is still the one scored."""
    found: list[KeptScore] = []
    for chunk in cut(sorted(paper_keys)):
        query = (
            select(ScoreRow, ScoreRow.content_hash == PaperRow.content_hash, ShortlistRow.scorer)
            .join(PaperRow, PaperRow.id == ScoreRow.paper_id)
            .outerjoin(ShortlistRow, (ShortlistRow.topic == ScoreRow.topic) & (ShortlistRow.week == PaperRow.week))
            .where(ScoreRow.paper_id.in_(chunk))
        )
        found += [_to_kept(row, is_of_text, scorer) for row, is_of_text, scorer in await session.execute(query)]
    return tuple(found)


def choose_standing(scores: Iterable[KeptScore], fingerprints: Mapping[str, str]) -> dict[tuple[int, str], KeptScore]:
    """By paper key and topic, of the present texts under these fingerprints of topics."""
    standing: dict[tuple[int, str], KeptScore] = {}
    for score in scores:
        if score.is_of_text and fingerprints.get(score.topic) == score.fingerprint:
            known = standing.get((score.paper_key, score.topic))
            if known is None or score.standing > known.standing:
                standing[score.paper_key, score.topic] = score
    return standing


def is_standing(topic: str, fingerprint: str) -> ColumnElement[bool]:
    """The same in SQL, of a `ScoreRow` beside its paper's `PaperRow`."""
    other = aliased(ScoreRow)
    is_listed = func.substr(ShortlistRow.scorer, 1, func.length(other.scorer)) == other.scorer
    best = (
        select(other.id)
        .outerjoin(ShortlistRow, (ShortlistRow.topic == topic) & (ShortlistRow.week == PaperRow.week))
        .where(
            other.paper_id == PaperRow.id,
            other.topic == topic,
            other.fingerprint == fingerprint,
            other.content_hash == PaperRow.content_hash,
        )
        .order_by(
            case((is_listed, func.length(other.scorer)), else_=0).desc(), other.created_at.desc(), other.id.desc()
        )
        .limit(1)
        .correlate(PaperRow)
        .scalar_subquery()
    )
    return ScoreRow.id == best


def _to_kept(row: ScoreRow, is_of_text: bool, list_scorer: str | None) -> KeptScore:  # noqa: FBT001 - a column's value
    return KeptScore(
        row.id,
        row.paper_id,
        row.topic,
        row.fingerprint,
        row.scorer,
        row.score,
        row.parts,
        row.created_at,
        is_of_text,
        list_scorer,
    )
