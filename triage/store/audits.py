"""Draws of papers below the line: what was asked, of which list, and which papers stood on it."""

from collections.abc import Collection, Sequence
from datetime import datetime

import msgspec
from sqlalchemy import ColumnElement, delete, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from triage.core.bands import Band
from triage.store.audit_models import AdjudicationRow, AuditPaperRow, AuditRow
from triage.store.models import PaperRow, TagRow, VoteRow
from triage.store.turns import take_turn


class Drawn(msgspec.Struct, frozen=True):
    """A paper of a draw: the number of its band, 0 when it stood on the list; its rank over the week."""

    arxiv_id: str
    band: int
    rank: int


class Audit(msgspec.Struct, frozen=True):
    """What is asked about one topic's week. The first of the `bands` is the list itself; `papers` are by rank."""

    topic: str
    week: str
    fingerprint: str
    scorer: str
    drawn_at: datetime
    bands: tuple[Band, ...]
    papers: tuple[Drawn, ...]

    @property
    def asked(self) -> tuple[Drawn, ...]:
        """The papers below the line that readers are asked about."""
        return tuple(paper for paper in self.papers if paper.band)

    @property
    def listed(self) -> tuple[Drawn, ...]:
        """The papers that stood on the list."""
        return tuple(paper for paper in self.papers if not paper.band)


async def replace_audit(session: AsyncSession, audit: Audit, paper_keys: Sequence[int], tags: Collection[str]) -> bool:
    """Put a draw in the place of the one that is there, unless that was answered; say whether it was put there.

    `paper_keys` in the order of its papers; `tags` are those that count as votes on its topic.
    """
    await take_turn(session, f"audit {audit.topic} {audit.week}")
    mine = AuditRow.topic == audit.topic, AuditRow.week == audit.week
    if await session.scalar(select(AuditRow.id).where(*mine, _is_answered(tags))) is not None:
        return False
    await session.execute(delete(AuditRow).where(*mine))
    row = AuditRow(
        topic=audit.topic,
        week=audit.week,
        fingerprint=audit.fingerprint,
        scorer=audit.scorer,
        drawn_at=audit.drawn_at,
        bands=[msgspec.structs.asdict(band) for band in audit.bands],
    )
    session.add(row)
    await session.flush()
    session.add_all(
        AuditPaperRow(audit_id=row.id, paper_id=key, band=paper.band, rank=paper.rank)
        for paper, key in zip(audit.papers, paper_keys, strict=True)
    )
    return True


def _is_answered(tags: Collection[str]) -> ColumnElement[bool]:
    """Whether anybody said anything of a paper that was drawn below the line, since it was drawn."""
    drawn = (
        select(PaperRow.arxiv_id)
        .join(AuditPaperRow, AuditPaperRow.paper_id == PaperRow.id)
        .where(AuditPaperRow.audit_id == AuditRow.id, AuditPaperRow.band > 0)
    )
    said = (
        exists().where(row.arxiv_id.in_(drawn), row.created_at >= AuditRow.drawn_at, of_topic)
        for row, of_topic in (
            (VoteRow, VoteRow.topic == AuditRow.topic),
            (AdjudicationRow, AdjudicationRow.topic == AuditRow.topic),
            (TagRow, TagRow.name.in_(list(tags))),
        )
    )
    return or_(*said)


async def load_audit(session: AsyncSession, topic: str, week: str) -> Audit | None:
    """The draw of a topic's week; None where none was made."""
    found = await list_audits(session, topic, week)
    return found[0] if found else None


async def list_audits(session: AsyncSession, topic: str, week: str | None = None) -> list[Audit]:
    """The draws of a topic, by week; of one week only when it is named."""
    wanted = [AuditRow.topic == topic, *([AuditRow.week == week] if week else [])]
    rows = (await session.scalars(select(AuditRow).where(*wanted).order_by(AuditRow.week))).all()
    query = (
        select(AuditPaperRow.audit_id, PaperRow.arxiv_id, AuditPaperRow.band, AuditPaperRow.rank)
        .join(AuditRow, AuditRow.id == AuditPaperRow.audit_id)
        .join(PaperRow, PaperRow.id == AuditPaperRow.paper_id)
        .where(*wanted)
        .order_by(AuditPaperRow.audit_id, AuditPaperRow.rank, PaperRow.arxiv_id)
    )
    papers: dict[int, list[Drawn]] = {}
    for audit_id, arxiv_id, band, rank in await session.execute(query):
        papers.setdefault(audit_id, []).append(Drawn(arxiv_id, band, rank))
    return [
        Audit(
            row.topic,
            row.week,
            row.fingerprint,
            row.scorer,
            row.drawn_at,
            tuple(Band(**band) for band in row.bands),
            tuple(papers.get(row.id, ())),
        )
        for row in rows
    ]
