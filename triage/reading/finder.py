"""What finds papers by their vectors."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from triage.core.vectors import Neighbour


class Finder(Protocol):
    """The part of an `Index` that readers need; to be searched from a thread that is not the event loop's."""

    def __len__(self) -> int:
        """How many vectors it holds."""
        ...

    def search(self, vector: NDArray[np.float32], count: int) -> list[Neighbour]:
        """The nearest of them, `count` or all, nearest first, equals by key; `vector` is `(d,) float32`, unit."""
        ...
