"""What the steps need from outside, nothing else; `adapters` has a real and an offline implementation of each."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from triage.core.paper import Paper


class SetAside(msgspec.Struct, frozen=True):
    """A record that a source gave and that is no usable paper: its raw text, and why."""

    raw: str
    reason: str


class Source(Protocol):
    """Where papers come from: the query API now; OAI-PMH, feed and snapshot fit the same two calls."""

    @property
    def name(self) -> str:
        """Names the source in reports and in `Paper.source`."""
        ...

    @property
    def set_aside(self) -> Sequence[SetAside]:
        """Everything so far that could not be taken for a paper, for quarantine."""
        ...

    def submitted_between(self, start: datetime, end: datetime, categories: Sequence[str]) -> Iterator[Paper]:
        """Papers submitted in `[start, end)` (aware) in any of the categories, cross-lists included, each once.

        Raises `SourceError` when an answer is missing or cannot be believed; never ends early in silence.
        """
        ...

    def by_id(self, arxiv_ids: Iterable[str]) -> Iterator[Paper]:
        """The papers with those ids that the source has; raises `SourceError` like `submitted_between`."""
        ...


class Embedder(Protocol):
    """Texts to unit vectors."""

    @property
    def name(self) -> str:
        """Model, weights, variant and length limit: vectors of different names are never compared."""
        ...

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        ...

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """`(n, d) float32`, unit rows, in the order of the texts."""
        ...
