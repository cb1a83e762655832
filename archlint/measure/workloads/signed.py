"""What runs otherwise on int8 data that have a sign: 248 kernels.

ONNX Runtime on x86 has slow kernels for them where a model has operators on integers, 86 here; in
a model of QuantizeLinear and DequantizeLinear pairs most runs in float on weights that are
dequantised at each run, 162 here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod, sqrt

from archlint.cost.kernels.kernel import SIGNED, Kernel
from archlint.cost.kernels.kind import Kind
from archlint.measure.plan.experiment import Experiment
from archlint.measure.plan.low_discrepancy import Point
from archlint.measure.plan.sampling import (
    BATCHES,
    MAPS,
    Map,
    aligned,
    conv,
    draw,
    feature_map,
    rounded,
    strided,
    token_rows,
    width,
)

__all__ = ["sample"]

FLOAT = "dequantised"

MOST = 300_000_000
"""FLOPs of a kernel: those on signed data take 50 times as long as others."""

RATIOS = {1.0: 3.0, 2.0: 1.0, 0.5: 1.0, 4.0: 1.0, 0.25: 1.0}
"""Output to input width."""

Sort = Callable[[Point], Kernel]


def sample(seed: int) -> tuple[list[Experiment], ...]:
    """Kernels drawn with this seed, by sort."""
    return (
        _drawn(seed, SIGNED, "conv 1x1", 20, _dense((1, 1))),
        _drawn(seed, SIGNED, "conv 3x3", 20, _dense((3, 3))),
        _drawn(seed, SIGNED, "group conv", 10, _grouped),
        _drawn(seed, SIGNED, "product", 20, _product_of({True: 2.0, False: 1.0})),
        _drawn(seed, FLOAT, "conv 1x1", 24, _dense((1, 1))),
        _drawn(seed, FLOAT, "conv 3x3", 28, _dense((3, 3))),
        _drawn(seed, FLOAT, "group conv", 14, _grouped),
        _drawn(seed, FLOAT, "product", 24, _product_of({True: 1.0, False: 2.0})),
        _drawn(seed, SIGNED, "depthwise conv", 16, _depthwise),
        _drawn(seed, FLOAT, "depthwise conv", 24, _depthwise),
        _drawn(seed, FLOAT, "sum", 16, _sum),
        _drawn(seed, FLOAT, "pool", 24, _pool),
        _drawn(seed, FLOAT, "softmax", 8, _softmax),
    )


def _drawn(seed: int, only: str, name: str, count: int, make: Sort) -> list[Experiment]:
    path = SIGNED if only == SIGNED else ""
    return draw(
        seed, f"{only} {name}", count, lambda point: [make(point)._replace(path=path)], only
    )


def _dense(window: Map) -> Sort:
    def make(point: Point) -> Kernel:
        sizes, share, batch = point.pick(MAPS), point.coordinate(), point.pick(BATCHES)
        ratio, stride = point.pick(RATIOS), point.pick({1: 5.0, 2: 1.0})
        area = batch * prod(strided(sizes, stride)) * prod(window)
        mean = width(share, sizes, sqrt(MOST / (2.1 * area)))
        c_in, c_out = aligned(mean / sqrt(ratio)), aligned(mean * sqrt(ratio))
        return conv(c_in, c_out, window, sizes, stride=stride, batch=batch)

    return make


def _grouped(point: Point) -> Kernel:
    sizes, share = point.pick(MAPS), point.coordinate()
    groups, side = point.pick({2: 1.0, 8: 1.0, 32: 2.0}), point.pick({3: 2.0, 1: 1.0})
    stride = point.pick({1: 5.0, 2: 1.0})
    most = sqrt(MOST * groups / (2.1 * prod(strided(sizes, stride)) * side * side))
    channels = max(round(width(share, sizes, most) / groups / 4), 1) * 4 * groups
    return conv(channels, channels, (side, side), sizes, stride=stride, groups=groups)


def _depthwise(point: Point) -> Kernel:
    channels, sizes, batch = feature_map(point)
    side, stride = point.pick({3: 3.0, 5: 1.0, 7: 0.5}), point.pick({1: 3.0, 2: 1.0})
    number = aligned(channels)
    return conv(number, number, (side, side), sizes, stride=stride, batch=batch, groups=number)


def _product_of(constant: Mapping[bool, float]) -> Sort:
    """A weight that is dequantised at each run is not constant."""

    def make(point: Point) -> Kernel:
        _, rows, _ = token_rows(point, widest=1024)
        c_in = aligned(point.between(64, 1024))
        most = MOST / (2.1 * prod(rows) * c_in)
        c_out = aligned(min(c_in * point.pick(RATIOS), max(most, 8)))
        rows = point.pick({rows: 3.0, (): 1.0})
        return Kernel(
            Kind.PRODUCT, "MatMul", c_in, c_out, rows, rows, constant=point.pick(constant)
        )

    return make


def _sum(point: Point) -> Kernel:
    on_rows = point.pick({True: 1.0, False: 2.0})
    channels, sizes, batch = token_rows(point, widest=2048) if on_rows else feature_map(point)
    op = point.pick({"Add": 3.0, "Mul": 1.0})
    return Kernel(Kind.ELEMENTWISE, op, channels, channels, sizes, sizes, batch, operands=2)


def _pool(point: Point) -> Kernel:
    channels, sizes, batch = feature_map(point)
    op = point.pick({"MaxPool": 3.0, "AveragePool": 1.0})
    channels = rounded(channels, point.pick({8: 2.0, 2: 1.0}))
    side, stride = point.pick({(3, 2): 2.0, (2, 2): 2.0, (3, 1): 1.0})
    out = strided(sizes, stride)
    window, strides = (side, side), (stride, stride)
    return Kernel(Kind.POOL, op, channels, channels, sizes, out, batch, window, strides)


def _softmax(point: Point) -> Kernel:
    tokens = point.pick({64: 1.0, 128: 2.0, 197: 2.0, 384: 1.0})
    heads, batch = point.pick({4: 1.0, 12: 2.0}), point.pick(BATCHES)
    rows = tokens, tokens
    return Kernel(Kind.SOFTMAX, "Softmax", heads, heads, rows, rows, batch)
