"""Papers by the words they hold: FTS5 on SQLite, a text search index on PostgreSQL (migration 0005)."""

from collections.abc import Iterator
from itertools import chain
from typing import Final, Literal

import msgspec
from sqlalchemy import TextClause, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from triage.core.grounding_lexicon import GRAMMAR
from triage.core.search_query import SearchQuery, split_words
from triage.store.models import PaperRow

_TELLING = 3
"""With so many words that tell something, words such as "the" are not looked for: they cost the most by far."""
_LONGEST_NAME = 5
_BETWEEN = 2  # middle names and initials
_SQLITE_ANY = text("SELECT rowid FROM paper_words WHERE paper_words MATCH :wanted LIMIT :limit")
_SQLITE = text(
    "SELECT rowid FROM paper_words WHERE paper_words MATCH :wanted "
    "ORDER BY bm25(paper_words, 10.0, 5.0, 1.0), rowid LIMIT :limit"
)
_POSTGRES_ANY = text("SELECT id FROM papers WHERE words @@ to_tsquery('pg_catalog.simple', :wanted) LIMIT :limit")
# Weights of D, C, B and A: nothing, abstract, authors, title. 1: divided by one plus the logarithm of the length.
_POSTGRES = text(
    "SELECT id FROM papers, to_tsquery('pg_catalog.simple', :wanted) AS wanted WHERE words @@ wanted "
    "ORDER BY ts_rank_cd('{0, 0.1, 0.5, 1}', words, wanted, 1) DESC, id LIMIT :limit"
)
_LONG = 5
"""Words that few papers hold all of. FTS5's ranking counts the papers of each again, which doubles what one costs."""

_MARKS: Final = {"all": "", "heading": ":AB", "title": ":A", "authors": ":B"}  # of PostgreSQL's weights
_COLUMNS: Final = {"all": "", "heading": "{title authors} : ", "title": "{title} : ", "authors": "{authors} : "}


class WordHits(msgspec.Struct, frozen=True):
    """Keys of papers, best first; the first `heading` of them hold the whole query in the title or as a name.

    `is_name`: more of those bear it as an author's name than in the title.
    """

    keys: tuple[int, ...]
    heading: int
    is_name: bool


class _Reading(msgspec.Struct, frozen=True):
    """One way to read a query; `is_near`: the terms stand close to each other, in any order.

    Without `is_ranked`, any papers that do: of a word that thousands hold, ranking costs ten times as much.
    """

    terms: tuple[tuple[str, ...], ...]
    joint: Literal["and", "or"] = "and"
    within: Literal["all", "heading", "title", "authors"] = "all"
    is_near: bool = False
    has_prefix: bool = False
    is_loose: bool = False
    is_ranked: bool = True

    @property
    def is_long(self) -> bool:
        """Whether hardly any paper is found, so that it pays to look before ranking."""
        return self.joint == "and" and sum(map(len, self.terms)) >= _LONG


async def find_by_words(session: AsyncSession, query: SearchQuery, limit: int) -> WordHits:
    """The query as it stands in a title or as a name, then all its terms anywhere.

    Where there is none, those whose last word goes on, and then those with some of the terms in title or authors.
    """
    is_phrase = len(query.terms) > 1  # a single word of a title says no more than one of the abstract
    titles = await _find_titles(session, query, limit, is_ranked=is_phrase)
    names = await _find_names(session, query, limit, is_title=bool(titles))
    is_name = len(names) > len(titles)
    if is_name and not is_phrase:
        titles = await _find_titles(session, query, limit, is_ranked=True)
    is_heading = is_name or is_phrase
    found = dict.fromkeys([*names, *titles] if is_name else [*titles, *names]) if is_heading else {}
    heading = min(len(found), limit)
    for reading in _read_strict_to_loose(query):
        if len(found) >= (1 if reading.is_loose else limit):
            break
        found |= dict.fromkeys(await _find(session, reading, limit))
    return WordHits(tuple(found)[:limit], heading, is_name)


async def find_key(session: AsyncSession, arxiv_id: str) -> int | None:
    """The key of a paper; None where the store has no such id."""
    return await session.scalar(select(PaperRow.id).where(PaperRow.arxiv_id == arxiv_id))


