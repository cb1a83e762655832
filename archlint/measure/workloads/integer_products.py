"""Products of integers with scales of each run, and of packed weights: 64 kernels."""

from __future__ import annotations

from collections.abc import Callable

from archlint.cost.kernels.kernel import Kernel
from archlint.cost.kernels.kind import Kind
from archlint.measure.plan.experiment import Experiment
from archlint.measure.plan.low_discrepancy import Point
from archlint.measure.plan.sampling import (
    PLAIN,
    aligned,
    conv,
    draw,
    feature_map,
    rounded,
    strided,
    token_rows,
)

__all__ = ["sample"]

PACKED = {"4 bits": 2.0, "4 bits in int8": 2.0, "8 bits": 1.0}
RATIOS = {1.0: 3.0, 4.0: 2.0, 0.25: 2.0, 3.0: 1.0}
"""Outer to inner size."""


def sample(seed: int) -> tuple[list[Experiment], ...]:
    """Kernels drawn with this seed, by sort."""
    return (
        draw(seed, "dynamic product", 12, _product_of("DynamicQuantizeMatMul")),
        draw(seed, "integer product to float", 8, _product_of("MatMulIntegerToFloat")),
        draw(seed, "integer product", 6, _product_of("MatMulInteger")),
        draw(seed, "packed product", 16, _product_of("MatMulNBits")),
        draw(seed, "product of packed floats", 8, _product_of("MatMulBnb4")),
        draw(seed, "integer conv", 8, _conv),
        draw(seed, "dynamic quantisation", 6, _quantisation),
    )


def _product_of(op: str) -> Callable[[Point], list[Kernel]]:
    def make(point: Point) -> list[Kernel]:
        _, (rows,), _ = token_rows(point, widest=1024)
        rows = rows if point.pick({True: 2.0, False: 1.0}) else 1
        inner = max(aligned(point.between(128, 2048)) // 32, 1) * 32
        outer = aligned(inner * point.pick(RATIOS))
        path = point.pick(PACKED) if op == "MatMulNBits" else "4 bits" * (op == "MatMulBnb4")
        sizes = (rows,) if rows > 1 else ()
        return [Kernel(Kind.PRODUCT, op, inner, outer, sizes, sizes, path=path)]

    return make


def _conv(point: Point) -> list[Kernel]:
    channels, sizes, batch = feature_map(point)
    channels = rounded(channels, point.pick(PLAIN))
    side, stride = point.pick({3: 2.0, 1: 2.0}), point.pick({1: 4.0, 2: 1.0})
    groups = channels if side > 1 and point.pick({True: 1.0, False: 3.0}) else 1
    made = conv(channels, channels, (side, side), sizes, stride=stride, batch=batch, groups=groups)
    return [made._replace(op="ConvInteger", out_map=strided(sizes, stride))]


def _quantisation(point: Point) -> list[Kernel]:
    channels, rows, batch = token_rows(point, widest=3072)
    op = "DynamicQuantizeLinear"
    return [Kernel(Kind.FUNCTION, op, channels, channels, rows, rows, batch, itemsize=1)]
