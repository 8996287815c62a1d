"""PostgreSQL folds texts without LaTeX and without foreign letters by looking at them once: most of what it reads.

`triage_fold` and `triage_words` say what they said before, so nothing that is kept has to be made anew.
"""

from functools import reduce

from alembic import op

from triage.core.search_text import LETTERS, REWRITES

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_WORDS = r"""
    CREATE OR REPLACE FUNCTION triage_words(text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
        SELECT to_tsvector('pg_catalog.simple', regexp_replace({plain}, '[!-/:-@\[-`{{-~]+', ' ', 'g'))
    $$
"""
_FOLD = """
    CREATE OR REPLACE FUNCTION triage_fold(text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
        SELECT {folded}
    $$
"""
_BARE = r"normalize(regexp_replace(normalize($1, NFD), '[\u0300-\u036f]', '', 'g'), NFC)"
_LATEX = r"'[\\${}]'"
_IS_ASCII = "octet_length($1) = char_length($1)"


def upgrade() -> None:
    _define(
        f"CASE WHEN {_IS_ASCII} AND $1 !~ {_LATEX} THEN $1 ELSE {_fold()} END",
        f"CASE WHEN {_IS_ASCII} THEN $1 ELSE {_BARE} END",
    )


def downgrade() -> None:
    _define(_fold(), _BARE)


def _fold() -> str:
    """`fold_search_text` as PostgreSQL says it, whole."""
    text = "$1"
    for pattern, new in REWRITES:
        quoted = pattern.replace("'", "''")
        text = f"regexp_replace({text}, '{quoted}', '{new}', 'g')"
    pairs = LETTERS.items()
    return reduce(lambda inner, pair: f"replace({inner}, '{pair[0]}', '{pair[1]}')", pairs, f"normalize({text}, NFKC)")


def _define(folded: str, plain: str) -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    for statement in (_FOLD.format(folded=folded), _WORDS.format(plain=plain)):
        op.execute(statement.replace(":", r"\:"))  # no parameters
