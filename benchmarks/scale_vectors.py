"""Vectors for stores of any size: as long as a model's, drawn by a hash of the text, all of them rather alike."""

import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from triage.adapters.minilm import NAME as MINILM
from triage.ports import Embedder

_DIMENSION = 384
_SHARED = 0.8  # of every number of a made-up vector: cosines are near 0.4, above the least that search hands out


class MadeUpEmbedder:
    """`Embedder` without meaning, under the default model's name; `model` is run beside, for its time alone."""

    dimension = _DIMENSION

    def __init__(self, model: Embedder | None = None, name: str = MINILM) -> None:
        self.name = name
        self._model = model

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """`(n, 384) float32`, unit rows."""
        if self._model is not None:
            self._model.embed(texts)
        seeds = [zlib.crc32(text.encode()) for text in texts]
        rows = [np.random.default_rng(seed).standard_normal(_DIMENSION, np.float32) + _SHARED for seed in seeds]
        vectors = np.stack(rows).astype(np.float32)
        unit: NDArray[np.float32] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return unit
