"""ONNX nodes of whole functions: normalisations, recurrences, contractions, sampling, scans."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from archlint.cost.kernels.kernel import BOTH_WAYS, Kernel
from archlint.measure.onnxruntime.graph import CONTRIB, Made, Shape, Site, shape_of
from archlint.measure.onnxruntime.movement import Maker
from archlint.measure.plan.contraction import axis_sizes

__all__ = ["FUNCTIONS"]

_GATES = {"LSTM": 4, "GRU": 3, "RNN": 1}


def _map_norm(site: Site, kernel: Kernel) -> Made:
    shape, graph = (kernel.batch, kernel.c_in, *kernel.in_map), site.graph
    inputs = [site.read(*shape)]
    if kernel.op == "LRN":
        return site.made(shape, "LRN", inputs, size=kernel.window[0])
    inputs += [graph.positive(kernel.c_in), graph.weights(kernel.c_in)]
    return site.made(shape, kernel.op, inputs)


def _mean_variance(site: Site, kernel: Kernel) -> Made:
    shape = kernel.batch, kernel.c_in, *kernel.in_map
    return site.made(shape, kernel.op, [site.read(*shape)])


def _length(site: Site, kernel: Kernel) -> Made:
    shape = shape_of(kernel)
    return site.made(shape, kernel.op, [site.read(*shape)], axis=-1)


def _group_norm(site: Site, kernel: Kernel) -> Made:
    """The runtime knows it only by its definition, of which these read or write whole maps."""
    graph, nodes = site.graph, list[int]()
    shape = kernel.batch, kernel.c_in, *kernel.in_map

    def add(op: str, *inputs: str, sizes: Shape = (), **attributes: Any) -> str:
        made = site.made(sizes, op, inputs, **attributes)
        nodes.extend(made.nodes)
        return made.output

    rows = graph.ints(0, kernel.groups, -1)
    given = add("Cast", site.read(*shape), to=1)
    grouped = add("Reshape", given, rows)
    mean = add("ReduceMean", grouped, graph.ints(2))
    deviation = add("Sub", grouped, mean)
    square = add("Mul", grouped, grouped)
    of_square = add("ReduceMean", square, graph.ints(2))
    variance = add("Sub", of_square, add("Mul", mean, mean))
    normal = add("Div", deviation, add("Sqrt", add("Abs", variance)))
    by_channel = add("Reshape", normal, graph.ints(0, kernel.c_in, -1))
    cast = add("Cast", by_channel, to=1)
    scaled = add("Mul", cast, graph.positive(1, kernel.c_in, 1))
    moved = add("Add", scaled, graph.weights(1, kernel.c_in, 1))
    return Made(tuple(nodes), add("Reshape", moved, graph.ints(*shape)), shape)


def _rms_norm(site: Site, kernel: Kernel) -> Made:
    shape = shape_of(kernel)
    inputs = [site.read(*shape), site.graph.positive(shape[-1])]
    return site.made(shape, "SimplifiedLayerNormalization", inputs, axis=-1)


def _recurrence(site: Site, kernel: Kernel) -> Made:
    graph, gates = site.graph, _GATES[kernel.op]
    directions = 2 if kernel.path == BOTH_WAYS else 1
    hidden, (steps,) = kernel.c_out, kernel.in_map
    inputs = [
        site.read(steps, kernel.batch, kernel.c_in),
        graph.weights(directions, gates * hidden, kernel.c_in),
        graph.weights(directions, gates * hidden, hidden),
        graph.weights(directions, 2 * gates * hidden),
    ]
    attributes: dict[str, Any] = {"hidden_size": hidden}
    if kernel.op == "GRU":
        attributes["linear_before_reset"] = 1  # as PyTorch has it
    if directions == 2:
        attributes["direction"] = "bidirectional"
    return site.made((steps, directions, kernel.batch, hidden), kernel.op, inputs, **attributes)


def _quantised_lstm(site: Site, kernel: Kernel) -> Made:
    """Four gates, whose weights are those of an LSTM turned round, in bytes."""
    graph, directions = site.graph, 2 if kernel.path == BOTH_WAYS else 1
    hidden, (steps,), ways = kernel.c_out, kernel.in_map, [0] * directions
    step = [
        graph.constant(np.array(ways, dtype=np.float32) + np.float32(0.001)),
        graph.constant(np.array(ways, dtype=np.int8)),
    ]
    inputs = [
        site.read(steps, kernel.batch, kernel.c_in),
        graph.bytes(directions, kernel.c_in, 4 * hidden),
        graph.bytes(directions, hidden, 4 * hidden),
        graph.weights(directions, 8 * hidden),
        *[""] * 4, *step, *step,
    ]  # fmt: skip
    return site.made(
        (steps, directions, kernel.batch, hidden), kernel.op, inputs, CONTRIB,
        hidden_size=hidden, direction="bidirectional" if directions == 2 else "forward",
    )  # fmt: skip


_MODES = {"linear": "bilinear", "cubic": "bicubic"}
"""What the opset of medleys calls the ways to look between samples."""


def _grid_sample(site: Site, kernel: Kernel) -> Made:
    mode, *rest = kernel.path.split(" ")
    beyond = next((each for each in rest if each in ("border", "reflection")), "zeros")
    rank = len(kernel.out_map)
    grid = site.graph.constant(
        np.random.default_rng(0)
        .uniform(-1, 1, (kernel.batch, *kernel.out_map, rank))
        .astype(np.float32)
    )
    shape = kernel.batch, kernel.c_out, *kernel.out_map
    source = site.read(kernel.batch, kernel.c_in, *kernel.in_map)
    return site.made(
        shape, "GridSample", [source, grid], mode=_MODES.get(mode, mode), padding_mode=beyond
    )


def _einsum(site: Site, kernel: Kernel) -> Made:
    left, right, result = axis_sizes(kernel)
    second = site.graph.weights(*right) if kernel.constant else site.graph.fresh(*right)
    equation = kernel.path.replace(">", "->")
    return site.made(result, "Einsum", [site.read(*left), second], equation=equation)


def _scan(site: Site, kernel: Kernel) -> Made:
    shape = shape_of(kernel)
    axis = site.graph.constant(np.array(-1, dtype=np.int64))
    return site.made(shape, kernel.op, [site.read(*shape), axis])


FUNCTIONS: Mapping[str, Maker] = {
    "CumProd": _scan,
    "CumSum": _scan,
    "DynamicQuantizeLSTM": _quantised_lstm,
    "Einsum": _einsum,
    "GRU": _recurrence,
    "GridSample": _grid_sample,
    "GroupNormalization": _group_norm,
    "InstanceNormalization": _map_norm,
    "LRN": _map_norm,
    "LSTM": _recurrence,
    "LpNormalization": _length,
    "MeanVarianceNormalization": _mean_variance,
    "RMSNormalization": _rms_norm,
    "RNN": _recurrence,
}
"""By operator type."""
