"""The tables of the harvest: what was read, how far, what is missing, and whose turn it is to talk to arXiv."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Date, Float, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from triage.store.base import Base


class QuarantineRow(Base):
    """A record that could not be read, kept with its place and reason so that nothing is lost in silence."""

    __tablename__ = "quarantine"
    __table_args__ = (UniqueConstraint("origin", "line"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    origin: Mapped[str]
    line: Mapped[int]
    reason: Mapped[str]
    raw: Mapped[str]
    created_at: Mapped[datetime]


class ImportRow(Base):
    """How far a file was imported; `digest` is the SHA-256 of its bytes, so a renamed file is known again."""

    __tablename__ = "imports"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    path: Mapped[str]
    lines_done: Mapped[int]
    papers: Mapped[int]
    quarantined: Mapped[int]
    finished_at: Mapped[datetime | None]


class RunRow(Base):
    """One execution of one step and its report."""

    __tablename__ = "runs"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    step: Mapped[str] = mapped_column(String(16))
    week: Mapped[str | None] = mapped_column(String(8))
    started_at: Mapped[datetime]
    seconds: Mapped[float] = mapped_column(Float)
    status: Mapped[str] = mapped_column(String(16))
    report: Mapped[dict[str, Any]] = mapped_column(JSON)


class MarkRow(Base):
    """How far a category was read to the end: the server's time when it began the last whole list of its archive."""

    __tablename__ = "harvest_marks"
    __table_args__ = (UniqueConstraint("source", "category"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    source: Mapped[str] = mapped_column(String(32))
    category: Mapped[str] = mapped_column(String(32))
    since: Mapped[date] = mapped_column(Date)
    responded_at: Mapped[datetime]


class CheckRow(Base):
    """What a witness said of a category and listing day: how many papers, or that its answer was an old one."""

    __tablename__ = "day_checks"
    __table_args__ = (UniqueConstraint("category", "day", "witness"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    category: Mapped[str] = mapped_column(String(32))
    day: Mapped[date] = mapped_column(Date, index=True)
    witness: Mapped[str] = mapped_column(String(32))
    expected: Mapped[int]
    is_stale: Mapped[bool]
    checked_at: Mapped[datetime]


class MissingRow(Base):
    """A paper that a witness named and the store lacks; removed when it comes in."""

    __tablename__ = "missing_papers"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    arxiv_id: Mapped[str] = mapped_column(String(32), unique=True)
    categories: Mapped[list[str]]
    day: Mapped[date] = mapped_column(Date, index=True)
    witness: Mapped[str] = mapped_column(String(32))
    found_at: Mapped[datetime]
    asked_at: Mapped[datetime | None]
    reason: Mapped[str]


class LeaseRow(Base):
    """Whose turn it is to talk to a source, over all processes. `number` counts holders, `beat` signs of life.

    `pause` is how many seconds the next holder must let pass; `stopped` is why nobody may talk at all; `noted_at` is
    when either was written.
    """

    __tablename__ = "leases"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    name: Mapped[str] = mapped_column(String(32), unique=True)
    holder: Mapped[str | None]
    number: Mapped[int]
    beat: Mapped[int]
    pause: Mapped[float] = mapped_column(Float)
    stopped: Mapped[str | None] = mapped_column(Text)
    noted_at: Mapped[datetime | None]
