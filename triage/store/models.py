"""The tables. Integer keys inside, natural keys outside; every constraint is named so that migrations can change it."""

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from triage.store.types import UtcDateTime

NAMING = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Common metadata."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar[dict[Any, Any]] = {datetime: UtcDateTime(), str: Text(), list[str]: JSON()}


class PaperRow(Base):
    """A paper, newest version known. `week` is derived from `announced` so that one index serves the main query."""

    __tablename__ = "papers"
    __table_args__ = (Index("ix_papers_week", "week"), CheckConstraint("version > 0", name="version_positive"))

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    arxiv_id: Mapped[str] = mapped_column(String(32), unique=True)
    version: Mapped[int | None]
    title: Mapped[str]
    abstract: Mapped[str]
    authors: Mapped[list[str]]
    categories: Mapped[list[str]]
    primary_category: Mapped[str | None]
    comment: Mapped[str | None]
    doi: Mapped[str | None]
    journal_ref: Mapped[str | None]
    published: Mapped[datetime | None]
    updated: Mapped[datetime | None]
    announced: Mapped[date | None] = mapped_column(Date)
    is_announced_computed: Mapped[bool] = mapped_column(Boolean)
    week: Mapped[str | None] = mapped_column(String(8))
    is_withdrawn: Mapped[bool] = mapped_column(Boolean)
    partial: Mapped[list[str]]
    source: Mapped[str]
    content_hash: Mapped[str] = mapped_column(String(64))
    metadata_hash: Mapped[str] = mapped_column(String(64))
    first_seen: Mapped[datetime]
    changed_at: Mapped[datetime]


class VersionRow(Base):
    """One version of a paper in its history."""

    __tablename__ = "paper_versions"
    __table_args__ = (UniqueConstraint("paper_id", "version"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    paper_id: Mapped[int] = mapped_column(ForeignKey("papers.id", ondelete="CASCADE"))
    version: Mapped[int]
    submitted: Mapped[datetime | None]


class EmbeddingRow(Base):
    """A unit vector: little-endian float32, `dimension` of them."""

    __tablename__ = "embeddings"
    __table_args__ = (UniqueConstraint("paper_id", "embedder", "content_hash"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    paper_id: Mapped[int] = mapped_column(ForeignKey("papers.id", ondelete="CASCADE"))
    embedder: Mapped[str] = mapped_column(String(120))
    content_hash: Mapped[str] = mapped_column(String(64))
    dimension: Mapped[int]
    vector: Mapped[bytes] = mapped_column(LargeBinary)


class ScoreRow(Base):
    """What a scorer said of a paper for a topic, with its parts; never updated, superseded by another key."""

    __tablename__ = "scores"
    __table_args__ = (UniqueConstraint("paper_id", "topic", "fingerprint", "scorer", "content_hash"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    paper_id: Mapped[int] = mapped_column(ForeignKey("papers.id", ondelete="CASCADE"))
    topic: Mapped[str] = mapped_column(String(64))
    fingerprint: Mapped[str] = mapped_column(String(64))
    scorer: Mapped[str] = mapped_column(String(160))
    content_hash: Mapped[str] = mapped_column(String(64))
    score: Mapped[float] = mapped_column(Float)
    parts: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[datetime]


class VoteRow(Base):
    """Relevant (1) or not (-1) for a topic. Keyed by arXiv id, not by row: a vote may come before its paper."""

    __tablename__ = "votes"
    __table_args__ = (
        UniqueConstraint("reader", "topic", "arxiv_id"),
        CheckConstraint("value IN (-1, 1)", name="value_known"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    reader: Mapped[str] = mapped_column(String(64))
    topic: Mapped[str] = mapped_column(String(64))
    arxiv_id: Mapped[str] = mapped_column(String(32), index=True)
    value: Mapped[int]
    origin: Mapped[str]
    created_at: Mapped[datetime]


class TagRow(Base):
    """A reader's named label on a paper."""

    __tablename__ = "tags"
    __table_args__ = (UniqueConstraint("reader", "name", "arxiv_id"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    reader: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(64))
    arxiv_id: Mapped[str] = mapped_column(String(32), index=True)
    created_at: Mapped[datetime]


class ShortlistRow(Base):
    """One topic and week; rebuilt freely until `published_at` is set, then frozen."""

    __tablename__ = "shortlists"
    __table_args__ = (UniqueConstraint("topic", "week"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    topic: Mapped[str] = mapped_column(String(64))
    week: Mapped[str] = mapped_column(String(8))
    size: Mapped[int]
    fingerprint: Mapped[str] = mapped_column(String(64))
    scorer: Mapped[str] = mapped_column(String(160))
    considered: Mapped[int]
    built_at: Mapped[datetime]
    published_at: Mapped[datetime | None]


class EntryRow(Base):
    """One place in a shortlist. `kind` is `ranked` or `exploration`."""

    __tablename__ = "shortlist_entries"
    __table_args__ = (
        UniqueConstraint("shortlist_id", "paper_id"),
        UniqueConstraint("shortlist_id", "kind", "rank"),
        CheckConstraint("kind IN ('ranked', 'exploration')", name="kind_known"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    shortlist_id: Mapped[int] = mapped_column(ForeignKey("shortlists.id", ondelete="CASCADE"))
    paper_id: Mapped[int] = mapped_column(ForeignKey("papers.id"))
    kind: Mapped[str] = mapped_column(String(12))
    rank: Mapped[int]
    score: Mapped[float] = mapped_column(Float)
    reasons: Mapped[list[str]]
    takeaway: Mapped[str | None]
    takeaway_source: Mapped[str | None]


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
