"""Search by words: an FTS5 table beside the papers on SQLite, a generated column with a GIN index on PostgreSQL.

Neither is in the models. A later migration that copies `papers` on SQLite (batch mode) loses its triggers and has to
create them again.
"""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_TEXTS = "{0}.id, {0}.title, (SELECT group_concat(value, '; ') FROM json_each({0}.authors)), {0}.abstract"
_OLD, _NEW = _TEXTS.format("old"), _TEXTS.format("new")
_ADD = "INSERT INTO paper_words(rowid, title, authors, abstract)"
_REMOVE = "INSERT INTO paper_words(paper_words, rowid, title, authors, abstract)"
_CHANGED = "old.title <> new.title OR old.authors <> new.authors OR old.abstract <> new.abstract"

# Contentless: only the index is kept, since the texts are in `papers`; removing then needs the old texts.
_SQLITE = (
    """
    CREATE VIRTUAL TABLE paper_words USING fts5(
        title, authors, abstract, content='', tokenize='unicode61 remove_diacritics 2'
    )
    """,
    f"{_ADD} SELECT {_TEXTS.format('papers')} FROM papers",  # noqa: S608 - our own words
    f"CREATE TRIGGER paper_words_insert AFTER INSERT ON papers BEGIN {_ADD} VALUES ({_NEW}); END",  # noqa: S608 - too
    f"CREATE TRIGGER paper_words_delete AFTER DELETE ON papers BEGIN {_REMOVE} VALUES ('delete', {_OLD}); END",
    f"""
    CREATE TRIGGER paper_words_update AFTER UPDATE OF title, authors, abstract ON papers WHEN {_CHANGED} BEGIN
        {_REMOVE} VALUES ('delete', {_OLD});
        {_ADD} VALUES ({_NEW});
    END
    """,
)

# Words as SQLite's tokenizer cuts them: without diacritics, cut at ASCII punctuation; 'simple' lowers, stems nothing.
_POSTGRES = (
    r"""
    CREATE FUNCTION triage_words(text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
        SELECT to_tsvector('pg_catalog.simple', regexp_replace(
            normalize(regexp_replace(normalize($1, NFD), '[\u0300-\u036f]', '', 'g'), NFC),
            '[!-/:-@\[-`{-~]+', ' ', 'g'
        ))
    $$
    """,
    """
    CREATE FUNCTION triage_names(json) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
        SELECT coalesce(string_agg(value, '; '), '') FROM json_array_elements_text($1)
    $$
    """,
    """
    ALTER TABLE papers ADD COLUMN words tsvector NOT NULL GENERATED ALWAYS AS (
        setweight(triage_words(title), 'A')
        || setweight(triage_words(triage_names(authors)), 'B')
        || setweight(triage_words(abstract), 'C')
    ) STORED
    """,
    "CREATE INDEX ix_papers_words ON papers USING gin (words)",
)


def upgrade() -> None:
    for statement in _POSTGRES if _is_postgres() else _SQLITE:
        op.execute(statement)


def downgrade() -> None:
    if _is_postgres():
        op.execute("ALTER TABLE papers DROP COLUMN words")  # and its index
        op.execute("DROP FUNCTION triage_names(json)")
        op.execute("DROP FUNCTION triage_words(text)")
        return
    for event in ("insert", "delete", "update"):
        op.execute(f"DROP TRIGGER paper_words_{event}")
    op.execute("DROP TABLE paper_words")


def _is_postgres() -> bool:
    return op.get_bind().dialect.name == "postgresql"
