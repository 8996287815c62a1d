"""The tables of people: readers, what they sign in with, and what is theirs. Each row names its owner in `reader`."""

from datetime import datetime
from typing import Literal

from sqlalchemy import CheckConstraint, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from triage.store.base import Base

CredentialKind = Literal["session", "token", "link"]
"""A browser that is signed in, a program's key, an emailed link that signs in once."""


class ReaderRow(Base):
    """A person with an account; `name` never changes, since votes and tags carry it."""

    __tablename__ = "readers"
    __table_args__ = (CheckConstraint("role IN ('reader', 'editor', 'admin')", name="role_known"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    name: Mapped[str] = mapped_column(String(64), unique=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    role: Mapped[str] = mapped_column(String(16))
    password_hash: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]


class CredentialRow(Base):
    """Something that proves who asks: found by `public`, proven by the SHA-256 of its secret, never by the secret."""

    __tablename__ = "credentials"
    __table_args__ = (CheckConstraint("kind IN ('session', 'token', 'link')", name="kind_known"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    kind: Mapped[CredentialKind] = mapped_column(String(16))
    public: Mapped[str] = mapped_column(String(24), unique=True)
    digest: Mapped[str] = mapped_column(String(64))
    reader: Mapped[str] = mapped_column(String(64), index=True)
    label: Mapped[str] = mapped_column(String(64))
    scopes: Mapped[list[str]]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class NoteRow(Base):
    """What a reader wrote beside a paper; nobody else sees it."""

    __tablename__ = "notes"
    __table_args__ = (UniqueConstraint("reader", "arxiv_id"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    reader: Mapped[str] = mapped_column(String(64))
    arxiv_id: Mapped[str] = mapped_column(String(32), index=True)
    text: Mapped[str] = mapped_column(Text)
    updated_at: Mapped[datetime]


class SubscriptionRow(Base):
    """A reader's wish to get a topic's shortlist every week."""

    __tablename__ = "subscriptions"
    __table_args__ = (UniqueConstraint("reader", "topic"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    reader: Mapped[str] = mapped_column(String(64))
    topic: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]


class WeekMapRow(Base):
    """A week's papers drawn in the plane: a cache, made anew when `digest` (of papers and vectors) disagrees."""

    __tablename__ = "week_maps"
    __table_args__ = (UniqueConstraint("week", "embedder"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    week: Mapped[str] = mapped_column(String(8))
    embedder: Mapped[str] = mapped_column(String(120))
    digest: Mapped[str] = mapped_column(String(64))
    points: Mapped[str] = mapped_column(Text)
