"""The tables by which readers and the ranking are audited: papers drawn at random, and what editors settled."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from triage.store.base import Base


class AuditRow(Base):
    """A draw of papers below the line of one shortlist; `bands` are `core.bands.Band`s, the list's own first."""

    __tablename__ = "audits"
    __table_args__ = (UniqueConstraint("topic", "week"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    topic: Mapped[str] = mapped_column(String(64))
    week: Mapped[str] = mapped_column(String(8))
    fingerprint: Mapped[str] = mapped_column(String(64))
    scorer: Mapped[str] = mapped_column(String(160))
    drawn_at: Mapped[datetime]
    bands: Mapped[list[dict[str, Any]]] = mapped_column(JSON)


class AuditPaperRow(Base):
    """A paper of a draw; `band` counts from 1, and is 0 for one that stood on the list; `rank` is over the week."""

    __tablename__ = "audit_papers"
    __table_args__ = (UniqueConstraint("audit_id", "paper_id"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    audit_id: Mapped[int] = mapped_column(ForeignKey("audits.id", ondelete="CASCADE"))
    paper_id: Mapped[int] = mapped_column(ForeignKey("papers.id"), index=True)
    band: Mapped[int]
    rank: Mapped[int]


class AdjudicationRow(Base):
    """What an editor settled about a paper that readers part over; it stands in the place of their votes."""

    __tablename__ = "adjudications"
    __table_args__ = (
        UniqueConstraint("topic", "arxiv_id"),
        CheckConstraint("value IN (-1, 0, 1)", name="value_known"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    topic: Mapped[str] = mapped_column(String(64))
    arxiv_id: Mapped[str] = mapped_column(String(32))
    value: Mapped[int]
    editor: Mapped[str] = mapped_column(String(64))
    reason: Mapped[str]
    created_at: Mapped[datetime]
