"""Search by words: an FTS5 table beside the papers on SQLite, a generated column with a GIN index on PostgreSQL.

Neither is in the models. A later migration that copies `papers` on SQLite (batch mode) loses its triggers and has to
create them again. Texts are folded as queries are (`triage.core.search_text`).
"""

from functools import reduce

from alembic import op

from triage.core.search_text import LETTERS, NAME_END, REWRITES

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_NAMES = f"(SELECT group_concat(triage_fold(value), '{NAME_END}') FROM json_each({{0}}.authors))"  # noqa: S608 - our own
_TEXTS = f"{{0}}.id, triage_fold({{0}}.title), {_NAMES}, triage_fold({{0}}.abstract)"
_NEW = _TEXTS.format("new")
_ADD = "INSERT INTO paper_words(rowid, title, authors, abstract)"
_REMOVE = "DELETE FROM paper_words WHERE rowid = old.id"
_CHANGED = "old.title <> new.title OR old.authors <> new.authors OR old.abstract <> new.abstract"

# `triage_fold` comes with every connection of ours. The folded texts are kept, so that removing a paper needs no
# function, and stays right when texts are folded in another way by then.
_SQLITE = (
    "CREATE VIRTUAL TABLE paper_words USING fts5(title, authors, abstract, tokenize='unicode61 remove_diacritics 2')",
    f"{_ADD} SELECT {_TEXTS.format('papers')} FROM papers",  # noqa: S608 - our own words
    f"CREATE TRIGGER paper_words_insert AFTER INSERT ON papers BEGIN {_ADD} VALUES ({_NEW}); END",  # noqa: S608 - too
    f"CREATE TRIGGER paper_words_delete AFTER DELETE ON papers BEGIN {_REMOVE}; END",
    f"""
    CREATE TRIGGER paper_words_update AFTER UPDATE OF title, authors, abstract ON papers WHEN {_CHANGED} BEGIN
        {_REMOVE};
        {_ADD} VALUES ({_NEW});
    END
    """,
)


def _fold_in_sql(text: str) -> str:
    """`fold_search_text` as PostgreSQL says it."""
    for pattern, new in REWRITES:
        quoted = pattern.replace("'", "''")
        text = f"regexp_replace({text}, '{quoted}', '{new}', 'g')"
    return reduce(
        lambda inner, pair: f"replace({inner}, '{pair[0]}', '{pair[1]}')", LETTERS.items(), f"normalize({text}, NFKC)"
    )


# Words as SQLite's tokenizer cuts them: without diacritics, cut at ASCII punctuation; 'simple' lowers, stems nothing.
_POSTGRES = (
    f"""
    CREATE FUNCTION triage_fold(text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
        SELECT {_fold_in_sql("$1")}
    $$
    """,
    r"""
    CREATE FUNCTION triage_words(text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
        SELECT to_tsvector('pg_catalog.simple', regexp_replace(
            normalize(regexp_replace(normalize($1, NFD), '[\u0300-\u036f]', '', 'g'), NFC),
            '[!-/:-@\[-`{-~]+', ' ', 'g'
        ))
    $$
    """,
    f"""
    CREATE FUNCTION triage_names(json) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
        SELECT coalesce(string_agg(triage_fold(value), '{NAME_END}'), '') FROM json_array_elements_text($1)
    $$
    """,  # noqa: S608 - our own words
    """
    ALTER TABLE papers ADD COLUMN words tsvector NOT NULL GENERATED ALWAYS AS (
        setweight(triage_words(triage_fold(title)), 'A')
        || setweight(triage_words(triage_names(authors)), 'B')
        || setweight(triage_words(triage_fold(abstract)), 'C')
    ) STORED
    """,
    "CREATE INDEX ix_papers_words ON papers USING gin (words)",
)


def upgrade() -> None:
    for statement in _POSTGRES if _is_postgres() else _SQLITE:
        op.execute(statement.replace(":", r"\:"))  # no parameters


def downgrade() -> None:
    if _is_postgres():
        op.execute("ALTER TABLE papers DROP COLUMN words")  # and its index
        op.execute("DROP FUNCTION triage_names(json)")
        op.execute("DROP FUNCTION triage_words(text)")
        op.execute("DROP FUNCTION triage_fold(text)")
        return
    for event in ("insert", "delete", "update"):
        op.execute(f"DROP TRIGGER paper_words_{event}")
    op.execute("DROP TABLE paper_words")


def _is_postgres() -> bool:
    return op.get_bind().dialect.name == "postgresql"
