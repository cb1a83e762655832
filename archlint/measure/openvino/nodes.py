"""ONNX nodes that OpenVINO turns into the kernels asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod

import numpy as np

from archlint.cost.kernels.kernel import Kernel
from archlint.cost.kernels.kind import Kind
from archlint.measure.onnxruntime.graph import Made, Shape, Site, shape_of
from archlint.measure.onnxruntime.integers import INTEGERS
from archlint.measure.onnxruntime.nodes import can_make as has_node
from archlint.measure.onnxruntime.nodes import make_nodes as make_node
from archlint.measure.onnxruntime.rare_functions import RARE
from archlint.measure.openvino.activations import ACTIVATION_MAKERS
from archlint.measure.openvino.graph import ChainedGraph

__all__ = ["can_make", "make_nodes"]

Maker = Callable[[Site, Kernel], Made]

_IN_ORDER_KINDS = frozenset({Kind.PRODUCT, Kind.SOFTMAX, Kind.CONTRACTION, Kind.SCAN})
_IN_ORDER = frozenset({
    "ArgMax", "ArgMin", "Gather", "LayerNormalization", "LpNormalization", "ReorderInput",
    "ReorderOutput", "RMSNormalization", "SkipLayerNormalization", "TopK", "Transpose",
})  # fmt: skip
"""What reads its rows in the order of the dims."""

_CONVS = frozenset({Kind.CONV, Kind.GROUP_CONV, Kind.DEPTHWISE, Kind.TRANSPOSED_CONV})
"""What reads its channels last in whatever order they come."""

_FOLDED = frozenset({"ConstantOfShape", "EyeLike", "Identity", "Range", "Shape", "Size"})
"""What is computed before the model runs, or not at all."""

_REFUSED = frozenset({
    "Attention", "GroupQueryAttention", "MatMulNBits", "MultiHeadAttention", "NonZero",
    "RotaryEmbedding", *INTEGERS, *RARE,
})  # fmt: skip
"""What OpenVINO knows by its parts alone, and what has no size before it runs."""

_FLOAT = 4


def can_make(kernel: Kernel) -> bool:
    """Whether there are nodes for this kernel."""
    if kernel.kind is Kind.VIEW or kernel.op in _FOLDED | _REFUSED or kernel.itemsize != _FLOAT:
        return False
    if any(act != "Add" and act not in ACTIVATION_MAKERS for act in kernel.epilogue):
        return False
    return kernel.op in ACTIVATION_MAKERS or kernel.op in _MAKERS or has_node(_core(kernel))


def make_nodes(kernel: Kernel, graph: ChainedGraph, given: tuple[str, Shape] | None = None) -> Made:
    """Append the nodes of a kernel, and before them what feeds it.

    It reads the tensor `given` where that has the shape of its first input, else a fresh one.
    """
    graph.channels_last = kernel.kind not in _IN_ORDER_KINDS | _CONVS and kernel.op not in _IN_ORDER
    site, core = Site(graph, given, graph.fresh), _core(kernel)
    added: list[str] = []
    if "Add" in kernel.epilogue:
        # a conv sums into what was there before it
        shape = shape_of(kernel, kernel.out_map, kernel.c_out)
        added.append(graph.fresh(*shape))
        graph.wait_for(added[-1], len(shape))
    if kernel.op in ACTIVATION_MAKERS:
        shape = shape_of(kernel)
        made = ACTIVATION_MAKERS[kernel.op](site, site.read(*shape), shape)
    elif kernel.op in _MAKERS:
        made = _MAKERS[kernel.op](site, core)
    else:
        made = make_node(core, graph, given)
    for act in kernel.epilogue:
        if act == "Add":
            behind = site.made(made.shape, "Add", [made.output, *added])
        else:
            behind = ACTIVATION_MAKERS[act](site, made.output, made.shape)
        made = Made(made.nodes + behind.nodes, behind.output, made.shape)
    return made


def _core(kernel: Kernel) -> Kernel:
    """Without an epilogue, and on no path of a blocked layout."""
    path = "" if kernel.path.startswith("nchwc") else kernel.path
    return kernel._replace(epilogue=(), path=path)


def _reorder_in(site: Site, kernel: Kernel) -> Made:
    """A conv reads the channels last, what is before it are rows."""
    shape = kernel.batch, kernel.c_in, *kernel.in_map
    return _by_channel(site, site.graph.fresh(*shape), shape)


def _reorder_out(site: Site, kernel: Kernel) -> Made:
    """Rows are read of what a conv leaves with the channels last."""
    shape = kernel.batch, kernel.c_in, *kernel.in_map
    conv = _by_channel(site, site.graph.fresh(*shape), shape)
    flat = kernel.batch, prod(shape[1:])
    return site.made(flat, "Reshape", [conv.output, site.graph.ints(*flat)])


def _by_channel(site: Site, source: str, shape: Shape) -> Made:
    """The least conv that there is."""
    weights = site.graph.positive(shape[1], 1, *(1 for _ in shape[2:]))
    return site.made(shape, "Conv", [source, weights], group=shape[1])


def _skip_norm(site: Site, kernel: Kernel) -> Made:
    shape, graph = shape_of(kernel), site.graph
    total = site.made(shape, "Add", [site.read(*shape), graph.fresh(*shape)])
    inputs = [total.output, graph.positive(shape[-1]), graph.weights(shape[-1])]
    norm = site.made(shape, "LayerNormalization", inputs, axis=-1)
    return Made(total.nodes + norm.nodes, norm.output, shape)


def _rms_norm(site: Site, kernel: Kernel) -> Made:
    shape, graph = shape_of(kernel), site.graph
    source = site.read(*shape)
    two, tiny = (graph.constant(np.array(each, dtype=np.float32)) for each in (2.0, 1e-6))
    square = site.made(shape, "Pow", [source, two])
    rows = (*shape[:-1], 1)
    mean = site.made(rows, "ReduceMean", [square.output, graph.ints(-1)], keepdims=1)
    root = site.made(rows, "Sqrt", [site.made(rows, "Add", [mean.output, tiny]).output])
    normal = site.made(shape, "Div", [source, root.output])
    scaled = site.made(shape, "Mul", [normal.output, graph.positive(shape[-1])])
    return Made(tuple(range(square.nodes[0], scaled.nodes[0] + 1)), scaled.output, shape)


def _group_norm(site: Site, kernel: Kernel) -> Made:
    """As exporters write it: the normalisation of each group, times and plus one by channel."""
    shape, graph = (kernel.batch, kernel.c_in, *kernel.in_map), site.graph
    ones = [1] * len(kernel.in_map)
    rows = graph.ints(0, kernel.groups, -1)
    grouped = site.made((), "Reshape", [site.read(*shape), rows])
    inputs = [grouped.output, graph.positive(kernel.groups), graph.weights(kernel.groups)]
    normal = site.made((), "InstanceNormalization", inputs)
    whole = site.made(shape, "Reshape", [normal.output, graph.ints(*shape)])
    scaled = site.made(shape, "Mul", [whole.output, graph.positive(kernel.c_in, *ones)])
    moved = site.made(shape, "Add", [scaled.output, graph.weights(kernel.c_in, *ones)])
    nodes = sum((each.nodes for each in (grouped, normal, whole, scaled)), ())
    return Made((*nodes, *moved.nodes), moved.output, shape)


_MAKERS: Mapping[str, Maker] = {
    "GroupNormalization": _group_norm,
    "ReorderInput": _reorder_in,
    "ReorderOutput": _reorder_out,
    "RMSNormalization": _rms_norm,
    "SkipLayerNormalization": _skip_norm,
}
