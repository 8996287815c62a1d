"""Nearest neighbours among a million: codes of one byte a number find candidates, the vectors themselves rank them."""

from collections.abc import Sequence
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from triage.adapters.vector_index.exact import ExactIndex, check_vectors, rank_exactly
from triage.adapters.vector_index.files import RowFile
from triage.core.vectors import Neighbour

_CANDIDATES = 100  # ranked exactly, and never less than twice what is asked for
_LEAST_PROBES = 32
_PROBED = 32  # one list in so many is looked through: recall@10 is 0.997 at a million in benchmarks/index_scale.py
_BYTE = 8


class CodedIndex:
    """`Index` over files that never change: what is new since is searched exactly beside them, what is gone is masked.

    `codes` is a FAISS IVF index of rows 0 to n-1, `keys` and `vectors` say whose they are and what they were before
    they were coded; of two rows with one key the last one counts. `slack`: how much may be new or masked until it is
    better built anew.
    """

    def __init__(self, codes: Any, keys: NDArray[np.int64], vectors: RowFile, *, slack: int, threads: int = 1) -> None:
        self._codes = codes
        self._keys = keys
        self._vectors = vectors
        self._slack = slack
        self._threads = max(1, threads)
        self._order = np.argsort(keys, kind="stable")
        self._sorted = keys[self._order]
        self._present = np.full((len(keys) + _BYTE - 1) // _BYTE, 0xFF, np.uint8)  # a bit per row
        self._masked = 0
        self._new = ExactIndex(threads)
        self._lock = Lock()
        self._mask(self._order[:-1][self._sorted[:-1] == self._sorted[1:]])

    def __len__(self) -> int:
        """How many vectors it holds."""
        return len(self._keys) - self._masked + len(self._new)

    @property
    def is_overgrown(self) -> bool:
        """Whether so much changed that it should be built anew."""
        return max(len(self._new), self._masked) > self._slack

    def add(self, keys: Sequence[int], vectors: NDArray[np.float32]) -> None:
        """Take `(n, d) float32`, unit rows; a key that it has keeps its newest vector. Raises `StoreError`."""
        if not keys:
            return
        check_vectors(vectors, self._codes.d)
        newest = {key: row for row, key in enumerate(keys)}
        wanted, given = np.array(list(newest), np.int64), vectors[list(newest.values())]
        with self._lock:
            rows, is_held = self._find_rows(wanted)
            is_same = np.zeros(len(wanted), bool)
            is_same[is_held] = (self._vectors.read(rows[is_held]) == given[is_held]).all(axis=1)
            self._mask(rows[is_held & ~is_same])
            self._new.add(wanted[~is_same].tolist(), given[~is_same])

    def remove(self, keys: Sequence[int]) -> None:
        """Forget them; unknown ones change nothing."""
        with self._lock:
            rows, is_held = self._find_rows(np.array(keys, np.int64))
            self._mask(np.unique(rows[is_held]))
            self._new.remove(keys)

    def search(self, vector: NDArray[np.float32], count: int) -> list[Neighbour]:
        """The nearest of them, nearest first, equals by key; cosines are exact, and few neighbours are missed."""
        import faiss

        if count < 1:
            return []
        check_vectors(vector[np.newaxis], self._codes.d)
        faiss.omp_set_num_threads(self._threads)  # OpenMP keeps the number per calling thread
        with self._lock:
            rows = self._find_candidates(vector, max(_CANDIDATES, 2 * count))
            old = rank_exactly(self._keys[rows], self._vectors.read(rows), vector, count)
            found = old + self._new.search(vector, count)
        return sorted(found, key=lambda each: (-each.cosine, each.key))[:count]

    def _find_candidates(self, vector: NDArray[np.float32], count: int) -> NDArray[np.int64]:
        import faiss

        options: dict[str, Any] = {"nprobe": max(_LEAST_PROBES, self._codes.nlist // _PROBED)}
        if self._masked:
            select: Any = faiss.IDSelectorBitmap  # whose annotation tells of the C++ pointer
            options["sel"] = select(self._present)
        _, rows = self._codes.search(
            vector[np.newaxis].astype(np.float32),
            min(count, len(self._keys)),
            params=faiss.SearchParametersIVF(**options),
        )
        found: NDArray[np.int64] = np.sort(rows[0][rows[0] >= 0])  # -1: there are no more
        return found

    def _find_rows(self, keys: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """The row of each key, and whether it is one at all that is not masked."""
        rows = self._order[np.maximum(np.searchsorted(self._sorted, keys, side="right") - 1, 0)]
        return rows, (self._keys[rows] == keys) & self._is_present(rows)

    def _is_present(self, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        is_present: NDArray[np.bool_] = self._present[rows // _BYTE] >> (rows % _BYTE).astype(np.uint8) & 1 == 1
        return is_present

    def _mask(self, rows: NDArray[np.int64]) -> None:
        """Present rows, each once."""
        bits = (np.uint8(1) << (rows % _BYTE).astype(np.uint8)).astype(np.uint8)
        np.bitwise_and.at(self._present, rows // _BYTE, ~bits)
        self._masked += len(rows)
