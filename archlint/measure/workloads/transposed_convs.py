"""Transposed convs: 30 kernels."""

from __future__ import annotations

from archlint.cost.kernels.kernel import Kernel
from archlint.cost.kernels.kind import Kind
from archlint.measure.plan.experiment import Experiment
from archlint.measure.plan.low_discrepancy import Point
from archlint.measure.plan.sampling import aligned, draw, feature_map

__all__ = ["sample"]


def sample(seed: int) -> tuple[list[Experiment], ...]:
    """Kernels drawn with this seed, by sort."""
    return (draw(seed, "transposed conv", 30, _transposed),)


def _transposed(point: Point) -> list[Kernel]:
    """Twice the map: half the channels, as decoders have them, or as many."""
    channels, sizes, batch = feature_map(point)
    c_in = aligned(channels)
    c_out = max(c_in // point.pick({2: 3.0, 1: 1.0, 4: 0.5}), 8)
    side, out = point.pick({2: 3.0, 4: 2.0}), tuple(2 * size for size in sizes)
    return [
        Kernel(
            Kind.TRANSPOSED_CONV, "ConvTranspose", c_in, c_out, sizes, out, batch,
            (side, side), (2, 2),
        )
    ]  # fmt: skip
