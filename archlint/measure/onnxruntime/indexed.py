"""ONNX nodes of what picks elements: the greatest, those of regions, those an index names."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod

import numpy as np

from archlint.cost.kernels.kernel import Kernel
from archlint.measure.onnxruntime.graph import Made, Shape, Site, shape_of
from archlint.measure.onnxruntime.movement import Maker

__all__ = ["INDEXED"]


def _places(site: Site, below: int, *shape: int) -> str:
    """Random indices, none twice where there are as many places."""
    count = prod(shape)
    random = np.random.default_rng(0)
    found = random.permutation(max(below, 1))[:count] if count <= below else None
    drawn = random.integers(0, below, count) if found is None else found
    return site.graph.constant(drawn.astype(np.int64).reshape(shape))


def _top(site: Site, kernel: Kernel) -> Made:
    rows = max(prod(kernel.in_map), 1) * kernel.batch
    inputs = [site.read(rows, kernel.c_in), site.graph.ints(kernel.c_out)]
    return site.made((rows, kernel.c_out), kernel.op, inputs, outputs=2)


def _arg(site: Site, kernel: Kernel) -> Made:
    shape = shape_of(kernel)
    axis = int(kernel.path.removeprefix("axes ")) if kernel.path.startswith("axes ") else -1
    kept = list(shape)
    kept[axis] = 1
    return site.made(tuple(kept), kernel.op, [site.read(*shape)], axis=axis)


def _non_zero(site: Site, kernel: Kernel) -> Made:
    """Of which half are zero."""
    shape = shape_of(kernel)
    given = site.graph.add("Relu", [site.graph.fresh(*shape)])
    return site.made((len(shape), prod(shape) // 2), kernel.op, [given])


def _regions(site: Site, kernel: Kernel) -> Made:
    """Boxes anywhere on the map."""
    count, *sizes = kernel.out_map
    random = np.random.default_rng(0)
    ends = random.uniform(0, 1, (count, 2, 2)).astype(np.float32)
    boxes = np.concatenate([ends.min(axis=1), ends.max(axis=1)], axis=1)
    boxes *= np.array([*kernel.in_map[::-1]] * 2, dtype=np.float32)
    given = site.read(kernel.batch, kernel.c_in, *kernel.in_map)
    if kernel.op == "MaxRoiPool":
        # each box begins with the number of its image
        rois = site.graph.constant(np.pad(boxes, ((0, 0), (1, 0))))
        return site.made((count, kernel.c_in, *sizes), kernel.op, [given, rois], pooled_shape=sizes)
    inputs = [given, site.graph.constant(boxes), site.graph.ints(*[0] * count)]
    return site.made(
        (count, kernel.c_in, *sizes), kernel.op, inputs,
        output_height=sizes[0], output_width=sizes[1],
        sampling_ratio=0 if "adaptive" in kernel.path else kernel.window[0],
    )  # fmt: skip


def _along(kernel: Kernel, sizes: Shape) -> Shape:
    """What is before the axis, the axis, and what is behind it if anything."""
    return (kernel.batch, *sizes, *((kernel.c_in,) if kernel.c_in > 1 else ()))


def _gather_elements(site: Site, kernel: Kernel) -> Made:
    source, result = _along(kernel, kernel.in_map), _along(kernel, kernel.out_map)
    inputs = [site.read(*source), _places(site, source[1], *result)]
    return site.made(result, kernel.op, inputs, axis=1)


def _scatter_elements(site: Site, kernel: Kernel) -> Made:
    source, result = _along(kernel, kernel.in_map), _along(kernel, kernel.out_map)
    inputs = [site.read(*result), _places(site, result[1], *source), site.graph.fresh(*source)]
    return site.made(result, kernel.op, inputs, axis=1)


def _gather_rows(site: Site, kernel: Kernel) -> Made:
    (source,), (count,) = kernel.in_map, kernel.out_map
    inputs = [site.read(source, kernel.c_in), _places(site, source, count, 1)]
    return site.made((count, kernel.c_in), kernel.op, inputs)


def _scatter_rows(site: Site, kernel: Kernel) -> Made:
    (count,), (rows,) = kernel.in_map, kernel.out_map
    inputs = [site.read(rows, kernel.c_in), _places(site, rows, count, 1)]
    inputs.append(site.graph.fresh(count, kernel.c_in))
    return site.made((rows, kernel.c_in), kernel.op, inputs)


def _one_hot(site: Site, kernel: Kernel) -> Made:
    shape, graph = shape_of(kernel), site.graph
    values = graph.constant(np.array([0, 1], dtype=np.float32))
    inputs = [_places(site, shape[-1], *shape[:-1]), graph.ints(shape[-1]), values]
    return site.made(shape, kernel.op, inputs)


def _unpool(site: Site, kernel: Kernel) -> Made:
    source = kernel.batch, kernel.c_in, *kernel.in_map
    result = kernel.batch, kernel.c_in, *kernel.out_map
    steps = [out // size for size, out in zip(kernel.in_map, kernel.out_map, strict=True)]
    inputs = [site.read(*source), _places(site, prod(result), *source)]
    return site.made(result, kernel.op, inputs, kernel_shape=steps, strides=steps)


INDEXED: Mapping[str, Maker] = {
    "ArgMax": _arg,
    "ArgMin": _arg,
    "GatherElements": _gather_elements,
    "GatherND": _gather_rows,
    "MaxRoiPool": _regions,
    "MaxUnpool": _unpool,
    "NonZero": _non_zero,
    "OneHot": _one_hot,
    "RoiAlign": _regions,
    "ScatterElements": _scatter_elements,
    "ScatterND": _scatter_rows,
    "TopK": _top,
}
"""By operator type."""
