"""Draws of papers below the line: what was asked, of which list, and which papers stood on it."""

from datetime import datetime

import msgspec
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from triage.core.bands import Band
from triage.store.audit_models import AuditPaperRow, AuditRow
from triage.store.models import PaperRow
from triage.store.turns import take_turn


class Drawn(msgspec.Struct, frozen=True):
    """A paper of a draw: the number of its band, from 1, or 0 when it stood on the list; its rank over the week."""

    arxiv_id: str
    band: int
    rank: int


class Audit(msgspec.Struct, frozen=True):
    """What is asked about one topic's week; `papers` by rank, those of the list among them."""

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


async def replace_audit(session: AsyncSession, audit: Audit, paper_keys: list[int]) -> None:
    """Put a draw in the place of the one that is there; `paper_keys` in the order of its papers."""
    await take_turn(session, f"audit {audit.topic} {audit.week}")
    await session.execute(delete(AuditRow).where(AuditRow.topic == audit.topic, AuditRow.week == audit.week))
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
