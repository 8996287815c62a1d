"""A number per paper by which random samples are drawn: reading 3,000 of a million costs the 3,000."""

import hashlib

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_BATCH = 5_000


_PAPERS = sa.table("papers", sa.column("id"), sa.column("arxiv_id"), sa.column("draw"))
_ONE = sa.update(_PAPERS).where(_PAPERS.c.id == sa.bindparam("key")).values(draw=sa.bindparam("number"))
_MANY = sa.text(
    """
    UPDATE papers SET draw = given.number
    FROM unnest(CAST(:keys AS bigint[]), CAST(:numbers AS bigint[])) AS given (key, number) WHERE papers.id = given.key
    """
)


def upgrade() -> None:
    op.add_column("papers", sa.Column("draw", sa.BigInteger(), server_default="0", nullable=False))
    connection, last = op.get_bind(), 0
    page = sa.select(_PAPERS.c.id, _PAPERS.c.arxiv_id).order_by(_PAPERS.c.id).limit(_BATCH)
    while rows := connection.execute(page.where(_PAPERS.c.id > last)).all():
        keys, numbers = [key for key, _ in rows], [_draw(arxiv_id) for _, arxiv_id in rows]
        if connection.dialect.name == "postgresql":
            connection.execute(_MANY, {"keys": keys, "numbers": numbers})
        else:
            pairs = zip(keys, numbers, strict=True)
            connection.execute(_ONE, [{"key": key, "number": number} for key, number in pairs])
        last = keys[-1]
    op.create_index("ix_papers_draw", "papers", ["draw"])


def downgrade() -> None:
    op.drop_index("ix_papers_draw", "papers")
    op.drop_column("papers", "draw")


def _draw(arxiv_id: str) -> int:
    return int(hashlib.sha256(arxiv_id.encode()).hexdigest()[:15], 16)
