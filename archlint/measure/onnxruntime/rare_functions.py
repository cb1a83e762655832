"""ONNX nodes of functions that few networks have: transforms, patches, boxes, random numbers."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod

import numpy as np

from archlint.cost.kernels.kernel import Kernel
from archlint.measure.onnxruntime.graph import Made, Site, shape_of
from archlint.measure.onnxruntime.movement import Maker

__all__ = ["RARE"]

_ABOVE = 1 - 1 / 32
"""The score that one box of 32 is above: of most boxes a detector says that nothing is there."""

_OVERLAP = 0.5
_SIDE = 1000.0


def _number(site: Site, value: float, dtype: type[np.generic] = np.float32) -> str:
    return site.graph.constant(np.array(value, dtype=dtype))


def _grid(site: Site, kernel: Kernel) -> Made:
    dims, shape = kernel.c_out, (kernel.batch, *kernel.out_map, kernel.c_out)
    theta = site.read(kernel.batch, dims, dims + 1)
    size = site.graph.ints(kernel.batch, 1, *kernel.out_map)
    return site.made(shape, kernel.op, [theta, size])


def _patches(site: Site, kernel: Kernel) -> Made:
    totals = [
        (places - 1) * stride + window - size
        for places, stride, window, size in zip(
            kernel.in_map, kernel.strides, kernel.window, kernel.out_map, strict=True
        )
    ]
    # what the last patch leaves of the image is of none
    pads = [max(each, 0) for each in totals]
    half = [each // 2 for each in pads]
    inputs = [
        site.read(kernel.batch, kernel.c_in, prod(kernel.in_map)),
        site.graph.ints(*kernel.out_map),
        site.graph.ints(*kernel.window),
    ]
    return site.made(
        (kernel.batch, kernel.c_out, *kernel.out_map), kernel.op, inputs,
        strides=list(kernel.strides),
        pads=half + [each - less for each, less in zip(pads, half, strict=True)],
    )  # fmt: skip


def _transform(site: Site, kernel: Kernel) -> Made:
    """Along the axis that every version takes where none is told."""
    rows = max(prod(kernel.in_map), 1) * kernel.batch
    given = site.read(rows, kernel.c_in, 1)
    onesided = int(kernel.c_out < kernel.c_in)
    return site.made((rows, kernel.c_out, 2), kernel.op, [given], onesided=onesided)


def _frames(site: Site, kernel: Kernel) -> Made:
    """Frames that overlap by three quarters."""
    (frames,), length = kernel.out_map, kernel.c_in
    step = max(length // 4, 1)
    signal = site.read(kernel.batch, (frames - 1) * step + length, 1)
    inputs = [signal, _number(site, step, np.int64), site.graph.positive(length)]
    return site.made(
        (kernel.batch, frames, kernel.c_out, 2), kernel.op, inputs,
        onesided=int(kernel.c_out < length),
    )  # fmt: skip


def _suppression(site: Site, kernel: Kernel) -> Made:
    """Boxes anywhere, of which one in 32 is looked at."""
    graph, classes = site.graph, max(prod(kernel.in_map), 1)
    random = np.random.default_rng(0)
    corners = random.uniform(0, _SIDE, (kernel.batch, kernel.c_in, 2))
    sides = random.uniform(_SIDE / 50, _SIDE / 5, corners.shape)
    boxes = np.concatenate([corners, corners + sides], axis=2).astype(np.float32)
    scores = random.uniform(0, 1, (kernel.batch, classes, kernel.c_in)).astype(np.float32)
    inputs = [graph.constant(boxes), graph.constant(scores), graph.ints(kernel.c_out)]
    inputs += [graph.constant(np.array([each], np.float32)) for each in (_OVERLAP, _ABOVE)]
    return site.made((kernel.c_out, 3), kernel.op, inputs)


def _distinct(site: Site, kernel: Kernel) -> Made:
    """Nearly all of which differ."""
    (count,), width = kernel.in_map, kernel.c_in
    random = np.random.default_rng(0)
    shape = (count, width) if width > 1 else (count,)
    given = site.graph.constant(random.standard_normal(shape).astype(np.float32))
    if width > 1:
        return site.made(shape, kernel.op, [given], outputs=4, axis=0)
    return site.made(shape, kernel.op, [given], outputs=4)


def _kept(site: Site, kernel: Kernel) -> Made:
    """Every second row of those before the channels."""
    shape = shape_of(kernel)
    truth = site.graph.constant(np.arange(2 * shape[-2]) % 2 == 0)
    given = site.read(*shape[:-2], 2 * shape[-2], shape[-1])
    return site.made(shape, kernel.op, [given, truth], axis=len(shape) - 2)


def _determinant(site: Site, kernel: Kernel) -> Made:
    side = kernel.c_in
    return site.made((kernel.batch,), kernel.op, [site.read(kernel.batch, side, side)])


def _random(site: Site, kernel: Kernel) -> Made:
    shape = shape_of(kernel)
    return site.made(shape, kernel.op, [site.read(*shape)])


RARE: Mapping[str, Maker] = {
    "AffineGrid": _grid,
    "Bernoulli": _random,
    "Col2Im": _patches,
    "Compress": _kept,
    "DFT": _transform,
    "Det": _determinant,
    "NonMaxSuppression": _suppression,
    "RandomNormalLike": _random,
    "RandomUniformLike": _random,
    "STFT": _frames,
    "Unique": _distinct,
}
"""By operator type."""
