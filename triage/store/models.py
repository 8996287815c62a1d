"""The tables of papers and of what people get. Integer keys inside, natural keys outside."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from triage.store.base import Base


class PaperRow(Base):
    """A paper, newest version known. `week` is derived from `announced` so that one index serves the main query."""

    __tablename__ = "papers"
    __table_args__ = (
        Index("ix_papers_week", "week"),
        Index("ix_papers_announced", "announced"),
        Index("ix_papers_draw", "draw"),
        CheckConstraint("version > 0", name="version_positive"),
    )

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
    draw: Mapped[int] = mapped_column(BigInteger, server_default="0")
    """`draw_number` of the id: papers in this order are a random sample of any length."""
    first_seen: Mapped[datetime]
    changed_at: Mapped[datetime]


class VersionRow(Base):
    """One version of a paper in its history; arXiv's own word on whether it is a withdrawal."""

    __tablename__ = "paper_versions"
    __table_args__ = (UniqueConstraint("paper_id", "version"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    paper_id: Mapped[int] = mapped_column(ForeignKey("papers.id", ondelete="CASCADE"))
    version: Mapped[int]
    submitted: Mapped[datetime | None]
    is_withdrawn: Mapped[bool] = mapped_column(Boolean, server_default=false())


class ChangeRow(Base):
    """What a record changed of a paper that was known: `{field: [before, after]}`, numbered from 1 per paper."""

    __tablename__ = "paper_changes"
    __table_args__ = (UniqueConstraint("paper_id", "number"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    paper_id: Mapped[int] = mapped_column(ForeignKey("papers.id", ondelete="CASCADE"))
    number: Mapped[int]
    seen_at: Mapped[datetime]
    source: Mapped[str]
    fields: Mapped[dict[str, Any]] = mapped_column(JSON)


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
    __table_args__ = (
        UniqueConstraint("paper_id", "topic", "fingerprint", "scorer", "content_hash"),
        Index("ix_scores_topic_fingerprint_score", "topic", "fingerprint", "score"),
    )

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
    """Relevant (1), not (-1) or uncertain (0) for a topic; keyed by arXiv id, as a vote may come before its paper."""

    __tablename__ = "votes"
    __table_args__ = (
        UniqueConstraint("reader", "topic", "arxiv_id"),
        CheckConstraint("value IN (-1, 0, 1)", name="value_known"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    reader: Mapped[str] = mapped_column(String(64))
    topic: Mapped[str] = mapped_column(String(64))
    arxiv_id: Mapped[str] = mapped_column(String(32), index=True)
    value: Mapped[int]
    origin: Mapped[str]
    created_at: Mapped[datetime]


class TagRow(Base):
    """A reader's named label on a paper, for all readers to see where `is_shared`."""

    __tablename__ = "tags"
    __table_args__ = (UniqueConstraint("reader", "name", "arxiv_id"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    reader: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(64))
    arxiv_id: Mapped[str] = mapped_column(String(32), index=True)
    created_at: Mapped[datetime]
    is_shared: Mapped[bool] = mapped_column(Boolean, server_default=false())


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
    """One place in a shortlist. `kind` is `ranked` or `exploration`; `version` is the one that was ranked.

    `takeaway_by` is the judge that wrote the takeaway, None for an extract; `takeaways` are those in other languages;
    `judgement` is `judged`, `not judged`, or None in lists that were made before there was a judge.
    """

    __tablename__ = "shortlist_entries"
    __table_args__ = (
        UniqueConstraint("shortlist_id", "paper_id"),
        UniqueConstraint("shortlist_id", "kind", "rank"),
        CheckConstraint("kind IN ('ranked', 'exploration')", name="kind_known"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    shortlist_id: Mapped[int] = mapped_column(ForeignKey("shortlists.id", ondelete="CASCADE"))
    paper_id: Mapped[int] = mapped_column(ForeignKey("papers.id"), index=True)
    kind: Mapped[str] = mapped_column(String(12))
    rank: Mapped[int]
    version: Mapped[int | None]
    score: Mapped[float] = mapped_column(Float)
    reasons: Mapped[list[str]]
    takeaway: Mapped[str | None]
    takeaway_source: Mapped[str | None]
    takeaway_by: Mapped[str | None]
    takeaways: Mapped[dict[str, str]] = mapped_column(JSON, server_default=text("'{}'"))
    judgement: Mapped[str | None]
