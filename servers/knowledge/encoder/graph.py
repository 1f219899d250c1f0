"""all-MiniLM-L6-v2 as an ONNX graph, made of the packaged weights: no torch, and nothing fetched."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

from servers.knowledge.encoder.weights import DIMENSION, NAME, Weights

LAYERS, HEADS = 6, 12
HEAD = DIMENSION // HEADS
_E = "embeddings."
_NEVER = -1e9
"""What is added to the attention of padding."""


class _Graph:
    """A graph that grows; each method adds one step and names its result."""

    def __init__(self, weights: Weights) -> None:
        self._weights = weights
        self.nodes: list[NodeProto] = []
        self.constants: list[TensorProto] = []

    def constant(self, name: str, value: NDArray[Any]) -> str:
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def whole(self, name: str, numbers: Sequence[int]) -> str:
        return self.constant(name, np.array(numbers, np.int64))

    def real(self, name: str, number: float) -> str:
        return self.constant(name, np.array(number, np.float32))

    def step(self, kind: str, *inputs: str, out: str | None = None, **attributes: Any) -> str:
        named = out or f"step{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [named], **attributes))
        return named

    def weight(self, name: str) -> str:
        return self.constant(name, self._weights[name])

    def linear(self, x: str, name: str) -> str:
        turned = self.constant(f"{name}.turned", self._weights[f"{name}.weight"].T)
        return self.step("Add", self.step("MatMul", x, turned), self.weight(f"{name}.bias"))

    def norm(self, x: str, name: str) -> str:
        scale, bias = self.weight(f"{name}.weight"), self.weight(f"{name}.bias")
        return self.step("LayerNormalization", x, scale, bias, axis=-1, epsilon=1e-12)

    def embedded(self) -> str:
        words = self.step("Gather", self.weight(f"{_E}word_embeddings.weight"), "input_ids")
        length = self.step("Slice", self.step("Shape", "input_ids"), self.whole("one", [1]), self.whole("two", [2]))
        placed = (
            self._weights[f"{_E}position_embeddings.weight"] + self._weights[f"{_E}token_type_embeddings.weight"][0]
        )
        places = self.step("Slice", self.constant("places", placed), self.whole("zero", [0]), length)
        return self.norm(self.step("Add", words, places), f"{_E}LayerNorm")

    def layer(self, x: str, number: int, hidden: str) -> str:
        name = f"encoder.layer.{number}."
        x = self.norm(self.step("Add", x, self._attended(x, name, hidden)), f"{name}attention.output.LayerNorm")
        inner = self.step("Gelu", self.linear(x, f"{name}intermediate.dense"))
        return self.norm(self.step("Add", x, self.linear(inner, f"{name}output.dense")), f"{name}output.LayerNorm")

    def _attended(self, x: str, name: str, hidden: str) -> str:
        def heads(which: str, order: Sequence[int]) -> str:
            split = self.step("Reshape", self.linear(x, f"{name}attention.self.{which}"), "split")
            return self.step("Transpose", split, perm=order)

        query, key, value = heads("query", (0, 2, 1, 3)), heads("key", (0, 2, 3, 1)), heads("value", (0, 2, 1, 3))
        scores = self.step("Add", self.step("Mul", self.step("MatMul", query, key), "scale"), hidden)
        weighed = self.step("MatMul", self.step("Softmax", scores, axis=-1), value)
        joined = self.step("Reshape", self.step("Transpose", weighed, perm=(0, 2, 1, 3)), "join")
        return self.linear(joined, f"{name}attention.output.dense")

    def pooled(self, x: str, mask: str) -> None:
        """The mean over the words of a text, brought to length 1."""
        wide = self.step("Unsqueeze", mask, "two")
        total = self.step("ReduceSum", self.step("Mul", x, wide), "one", keepdims=0)
        mean = self.step("Div", total, self.step("ReduceSum", wide, "one", keepdims=0))
        squares = self.step("ReduceSum", self.step("Mul", mean, mean), "one", keepdims=1)
        self.step("Div", mean, self.step("Sqrt", squares), out="embedding")


def build() -> ModelProto:
    """The graph."""
    graph = _Graph(Weights.read())
    x = graph.embedded()
    mask = graph.step("Cast", "attention_mask", to=TensorProto.FLOAT)
    apart = graph.step("Unsqueeze", graph.step("Sub", graph.real("unit", 1.0), mask), graph.whole("sides", [1, 2]))
    hidden = graph.step("Mul", apart, graph.real("never", _NEVER))
    graph.real("scale", HEAD**-0.5)
    graph.whole("split", [0, 0, HEADS, HEAD])
    graph.whole("join", [0, 0, DIMENSION])
    for number in range(LAYERS):
        x = graph.layer(x, number, hidden)
    graph.pooled(x, mask)
    return _model(graph)


def write(path: Path) -> None:
    """Build the graph into `path`, once it is known to be a sound one."""
    library: Any = onnx  # typed in part
    model = build()
    library.checker.check_model(model)
    library.save(model, str(path))


def _model(graph: _Graph) -> ModelProto:
    sizes = ["texts", "tokens"]
    inputs = [helper.make_tensor_value_info(name, TensorProto.INT64, sizes) for name in ("input_ids", "attention_mask")]
    output = helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["texts", DIMENSION])
    made = helper.make_graph(graph.nodes, NAME, inputs, [output], graph.constants)
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
