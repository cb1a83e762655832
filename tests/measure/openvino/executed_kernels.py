"""The kernels in a graph that OpenVINO runs, in the words of lowering."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from math import prod
from typing import Any

import onnx
import openvino

from archlint.cost.kernels.kind import Kind
from archlint.cost.kernels.ops import REORDERS
from archlint.cost.lowering.lowered import Lowered
from archlint.measure.openvino.executed import Executed, executed_graph
from archlint.measure.random_weights import random_inputs, with_random_weights

__all__ = ["Signature", "compiled", "signatures_of_graph", "signatures_of_kernels"]

Signature = tuple[str, int, bool]
"""The sort of work, the elements that it makes (a Split: reads), whether a conv sums into them."""

_SORTS = {
    "Convolution": "conv", "Deconvolution": "transposed conv",
    "FullyConnected": "product", "MatMul": "product",
    "Subgraph": "element-wise", "Eltwise": "element-wise", "Math": "element-wise",
    "Pooling": "reduction", "Reduce": "reduction", "MVN": "norm", "RMS": "norm",
    "Transpose": "Transpose", "ShuffleChannels": "Transpose", "Reorder": "reorder",
    "Concatenation": "Concat", "StridedSlice": "Slice", "Interpolate": "Resize",
}  # fmt: skip
_FREE = frozenset({"Convert", "Input", "Output", "Reshape"})
_KINDS = {
    Kind.CONV: "conv", Kind.GROUP_CONV: "conv", Kind.DEPTHWISE: "conv",
    Kind.TRANSPOSED_CONV: "transposed conv", Kind.PRODUCT: "product",
    Kind.ELEMENTWISE: "element-wise", Kind.POOL: "reduction", Kind.REDUCTION: "reduction",
    Kind.NORMALISATION: "norm",
}  # fmt: skip
_SCALED = frozenset({"GroupNormalization", "LayerNormalization"})
"""Norms that leave their scale to an element-wise kernel."""


def compiled(proto: onnx.ModelProto) -> Any:
    """What OpenVINO makes of a model in fp32, of the sizes that linting assumes."""
    filled = with_random_weights(proto, seed=0)
    core = openvino.Core()
    model = core.read_model(filled.SerializeToString())
    model.reshape({name: each.shape for name, each in random_inputs(filled, seed=0).items()})
    return core.compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})


def signatures_of_graph(proto: onnx.ModelProto) -> Counter[Signature]:
    """The kernels of the graph that OpenVINO runs for a model."""
    graph = executed_graph(compiled(proto))
    weights = {each.name for each in proto.graph.initializer}
    live = {each.name for each in proto.graph.input} - weights
    for each in graph.values():
        if not live.isdisjoint(each.sources):
            live.add(each.name)
    found: Counter[Signature] = Counter()
    for each in graph.values():
        if each.name in live and each.type not in _FREE and not _moves_nothing(each):
            found[_signature(each, graph, live)] += 1
    return found


def _moves_nothing(node: Executed) -> bool:
    if node.is_reorder:
        return len(node.shape) < 4 or node.shape[1] == 1 or prod(node.shape[2:]) == 1
    return node.type in ("Concatenation", "Split") and node.primitive.startswith("unknown")


def _signature(node: Executed, graph: Mapping[str, Executed], live: set[str]) -> Signature:
    size = graph[node.sources[0]].shape if node.type == "Split" else node.shape
    sums = node.type == "Convolution" and not live.isdisjoint(node.sources[1:])
    return _SORTS.get(node.type, node.type), prod(size), sums


def signatures_of_kernels(lowered: Lowered) -> Counter[Signature]:
    """The same of lowered kernels."""
    found: Counter[Signature] = Counter()
    for placed in lowered.kernels:
        kernel = placed.kernel
        sort = _KINDS.get(kernel.kind, kernel.op)
        made = kernel.batch * prod(kernel.out_map) * kernel.c_out
        if kernel.op in REORDERS:
            sort = "reorder"
        elif kernel.op == "BatchNormalization":
            sort = "element-wise"
        elif kernel.op in _SCALED:
            found["element-wise", made, False] += 1
        elif kernel.op == "Split":
            made = kernel.batch * prod(kernel.in_map) * kernel.c_in
        found[sort, made, "Add" in kernel.epilogue] += 1
    return found
