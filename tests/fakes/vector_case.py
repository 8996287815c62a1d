"""Made vectors, what a search of them all would find, and small indexes of the form that large ones have."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from triage.adapters.vector_index.folder import IndexFolder
from triage.core.vectors import IndexMark
from triage.ports import Index

EMBEDDER = "made/8"
MARK = IndexMark(newest=0, changes=0, count=0, settled=0, fingerprint="")


def make_units(count: int, seed: int = 7) -> NDArray[np.float32]:
    """Random unit rows of 8 numbers."""
    rows = np.random.default_rng(seed).normal(size=(count, 8)).astype(np.float32)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def keep(root: Path, held: Mapping[int, NDArray[np.float32]], mark: IndexMark = MARK) -> IndexFolder:
    """A folder with an index of the vectors."""
    folder = IndexFolder(root, EMBEDDER, most_exact=50)
    with folder.build() as build:
        assert build is not None
        build.add(list(held), np.stack(list(held.values())))
        build.finish(mark)
    return folder


def find_all(held: Mapping[int, NDArray[np.float32]], vector: NDArray[np.float32], count: int) -> list[int]:
    """Keys of the nearest, by comparing with all of them."""
    return sorted(held, key=lambda key: (-float(held[key] @ vector), key))[:count]


def find(index: Index, vector: NDArray[np.float32], count: int) -> list[int]:
    """Keys of the nearest, by the index."""
    return [each.key for each in index.search(vector, count)]
