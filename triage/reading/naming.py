"""What readers name things by, read or refused with a sentence."""

from triage.core.paper import parse_arxiv_id
from triage.core.week import Week, parse_week
from triage.errors import InputError

MOST_ITEMS = 100
FARTHEST = 10_000
"""Items of one page, and how far into a list a page may begin."""


def read_id(text: str) -> str:
    """The canonical arXiv id, without the version that it may name; raises `InputError`."""
    try:
        return parse_arxiv_id(text).id
    except ValueError as error:
        raise InputError(f"{error}.") from error


def read_week(text: str) -> Week:
    """An ISO week such as 2026-W31; raises `InputError`."""
    try:
        return parse_week(text)
    except ValueError as error:
        raise InputError(f"{error}.") from error


def check_page(offset: int, limit: int) -> None:
    """Raise `InputError` for part of a list that is not handed out."""
    if not 1 <= limit <= MOST_ITEMS:
        raise InputError(f"A limit of {limit} is out of range: expected 1 to {MOST_ITEMS}.")
    if not 0 <= offset <= FARTHEST:
        raise InputError(f"An offset of {offset} is out of range: expected 0 to {FARTHEST}; narrow the list instead.")
