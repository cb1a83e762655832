"""What picks elements: the greatest, those of regions, those that an index names: 56 kernels."""

from __future__ import annotations

from collections.abc import Callable

from archlint.cost.kernels.kernel import Kernel
from archlint.cost.kernels.kind import Kind
from archlint.measure.plan.experiment import Experiment
from archlint.measure.plan.low_discrepancy import Point
from archlint.measure.plan.sampling import BATCHES, aligned, draw, feature_map, token_rows

__all__ = ["sample"]

EACH = 4
INDEXED = "GatherElements", "GatherND", "ScatterElements", "ScatterND"


def sample(seed: int) -> tuple[list[Experiment], ...]:
    """Kernels drawn with this seed, by sort."""
    return (
        draw(seed, "greatest", 8, _top),
        draw(seed, "place of the greatest", 8, _arg),
        draw(seed, "regions", 8, _regions),
        draw(seed, "greatest of regions", 6, _greatest_of_regions),
        draw(seed, "non-zero", EACH, _non_zero),
        *(draw(seed, f"indexed {op}", EACH, _indexed(op)) for op in INDEXED),
        draw(seed, "indexed OneHot", 3, _one_hot),
        draw(seed, "indexed MaxUnpool", 3, _unpool),
    )  # fmt: skip


def _top(point: Point) -> list[Kernel]:
    """Of a detector's boxes, a router's experts, a classifier's classes."""
    length = round(point.between(64, 65536))
    count = point.pick({1: 1.0, 5: 1.0, 100: 1.0, 300: 2.0, 1000: 1.0})
    rows = () if length > 4096 else point.pick({(): 1.0, (64,): 1.0, (256,): 1.0})
    return [Kernel(Kind.FUNCTION, "TopK", length, min(count, length // 2), rows, rows)]


def _arg(point: Point) -> list[Kernel]:
    """Of the classes at each place, or of a row."""
    op, batch = point.pick({"ArgMax": 3.0, "ArgMin": 1.0}), point.pick(BATCHES)
    if point.pick({True: 1.0, False: 1.0}):
        classes, sizes = point.pick({21: 1.0, 19: 1.0, 150: 1.0}), point.pick({64: 1.0, 128: 1.0})
        return [Kernel(
            Kind.REDUCTION, op, classes, sizes * sizes, (sizes, sizes), (), batch,
            path="axes 1", itemsize=8,
        )]  # fmt: skip
    channels, rows, batch = token_rows(point, widest=2048)
    return [Kernel(Kind.REDUCTION, op, channels, rows[0], rows, (), batch, path="row", itemsize=8)]


def _regions(point: Point) -> list[Kernel]:
    side = point.pick({25: 1.0, 50: 2.0, 100: 1.0})
    channels, out = aligned(point.between(32, 256)), point.pick({7: 3.0, 14: 1.0})
    count, path = round(point.between(16, 512)), point.pick({"": 3.0, "adaptive": 1.0})
    taps = 1 if path else 2
    return [
        Kernel(
            Kind.FUNCTION, "RoiAlign", channels, channels, (side, side), (count, out, out),
            window=(taps, taps), path=path,
        )
    ]  # fmt: skip


def _greatest_of_regions(point: Point) -> list[Kernel]:
    return [
        each._replace(op="MaxRoiPool", window=(1, 1), path="") for each in _regions(point)
    ]  # fmt: skip


def _non_zero(point: Point) -> list[Kernel]:
    channels, rows, _ = token_rows(point, widest=1024)
    return [Kernel(Kind.FUNCTION, "NonZero", channels, channels, rows, rows, itemsize=8)]


def _indexed(op: str) -> Callable[[Point], list[Kernel]]:
    """Along an axis, element by element or whole rows; what is scattered is read first."""

    def make(point: Point) -> list[Kernel]:
        rows = round(point.between(256, 65536))
        fewer = max(rows // point.pick({4: 1.0, 16: 1.0, 64: 1.0}), 1)
        channels = aligned(point.between(16, max(min(512, 2**21 / rows), 32)))
        if op.endswith("Elements") and point.pick({True: 1.0, False: 1.0}):
            channels = 1
        sizes = (rows,), (fewer,)
        read, made = sizes if op.startswith("Gather") else sizes[::-1]
        return [Kernel(Kind.MOVEMENT, op, channels, channels, read, made)]

    return make


def _one_hot(point: Point) -> list[Kernel]:
    depth, rows, batch = token_rows(point, widest=1024)
    return [Kernel(Kind.MOVEMENT, "OneHot", depth, depth, rows, rows, batch)]


def _unpool(point: Point) -> list[Kernel]:
    channels, sizes, batch = feature_map(point)
    out = tuple(2 * size for size in sizes)
    return [Kernel(Kind.MOVEMENT, "MaxUnpool", channels, channels, sizes, out, batch)]
