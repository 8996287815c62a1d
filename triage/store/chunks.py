"""Long lists of values for one statement, cut to what a database takes."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")
_CHUNK = 500  # SQLite takes a limited number of variables in one statement


def cut(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """Pieces of at most 500, in order."""
    return (values[start : start + _CHUNK] for start in range(0, len(values), _CHUNK))
