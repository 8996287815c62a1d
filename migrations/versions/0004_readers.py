"""Readers: accounts, what they sign in with, notes, subscriptions, shared tags; maps of weeks; indexes for reading."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "readers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("role IN ('reader', 'editor', 'admin')", name=op.f("ck_readers_role_known")),
        sa.PrimaryKeyConstraint("id", name="pk_readers"),
        sa.UniqueConstraint("name", name="uq_readers_name"),
        sa.UniqueConstraint("email", name="uq_readers_email"),
    )
    _create_credentials()
    _create_notes_and_subscriptions()
    op.create_table(
        "week_maps",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("week", sa.String(length=8), nullable=False),
        sa.Column("embedder", sa.String(length=120), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("points", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_week_maps"),
        sa.UniqueConstraint("week", "embedder", name="uq_week_maps_week_embedder"),
    )
    op.add_column("tags", sa.Column("is_shared", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_index("ix_scores_topic_fingerprint_score", "scores", ["topic", "fingerprint", "score"])
    op.create_index("ix_shortlist_entries_paper_id", "shortlist_entries", ["paper_id"])


def _create_credentials() -> None:
    op.create_table(
        "credentials",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("public", sa.String(length=24), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("reader", sa.String(length=64), nullable=False),
        sa.Column("label", sa.String(length=64), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('session', 'token', 'link')", name=op.f("ck_credentials_kind_known")),
        sa.PrimaryKeyConstraint("id", name="pk_credentials"),
        sa.UniqueConstraint("public", name="uq_credentials_public"),
    )
    op.create_index("ix_credentials_reader", "credentials", ["reader"])


def _create_notes_and_subscriptions() -> None:
    op.create_table(
        "notes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("reader", sa.String(length=64), nullable=False),
        sa.Column("arxiv_id", sa.String(length=32), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_notes"),
        sa.UniqueConstraint("reader", "arxiv_id", name="uq_notes_reader_arxiv_id"),
    )
    op.create_index("ix_notes_arxiv_id", "notes", ["arxiv_id"])
    op.create_table(
        "subscriptions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("reader", sa.String(length=64), nullable=False),
        sa.Column("topic", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_subscriptions"),
        sa.UniqueConstraint("reader", "topic", name="uq_subscriptions_reader_topic"),
    )


def downgrade() -> None:
    op.drop_index("ix_shortlist_entries_paper_id", "shortlist_entries")
    op.drop_index("ix_scores_topic_fingerprint_score", "scores")
    op.drop_column("tags", "is_shared")
    op.drop_table("week_maps")
    op.drop_table("subscriptions")
    op.drop_index("ix_notes_arxiv_id", "notes")
    op.drop_table("notes")
    op.drop_index("ix_credentials_reader", "credentials")
    op.drop_table("credentials")
    op.drop_table("readers")
