"""What a reader typed into the search box, as words to look for; none of it is ever syntax of a database."""

import re
import unicodedata

import msgspec

from triage.core.paper import clean_text, parse_arxiv_id
from triage.core.search_text import fold_search_text
from triage.errors import InputError

LONGEST_QUERY = 300
"""Characters: about a title and a half."""
_WORD = re.compile(r"[^\W_]+")
_TERM = re.compile(r'"([^"]+)"|([^\s"]+)')
_QUOTES = str.maketrans("“”„«»", '"' * 5)
_SHORTEST_PREFIX = 3
_FAMILY_FIRST = re.compile(r'^([^,"]+),([^,"]+)$')  # "Manning, Christopher D."


class SearchQuery(msgspec.Struct, frozen=True):
    """`terms` are single words or phrases, each as its words in order, letters and digits only, without diacritics.

    `name` is the whole as the name of a person, its family name last. `text` is what to embed; `arxiv_id` is set where
    the text is one. `is_literal`: a phrase stands in double quotes, so that only what holds all terms is wanted.
    `has_prefix`: the last word may be the beginning of one.
    """

    text: str
    terms: tuple[tuple[str, ...], ...]
    name: tuple[str, ...]
    arxiv_id: str | None
    is_literal: bool
    has_prefix: bool


def read_query(text: str) -> SearchQuery:
    """Raises `InputError` for a text that is too long or holds no word."""
    text = clean_text(text)
    if len(text) > LONGEST_QUERY:
        raise InputError(f"The search is {len(text)} characters long: expected at most {LONGEST_QUERY}.")
    written = text.translate(_QUOTES).replace('\\"', "")  # an accent of LaTeX is no quote
    found = [(quoted, split_words(quoted or plain)) for quoted, plain in _TERM.findall(written)]
    terms = tuple(words for _, words in found if words)
    if not terms:
        raise InputError('There is nothing to search for: expected words, a name, a "phrase" or an arXiv id.')
    is_last_quoted = bool(found[-1][0]) or not found[-1][1]
    return SearchQuery(
        text=text,
        terms=terms,
        name=split_words(_FAMILY_FIRST.sub(r"\2 \1", text)),
        arxiv_id=_find_id(text),
        is_literal=any(quoted and words for quoted, words in found),
        has_prefix=not is_last_quoted and len(terms[-1][-1]) >= _SHORTEST_PREFIX,
    )


def split_words(text: str) -> tuple[str, ...]:
    """As the index has them: folded, then as SQLite's unicode61 tokenizer cuts and strips them; case stays."""
    decomposed = unicodedata.normalize("NFD", fold_search_text(text))
    plain = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return tuple(_WORD.findall(unicodedata.normalize("NFC", plain)))


def _find_id(text: str) -> str | None:
    try:
        return parse_arxiv_id(text).id
    except ValueError:
        return None
