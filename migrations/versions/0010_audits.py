"""What readers are asked about papers below the line, what editors settle, and the vote "uncertain"."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_NAME = "ck_votes_value_known"
_FIRST_NAME = "ck_votes_ck_votes_value_known"  # 0001 gave the whole name, and the convention put itself before it


def _text(length: int) -> sa.types.TypeEngine[str]:
    """Compared by its bytes on PostgreSQL too (0007)."""
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


def upgrade() -> None:
    _allow_votes("value IN (-1, 0, 1)", name=_NAME, before=_FIRST_NAME)
    op.create_table(
        "adjudications",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("topic", _text(64), nullable=False),
        sa.Column("arxiv_id", _text(32), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.Column("editor", _text(64), nullable=False),
        sa.Column("reason", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("value IN (-1, 0, 1)", name=op.f("ck_adjudications_value_known")),
        sa.PrimaryKeyConstraint("id", name="pk_adjudications"),
        sa.UniqueConstraint("topic", "arxiv_id", name="uq_adjudications_topic_arxiv_id"),
    )
    op.create_table(
        "audits",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("topic", _text(64), nullable=False),
        sa.Column("week", _text(8), nullable=False),
        sa.Column("fingerprint", _text(64), nullable=False),
        sa.Column("scorer", _text(160), nullable=False),
        sa.Column("drawn_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("bands", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audits"),
        sa.UniqueConstraint("topic", "week", name="uq_audits_topic_week"),
    )
    op.create_table(
        "audit_papers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("audit_id", sa.Integer(), nullable=False),
        sa.Column("paper_id", sa.Integer(), nullable=False),
        sa.Column("band", sa.Integer(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["audit_id"], ["audits.id"], name="fk_audit_papers_audit_id_audits", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["paper_id"], ["papers.id"], name="fk_audit_papers_paper_id_papers"),
        sa.PrimaryKeyConstraint("id", name="pk_audit_papers"),
        sa.UniqueConstraint("audit_id", "paper_id", name="uq_audit_papers_audit_id_paper_id"),
    )
    op.create_index("ix_audit_papers_paper_id", "audit_papers", ["paper_id"])


def downgrade() -> None:
    op.drop_table("audit_papers")
    op.drop_table("audits")
    op.drop_table("adjudications")
    op.execute("DELETE FROM votes WHERE value = 0")
    _allow_votes("value IN (-1, 1)", name=_FIRST_NAME, before=_NAME)


def _allow_votes(condition: str, *, name: str, before: str) -> None:
    with op.batch_alter_table("votes") as votes:
        votes.drop_constraint(op.f(before), type_="check")
        votes.create_check_constraint(op.f(name), condition)
