"""An embedder for tests and first tries: hashed bags of words, no model, the same vectors on every machine."""

import hashlib
import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_DIMENSION = 64
_WORD = re.compile(r"\w+")


NAME = f"hashed-words/{_DIMENSION}"


class HashingEmbedder:
    """`Embedder` that counts words in 64 buckets: texts that share words are close, meaning is not seen."""

    @property
    def name(self) -> str:
        """Method and dimension."""
        return NAME

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return _DIMENSION

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """`(n, 64) float32`, unit rows without negative entries; all texts without words share one vector."""
        vectors = np.zeros((len(texts), _DIMENSION), np.float32)
        for row, text in enumerate(texts):
            for word in _WORD.findall(text.lower()) or [""]:
                vectors[row, _bucket(word)] += 1
        unit: NDArray[np.float32] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return unit


def _bucket(word: str) -> int:
    digest = hashlib.blake2b(word.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") % _DIMENSION
