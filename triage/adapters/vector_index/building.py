"""Builds an index on disk from vectors that come in batches; never more than a sample of them is in memory."""

from collections.abc import Sequence
from math import log2, sqrt
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from triage.adapters.vector_index.exact import check_vectors
from triage.adapters.vector_index.files import FORMAT, HashedFile, Manifest, RowFile, discard, publish
from triage.core.vectors import IndexMark
from triage.errors import StoreError

_PIECE = 1 << 20  # bytes
_BATCH = 20_000  # rows: 30 MB of vectors of 384 numbers
_PER_LIST = 64  # vectors to learn a list from; FAISS asks for 39
_LEAST_PER_LIST = 39


class IndexBuild:
    """`IndexBuild` of the ports: `add` until the end, then `finish`; `close` in any case. Not for several threads."""

    def __init__(self, folder: Path, embedder: str, threads: int) -> None:
        self._folder = folder
        self._embedder = embedder
        self._threads = max(1, threads)
        self._stem = uuid4().hex[:12]
        self._vectors = HashedFile(self._path("vectors"))
        self._keys: list[NDArray[np.int64]] = []
        self._dimension: int | None = None
        self._is_published = False
        self._is_closed = False

    def add(self, keys: Sequence[int], vectors: NDArray[np.float32]) -> None:
        """Take `(n, d) float32`, unit rows; of a key that comes again the last one counts. Raises `StoreError`."""
        if not keys:
            return
        check_vectors(vectors, self._dimension)
        self._dimension = vectors.shape[1]
        self._keys.append(np.array(keys, np.int64))
        self._vectors.write(np.ascontiguousarray(vectors, "<f4").data.cast("B"))

    def finish(self, mark: IndexMark) -> None:
        """Learn the codes, write all of it and make it the index of the folder; raises `StoreError`."""
        if self._dimension is None:
            raise StoreError("There are no vectors to build an index of.")
        files = {self._path("vectors").name: self._vectors.finish(), self._path("keys").name: self._write_keys()}
        count = sum(map(len, self._keys))
        recipe = f"IVF{count_lists(count)},SQ8"
        rows = RowFile(self._path("vectors"), self._dimension)
        try:
            files[self._path("codes").name] = self._write_codes(recipe, rows, count)
            self._check_wanted()  # or it is no longer ours to put in place
        finally:
            rows.close()
            if self._is_closed:
                self._discard()
        publish(self._folder, Manifest(FORMAT, self._embedder, recipe, self._dimension, count, mark, files))
        self._is_published = True

    def _write_keys(self) -> str:
        file = HashedFile(self._path("keys"))
        try:
            file.write(np.concatenate(self._keys).astype("<i8").data.cast("B"))
            return file.finish()
        finally:
            file.close()

    def _write_codes(self, recipe: str, rows: RowFile, count: int) -> str:
        import faiss

        faiss.omp_set_num_threads(self._threads)  # OpenMP keeps the number per calling thread
        codes = _learn(recipe, rows, count)
        for start in range(0, count, _BATCH):
            self._check_wanted()
            codes.add(rows.read_batch(start, min(_BATCH, count - start)))
        self._check_wanted()
        file = HashedFile(self._path("codes"))
        try:  # by a file's name, FAISS says nothing of a disk that is full at the last bytes
            faiss.write_index(codes, _open_writer(file))
            return file.finish()
        finally:
            file.close()

    def _check_wanted(self) -> None:
        """What is given up meanwhile ends soon: a program that is to stop waits for its threads."""
        if self._is_closed:
            raise StoreError("The building of the index was given up.")

    def close(self) -> None:
        """Delete what was written, unless it became the index."""
        self._is_closed = True
        try:
            self._vectors.close()
        finally:
            if not self._is_published:
                self._discard()

    def _discard(self) -> None:
        discard(self._path(kind) for kind in ("vectors", "keys", "codes"))

    def _path(self, kind: str) -> Path:
        return self._folder / f"{self._stem}.{kind}"


def count_lists(count: int) -> int:
    """The power of two next to the square root, so that finding lists and looking through them cost alike."""
    return max(1, min(1 << round(log2(sqrt(count))), count // _LEAST_PER_LIST))


def _learn(recipe: str, rows: RowFile, count: int) -> Any:
    import faiss

    codes: Any = faiss.index_factory(rows.dimension, recipe, faiss.METRIC_INNER_PRODUCT)
    sample = np.random.default_rng(0).choice(count, min(count, _PER_LIST * codes.nlist), replace=False)
    codes.train(rows.read(np.sort(sample)))
    return codes


def _open_writer(file: HashedFile) -> Any:
    import faiss

    return faiss.PyCallbackIOWriter(  # type: ignore[attr-defined]  # its annotations leave it out
        lambda data: file.write(memoryview(data)), _PIECE
    )
