"""Where large indexes are kept between runs, as `FreshIndex` needs it."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from triage.core.vectors import IndexMark
from triage.ports import Index


class IndexBuild(Protocol):
    """A large index in the making."""

    def add(self, keys: Sequence[int], vectors: NDArray[np.float32]) -> None:
        """Take `(n, d) float32`, unit rows; of a key that comes again the last one counts. Raises `StoreError`."""
        ...

    def finish(self, mark: IndexMark) -> None:
        """Put it in place of the one before: all of it, or after a crash none; raises `StoreError`."""
        ...


class IndexShelf(Protocol):
    """Makes indexes, and keeps large ones between runs. Building and loading take seconds: to be done in a thread."""

    def is_large(self, count: int) -> bool:
        """Whether an index of so many vectors is better kept than made anew in memory."""
        ...

    def make(self) -> Index:
        """An empty one in memory."""
        ...

    def load(self) -> tuple[Index, IndexMark] | None:
        """The one that is kept, every byte checked; None where there is none, or none that can be used."""
        ...

    def build(self) -> AbstractContextManager[IndexBuild | None]:
        """What builds a new one, until the end of the context; None while another process does.

        Raises `StoreError` where it cannot be kept.
        """
        ...
