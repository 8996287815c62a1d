"""Exact nearest neighbours by FAISS, in memory."""

from collections.abc import Sequence
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from triage.ports import Neighbour


class FaissIndex:
    """`Index` by exhaustive inner product; the first vectors decide the dimension.

    `threads` compute a search together, which pays on idle machines alone: two that wait for each other on a busy one
    took ten times as long as one. Any number of callers may add and search at the same time.
    """

    def __init__(self, threads: int = 1) -> None:
        self._threads = max(1, threads)
        self._flat: Any = None
        self._keys: set[int] = set()
        self._lock = Lock()  # FAISS may search in several threads, but not while one adds

    def __len__(self) -> int:
        """How many vectors it holds."""
        return len(self._keys)

    def add(self, keys: Sequence[int], vectors: NDArray[np.float32]) -> None:
        """Take `(n, d) float32`, unit rows; a key that it has keeps its newest vector."""
        import faiss

        newest = {key: row for row, key in enumerate(keys)}
        if not newest:
            return
        with self._lock:
            if self._flat is None:
                self._flat = faiss.IndexIDMap2(faiss.IndexFlatIP(vectors.shape[1]))
            if known := sorted(self._keys & newest.keys()):
                self._flat.remove_ids(np.array(known, np.int64))
            self._flat.add_with_ids(
                np.ascontiguousarray(vectors[list(newest.values())], np.float32), np.array(list(newest), np.int64)
            )
            self._keys |= newest.keys()

    def search(self, vector: NDArray[np.float32], count: int) -> list[Neighbour]:
        """The nearest of them, `count` or all, nearest first, equals by key; `vector` is `(d,) float32`, unit."""
        import faiss

        faiss.omp_set_num_threads(self._threads)  # OpenMP keeps the number per calling thread
        with self._lock:
            if not self._keys or count < 1:
                return []
            cosines, keys = self._flat.search(vector[np.newaxis].astype(np.float32), min(count, len(self._keys)))
        found = (Neighbour(key, cosine) for key, cosine in zip(keys[0].tolist(), cosines[0].tolist(), strict=True))
        return sorted(found, key=lambda each: (-each.cosine, each.key))
