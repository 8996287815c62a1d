"""Bands of ranks below the line, from which papers are drawn for the miss audit."""

import hashlib
from collections.abc import Iterable

import msgspec


class Band(msgspec.Struct, frozen=True):
    """Ranks `first` to `last`, both included; rank 1 is the best paper of the week.

    `papers` of them could be drawn (a paper that was shown otherwise could not), `expected` is the sum of their scores.
    """

    first: int
    last: int
    papers: int
    expected: float


def order_at_random(arxiv_ids: Iterable[str], key: str) -> list[str]:
    """The ids in an order that has nothing to do with rank or subject, and is the same for the same `key`."""
    return sorted(arxiv_ids, key=lambda each: hashlib.sha256(f"{key} {each}".encode()).digest())
