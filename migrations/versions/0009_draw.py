"""A number per paper by which random samples are drawn: reading 3,000 of a million costs the 3,000."""

import hashlib

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_BATCH = 5_000


def upgrade() -> None:
    op.add_column("papers", sa.Column("draw", sa.BigInteger(), server_default="0", nullable=False))
    papers = sa.table("papers", sa.column("id"), sa.column("arxiv_id"), sa.column("draw"))
    connection, last = op.get_bind(), 0
    number = sa.update(papers).where(papers.c.id == sa.bindparam("key")).values(draw=sa.bindparam("number"))
    page = sa.select(papers.c.id, papers.c.arxiv_id).order_by(papers.c.id).limit(_BATCH)
    while rows := connection.execute(page.where(papers.c.id > last)).all():
        connection.execute(number, [{"key": key, "number": _draw(arxiv_id)} for key, arxiv_id in rows])
        last = rows[-1][0]
    op.create_index("ix_papers_draw", "papers", ["draw"])


def downgrade() -> None:
    op.drop_index("ix_papers_draw", "papers")
    op.drop_column("papers", "draw")


def _draw(arxiv_id: str) -> int:
    return int(hashlib.sha256(arxiv_id.encode()).hexdigest()[:15], 16)
