"""all-MiniLM-L6-v2 as an OpenVINO graph, pooling and normalisation included, built from its weights without torch."""

from typing import Any

import numpy as np

from triage.adapters.minilm_weights import Weights

_LAYERS, _WIDTH, _HEADS = 6, 384, 12
_EPSILON = 1e-12  # of the layer norms, and under the length of a vector


class _Graph:
    """Nodes over the weights; a layer's name is its prefix in the weights (BERT: arXiv:1810.04805)."""

    def __init__(self, weights: Weights) -> None:
        from openvino import opset15

        self._weights = weights
        self.ops: Any = opset15

    def ints(self, *values: int) -> Any:
        return self.ops.constant(np.array(values, np.int64))

    def weight(self, name: str) -> Any:
        return self.ops.constant(self._weights[name])

    def linear(self, states: Any, layer: str) -> Any:
        product = self.ops.matmul(
            states, self.weight(f"{layer}.weight"), transpose_a=False, transpose_b=True, name=layer
        )
        return self.ops.add(product, self.weight(f"{layer}.bias"))

    def norm(self, states: Any, layer: str) -> Any:
        standard = self.ops.mvn(states, self.ints(-1), normalize_variance=True, eps=_EPSILON, eps_mode="inside_sqrt")
        return self.ops.add(self.ops.multiply(standard, self.weight(f"{layer}.weight")), self.weight(f"{layer}.bias"))

    def embeddings(self, ids: Any) -> Any:
        length = self.ops.gather(self.ops.shape_of(ids), self.ints(1), self.ints(0))
        places = (
            self._weights["embeddings.position_embeddings.weight"]
            + self._weights["embeddings.token_type_embeddings.weight"][0]
        )
        here = self.ops.slice(self.ops.constant(places), self.ints(0), length, self.ints(1), self.ints(0))
        words = self.ops.gather(self.weight("embeddings.word_embeddings.weight"), ids, self.ints(0))
        return self.norm(self.ops.add(words, here), "embeddings.LayerNorm")

    def heads(self, states: Any) -> Any:
        split = self.ops.reshape(states, self.ints(0, 0, _HEADS, _WIDTH // _HEADS), special_zero=True)
        return self.ops.transpose(split, self.ints(0, 2, 1, 3))

    def attention(self, states: Any, layer: str) -> Any:
        heads = [self.heads(self.linear(states, f"{layer}.self.{part}")) for part in ("query", "key", "value")]
        mixed = self.ops.transpose(self.ops.scaled_dot_product_attention(*heads), self.ints(0, 2, 1, 3))
        joined = self.ops.reshape(mixed, self.ints(0, 0, _WIDTH), special_zero=True)
        return self.norm(
            self.ops.add(self.linear(joined, f"{layer}.output.dense"), states), f"{layer}.output.LayerNorm"
        )

    def feed_forward(self, states: Any, layer: str) -> Any:
        inner = self.ops.gelu(self.linear(states, f"{layer}.intermediate.dense"), "erf")
        return self.norm(self.ops.add(self.linear(inner, f"{layer}.output.dense"), states), f"{layer}.output.LayerNorm")

    def unit_mean(self, states: Any) -> Any:
        return self.ops.normalize_l2(
            self.ops.reduce_mean(states, self.ints(1)), self.ints(1), eps=_EPSILON, eps_mode="max"
        )


def build_graph(weights: Weights) -> Any:
    """An `openvino.Model`: `ids (n, t) int64`, the tokens of `n` texts of one length -> `(n, 384)`, unit rows."""
    import openvino

    graph = _Graph(weights)
    ids = graph.ops.parameter([-1, -1], np.int64, name="ids")
    ids.output(0).set_names({"ids"})
    states = graph.embeddings(ids)
    for number in range(_LAYERS):
        layer = f"encoder.layer.{number}"
        states = graph.feed_forward(graph.attention(states, f"{layer}.attention"), layer)
    return openvino.Model([graph.unit_mean(states)], [ids], "all-MiniLM-L6-v2")
