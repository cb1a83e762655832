"""Reductions over maps and rows: 81 kernels."""

from __future__ import annotations

from collections.abc import Callable

from archlint.cost.kernels.kernel import Kernel
from archlint.cost.kernels.kind import Kind
from archlint.measure.plan.experiment import Experiment
from archlint.measure.plan.low_discrepancy import Point
from archlint.measure.plan.sampling import BATCHES, aligned, draw, feature_map, token_rows

__all__ = ["sample"]


RARE = ("ReduceL1", "ReduceLogSum", "ReduceLogSumExp", "ReduceMin", "ReduceProd", "ReduceSumSquare")


def sample(seed: int) -> tuple[list[Experiment], ...]:
    """Kernels drawn with this seed, by sort."""
    reductions = draw(seed, "reduction", 36, _reduction, filled=8)
    known = {each.kernels for each in reductions}
    last = [
        each
        for each in draw(seed, "last reduction", 26, _last_reduction)
        if each.kernels not in known
    ]
    return reductions, last[:19], *(draw(seed, f"rare {op}", 3, _rare(op)) for op in RARE)


def _reduction(point: Point) -> list[Kernel]:
    if point.pick({True: 1.0, False: 3.0}):
        channels, rows, batch = token_rows(point, widest=2048)
        op = point.pick({"ReduceMean": 4.0, "ReduceSum": 1.0, "ReduceMax": 1.0})
        # what is left is one number a row
        return [Kernel(Kind.REDUCTION, op, channels, rows[0], rows, (), batch, path="row")]
    channels, sizes, batch = feature_map(point)
    op = point.pick({"GlobalAveragePool": 3.0, "ReduceMean": 3.0, "GlobalMaxPool": 0.5})
    path = "map" if op == "ReduceMean" else ""
    return [Kernel(Kind.REDUCTION, op, channels, channels, sizes, (), batch, path=path)]


def _rare(op: str) -> Callable[[Point], list[Kernel]]:
    """One number a row, or a map."""

    def make(point: Point) -> list[Kernel]:
        if point.pick({True: 1.0, False: 1.0}):
            channels, rows, batch = token_rows(point, widest=2048)
            return [Kernel(Kind.REDUCTION, op, channels, rows[0], rows, (), batch, path="row")]
        channels, sizes, batch = feature_map(point)
        return [Kernel(Kind.REDUCTION, op, channels, channels, sizes, (), batch, path="map")]

    return make


def _last_reduction(point: Point) -> list[Kernel]:
    """What a classifier ends with: over a small map, with many channels."""
    side = point.pick({7: 6.0, 8: 1.0, 10: 1.0, 14: 1.0})
    channels = aligned(point.between(192, 2048))
    op = point.pick({"GlobalAveragePool": 1.0, "ReduceMean": 2.0})
    path, batch = "map" if op == "ReduceMean" else "", point.pick(BATCHES)
    return [Kernel(Kind.REDUCTION, op, channels, channels, (side, side), (), batch, path=path)]
