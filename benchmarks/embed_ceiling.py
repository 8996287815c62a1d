"""What embedding could reach at most: the speed of bare matrix products, and the work in a paper."""

import time
from collections.abc import Callable, Sequence
from statistics import mean
from typing import Any

import numpy as np

from triage.adapters.minilm import count_cores, open_tokenizer

_LAYERS, _WIDTH, _INNER = 6, 384, 1536  # of MiniLM
_ROWS = 2048
_SECONDS = 2.0


def count_gflop(texts: Sequence[str]) -> float:
    """Mean work of a text in MiniLM, in billions of operations: linear layers, and attention by the square."""
    lengths = [len(found.ids) for found in open_tokenizer().encode_batch(list(texts))]
    linear = 2 * _LAYERS * (4 * _WIDTH * _WIDTH + 2 * _WIDTH * _INNER)
    attention = 2 * _LAYERS * 2 * _WIDTH
    return mean(linear * length + attention * length * length for length in lengths) / 1e9


def measure_gemm(threads: int = 0) -> dict[str, float]:
    """Billions of operations a second of `(2048, 384) x (384, 1536)`, the model's largest product, by precision."""
    rng = np.random.default_rng(0)
    states = rng.normal(size=(_ROWS, _WIDTH)).astype(np.float32)
    weights = rng.normal(size=(_INNER, _WIDTH)).astype(np.float32)
    return {
        "float32": _time(lambda: states @ weights.T),
        "bfloat16": _time(_compile(_float_product(weights), states, "bf16", threads)),
        "int8": _time(_compile(_int8_product(weights), states, "f32", threads)),
    }


def _time(product: Callable[[], object]) -> float:
    product()
    runs, start = 0, time.perf_counter()
    while (elapsed := time.perf_counter() - start) < _SECONDS:
        product()
        runs += 1
    return runs * 2 * _ROWS * _WIDTH * _INNER / elapsed / 1e9


def _compile(model: Any, states: Any, hint: str, threads: int) -> Callable[[], object]:
    import openvino

    settings = {"INFERENCE_PRECISION_HINT": hint, "INFERENCE_NUM_THREADS": threads or count_cores()}
    request = openvino.Core().compile_model(model, "CPU", settings).create_infer_request()
    return lambda: request.infer([states], share_inputs=True, share_outputs=True)


def _float_product(weights: Any) -> Any:
    import openvino
    from openvino import opset15 as ops

    states = ops.parameter([_ROWS, _WIDTH], np.float32)
    product = ops.matmul(states, ops.constant(weights), transpose_a=False, transpose_b=True)
    return openvino.Model([_reduce(product)], [states], "product")


def _int8_product(weights: Any) -> Any:
    """Unsigned activations times signed weights, as quantised layers are: OpenVINO makes one int8 product of it."""
    import openvino
    from openvino import opset15 as ops

    states = ops.parameter([_ROWS, _WIDTH], np.float32)
    limits = [ops.constant(np.float32(limit)) for limit in (-4, 4, -4, 4)]
    scale = np.abs(weights).max() / 127
    small = ops.constant(np.rint(weights / scale).astype(np.int8))
    signed = ops.multiply(ops.convert(small, np.float32), ops.constant(np.float32(scale)))
    quantised = ops.fake_quantize(states, *limits, 256)
    product = ops.matmul(quantised, signed, transpose_a=False, transpose_b=True)
    return openvino.Model([_reduce(product)], [states], "product")


def _reduce(product: Any) -> Any:
    """Keep the output small, so that copying it is not what is measured."""
    from openvino import opset15 as ops

    return ops.reduce_max(product, ops.constant(np.array([0], np.int64)))
