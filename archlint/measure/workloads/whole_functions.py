"""Recurrences, contractions, sampling and scans: 104 kernels."""

from __future__ import annotations

from collections.abc import Callable

from archlint.cost.kernels.kernel import BOTH_WAYS, Kernel
from archlint.cost.kernels.kind import Kind
from archlint.measure.plan.experiment import Experiment
from archlint.measure.plan.low_discrepancy import Point
from archlint.measure.plan.sampling import BATCHES, aligned, draw, feature_map, token_rows

__all__ = ["sample"]

EQUATIONS = {
    "abcd,abed>abce": 3.0, "abcd,abde>abce": 3.0, "abcd,aebd>abce": 2.0, "abcd,aecd>abce": 1.0,
    "abc,acde>abde": 2.0, "abc,adc>abd": 1.0, "abcd,de>abce": 2.0, "abcd,ced>abce": 1.0,
}  # fmt: skip
"""Attention's two products with heads first and last, masks by queries, a product with weights,
positions relative to rows; each as a kernel's path has it."""


def sample(seed: int) -> tuple[list[Experiment], ...]:
    """Kernels drawn with this seed, by sort."""
    return (
        *(draw(seed, op, 14, _recurrence_of(op)) for op in ("LSTM", "GRU")),
        draw(seed, "RNN", 4, _recurrence_of("RNN")),
        draw(seed, "contraction", 32, _contraction),
        *(draw(seed, f"sampling {mode}", count, _sampling_of(mode))
          for mode, count in (("linear", 12), ("nearest", 6), ("cubic", 4))),
        draw(seed, "scan", 8, _scan_of("CumSum")),
        draw(seed, "scan of products", 4, _scan_of("CumProd")),
        draw(seed, "quantised LSTM", 6, _recurrence_of("DynamicQuantizeLSTM")),
    )  # fmt: skip


def _recurrence_of(op: str) -> Callable[[Point], list[Kernel]]:
    def make(point: Point) -> list[Kernel]:
        hidden, steps = aligned(point.between(16, 1024)), round(point.between(4, 512))
        width = hidden if point.pick({True: 2.0, False: 1.0}) else aligned(point.between(16, 1024))
        path, batch = point.pick({"": 1.0, BOTH_WAYS: 1.0}), point.pick(BATCHES)
        return [Kernel(Kind.RECURRENCE, op, width, hidden, (steps,), (steps,), batch, path=path)]

    return make


def _contraction(point: Point) -> list[Kernel]:
    """What attention and its like multiply, by the equation."""
    rows = round(point.between(16, 1024))
    path = point.pick(EQUATIONS)
    inner, outer = aligned(point.between(16, 256)), aligned(point.between(16, 1024))
    constant = path == "abcd,de>abce"
    batch = 1 if constant else point.pick({1: 1.0, 8: 1.0, 12: 1.0}) * point.pick(BATCHES)
    return [
        Kernel(
            Kind.CONTRACTION, "Einsum", inner, outer, (rows,), (rows,), batch,
            constant=constant, path=path,
        )
    ]  # fmt: skip


def _sampling_of(mode: str) -> Callable[[Point], list[Kernel]]:
    def make(point: Point) -> list[Kernel]:
        channels, sizes, batch = feature_map(point)
        side = point.pick({1: 3.0, 2: 1.0})
        out = tuple(size * side for size in sizes)
        return [
            Kernel(Kind.SAMPLING, "GridSample", channels, channels, sizes, out, batch, path=mode)
        ]

    return make


def _scan_of(op: str) -> Callable[[Point], list[Kernel]]:
    def make(point: Point) -> list[Kernel]:
        channels, rows, batch = token_rows(point, widest=1024)
        return [Kernel(Kind.SCAN, op, channels, channels, rows, rows, batch, path="row")]

    return make
