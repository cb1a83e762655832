"""Levels of rotation of one device as those of another: they go by the caches, not by MB."""

from __future__ import annotations

from collections.abc import Sequence
from math import log

from archlint.cost.kernels.kernel import Kernel

__all__ = ["at_levels_of"]


def at_levels_of(kernel: Kernel, levels: Sequence[int], others: Sequence[int]) -> Kernel | None:
    """The kernel of a device with `levels` at the like level of a device with `others`.

    None at the level of a core's own cache where the other device has none.
    """
    if not (kernel.rotation and levels and others):
        return kernel
    at = min(range(len(levels)), key=lambda each: abs(log(levels[each] / kernel.rotation)))
    # the last is memory on both
    from_end = len(levels) - at
    if from_end > len(others):
        return None
    return kernel._replace(rotation=others[len(others) - from_end])
