"""ONNX nodes for kernels that only move elements."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod
from typing import Any

import numpy as np
from onnx import TensorProto

from archlint.cost.kernels.kernel import Kernel
from archlint.measure.onnxruntime.graph import NCHWC, Made, Shape, Site, padded, shape_of

__all__ = ["MOVERS", "Maker"]

Maker = Callable[[Site, Kernel], Made]


def _reorder_in(site: Site, kernel: Kernel) -> Made:
    wide = padded(kernel.c_in, site.graph.block)
    return site.made(
        (kernel.batch, wide, *kernel.in_map), kernel.op,
        [site.read(kernel.batch, kernel.c_in, *kernel.in_map)], NCHWC,
    )  # fmt: skip


def _reorder_out(site: Site, kernel: Kernel) -> Made:
    wide = padded(kernel.c_in, site.graph.block)
    return site.made(
        (kernel.batch, kernel.c_in, *kernel.in_map), kernel.op,
        [site.read(kernel.batch, wide, *kernel.in_map)], NCHWC, channels=kernel.c_in,
    )  # fmt: skip


def _transpose(site: Site, kernel: Kernel) -> Made:
    shape = shape_of(kernel)
    perm = [int(each) for each in kernel.path.removeprefix("perm ").split("-")]
    if len(perm) != len(shape):
        # the shape of a tensor of fewer dims than a layout has
        shape = (kernel.batch, kernel.c_in, *kernel.in_map)[-len(perm) :]
    return site.made(
        tuple(shape[each] for each in perm), "Transpose", [site.read(*shape)], perm=perm
    )


def _axis(kernel: Kernel, shape: Shape) -> int:
    if kernel.path.startswith("axis "):
        return int(kernel.path.removeprefix("axis "))
    return len(shape) - 1 if kernel.path == "by row" or len(shape) == 3 else 1


def _concat(site: Site, kernel: Kernel) -> Made:
    shape = shape_of(kernel, kernel.out_map, kernel.c_out)
    axis, parts = (
        _axis(kernel, shape),
        min(max(kernel.operands, 2), shape[1] if shape[1] > 1 else 2),
    )
    step = max(shape[axis] // parts, 1)
    counts = [step] * (parts - 1) + [shape[axis] - step * (parts - 1)]
    inputs = [site.read(*shape[:axis], each, *shape[axis + 1 :]) for each in counts if each > 0]
    return site.made(shape, "Concat", inputs, axis=axis)


def _split(site: Site, kernel: Kernel) -> Made:
    shape = shape_of(kernel)
    axis = _axis(kernel, shape)
    half = shape[axis] // 2
    counts = site.graph.ints(half, shape[axis] - half)
    kept = (*shape[:axis], half, *shape[axis + 1 :])
    return site.made(kept, "Split", [site.read(*shape), counts], outputs=2, axis=axis)


def _slice(site: Site, kernel: Kernel) -> Made:
    shape, graph = shape_of(kernel), site.graph
    axis = _axis(kernel, shape)
    wider = (*shape[:axis], shape[axis] + 1, *shape[axis + 1 :])
    inputs = [site.read(*wider), graph.ints(1), graph.ints(shape[axis] + 1), graph.ints(axis)]
    return site.made(shape, "Slice", inputs)


def _pad(site: Site, kernel: Kernel) -> Made:
    shape = shape_of(kernel, kernel.out_map, kernel.c_out)
    before = list(shape)
    pads = [0] * len(shape) * 2
    for axis in range(max(len(shape) - 2, 0), len(shape)):
        if before[axis] > 1:
            before[axis] -= 1
            pads[len(shape) + axis] = 1
    return site.made(shape, "Pad", [site.read(*before), site.graph.ints(*pads)])


def _gather(site: Site, kernel: Kernel) -> Made:
    shape, graph = shape_of(kernel, kernel.out_map, kernel.c_out), site.graph
    if len(shape) > 3 or kernel.path == "by row":
        axis = _axis(kernel, shape)
        order = np.random.default_rng(0).permutation(shape[axis])
        return site.made(
            shape, "Gather", [site.read(*shape), graph.constant(order.astype(np.int64))], axis=axis
        )
    rows = prod(shape[:-1])
    table = site.read(2 * rows, shape[-1])
    return site.made((rows, shape[-1]), "Gather", [table, graph.ints(*range(0, 2 * rows, 2))])


def _resize(site: Site, kernel: Kernel) -> Made:
    graph = site.graph
    scales = [out / size for size, out in zip(kernel.in_map, kernel.out_map, strict=True)]
    if kernel.path.startswith("nchwc"):
        wide = padded(kernel.c_in, graph.block)
        return site.made(
            (kernel.batch, wide, *kernel.out_map), "Upsample",
            [site.read(kernel.batch, wide, *kernel.in_map)], NCHWC,
            scales=[1, 1, *(max(round(each), 1) for each in scales)], mode="nearest",
            coordinate_transformation_mode="asymmetric",
        )  # fmt: skip
    factors = graph.constant(np.array([1, 1, *scales], dtype=np.float32))
    mode = kernel.path if kernel.path in ("linear", "cubic") else "nearest"
    return site.made(
        (kernel.batch, kernel.c_in, *kernel.out_map), "Resize",
        [site.read(*shape_of(kernel)), "", factors], mode=mode, nearest_mode="floor",
        coordinate_transformation_mode="asymmetric",
    )  # fmt: skip


def _expand(site: Site, kernel: Kernel) -> Made:
    shape = shape_of(kernel, kernel.out_map, kernel.c_out)
    return site.made(shape, "Expand", [site.read(shape[-1]), site.graph.ints(*shape)])


def _blocks(site: Site, kernel: Kernel) -> Made:
    """Between channels and places."""
    shape = kernel.batch, kernel.c_out, *kernel.out_map
    sides = sorted((kernel.in_map[0], kernel.out_map[0]))
    attributes: dict[str, Any] = {"mode": kernel.path} if kernel.path else {}
    return site.made(
        shape, kernel.op, [site.read(kernel.batch, kernel.c_in, *kernel.in_map)],
        blocksize=sides[1] // sides[0], **attributes,
    )  # fmt: skip


def _tile(site: Site, kernel: Kernel) -> Made:
    source, shape = shape_of(kernel), shape_of(kernel, kernel.out_map, kernel.c_out)
    repeats = [out // size for size, out in zip(source, shape, strict=True)]
    return site.made(shape, kernel.op, [site.read(*source), site.graph.ints(*repeats)])


def _triangle(site: Site, kernel: Kernel) -> Made:
    shape = shape_of(kernel)
    return site.made(shape, kernel.op, [site.read(*shape)])


def _range(site: Site, kernel: Kernel) -> Made:
    graph, count = site.graph, prod(shape_of(kernel))
    numbers = [graph.constant(np.array(each, dtype=np.int64)) for each in (0, count, 1)]
    return site.made((count,), kernel.op, numbers)


def _filled(site: Site, kernel: Kernel) -> Made:
    shape = shape_of(kernel)
    return site.made(shape, kernel.op, [site.graph.ints(*shape)])


def _reversed(site: Site, kernel: Kernel) -> Made:
    """Steps x sequences x channels, all of them turned round."""
    shape = shape_of(kernel)
    lengths = site.graph.constant(np.full(shape[1], shape[0], dtype=np.int64))
    return site.made(shape, kernel.op, [site.read(*shape), lengths])


def _written_into(site: Site, kernel: Kernel) -> Made:
    """A cache of keys, batch x heads x rows x depth, that one new row goes into."""
    shape = batch, heads, _, depth = shape_of(kernel)
    update = site.graph.fresh(batch, heads, 1, depth)
    return site.made(shape, kernel.op, [site.read(*shape), update, site.graph.ints(*[0] * batch)])


def _cast(site: Site, kernel: Kernel) -> Made:
    shape = shape_of(kernel)
    to = {1: TensorProto.BOOL, 8: TensorProto.INT64, 2: TensorProto.FLOAT16}
    return site.made(
        shape, "Cast", [site.read(*shape)], to=to.get(kernel.itemsize, TensorProto.INT32)
    )


MOVERS: Mapping[str, Maker] = {
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
    "ConstantOfShape": _filled,
    "DepthToSpace": _blocks,
    "EyeLike": _triangle,
    "Range": _range,
    "ReverseSequence": _reversed,
    "SpaceToDepth": _blocks,
    "TensorScatter": _written_into,
    "Tile": _tile,
    "Trilu": _triangle,
    "Cast": _cast,
}
"""What makes the node, by operator."""
