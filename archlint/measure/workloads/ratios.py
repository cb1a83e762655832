"""Ratios of a kernel's widths, and those of the kernels of equal FLOPs that it is compared with."""

from __future__ import annotations

from archlint.measure.plan.low_discrepancy import Point

__all__ = ["RATIOS", "ratios_of_partners"]

RATIOS = {1: 7.0, 2: 4.0, 3: 1.5, 4: 4.0, 6: 2.0, 8: 1.0, 16: 0.5}
"""How often the wider of a kernel's widths is so many times the other."""

PARTNERS = {0: 2.0, 1: 4.0, 2: 3.0, 3: 2.0, 4: 1.0}
"""How often a series has so many kernels besides its first."""


def ratios_of_partners(point: Point, first: float) -> list[float]:
    """Ratios (out / in) of the partners of a kernel: another one, or the same turned round."""
    count, found = point.pick(PARTNERS), []
    left = {ratio: 1.0 for ratio in (1.0, 2.0, 4.0, 8.0, 16.0) if ratio not in (first, 1 / first)}
    if first != 1:
        left[1 / first] = 1.0
    for _ in range(count):
        ratio = point.pick(left)
        del left[ratio]
        turned = ratio != 1 / first and point.pick({True: 1.0, False: 1.0})
        found.append(1 / ratio if turned else ratio)
    return found
