"""Words as a condition on papers, by the full-text index of each database (migration 0005)."""

from sqlalchemy import ColumnElement, Integer, bindparam, column, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from triage.core.search_query import SearchQuery
from triage.store.models import PaperRow


def hold_all_terms(session: AsyncSession, query: SearchQuery) -> ColumnElement[bool]:
    """The papers that hold every term in title, authors or abstract, each as whole words.

    Words are letters and digits alone, so that nothing needs quoting, but for AND, NEAR and the like of FTS5.
    """
    if session.get_bind().dialect.name == "postgresql":
        wanted = " & ".join(f"({' <-> '.join(words)})" for words in query.terms)
        matching = text("SELECT id FROM papers WHERE words @@ to_tsquery('pg_catalog.simple', :wanted)")
    else:
        wanted = " AND ".join(f'"{" ".join(words)}"' for words in query.terms)
        matching = text("SELECT rowid AS id FROM paper_words WHERE paper_words MATCH :wanted")
    keys = matching.bindparams(bindparam("wanted", wanted, unique=True)).columns(column("id", Integer)).subquery()
    return PaperRow.id.in_(select(keys.c.id))
