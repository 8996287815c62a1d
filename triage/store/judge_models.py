"""The tables of the judge: every call and what it cost, what was said of each paper, and how far to believe it."""

from datetime import datetime
from typing import Any, Literal

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Dialect,
    Float,
    ForeignKey,
    Integer,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

from triage.core.question import Form
from triage.store.base import Base

Purpose = Literal["cascade", "sample", "audit", "rescore"]
"""Why a judge was asked: the best candidates, the random few of the rest, an audit, another rubric."""
CallState = Literal["open", "answered", "failed", "lost"]
"""`lost`: nobody settled it in time; it may have been paid."""
VerdictStatus = Literal["judged", "not judged"]

ANSWER_CHARACTERS = 20_000
_REMARK_CHARACTERS = 2_000


class ServerText(TypeDecorator[str]):
    """What a server said: NUL and lone surrogates, which databases refuse, as escapes; cut to so many characters."""

    impl = Text
    cache_ok = True

    def __init__(self, characters: int) -> None:
        super().__init__()
        self.characters = characters

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Cut before escaping, so that a huge text costs nothing, and after."""
        del dialect
        if value is None:
            return None
        text = value[: self.characters].replace("\0", "\\x00").encode("utf-8", "backslashreplace").decode()
        return text[: self.characters]


class CallRow(Base):
    """One call to a judge. While `cost_usd` is unknown, `reserved_usd` counts as spent.

    `question` says what was asked, such as `fill`, `relevance` or a criterion's name; `problem` why the call failed, or
    why its answer could not be read; `is_valid` that it could. `run` is a random id per run of the pipeline.
    """

    __tablename__ = "judge_calls"
    __table_args__ = (
        CheckConstraint("purpose IN ('cascade', 'sample', 'audit', 'rescore')", name="purpose_known"),
        CheckConstraint("state IN ('open', 'answered', 'failed', 'lost')", name="state_known"),
        CheckConstraint("reserved_usd >= 0", name="reserved_usd_not_negative"),
        CheckConstraint("cost_usd >= 0", name="cost_usd_not_negative"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    key: Mapped[str] = mapped_column(String(64), index=True)
    run: Mapped[str] = mapped_column(String(32), index=True)
    purpose: Mapped[Purpose] = mapped_column(String(16))
    week: Mapped[str | None] = mapped_column(String(8))
    topic: Mapped[str] = mapped_column(String(64))
    paper_id: Mapped[int] = mapped_column(ForeignKey("papers.id", ondelete="CASCADE"))
    judge: Mapped[str] = mapped_column(String(160))
    prompt: Mapped[str] = mapped_column(String(32))
    form: Mapped[Form] = mapped_column(String(16))
    fingerprint: Mapped[str] = mapped_column(String(64))
    attempt: Mapped[int]
    question: Mapped[str] = mapped_column(String(64))
    state: Mapped[CallState] = mapped_column(String(16))
    reserved_usd: Mapped[float] = mapped_column(Float)
    cost_usd: Mapped[float | None] = mapped_column(Float)
    tokens_in: Mapped[int]
    tokens_out: Mapped[int]
    seconds: Mapped[float] = mapped_column(Float)
    model: Mapped[str] = mapped_column(ServerText(_REMARK_CHARACTERS))
    finish_reason: Mapped[str] = mapped_column(ServerText(_REMARK_CHARACTERS))
    answer: Mapped[str | None] = mapped_column(ServerText(ANSWER_CHARACTERS))
    alternatives: Mapped[list[tuple[str, float]] | None] = mapped_column(JSON(none_as_null=True))
    problem: Mapped[str | None] = mapped_column(ServerText(_REMARK_CHARACTERS))
    is_valid: Mapped[bool] = mapped_column(Boolean)
    started_at: Mapped[datetime] = mapped_column(index=True)
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class VerdictRow(Base):
    """What a judge said of a text for a topic, or why there is no verdict. `removed` counts characters taken out.

    `flags` is `{"judge": [...], "screening": [...]}`: what the judge noticed, and what the screening of the text did.
    """

    __tablename__ = "verdicts"
    __table_args__ = (
        # Named, since the usual name is longer than the 63 characters that PostgreSQL takes.
        UniqueConstraint(
            "paper_id", "topic", "fingerprint", "judge", "prompt", "form", "content_hash", name="uq_verdicts_key"
        ),
        CheckConstraint("status IN ('judged', 'not judged')", name="status_known"),
        CheckConstraint("(status = 'judged') = (relevance IS NOT NULL)", name="judged_has_relevance"),
        CheckConstraint("relevance BETWEEN -1000000 AND 1000000", name="relevance_finite"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    paper_id: Mapped[int] = mapped_column(ForeignKey("papers.id", ondelete="CASCADE"))
    topic: Mapped[str] = mapped_column(String(64))
    fingerprint: Mapped[str] = mapped_column(String(64), index=True)
    judge: Mapped[str] = mapped_column(String(160))
    prompt: Mapped[str] = mapped_column(String(32))
    form: Mapped[Form] = mapped_column(String(16))
    content_hash: Mapped[str] = mapped_column(String(64))
    status: Mapped[VerdictStatus] = mapped_column(String(16))
    reason: Mapped[str | None] = mapped_column(ServerText(_REMARK_CHARACTERS))
    relevance: Mapped[float | None] = mapped_column(Float)
    grades: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    takeaways: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    flags: Mapped[dict[str, list[str]]] = mapped_column(JSON)
    removed: Mapped[int]
    purpose: Mapped[Purpose] = mapped_column(String(16))
    created_at: Mapped[datetime]


class CalibrationRow(Base):
    """How scores of a topic become probabilities when a judge had its say; the newest one counts.

    `coefficients` are those of a `core.fusion.Fusion`; `error` is the expected calibration error on held-out labels.
    """

    __tablename__ = "calibrations"
    __table_args__ = (UniqueConstraint("topic", "judge", "prompt", "form", "created_at"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    topic: Mapped[str] = mapped_column(String(64))
    judge: Mapped[str] = mapped_column(String(160))
    prompt: Mapped[str] = mapped_column(String(32))
    form: Mapped[Form] = mapped_column(String(16))
    coefficients: Mapped[dict[str, Any]] = mapped_column(JSON)
    labels: Mapped[int]
    positives: Mapped[int]
    error: Mapped[float] = mapped_column(Float)
    created_at: Mapped[datetime]
