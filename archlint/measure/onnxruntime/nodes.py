"""ONNX nodes for kernels, as ONNX Runtime's own optimised graphs hold them."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np
from onnx import TensorProto

from archlint.cost.kernels.kernel import Kernel
from archlint.cost.kernels.kind import Kind
from archlint.cost.kernels.ops import ACTIVATIONS, GENERIC, RESHAPES
from archlint.graph.operator_facts import Category, Elements, Reads, Work
from archlint.graph.operator_table import facts_of
from archlint.measure.onnxruntime.attention import ATTENTION
from archlint.measure.onnxruntime.element_types import type_read
from archlint.measure.onnxruntime.functions import FUNCTIONS
from archlint.measure.onnxruntime.graph import (
    CONTRIB,
    NCHWC,
    Graph,
    Made,
    Shape,
    Site,
    fitting,
    padded,
    shape_of,
    windowed,
)
from archlint.measure.onnxruntime.indexed import INDEXED
from archlint.measure.onnxruntime.integers import INTEGERS
from archlint.measure.onnxruntime.movement import MOVERS, Maker
from archlint.measure.onnxruntime.quantised import QUANTISED
from archlint.measure.onnxruntime.rare_functions import RARE

__all__ = ["can_make", "make_nodes"]

_CONVS = frozenset({Kind.CONV, Kind.GROUP_CONV, Kind.DEPTHWISE})
_PARAMETERS = {"Clip": [0.0, 6.0], "HardSigmoid": [1 / 6, 0.5], "LeakyRelu": [0.01]}
_INLINED = frozenset({"Mish", "Swish"})
"""What the runtime has no kernel of: it runs the operators of their definition."""

_BY_VALUE = frozenset({"Asinh", "Cosh", "PRelu", "Pow", "Shrink", "Sinh", "Softplus", "Tan"})
"""What the runtime runs element by element, by branches that differ with the values.

