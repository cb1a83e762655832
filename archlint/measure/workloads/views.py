"""Views, which cost a launch or nothing: 20 kernels."""

from __future__ import annotations

from archlint.cost.kernels.kernel import Kernel
from archlint.cost.kernels.kind import Kind
from archlint.measure.plan.experiment import Experiment
from archlint.measure.plan.low_discrepancy import Point
from archlint.measure.plan.sampling import draw, feature_map, token_rows

__all__ = ["sample"]


def sample(seed: int) -> tuple[list[Experiment], ...]:
    """Kernels drawn with this seed, by sort."""
    return (draw(seed, "view", 16, _view, filled=4),)


def _view(point: Point) -> list[Kernel]:
    on_rows = point.pick({True: 1.0, False: 1.0})
    channels, sizes, batch = token_rows(point, widest=1024) if on_rows else feature_map(point)
    return [Kernel(Kind.VIEW, "Reshape", channels, channels, sizes, sizes, batch)]
