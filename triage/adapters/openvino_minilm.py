"""MiniLM at speed on the CPU: OpenVINO over the float32 weights, in bfloat16 or int8; needs the extra `fast`.

Speed and fidelity are measured in benchmarks/embed_speed.py. bfloat16 takes a CPU that has it (AVX512_BF16 or AMX): on
others OpenVINO computes in float32, which is slower and closer still to the original.
"""

import sys
import threading
from collections.abc import Iterator, Sequence
from enum import StrEnum
from importlib.util import find_spec
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import structlog
from numpy.typing import NDArray
from platformdirs import user_cache_path

from triage.adapters.minilm import DIMENSION, MAX_TOKENS, count_cores, open_tokenizer
from triage.adapters.minilm_graph import build_graph
from triage.adapters.minilm_int8 import hash_recipe, keep_graph, load_graph, quantise, read_calibration_texts
from triage.adapters.minilm_weights import INSTALL, SHA256, are_weights_here, read_weights
from triage.errors import ModelError, tell_install

_BATCH = 4  # texts of one length
_log = structlog.get_logger(__name__)


class Form(StrEnum):
    """`BF16` is near lossless; `INT8` is the fastest."""

    BF16 = "bf16"
    INT8 = "int8"


class OpenVinoMiniLmEmbedder:
    """`Embedder` over the packaged float32 weights of MiniLM.

    `threads` batches are computed at a time, each on one thread; 0 means every core this process may use. A batch has
    texts of one length in tokens, so that nothing is padded; a vector depends on its neighbours by rounding only (below
    1e-3 in a number, 1e-5 in a cosine). `cache` is where the int8 graph is kept, which takes a minute to make. Raises
    `ModelError` that names what to install.
    """

    def __init__(self, form: Form, threads: int = 0, cache: Path | None = None) -> None:
        self._name = name_form(form)
        _switch_off_telemetry()
        import openvino

        threads = threads or count_cores()
        graph = build_graph(read_weights()) if form is Form.BF16 else _open_int8(cache or user_cache_path("triage"))
        settings = {"INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": threads, "INFERENCE_PRECISION_HINT": _HINTS[form]}
        self._queue = openvino.AsyncInferQueue(openvino.Core().compile_model(graph, "CPU", settings), threads)
        self._queue.set_callback(_take_vectors)
        self._tokenizer = open_tokenizer()
        self._turn = threading.Lock()

    @property
    def name(self) -> str:
        """Model, form with the start of its recipe's SHA-256, and length limit in tokens; the same on every machine."""
        return self._name

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return DIMENSION

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """`(n, 384) float32`, unit rows, in the order of the texts; a second call waits for the first."""
        vectors = np.empty((len(texts), DIMENSION), np.float32)
        tokens = [found.ids for found in self._tokenizer.encode_batch(list(texts))]
        with self._turn:
            try:
                for rows in _group(tokens):
                    self._queue.start_async([np.array([tokens[row] for row in rows], np.int64)], (vectors, rows))
            finally:
                self._queue.wait_all()
        return vectors


def name_form(form: Form) -> str:
    """What an embedder of that form calls itself; loads nothing. Raises `ModelError` as the embedder does."""
    _check_installed(form)
    recipe = SHA256[:8] if form is Form.BF16 else hash_recipe()
    return f"all-MiniLM-L6-v2/{form}-{recipe}/{MAX_TOKENS}"


def _check_installed(form: Form) -> None:
    """Raise `ModelError` with the commands that install what is missing."""
    packages = ("openvino",) if form is Form.BF16 else ("openvino", "nncf")
    commands = [] if all(find_spec(package) for package in packages) else [tell_install("fast")]
    if not are_weights_here():
        commands.append(INSTALL)
    if commands:
        raise ModelError(f"The embedder minilm-{form} is not installed; install it with: {', then '.join(commands)}")


def _switch_off_telemetry() -> None:
    """OpenVINO and NNCF report their use to their makers if a package of theirs is there: to them it is not."""
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]  # None stops an import, says Python


_HINTS = {Form.BF16: "bf16", Form.INT8: "f32"}  # of what int8 leaves in float: bfloat16 gained nothing there


def _group(tokens: Sequence[Sequence[int]]) -> Iterator[list[int]]:
    """Numbers of texts that have one length, long ones first: most abstracts are cut to the limit."""
    by_length = sorted(range(len(tokens)), key=lambda row: -len(tokens[row]))
    for _, same in groupby(by_length, key=lambda row: len(tokens[row])):
        rows = list(same)
        yield from (rows[start : start + _BATCH] for start in range(0, len(rows), _BATCH))


def _take_vectors(request: Any, place: tuple[NDArray[np.float32], list[int]]) -> None:
    vectors, rows = place
    vectors[rows] = request.get_output_tensor().data


def _open_int8(cache: Path) -> Any:
    folder = cache / f"minilm-int8-{hash_recipe()}"
    kept = load_graph(folder)
    if kept is not None:
        return kept
    _log.warning("making_int8_model_once", takes="about a minute", folder=str(folder))  # else a user sees nothing go on
    made = quantise(build_graph(read_weights()), read_calibration_texts())
    try:
        keep_graph(made, folder)
    except OSError as error:
        _log.warning("model_not_kept", folder=str(folder), error=str(error))
    return made
