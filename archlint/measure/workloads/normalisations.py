"""Normalisations: 134 kernels."""

from __future__ import annotations

from archlint.cost.kernels.kernel import Kernel
from archlint.cost.kernels.kind import Kind
from archlint.cost.kernels.ops import OPERANDS
from archlint.measure.plan.experiment import Experiment
from archlint.measure.plan.low_discrepancy import Point
from archlint.measure.plan.sampling import aligned, draw, feature_map, token_rows

__all__ = ["sample"]


def sample(seed: int) -> tuple[list[Experiment], ...]:
    """Kernels drawn with this seed, by sort."""
    return (draw(seed, "normalisation", 110, _normalisation, filled=24),)


def _normalisation(point: Point) -> list[Kernel]:
    op = point.pick({"LayerNormalization": 5.0, "BatchNormalization": 3.0, "Skip": 2.0})
    if op == "BatchNormalization":
        channels, sizes, batch = feature_map(point)
    elif op == "LayerNormalization" and point.pick({True: 1.0, False: 2.0}):
        # over the channels of a map whose layout is NHWC: shape[1] is its height
        row, (height, across), batch = feature_map(point)
        channels, sizes = height, (across, aligned(row))
    else:
        channels, sizes, batch = token_rows(point, widest=2048)
    name = "SkipLayerNormalization" if op == "Skip" else op
    operands = OPERANDS.get(name, 1)
    return [
        Kernel(Kind.NORMALISATION, name, channels, channels, sizes, sizes, batch, operands=operands)
    ]
