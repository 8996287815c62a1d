"""Accounting for every paper: marks, witnesses, missing papers, changes, and the lease on arXiv."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "harvest_marks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=32), nullable=False),
        sa.Column("category", sa.String(length=32), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("responded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_harvest_marks"),
        sa.UniqueConstraint("source", "category", name="uq_harvest_marks_source_category"),
    )
    op.create_table(
        "day_checks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("category", sa.String(length=32), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("witness", sa.String(length=32), nullable=False),
        sa.Column("expected", sa.Integer(), nullable=False),
        sa.Column("is_stale", sa.Boolean(), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_day_checks"),
        sa.UniqueConstraint("category", "day", "witness", name="uq_day_checks_category_day_witness"),
    )
    op.create_index("ix_day_checks_day", "day_checks", ["day"])
    op.create_table(
        "missing_papers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("arxiv_id", sa.String(length=32), nullable=False),
        sa.Column("categories", sa.JSON(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("witness", sa.String(length=32), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_missing_papers"),
        sa.UniqueConstraint("arxiv_id", name="uq_missing_papers_arxiv_id"),
    )
    op.create_index("ix_missing_papers_day", "missing_papers", ["day"])
    op.create_table(
        "leases",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("holder", sa.Text(), nullable=True),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("beat", sa.Integer(), nullable=False),
        sa.Column("pause", sa.Float(), nullable=False),
        sa.Column("stopped", sa.Text(), nullable=True),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_leases"),
        sa.UniqueConstraint("name", name="uq_leases_name"),
    )
    op.create_table(
        "paper_changes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("paper_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["paper_id"], ["papers.id"], name="fk_paper_changes_paper_id_papers", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_paper_changes"),
        sa.UniqueConstraint("paper_id", "number", name="uq_paper_changes_paper_id_number"),
    )
    # Plain ALTER TABLE ADD COLUMN: no copy of a table that may hold 100,000 rows.
    op.add_column("paper_versions", sa.Column("is_withdrawn", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("shortlist_entries", sa.Column("version", sa.Integer(), nullable=True))
    op.create_index("ix_papers_announced", "papers", ["announced"])


def downgrade() -> None:
    op.drop_index("ix_papers_announced", table_name="papers")
    op.drop_column("shortlist_entries", "version")
    op.drop_column("paper_versions", "is_withdrawn")
    op.drop_table("paper_changes")
    op.drop_table("leases")
    op.drop_index("ix_missing_papers_day", table_name="missing_papers")
    op.drop_table("missing_papers")
    op.drop_index("ix_day_checks_day", table_name="day_checks")
    op.drop_table("day_checks")
    op.drop_table("harvest_marks")