On values that repeat along a map, which a CPU foresees, a PRelu of 64x56x56 takes 0.12 ms and on
others 0.97, a Shrink 0.14 and 1.36.
"""

_REORDERED = 4
"""The runtime reorders channels only by so many at once."""


def can_make(kernel: Kernel) -> bool:
    """Whether there is a node for this kernel."""
    return _maker(kernel) is not None


def make_nodes(kernel: Kernel, graph: Graph, given: tuple[str, Shape] | None = None) -> Made:
    """Append the kernel's node and what feeds it.

    It reads the tensor `given` where that has the shape of its first input, else a fresh one.
    """
    make = _maker(kernel)
    if make is None:
        raise ValueError(f"no node for {kernel.text}")
    if kernel.op in _BY_VALUE:
        return make(Site(graph, None, graph.varied), kernel)
    fresh = {"float": graph.fresh, "uint8": graph.fresh_bytes, "int8": graph.fresh_signed}
    return make(Site(graph, given, fresh[type_read(kernel)]), kernel)


def _maker(kernel: Kernel) -> Maker | None:
    if kernel.op == "ReorderInput" and kernel.c_in % _REORDERED:
        return None
    if kernel.itemsize == 1 and kernel.op in QUANTISED:
        return QUANTISED[kernel.op]
    if kernel.kind in _CONVS and kernel.op == "Conv":
        return _conv
    if kernel.op in _MAKERS:
        return _MAKERS[kernel.op]
    if kernel.kind is Kind.POOL:
        return _pool
    if kernel.op in _INLINED:
        return None
    if kernel.op in ACTIVATIONS:
        return _activation
    if kernel.op in RESHAPES:
        return _view
    facts = facts_of(kernel.op)
    if facts.work is Work.REDUCTION and facts.category is Category.POOL:
        return _global_pool
    if facts.work is Work.REDUCTION and facts.reads is Reads.FIRST:
        return _reduce
    if facts.work is Work.ELEMENTWISE and facts.elements is Elements.TRUTH:
        return _truth
    if facts.work is Work.ELEMENTWISE and facts.elements is Elements.ANY:
        return _unary if facts.operands == 1 else _binary
    return _unary if kernel.op == "Identity" else None


def _conv(site: Site, kernel: Kernel) -> Made:
    graph, block = site.graph, site.graph.block
    blocked = kernel.path.startswith("nchwc")
    sizes, wide_out, groups = fitting(kernel), kernel.c_out, kernel.groups
    wide_in = kernel.c_in
    if blocked:
        wide_out = padded(kernel.c_out, block)
        if kernel.path != "nchwc-stem":
            wide_in = padded(kernel.c_in, block)
        if kernel.kind is Kind.DEPTHWISE:
            groups = wide_out
    inputs = [site.read(kernel.batch, wide_in, *sizes)]
    inputs += [graph.weights(wide_out, wide_in // groups, *kernel.window), graph.weights(wide_out)]
    shape = kernel.batch, wide_out, *kernel.out_map
    attributes = windowed(kernel) | {"group": groups}
    acts = [act for act in kernel.epilogue if act != "Add"]
    if len(acts) < len(kernel.epilogue):
        inputs.append(graph.fresh(*shape))
    if acts:
        attributes["activation"] = acts[0]
        if acts[0] in _PARAMETERS:
            attributes["activation_params"] = _PARAMETERS[acts[0]]
    if blocked:
        return site.made(shape, "Conv", inputs, NCHWC, **attributes)
    if kernel.epilogue:
        return site.made(shape, "FusedConv", inputs, CONTRIB, **attributes)
    return site.made(shape, "Conv", inputs, **attributes)


def _deformed(site: Site, kernel: Kernel) -> Made:
    """With an offset for each tap and a factor on it, as its second version has them."""
    graph, taps = site.graph, prod(kernel.window)
    inputs = [
        site.read(kernel.batch, kernel.c_in, *fitting(kernel)),
        graph.weights(kernel.c_out, kernel.c_in // kernel.groups, *kernel.window),
        graph.fresh(kernel.batch, 2 * taps, *kernel.out_map),
        graph.weights(kernel.c_out),
        graph.fresh(kernel.batch, taps, *kernel.out_map),
    ]
    return site.made(
        (kernel.batch, kernel.c_out, *kernel.out_map), kernel.op, inputs,
        **windowed(kernel) | {"group": kernel.groups},
    )  # fmt: skip


def _transposed(site: Site, kernel: Kernel) -> Made:
    totals = [
        max((size - 1) * stride + window - out, 0)
        for size, out, window, stride in zip(
            kernel.in_map, kernel.out_map, kernel.window, kernel.strides, strict=True
        )
    ]
    pads = [total // 2 for total in totals] + [total - total // 2 for total in totals]
    inputs = [
        site.read(kernel.batch, kernel.c_in, *kernel.in_map),
        site.graph.weights(kernel.c_in, kernel.c_out // kernel.groups, *kernel.window),
        site.graph.weights(kernel.c_out),
    ]
    return site.made(
        (kernel.batch, kernel.c_out, *kernel.out_map), "ConvTranspose", inputs,
        **windowed(kernel) | {"pads": pads, "group": kernel.groups},
    )  # fmt: skip


def _product(site: Site, kernel: Kernel) -> Made:
    rows, graph = prod(kernel.in_map), site.graph
    if kernel.constant:
        shape = kernel.batch * rows, kernel.c_out
        weights = graph.weights(kernel.c_in, kernel.c_out)
        inputs = [site.read(kernel.batch * rows, kernel.c_in), weights, graph.weights(kernel.c_out)]
        if kernel.epilogue:
            return site.made(shape, "FusedGemm", inputs, CONTRIB, activation=kernel.epilogue[0])
        return site.made(shape, "Gemm", inputs)
    left = site.read(kernel.batch, rows, kernel.c_in)
    right = graph.fresh(kernel.batch, kernel.c_in, kernel.c_out)
    return site.made((kernel.batch, rows, kernel.c_out), "MatMul", [left, right])


def _pool(site: Site, kernel: Kernel) -> Made:
    blocked = kernel.path.startswith("nchwc")
    channels = padded(kernel.c_in, site.graph.block) if blocked else kernel.c_in
    inputs = [site.read(kernel.batch, channels, *fitting(kernel))]
    attributes = windowed(kernel)
    if kernel.op == "AveragePool":
        generic = kernel.path == GENERIC
        attributes |= {"count_include_pad": int(generic), "ceil_mode": int(generic)}
    shape = kernel.batch, channels, *kernel.out_map
    return site.made(shape, kernel.op, inputs, NCHWC if blocked else "", **attributes)


def _global_pool(site: Site, kernel: Kernel) -> Made:
    blocked = kernel.path.startswith("nchwc")
    channels = padded(kernel.c_in, site.graph.block) if blocked else kernel.c_in
    inputs = [site.read(kernel.batch, channels, *kernel.in_map)]
    shape = (kernel.batch, channels, *(1 for _ in kernel.in_map))
    return site.made(shape, kernel.op, inputs, NCHWC if blocked else "")


def _reduce(site: Site, kernel: Kernel) -> Made:
    shape = shape_of(kernel)
    axes = [-1] if kernel.path == "row" or len(shape) < 4 else list(range(2, len(shape)))
    if kernel.path.startswith("axes "):
        axes = [int(each) for each in kernel.path.removeprefix("axes ").split("-")]
    if kernel.path == "map nhwc":
        shape = kernel.batch, *kernel.in_map, kernel.c_in
        axes = list(range(1, len(shape) - 1))
    inputs = [site.read(*shape), site.graph.ints(*axes)]
    kept = tuple(1 if at - len(shape) in axes or at in axes else n for at, n in enumerate(shape))
    return site.made(kept, kernel.op, inputs, keepdims=1)


def _activation(site: Site, kernel: Kernel) -> Made:
    shape = shape_of(kernel)
    inputs = [site.read(*shape)]
    if kernel.op == "Clip":
        inputs += [site.graph.constant(np.array(limit, dtype=np.float32)) for limit in (0.0, 6.0)]
    if kernel.op == "PRelu":
        inputs.append(site.graph.weights(kernel.c_in, 1, 1))
    op = "QuickGelu" if kernel.op == "SiLU" else kernel.op
    contributed = op in ("QuickGelu", "Gelu")
    attributes: dict[str, Any] = {}
    if op == "QuickGelu":
        attributes["alpha"] = 1.0
    if op == "HardSigmoid":
        attributes = {"alpha": 1 / 6, "beta": 0.5}
    return site.made(shape, op, inputs, CONTRIB if contributed else "", **attributes)


def _hard_swish(site: Site, kernel: Kernel) -> Made:
    """The runtime knows it only by its definition: two nodes."""
    shape = shape_of(kernel)
    given = site.read(*shape)
    gate = site.made(shape, "HardSigmoid", [given], alpha=1 / 6, beta=0.5)
    product = site.made(shape, "Mul", [given, gate.output])
    return Made(gate.nodes + product.nodes, product.output, shape)


def _binary(site: Site, kernel: Kernel) -> Made:
    shape, graph = shape_of(kernel), site.graph
    inputs = [site.read(*shape)]
    if kernel.path == "by channel":
        inputs.append(graph.fresh(kernel.batch, kernel.c_in, *(1 for _ in kernel.in_map)))
    elif kernel.path == "by row":
        inputs.append(graph.weights(shape[-1]))
    elif kernel.path == "by map":
        inputs.append(graph.fresh(1, 1, *kernel.in_map))
    elif kernel.operands == 1:
        inputs.append(graph.weights(1))
    inputs += [graph.fresh(*shape) for _ in range(kernel.operands - 1)]
    # of floats the remainder is C's only
    attributes: dict[str, Any] = {"fmod": 1} if kernel.op == "Mod" else {}
    return site.made(shape, kernel.op, inputs, **attributes)


def _truth(site: Site, kernel: Kernel) -> Made:
    """Of truth values, which are made of floats at each run."""
    shape, graph = shape_of(kernel), site.graph
    inputs = [
        graph.add("Cast", [graph.fresh(*shape)], to=TensorProto.BOOL)
        for _ in range(facts_of(kernel.op).operands)
    ]
    return site.made(shape, kernel.op, inputs)


def _unary(site: Site, kernel: Kernel) -> Made:
    shape = shape_of(kernel)
    return site.made(shape, kernel.op, [site.read(*shape)])


def _where(site: Site, kernel: Kernel) -> Made:
    shape, graph = shape_of(kernel), site.graph
    values = site.read(*shape)
    truth = graph.add("Cast", [graph.fresh(*shape)], to=TensorProto.BOOL)
    return site.made(shape, "Where", [truth, values, graph.weights(1)])


def _view(site: Site, kernel: Kernel) -> Made:
    shape = shape_of(kernel)
    whole = prod(shape)
    return site.made((whole,), "Reshape", [site.read(*shape), site.graph.ints(whole)])


def _dequantise(site: Site, kernel: Kernel) -> Made:
    shape, graph = shape_of(kernel), site.graph
    scale = graph.constant(np.array(0.05, dtype=np.float32))
    zero = graph.constant(np.array(128, dtype=np.uint8))
    return site.made(shape, kernel.op, [site.read(*shape), scale, zero])


def _batch_norm(site: Site, kernel: Kernel) -> Made:
    graph, shape, channels = site.graph, shape_of(kernel), kernel.c_in
    inputs = [site.read(*shape), graph.positive(channels), graph.weights(channels)]
    inputs += [graph.weights(channels), graph.positive(channels)]
    return site.made(shape, "BatchNormalization", inputs)


def _layer_norm(site: Site, kernel: Kernel) -> Made:
    graph, shape = site.graph, shape_of(kernel)
    inputs = [site.read(*shape)]
    if kernel.op == "SkipLayerNormalization":
        inputs.append(graph.fresh(*shape))
        inputs += [graph.positive(shape[-1]), graph.weights(shape[-1])]
        return site.made(shape, kernel.op, inputs, CONTRIB, epsilon=1e-6)
    inputs += [graph.positive(shape[-1]), graph.weights(shape[-1])]
    return site.made(shape, kernel.op, inputs, axis=-1)


def _softmax(site: Site, kernel: Kernel) -> Made:
    shape = shape_of(kernel)
    axis = int(kernel.path.removeprefix("axis ")) if kernel.path else -1
    return site.made(shape, kernel.op, [site.read(*shape)], axis=axis)


_MAKERS: dict[str, Maker] = {
    "ConvTranspose": _transposed,
    "DeformConv": _deformed,
    "DequantizeLinear": _dequantise,
    "HardSwish": _hard_swish,
    "MatMul": _product,
    "Where": _where,
    "BatchNormalization": _batch_norm,
    "LayerNormalization": _layer_norm,
    "SkipLayerNormalization": _layer_norm,
    "Softmax": _softmax,
    "LogSoftmax": _softmax,
    "Hardmax": _softmax,
    **MOVERS,
    **FUNCTIONS,
    **ATTENTION,
    **INTEGERS,
    **INDEXED,
    **RARE,
}
