"""ONNX nodes for kernels, as ONNX Runtime's own optimised graphs hold them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import ceil, prod
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from archlint.cost.kernel import Kernel
from archlint.cost.kind import Kind
from archlint.cost.ops import ACTIVATIONS

__all__ = ["Graph", "Made", "can_make", "make_nodes"]

NCHWC = "com.microsoft.nchwc"
CONTRIB = "com.microsoft"

_CONVS = frozenset({Kind.CONV, Kind.GROUP_CONV, Kind.DEPTHWISE})
_PARAMETERS = {"Clip": [0.0, 6.0], "HardSigmoid": [1 / 6, 0.5], "LeakyRelu": [0.01]}
_IN_CONTRIB = frozenset({"QuickGelu", "BiasGelu", "FastGelu"})
_BINARY = frozenset({"Add", "Sub", "Mul", "Div", "Pow", "Max", "Min", "Sum", "Mean"})
_COMPARING = frozenset({"Equal", "Greater", "Less", "GreaterOrEqual", "LessOrEqual"})
_UNARY = frozenset(
    "Sqrt Exp Log Neg Abs Erf Reciprocal Floor Ceil Round Sign Sin Cos Identity".split()
)
_VIEWS = frozenset({"Reshape", "Flatten", "Squeeze", "Unsqueeze"})

_REORDERED = 4
"""The runtime reorders channels only by so many at once."""

Shape = tuple[int, ...]


class Graph:
    """A graph under construction: nodes, weights from a pool of random values, and its size."""

    def __init__(self, seed: int, block: int) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.initializers: list[onnx.TensorProto] = []
        self.weight_bytes = 0
        self.block = block
        self._random = np.random.default_rng(seed)
        self._pool = self._random.standard_normal(1 << 16, dtype=np.float32) * np.float32(0.05)
        self._count = 0

    def name(self) -> str:
        """A name that no other tensor has."""
        self._count += 1
        return f"t{self._count}"

    def add(
        self,
        op: str,
        inputs: Sequence[str],
        domain: str = "",
        outputs: int = 1,
        **attributes: Any,
    ) -> str:
        """Append a node; returns its (first) output."""
        names = [self.name() for _ in range(outputs)]
        self.nodes.append(helper.make_node(op, list(inputs), names, domain=domain, **attributes))
        return names[0]

    def constant(self, values: NDArray[np.generic]) -> str:
        """A constant tensor."""
        name = self.name()
        self.initializers.append(numpy_helper.from_array(values, name))
        self.weight_bytes += values.nbytes
        return name

    def ints(self, *values: int) -> str:
        """A constant vector of integers."""
        return self.constant(np.array(values, dtype=np.int64))

    def weights(self, *shape: int) -> str:
        """Random weights."""
        return self.constant(self._draw(prod(shape)).reshape(shape))

    def positive(self, *shape: int) -> str:
        """Random weights about 1."""
        return self.constant(np.abs(self._draw(prod(shape)).reshape(shape)) + np.float32(1))

    def fresh(self, *shape: int) -> str:
        """A tensor that a producer writes at every run, just before its reader."""
        row = self.constant(self._draw(max(shape[-1] if shape else 1, 1)))
        return self.add("Expand", [row, self.ints(*shape)])

    def _draw(self, count: int) -> NDArray[np.float32]:
        start = int(self._random.integers(len(self._pool)))
        repeated = np.resize(np.roll(self._pool, -start), count)
        return repeated.astype(np.float32, copy=False)


class Made:
    """What a kernel became: the nodes that it is, and its output with its shape."""

    __slots__ = ("nodes", "output", "shape")

    def __init__(self, nodes: tuple[int, ...], output: str, shape: Shape) -> None:
        self.nodes, self.output, self.shape = nodes, output, shape


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
    return make(_Site(graph, given), kernel)


class _Site:
    """Where a kernel is made: hands out its first input from the kernel before it."""

    def __init__(self, graph: Graph, given: tuple[str, Shape] | None) -> None:
        self.graph = graph
        self._given = given

    def read(self, *shape: int) -> str:
        if self._given is not None and self._given[1] == shape:
            name, self._given = self._given[0], None
            return name
        return self.graph.fresh(*shape)

    def made(
        self, shape: Shape, op: str, inputs: Sequence[str], domain: str = "", outputs: int = 1,
        **attributes: Any,
    ) -> Made:  # fmt: skip
        output = self.graph.add(op, inputs, domain, outputs, **attributes)
        return Made((len(self.graph.nodes) - 1,), output, shape)


def _maker(kernel: Kernel) -> Callable[[_Site, Kernel], Made] | None:
    if kernel.op == "ReorderInput" and kernel.c_in % _REORDERED:
        return None
    if kernel.kind in _CONVS:
        return _conv
    if kernel.op in _MAKERS:
        return _MAKERS[kernel.op]
    if kernel.kind is Kind.POOL and kernel.op in ("MaxPool", "AveragePool"):
        return _pool
    if kernel.op in ACTIVATIONS:
        return _activation
    if kernel.op in _BINARY | _COMPARING:
        return _binary
    if kernel.op in _UNARY:
        return _unary
    if kernel.op in _VIEWS:
        return _view
    return None


def shape_of(kernel: Kernel, sizes: Shape | None = None, channels: int | None = None) -> Shape:
    """The ONNX shape of a tensor of the kernel: its input, or with these sizes and channels."""
    sizes = kernel.in_map if sizes is None else sizes
    channels = kernel.c_in if channels is None else channels
    if len(sizes) == 0:
        return kernel.batch, channels
    if len(sizes) == 1:
        return kernel.batch, sizes[0], channels
    return kernel.batch, channels, *sizes


def _padded(channels: int, block: int) -> int:
    return ceil(channels / block) * block


def _pads(kernel: Kernel) -> list[int]:
    totals = [
        max((out - 1) * stride + window - size, 0)
        for size, out, window, stride in zip(
            kernel.in_map, kernel.out_map, kernel.window, kernel.strides, strict=True
        )
    ]
    return [total // 2 for total in totals] + [total - total // 2 for total in totals]


def _fitting(kernel: Kernel) -> Shape:
    """The map to read: larger than the kernel's where a dilated window was cropped from it."""
    pads, rank = _pads(kernel), len(kernel.in_map)
    fitting = []
    for at, (size, out) in enumerate(zip(kernel.in_map, kernel.out_map, strict=True)):
        room = size + pads[at] + pads[at + rank] - kernel.window[at]
        extra = room // kernel.strides[at] + 1 - out
        fitting.append(size - max(extra, 0) * kernel.strides[at])
    return tuple(fitting)


