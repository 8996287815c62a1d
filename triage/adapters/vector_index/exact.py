"""Exact nearest neighbours, in memory."""

from collections.abc import Sequence
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from triage.core.vectors import Neighbour
from triage.errors import StoreError

_UNIT_TOLERANCE = 1e-3


class ExactIndex:
    """`Index` by exhaustive inner product; the first vectors decide the dimension.

    `threads` compute a search together, which pays on idle machines alone: two that wait for each other on a busy one
    took ten times as long as one. Any number of callers may add and search at the same time.
    """

    def __init__(self, threads: int = 1, most: int | None = None) -> None:
        self._threads = max(1, threads)
        self._most = most
        self._flat: Any = None
        self._keys: set[int] = set()
        self._lock = Lock()  # FAISS may search in several threads, but not while one adds

    def __len__(self) -> int:
        """How many vectors it holds."""
        return len(self._keys)

    @property
    def is_overgrown(self) -> bool:
        """Whether it holds more than `most`."""
        return self._most is not None and len(self._keys) > self._most

    def add(self, keys: Sequence[int], vectors: NDArray[np.float32]) -> None:
        """Take `(n, d) float32`, unit rows; a key that it has keeps its newest vector. Raises `StoreError`."""
        import faiss

        newest = {key: row for row, key in enumerate(keys)}
        if not newest:
            return
        with self._lock:
            check_vectors(vectors, None if self._flat is None else self._flat.d)
            if self._flat is None:
                self._flat = faiss.IndexIDMap2(faiss.IndexFlatIP(vectors.shape[1]))
            self._forget(self._keys & newest.keys())
            self._flat.add_with_ids(
                np.ascontiguousarray(vectors[list(newest.values())], np.float32), np.array(list(newest), np.int64)
            )
            self._keys |= newest.keys()

    def remove(self, keys: Sequence[int]) -> None:
        """Forget them; unknown ones change nothing."""
        with self._lock:
            self._forget(self._keys.intersection(keys))

    def _forget(self, keys: set[int]) -> None:
        if keys:
            self._flat.remove_ids(np.array(sorted(keys), np.int64))
            self._keys -= keys

    def search(self, vector: NDArray[np.float32], count: int) -> list[Neighbour]:
        """The nearest of them, `count` or all, nearest first, equals by key; raises `StoreError` for another length."""
        import faiss

        faiss.omp_set_num_threads(self._threads)  # OpenMP keeps the number per calling thread
        with self._lock:
            if not self._keys or count < 1:
                return []
            check_vectors(vector[np.newaxis], self._flat.d)
            cosines, keys = self._flat.search(vector[np.newaxis].astype(np.float32), min(count, len(self._keys)))
        return sort_neighbours(keys[0], cosines[0])


def check_vectors(vectors: NDArray[np.float32], dimension: int | None) -> None:
    """Raise `StoreError` unless they are `(n, dimension)`, finite and of unit length: FAISS never finds a NaN row."""
    if vectors.ndim != 2 or (dimension is not None and vectors.shape[1] != dimension):  # noqa: PLR2004 - rows, columns
        raise StoreError(f"An index of vectors of {dimension} numbers was given an array of shape {vectors.shape}.")
    if not bool(np.all(np.abs(np.linalg.norm(vectors, axis=1) - 1) < _UNIT_TOLERANCE)):  # NaN fails it too
        raise StoreError("The index was given a vector that is not finite or not of unit length; it took none of them.")


def rank_exactly(
    keys: NDArray[np.int64], vectors: NDArray[np.float32], vector: NDArray[np.float32], count: int
) -> list[Neighbour]:
    """The `count` nearest of the rows, each computed as `ExactIndex` does, so that the results can be mixed."""
    import faiss

    if not len(keys):
        return []
    flat = faiss.IndexFlatIP(vectors.shape[1])
    flat.add(vectors)
    cosines, rows = flat.search(vector[np.newaxis].astype(np.float32), min(count, len(keys)))
    return sort_neighbours(keys[rows[0]], cosines[0])


def sort_neighbours(keys: NDArray[np.int64], cosines: NDArray[np.float32]) -> list[Neighbour]:
    """The nearest first, equals by key."""
    found = (Neighbour(key, cosine) for key, cosine in zip(keys.tolist(), cosines.tolist(), strict=True))
    return sorted(found, key=lambda each: (-each.cosine, each.key))