def _read_strict_to_loose(query: SearchQuery) -> Iterator[_Reading]:
    is_plain = len(query.terms) > 1 and not query.is_literal
    telling = tuple(words for words in query.terms if len(words) > 1 or words[0].lower() not in GRAMMAR)
    terms = telling if len(telling) >= _TELLING else query.terms
    yield _Reading(terms)
    if query.has_prefix:
        yield _Reading(terms, has_prefix=True, is_loose=True)
    if is_plain and telling:
        yield _Reading(telling, "or", "heading", is_loose=True)


async def _find_titles(session: AsyncSession, query: SearchQuery, limit: int, *, is_ranked: bool) -> list[int]:
    if query.is_literal:
        return []
    words = tuple(chain.from_iterable(query.terms))
    return await _find(session, _Reading((words,), within="title", is_ranked=is_ranked), limit)


async def _find_names(session: AsyncSession, query: SearchQuery, limit: int, *, is_title: bool) -> list[int]:
    """As the name is written, then with middle names between, unless titles hold it."""
    if query.is_literal or not 0 < len(query.name) <= _LONGEST_NAME or query.name[0].lower() in GRAMMAR:
        return []
    found = await _find(session, _Reading((query.name,), within="authors"), limit)
    if len(query.name) > 1 and len(found) < limit and (found or not is_title):
        words = tuple((word,) for word in query.name)
        close = await _find(session, _Reading(words, within="authors", is_near=True), 2 * limit)
        found += await _keep_named(session, close, query.name)
    return list(dict.fromkeys(found))


async def _keep_named(session: AsyncSession, keys: list[int], name: tuple[str, ...]) -> list[int]:
    rows = await session.execute(select(PaperRow.id, PaperRow.authors).where(PaperRow.id.in_(keys)))
    named = {key for key, authors in rows if any(_is_called(author, name) for author in authors)}
    return [key for key in keys if key in named]


def _is_called(author: str, name: tuple[str, ...]) -> bool:
    """Whether the author's name begins and ends as `name` does, with its words between in their order."""
    words, wanted = ([word.lower() for word in each] for each in (split_words(author), name))
    rest = iter(words)
    return (words[:1], words[-1:]) == (wanted[:1], wanted[-1:]) and all(word in rest for word in wanted)


async def _find(session: AsyncSession, reading: _Reading, limit: int) -> list[int]:
    is_postgres = session.get_bind().dialect.name == "postgresql"
    wanted = _write_tsquery(reading) if is_postgres else _write_fts5(reading)
    any_of, best_of = (_POSTGRES_ANY, _POSTGRES) if is_postgres else (_SQLITE_ANY, _SQLITE)

    async def select_keys(statement: TextClause, count: int) -> list[int]:
        return [key for (key,) in await session.execute(statement, {"wanted": wanted, "limit": count})]

    if not reading.is_ranked:
        return await select_keys(any_of, limit)
    if reading.is_long and not is_postgres and len(found := await select_keys(any_of, 2)) <= 1:
        return found[:limit]
    return await select_keys(best_of, limit)


def _write_fts5(reading: _Reading) -> str:
    """Each term a string, so that AND, NEAR and the like are words."""
    terms = [f'"{" ".join(words)}"' for words in reading.terms]
    if reading.is_near:
        return f"{_COLUMNS[reading.within]}NEAR({' '.join(terms)}, {_BETWEEN})"
    wanted = f" {reading.joint.upper()} ".join(terms) + (" *" if reading.has_prefix else "")
    return f"{_COLUMNS[reading.within]}({wanted})"


def _write_tsquery(reading: _Reading) -> str:
    """Words are letters and digits alone, so that nothing needs quoting; nearness is left to the ranking."""
    mark = _MARKS[reading.within]
    terms = [" <-> ".join(f"{word}{mark}" for word in words) for words in reading.terms]
    terms[-1] += ":*" if reading.has_prefix else ""
    return (" & " if reading.joint == "and" else " | ").join(f"({term})" for term in terms)
