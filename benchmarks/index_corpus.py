"""Vectors by the million, grown from real ones: pairs of neighbours are mixed, and moved as neighbours differ."""

import sqlite3
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]

_NEIGHBOURS = 8
_BATCH = 20_000
_MADE = (12_000, 384, 40)  # seeds, numbers in each, directions in which they differ
_SPREAD = 0.5  # of the difference of two neighbours; gives top-10 cosines of 0.7 at 100,000, as dense as real fields


def read_seeds(database: Path | None) -> Vectors:
    """All vectors of an SQLite store's most used embedder, or, without one, made ones in 40 directions."""
    if database is None:
        count, dimension, directions = _MADE
        rng = np.random.default_rng(1)
        made = rng.normal(size=(count, directions)) @ rng.normal(size=(directions, dimension))
        return normalise(made + 2 * rng.normal(size=made.shape))
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
        (embedder,) = connection.execute(
            "SELECT embedder FROM embeddings GROUP BY embedder ORDER BY count(*) DESC LIMIT 1"
        ).fetchone()
        rows = connection.execute("SELECT vector FROM embeddings WHERE embedder = ? ORDER BY id", (embedder,))
        return np.stack([np.frombuffer(blob, "<f4") for (blob,) in rows])


def grow(seeds: Vectors, count: int, path: Path) -> None:
    """Write `(count, d) float32`, unit rows, to a .npy file, a batch at a time."""
    import faiss

    lists: Any = faiss.index_factory(seeds.shape[1], "IVF128,Flat", faiss.METRIC_INNER_PRODUCT)
    lists.train(seeds[:_BATCH])
    lists.add(seeds)
    lists.nprobe = 4
    near = lists.search(seeds, _NEIGHBOURS + 1)[1][:, 1:]
    rng = np.random.default_rng(7)
    grown = np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=(count, seeds.shape[1]))
    for start in range(0, count, _BATCH):
        size = min(_BATCH, count - start)
        (one, two), (here, there) = (_pick_pairs(seeds, near, size, rng) for _ in range(2))
        share = rng.uniform(0.3, 0.7, (size, 1)).astype(np.float32)
        grown[start : start + size] = normalise(share * one + (1 - share) * two + _SPREAD * (here - there))
    grown.flush()


def find_exactly(path: Path, count: int, queries: Vectors, wanted: int) -> NDArray[np.int64]:
    """`(queries, wanted)` row numbers of the nearest of the first `count` rows of the file, a batch at a time."""
    vectors = np.load(path, mmap_mode="r")
    cosines = np.full((len(queries), wanted), -2, np.float32)
    rows = np.zeros((len(queries), wanted), np.int64)
    for start in range(0, count, _BATCH):
        found = queries @ np.array(vectors[start : min(count, start + _BATCH)]).T
        best = np.argpartition(-found, wanted, axis=1)[:, :wanted]
        cosines = np.hstack([cosines, np.take_along_axis(found, best, 1)])
        rows = np.hstack([rows, best + start])
        order = np.argsort(-cosines, axis=1)[:, :wanted]
        cosines, rows = np.take_along_axis(cosines, order, 1), np.take_along_axis(rows, order, 1)
    return rows


def normalise(rows: NDArray[np.floating]) -> Vectors:
    """To unit length."""
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def _pick_pairs(
    seeds: Vectors, near: NDArray[np.int64], count: int, rng: np.random.Generator
) -> tuple[Vectors, Vectors]:
    chosen = rng.integers(0, len(seeds), count)
    return seeds[chosen], seeds[near[chosen, rng.integers(0, _NEIGHBOURS, count)]]
