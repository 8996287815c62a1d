"""The tables of the weekly mail: who gets it, what was sent, and to whom nothing may be sent."""

from datetime import datetime
from typing import Any, Literal

from sqlalchemy import JSON, CheckConstraint, Index, Integer, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from triage.core.mailing import DeliveryState, MailKeyKind
from triage.store.base import Base

SuppressionReason = Literal["bounced", "complained"]
"""The address has no mailbox (any more), or its owner called our mail spam."""
BounceKind = Literal["hard", "soft", "complaint"]
"""Never to be delivered, not delivered this time, called spam."""
_STATES = ", ".join(f"'{state.value}'" for state in DeliveryState)


class MailingRow(Base):
    """How a reader gets the digest; the topics are their subscriptions. Kept when they leave, to stay away."""

    __tablename__ = "mailings"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    reader: Mapped[str] = mapped_column(String(64), unique=True)
    email: Mapped[str] = mapped_column(String(254))
    weekday: Mapped[int]
    hour: Mapped[int]
    zone: Mapped[str] = mapped_column(String(64))
    language: Mapped[str] = mapped_column(String(8))
    size: Mapped[int | None]
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    paused_at: Mapped[datetime | None]
    left_at: Mapped[datetime | None]
    first_week: Mapped[str | None] = mapped_column(String(8))


class MailKeyRow(Base):
    """A key that stands in a mail, by its SHA-256. `week` names the digest it came with; `email` is who got it."""

    __tablename__ = "mail_keys"
    __table_args__ = (CheckConstraint("kind IN ('confirm', 'digest')", name="kind_known"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    kind: Mapped[MailKeyKind] = mapped_column(String(16))
    reader: Mapped[str] = mapped_column(String(64), index=True)
    email: Mapped[str] = mapped_column(String(254))
    week: Mapped[str | None] = mapped_column(String(8))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    used_at: Mapped[datetime | None]


class DeliveryRow(Base):
    """The outbox: one digest to one reader, the finished message included until a server has taken it.

    `message` is compressed (zlib), `digest` the SHA-256 of the bytes that are sent. `claim` names the worker that has
    the row until `lease_until`. `number` counts all attempts of this database in order, for the mail log.
    """

    __tablename__ = "deliveries"
    __table_args__ = (
        UniqueConstraint("reader", "week"),
        CheckConstraint(f"state IN ({_STATES})", name="state_known"),
        Index("ix_deliveries_state_deadline", "state", "deadline", "not_before"),  # in the order of claims
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    reader: Mapped[str] = mapped_column(String(64))
    week: Mapped[str] = mapped_column(String(8))
    email: Mapped[str] = mapped_column(String(254))
    topics: Mapped[list[str]]
    message_id: Mapped[str] = mapped_column(String(255), unique=True)
    digest: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(12))
    detail: Mapped[str] = mapped_column(Text)
    attempts: Mapped[int]
    number: Mapped[int | None]
    claim: Mapped[str | None] = mapped_column(String(32))
    lease_until: Mapped[datetime | None]
    queued_at: Mapped[datetime]
    not_before: Mapped[datetime]
    deadline: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    message: Mapped[bytes | None] = mapped_column(LargeBinary)  # last: SQLite reads a row up to what is asked for


class MailCounterRow(Base):
    """One row: how many attempts were made, and the secret that message ids are made with."""

    __tablename__ = "mail_counter"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    attempts: Mapped[int]
    secret: Mapped[str] = mapped_column(String(64))


class SuppressionRow(Base):
    """An address that gets no mail, whoever it belongs to; in lower case."""

    __tablename__ = "suppressions"
    __table_args__ = (CheckConstraint("reason IN ('bounced', 'complained')", name="reason_known"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    reason: Mapped[SuppressionReason] = mapped_column(String(16))
    detail: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]


class BounceRow(Base):
    """What mail systems said later of a message that was taken: once per message and kind."""

    __tablename__ = "bounces"
    __table_args__ = (
        UniqueConstraint("message_id", "kind"),
        CheckConstraint("kind IN ('hard', 'soft', 'complaint')", name="kind_known"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    message_id: Mapped[str] = mapped_column(String(255))
    kind: Mapped[BounceKind] = mapped_column(String(12))
    email: Mapped[str] = mapped_column(String(254), index=True)
    week: Mapped[str] = mapped_column(String(8))
    detail: Mapped[str] = mapped_column(Text)
    received_at: Mapped[datetime]


class OverviewRow(Base):
    """What moved in a topic's week, as every digest of it says; made once."""

    __tablename__ = "overviews"
    __table_args__ = (UniqueConstraint("topic", "week"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    topic: Mapped[str] = mapped_column(String(64))
    week: Mapped[str] = mapped_column(String(8))
    body: Mapped[dict[str, Any]] = mapped_column(JSON)
    made_at: Mapped[datetime]
