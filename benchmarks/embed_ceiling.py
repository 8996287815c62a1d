"""What embedding could reach at most: the speed of bare matrix products, and the work in a paper."""

import time
from collections.abc import Callable, Sequence
from statistics import mean
from typing import Any

import numpy as np

from triage.adapters.minilm import count_cores, open_tokenizer

_LAYERS, _WIDTH, _INNER = 6, 384, 1536  # of MiniLM
_ROWS = 2048
_TIMES = 10
_SECONDS = 2.0


def count_gflop(texts: Sequence[str]) -> float:
    """Mean work of a text in MiniLM, in billions of operations: linear layers, and attention by the square."""
    lengths = [len(found.ids) for found in open_tokenizer().encode_batch(list(texts))]
    linear = 2 * _LAYERS * (4 * _WIDTH * _WIDTH + 2 * _WIDTH * _INNER)
    attention = 2 * _LAYERS * 2 * _WIDTH
    return mean(linear * length + attention * length * length for length in lengths) / 1e9


def measure_gemm(threads: int = 0) -> dict[str, float]:
    """Billions of operations a second of the model's largest products, `(2048, 384) x (384, 1536)` and back.

    OpenVINO multiplies ten times up and down in one graph, so that what is around the products does not count.
    """
    rng = np.random.default_rng(0)
    states = rng.normal(size=(_ROWS, _WIDTH)).astype(np.float32)
    up = (rng.normal(size=(_INNER, _WIDTH)) / np.sqrt(_WIDTH)).astype(np.float32)
    down = (rng.normal(size=(_WIDTH, _INNER)) / np.sqrt(_INNER)).astype(np.float32)
    chain = (up, down) * _TIMES
    return {
        "float32": _time(lambda: states @ up.T, 1),
        "bfloat16": _time(_compile(_multiply(chain, _keep), states, "bf16", threads), len(chain)),
        "int8": _time(_compile(_multiply(chain, _quantise), states, "f32", threads), len(chain)),
    }


def _time(work: Callable[[], object], products: int) -> float:
    work()
    runs, start = 0, time.perf_counter()
    while (elapsed := time.perf_counter() - start) < _SECONDS:
        work()
        runs += 1
    return runs * products * 2 * _ROWS * _WIDTH * _INNER / elapsed / 1e9


def _compile(model: Any, states: Any, hint: str, threads: int) -> Callable[[], object]:
    import openvino

    settings = {"INFERENCE_PRECISION_HINT": hint, "INFERENCE_NUM_THREADS": threads or count_cores()}
    request = openvino.Core().compile_model(model, "CPU", settings).create_infer_request()
    return lambda: request.infer([states], share_inputs=True, share_outputs=True)


def _multiply(chain: Sequence[Any], prepare: Callable[[Any, Any], tuple[Any, Any]]) -> Any:
    """A graph of all products one after the other; only a row comes out, since copying is not what is measured."""
    import openvino
    from openvino import opset15 as ops

    given = ops.parameter([_ROWS, _WIDTH], np.float32)
    states = given
    for weights in chain:
        states = ops.matmul(*prepare(states, weights), transpose_a=False, transpose_b=True)
    row = ops.reduce_max(states, ops.constant(np.array([0], np.int64)))
    return openvino.Model([row], [given], "products")


def _keep(states: Any, weights: Any) -> tuple[Any, Any]:
    from openvino import opset15 as ops

    return states, ops.constant(weights)


def _quantise(states: Any, weights: Any) -> tuple[Any, Any]:
    """Unsigned activations times signed weights, as quantised layers are: OpenVINO makes one int8 product of it."""
    from openvino import opset15 as ops

    limits = [ops.constant(np.float32(limit)) for limit in (-4, 4, -4, 4)]
    scale = np.abs(weights).max() / 127
    small = ops.constant(np.rint(weights / scale).astype(np.int8))
    signed = ops.multiply(ops.convert(small, np.float32), ops.constant(np.float32(scale)))
    return ops.fake_quantize(states, *limits, 256), signed
