"""Text is compared by its bytes on PostgreSQL too, whatever the language of the server: the same order on both.

It is also the faster order, and the one order of which no upgrade of the system's libraries spoils an index. Tables of
later migrations have to say `collation="C"` on PostgreSQL for themselves. Left out are the texts that the search column
is made of, which nobody orders by.
"""

from alembic import op
from sqlalchemy import text

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_TABLES = (
    "bounces",
    "calibrations",
    "credentials",
    "day_checks",
    "deliveries",
    "embeddings",
    "harvest_marks",
    "imports",
    "judge_calls",
    "leases",
    "mail_counter",
    "mail_keys",
    "mailings",
    "missing_papers",
    "notes",
    "overviews",
    "paper_changes",
    "papers",
    "quarantine",
    "readers",
    "runs",
    "scores",
    "shortlist_entries",
    "shortlists",
    "subscriptions",
    "suppressions",
    "tags",
    "verdicts",
    "votes",
    "week_maps",
)
_COLUMNS = text(
    """
    SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute
    WHERE attrelid = CAST(:name AS regclass) AND attnum > 0 AND NOT attisdropped
        AND atttypid IN ('text'::regtype, 'varchar'::regtype)
        AND NOT (attrelid = 'papers'::regclass AND attname IN ('title', 'abstract'))
    ORDER BY attnum
""".replace("::", r"\:\:")
)


def upgrade() -> None:
    _collate('"C"')


def downgrade() -> None:
    _collate('"default"')


def _collate(collation: str) -> None:
    """No row is written: only indexes are made anew."""
    connection = op.get_bind()
    if connection.dialect.name != "postgresql":
        return
    for table in _TABLES:
        columns = connection.execute(_COLUMNS, {"name": table}).all()
        changes = ", ".join(f"ALTER COLUMN {name} TYPE {kind} COLLATE {collation}" for name, kind in columns)
        op.execute(f"ALTER TABLE {table} {changes}")
