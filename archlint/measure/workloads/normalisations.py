"""Normalisations: 136 kernels."""

from __future__ import annotations

from collections.abc import Callable

from archlint.cost.kernels.kernel import Kernel
from archlint.cost.kernels.kind import Kind
from archlint.cost.kernels.ops import OPERANDS
from archlint.measure.plan.experiment import Experiment
from archlint.measure.plan.low_discrepancy import Point
from archlint.measure.plan.sampling import aligned, draw, feature_map, token_rows

__all__ = ["sample"]


def sample(seed: int) -> tuple[list[Experiment], ...]:
    """Kernels drawn with this seed, by sort."""
    return (
        draw(seed, "normalisation", 64, _normalisation, filled=14),
        draw(seed, "instance normalisation", 16, _of_maps("InstanceNormalization")),
        draw(seed, "group normalisation", 16, _of_maps("GroupNormalization")),
        draw(seed, "local normalisation", 10, _of_maps("LRN")),
        draw(seed, "root mean square", 16, _of_rows),
    )


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


def _of_maps(op: str) -> Callable[[Point], list[Kernel]]:
    """Of each channel by itself, of groups of channels, or of the channels beside each."""

    def make(point: Point) -> list[Kernel]:
        channels, sizes, batch = feature_map(point)
        window: tuple[int, ...] = (point.pick({5: 3.0, 3: 1.0}),) if op == "LRN" else (1, 1)
        groups = 1
        if op == "GroupNormalization":
            groups = point.pick({32: 4.0, 16: 1.0, 8: 1.0, 1: 1.0})
            channels = max(channels // groups, 1) * groups
        return [
            Kernel(
                Kind.NORMALISATION, op, channels, channels, sizes, sizes, batch,
                window, (1,) * len(window), groups,
            )
        ]  # fmt: skip

    return make


def _of_rows(point: Point) -> list[Kernel]:
    channels, rows, batch = token_rows(point, widest=4096)
    return [Kernel(Kind.NORMALISATION, "RMSNormalization", channels, channels, rows, rows, batch)]