def _windowed(kernel: Kernel) -> dict[str, Any]:
    return {
        "kernel_shape": list(kernel.window),
        "strides": list(kernel.strides),
        "pads": _pads(kernel),
    }


def _conv(site: _Site, kernel: Kernel) -> Made:
    graph, block = site.graph, site.graph.block
    blocked = kernel.path.startswith("nchwc")
    sizes, wide_out, groups = _fitting(kernel), kernel.c_out, kernel.groups
    wide_in = kernel.c_in
    if blocked:
        wide_out = _padded(kernel.c_out, block)
        if kernel.path != "nchwc-stem":
            wide_in = _padded(kernel.c_in, block)
        if kernel.kind is Kind.DEPTHWISE:
            groups = wide_out
    inputs = [site.read(kernel.batch, wide_in, *sizes)]
    inputs += [graph.weights(wide_out, wide_in // groups, *kernel.window), graph.weights(wide_out)]
    shape = kernel.batch, wide_out, *kernel.out_map
    attributes = _windowed(kernel) | {"group": groups}
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


def _transposed(site: _Site, kernel: Kernel) -> Made:
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
        **_windowed(kernel) | {"pads": pads, "group": kernel.groups},
    )  # fmt: skip


def _product(site: _Site, kernel: Kernel) -> Made:
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


def _pool(site: _Site, kernel: Kernel) -> Made:
    blocked = kernel.path.startswith("nchwc")
    channels = _padded(kernel.c_in, site.graph.block) if blocked else kernel.c_in
    inputs = [site.read(kernel.batch, channels, *_fitting(kernel))]
    attributes = _windowed(kernel)
    if kernel.op == "AveragePool":
        attributes["count_include_pad"] = 0
    shape = kernel.batch, channels, *kernel.out_map
    return site.made(shape, kernel.op, inputs, NCHWC if blocked else "", **attributes)


def _global_pool(site: _Site, kernel: Kernel) -> Made:
    blocked = kernel.path.startswith("nchwc")
    channels = _padded(kernel.c_in, site.graph.block) if blocked else kernel.c_in
    inputs = [site.read(kernel.batch, channels, *kernel.in_map)]
    shape = (kernel.batch, channels, *(1 for _ in kernel.in_map))
    return site.made(shape, kernel.op, inputs, NCHWC if blocked else "")


def _reduce(site: _Site, kernel: Kernel) -> Made:
    shape = shape_of(kernel)
    axes = [-1] if kernel.path == "row" or len(shape) < 4 else list(range(2, len(shape)))
    inputs = [site.read(*shape), site.graph.ints(*axes)]
    kept = tuple(1 if at - len(shape) in axes or at in axes else n for at, n in enumerate(shape))
    return site.made(kept, kernel.op, inputs, keepdims=1)


def _activation(site: _Site, kernel: Kernel) -> Made:
    shape = shape_of(kernel)
    inputs = [site.read(*shape)]
    if kernel.op == "Clip":
        inputs += [site.graph.constant(np.array(limit, dtype=np.float32)) for limit in (0.0, 6.0)]
    if kernel.op == "PRelu":
        inputs.append(site.graph.weights(kernel.c_in, 1, 1))
    op = {"SiLU": "QuickGelu", "Silu": "QuickGelu", "GELU": "Gelu"}.get(kernel.op, kernel.op)
    attributes: dict[str, Any] = {}
    if op == "QuickGelu":
        attributes["alpha"] = 1.0
    if op == "HardSigmoid":
        attributes = {"alpha": 1 / 6, "beta": 0.5}
    return site.made(shape, op, inputs, CONTRIB if op in _IN_CONTRIB else "", **attributes)


def _hard_swish(site: _Site, kernel: Kernel) -> Made:
    """The runtime knows it only by its definition: two nodes."""
    shape = shape_of(kernel)
    given = site.read(*shape)
    gate = site.made(shape, "HardSigmoid", [given], alpha=1 / 6, beta=0.5)
    product = site.made(shape, "Mul", [given, gate.output])
    return Made(gate.nodes + product.nodes, product.output, shape)


def _binary(site: _Site, kernel: Kernel) -> Made:
    shape, graph = shape_of(kernel), site.graph
    inputs = [site.read(*shape)]
    if kernel.path == "by channel":
        inputs.append(graph.fresh(kernel.batch, kernel.c_in, *(1 for _ in kernel.in_map)))
    elif kernel.path == "by row":
        inputs.append(graph.weights(shape[-1]))
    elif kernel.operands == 1:
        inputs.append(graph.weights(1))
    inputs += [graph.fresh(*shape) for _ in range(kernel.operands - 1)]
    return site.made(shape, kernel.op, inputs)


def _unary(site: _Site, kernel: Kernel) -> Made:
    shape = shape_of(kernel)
    return site.made(shape, kernel.op, [site.read(*shape)])


def _where(site: _Site, kernel: Kernel) -> Made:
    shape, graph = shape_of(kernel), site.graph
    values = site.read(*shape)
    truth = graph.add("Cast", [graph.fresh(*shape)], to=TensorProto.BOOL)
    return site.made(shape, "Where", [truth, values, graph.weights(1)])


def _is_nan(site: _Site, kernel: Kernel) -> Made:
    shape = shape_of(kernel)
    return site.made(shape, kernel.op, [site.read(*shape)])


def _view(site: _Site, kernel: Kernel) -> Made:
    shape = shape_of(kernel)
    whole = prod(shape)
    return site.made((whole,), "Reshape", [site.read(*shape), site.graph.ints(whole)])


def _batch_norm(site: _Site, kernel: Kernel) -> Made:
    graph, shape, channels = site.graph, shape_of(kernel), kernel.c_in
    inputs = [site.read(*shape), graph.positive(channels), graph.weights(channels)]
    inputs += [graph.weights(channels), graph.positive(channels)]
    return site.made(shape, "BatchNormalization", inputs)


def _layer_norm(site: _Site, kernel: Kernel) -> Made:
    graph, shape = site.graph, shape_of(kernel)
    inputs = [site.read(*shape)]
    if kernel.op == "SkipLayerNormalization":
        inputs.append(graph.fresh(*shape))
        inputs += [graph.positive(shape[-1]), graph.weights(shape[-1])]
        return site.made(shape, kernel.op, inputs, CONTRIB, epsilon=1e-6)
    inputs += [graph.positive(shape[-1]), graph.weights(shape[-1])]
    return site.made(shape, kernel.op, inputs, axis=-1)


def _softmax(site: _Site, kernel: Kernel) -> Made:
    shape = shape_of(kernel)
    return site.made(shape, kernel.op, [site.read(*shape)], axis=-1)


def _reorder_in(site: _Site, kernel: Kernel) -> Made:
    wide = _padded(kernel.c_in, site.graph.block)
    return site.made(
        (kernel.batch, wide, *kernel.in_map), kernel.op,
        [site.read(kernel.batch, kernel.c_in, *kernel.in_map)], NCHWC,
    )  # fmt: skip


def _reorder_out(site: _Site, kernel: Kernel) -> Made:
    wide = _padded(kernel.c_in, site.graph.block)
    return site.made(
        (kernel.batch, kernel.c_in, *kernel.in_map), kernel.op,
        [site.read(kernel.batch, wide, *kernel.in_map)], NCHWC, channels=kernel.c_in,
    )  # fmt: skip


def _transpose(site: _Site, kernel: Kernel) -> Made:
    shape = shape_of(kernel)
    perm = [int(each) for each in kernel.path.removeprefix("perm ").split("-")]
    if len(perm) != len(shape):
        # the shape of a tensor of fewer dims than a layout has
        shape = (kernel.batch, kernel.c_in, *kernel.in_map)[-len(perm) :]
    return site.made(
        tuple(shape[each] for each in perm), "Transpose", [site.read(*shape)], perm=perm
    )


def _axis(kernel: Kernel, shape: Shape) -> int:
    return len(shape) - 1 if kernel.path == "by row" or len(shape) == 3 else 1


def _concat(site: _Site, kernel: Kernel) -> Made:
    shape = shape_of(kernel, kernel.out_map, kernel.c_out)
    axis, parts = (
        _axis(kernel, shape),
        min(max(kernel.operands, 2), shape[1] if shape[1] > 1 else 2),
    )
    step = max(shape[axis] // parts, 1)
    counts = [step] * (parts - 1) + [shape[axis] - step * (parts - 1)]
    inputs = [site.read(*shape[:axis], each, *shape[axis + 1 :]) for each in counts if each > 0]
    return site.made(shape, "Concat", inputs, axis=axis)


def _split(site: _Site, kernel: Kernel) -> Made:
    shape = shape_of(kernel)
    axis = _axis(kernel, shape)
    half = shape[axis] // 2
    counts = site.graph.ints(half, shape[axis] - half)
    kept = (*shape[:axis], half, *shape[axis + 1 :])
    return site.made(kept, "Split", [site.read(*shape), counts], outputs=2, axis=axis)


def _slice(site: _Site, kernel: Kernel) -> Made:
    shape, graph = shape_of(kernel), site.graph
    axis = _axis(kernel, shape)
    wider = (*shape[:axis], shape[axis] + 1, *shape[axis + 1 :])
    inputs = [site.read(*wider), graph.ints(1), graph.ints(shape[axis] + 1), graph.ints(axis)]
    return site.made(shape, "Slice", inputs)


def _pad(site: _Site, kernel: Kernel) -> Made:
    shape = shape_of(kernel, kernel.out_map, kernel.c_out)
    before = list(shape)
    pads = [0] * len(shape) * 2
    for axis in range(max(len(shape) - 2, 0), len(shape)):
        if before[axis] > 1:
            before[axis] -= 1
            pads[len(shape) + axis] = 1
    return site.made(shape, "Pad", [site.read(*before), site.graph.ints(*pads)])


def _gather(site: _Site, kernel: Kernel) -> Made:
    shape, graph = shape_of(kernel, kernel.out_map, kernel.c_out), site.graph
    rows = prod(shape[:-1])
    table = site.read(2 * rows, shape[-1])
    return site.made((rows, shape[-1]), "Gather", [table, graph.ints(*range(0, 2 * rows, 2))])


def _resize(site: _Site, kernel: Kernel) -> Made:
    graph = site.graph
    scales = [out / size for size, out in zip(kernel.in_map, kernel.out_map, strict=True)]
    if kernel.path.startswith("nchwc"):
        wide = _padded(kernel.c_in, graph.block)
        return site.made(
            (kernel.batch, wide, *kernel.out_map), "Upsample",
            [site.read(kernel.batch, wide, *kernel.in_map)], NCHWC,
            scales=[1, 1, *(max(round(each), 1) for each in scales)], mode="nearest",
            coordinate_transformation_mode="asymmetric",
        )  # fmt: skip
    factors = graph.constant(np.array([1, 1, *scales], dtype=np.float32))
    mode = "linear" if kernel.path == "linear" else "nearest"
    return site.made(
        (kernel.batch, kernel.c_in, *kernel.out_map), "Resize",
        [site.read(*shape_of(kernel)), "", factors], mode=mode, nearest_mode="floor",
        coordinate_transformation_mode="asymmetric",
    )  # fmt: skip


def _expand(site: _Site, kernel: Kernel) -> Made:
    shape = shape_of(kernel, kernel.out_map, kernel.c_out)
    return site.made(shape, "Expand", [site.read(shape[-1]), site.graph.ints(*shape)])


def _cast(site: _Site, kernel: Kernel) -> Made:
    shape = shape_of(kernel)
    to = {1: TensorProto.BOOL, 8: TensorProto.INT64, 2: TensorProto.FLOAT16}
    return site.made(
        shape, "Cast", [site.read(*shape)], to=to.get(kernel.itemsize, TensorProto.INT32)
    )


_MAKERS: dict[str, Callable[[_Site, Kernel], Made]] = {
    "ConvTranspose": _transposed,
    "HardSwish": _hard_swish,
    "MatMul": _product,
    "GlobalAveragePool": _global_pool,
    "GlobalMaxPool": _global_pool,
    "ReduceMean": _reduce,
    "ReduceSum": _reduce,
    "ReduceMax": _reduce,
    "Where": _where,
    "IsNaN": _is_nan,
    "BatchNormalization": _batch_norm,
    "LayerNormalization": _layer_norm,
    "SkipLayerNormalization": _layer_norm,
    "Softmax": _softmax,
    "LogSoftmax": _softmax,
    "ReorderInput": _reorder_in,
    "ReorderOutput": _reorder_out,
    "Transpose": _transpose,
    "Concat": _concat,
    "Split": _split,
    "Slice": _slice,
    "Pad": _pad,
    "Gather": _gather,
    "Resize": _resize,
    "Upsample": _resize,
    "Expand": _expand,
    "Cast": _cast,
}
