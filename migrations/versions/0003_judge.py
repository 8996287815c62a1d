"""The judge: calls and what they cost, verdicts, calibrations, and whose words a takeaway is in."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _create_calls()
    _create_verdicts()
    op.create_table(
        "calibrations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("topic", sa.String(length=64), nullable=False),
        sa.Column("judge", sa.String(length=160), nullable=False),
        sa.Column("prompt", sa.String(length=32), nullable=False),
        sa.Column("form", sa.String(length=16), nullable=False),
        sa.Column("coefficients", sa.JSON(), nullable=False),
        sa.Column("labels", sa.Integer(), nullable=False),
        sa.Column("positives", sa.Integer(), nullable=False),
        sa.Column("error", sa.Float(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_calibrations"),
        sa.UniqueConstraint(
            "topic", "judge", "prompt", "form", "created_at", name="uq_calibrations_topic_judge_prompt_form_created_at"
        ),
    )
    op.add_column("shortlist_entries", sa.Column("takeaway_by", sa.Text(), nullable=True))
    op.add_column(
        "shortlist_entries", sa.Column("takeaways", sa.JSON(), nullable=False, server_default=sa.text("'{}'"))
    )
    op.add_column("shortlist_entries", sa.Column("judgement", sa.Text(), nullable=True))


def _create_calls() -> None:
    op.create_table(
        "judge_calls",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("run", sa.String(length=32), nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("week", sa.String(length=8), nullable=True),
        sa.Column("topic", sa.String(length=64), nullable=False),
        sa.Column("paper_id", sa.Integer(), nullable=False),
        sa.Column("judge", sa.String(length=160), nullable=False),
        sa.Column("prompt", sa.String(length=32), nullable=False),
        sa.Column("form", sa.String(length=16), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("question", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reserved_usd", sa.Float(), nullable=False),
        sa.Column("cost_usd", sa.Float(), nullable=True),
        sa.Column("tokens_in", sa.Integer(), nullable=False),
        sa.Column("tokens_out", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("finish_reason", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("alternatives", sa.JSON(), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("is_valid", sa.Boolean(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "purpose IN ('cascade', 'sample', 'audit', 'rescore')", name=op.f("ck_judge_calls_purpose_known")
        ),
        sa.CheckConstraint("state IN ('open', 'answered', 'failed', 'lost')", name=op.f("ck_judge_calls_state_known")),
        sa.CheckConstraint("reserved_usd >= 0", name=op.f("ck_judge_calls_reserved_usd_not_negative")),
        sa.CheckConstraint("cost_usd >= 0", name=op.f("ck_judge_calls_cost_usd_not_negative")),
        sa.ForeignKeyConstraint(["paper_id"], ["papers.id"], name="fk_judge_calls_paper_id_papers", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_judge_calls"),
    )
    for column in ("key", "run", "started_at"):
        op.create_index(f"ix_judge_calls_{column}", "judge_calls", [column])


def _create_verdicts() -> None:
    op.create_table(
        "verdicts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("paper_id", sa.Integer(), nullable=False),
        sa.Column("topic", sa.String(length=64), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("judge", sa.String(length=160), nullable=False),
        sa.Column("prompt", sa.String(length=32), nullable=False),
        sa.Column("form", sa.String(length=16), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("relevance", sa.Float(), nullable=True),
        sa.Column("grades", sa.JSON(), nullable=False),
        sa.Column("takeaways", sa.JSON(), nullable=False),
        sa.Column("flags", sa.JSON(), nullable=False),
        sa.Column("removed", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("status IN ('judged', 'not judged')", name=op.f("ck_verdicts_status_known")),
        sa.CheckConstraint(
            "(status = 'judged') = (relevance IS NOT NULL)", name=op.f("ck_verdicts_judged_has_relevance")
        ),
        sa.CheckConstraint("relevance BETWEEN -1000000 AND 1000000", name=op.f("ck_verdicts_relevance_finite")),
        sa.ForeignKeyConstraint(["paper_id"], ["papers.id"], name="fk_verdicts_paper_id_papers", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_verdicts"),
        sa.UniqueConstraint(
            "paper_id",
            "topic",
            "fingerprint",
            "judge",
            "prompt",
            "form",
            "content_hash",
            name="uq_verdicts_key",
        ),
    )
    op.create_index("ix_verdicts_fingerprint", "verdicts", ["fingerprint"])


def downgrade() -> None:
    for column in ("judgement", "takeaways", "takeaway_by"):
        op.drop_column("shortlist_entries", column)
    op.drop_table("calibrations")
    op.drop_index("ix_verdicts_fingerprint", table_name="verdicts")
    op.drop_table("verdicts")
    for column in ("started_at", "run", "key"):
        op.drop_index(f"ix_judge_calls_{column}", table_name="judge_calls")
    op.drop_table("judge_calls")
