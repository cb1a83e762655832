"""The plot of G1: pairs of 1x1 convs, widths 1:1 to 1:16, the FLOPs always the same."""

from __future__ import annotations

from archlint.plugin import Panel, Plot, PlotPoint

__all__ = ["PLOT"]

_WIDE = ((192, 192), (144, 256), (128, 288), (96, 384), (64, 576), (48, 768))
_NARROW = ((96, 96), (64, 144), (48, 192), (32, 288), (24, 384))
"""Multiples of 8 whose products are equal, so that alignment has no part in the slow-down."""


def _panel(widths: tuple[tuple[int, int], ...], side: int) -> Panel:
    """A conv from the narrow to the wide tensor and one back, as in Ma et al. 2018, Table 1."""
    even = _pair(*widths[0], side)
    points = (PlotPoint(c2 / c1, _pair(c1, c2, side), even) for c1, c2 in widths)
    title = f"{side}x{side} maps, {widths[0][0]} channels at 1:1"
    return Panel(title, tuple(points))


def _pair(c1: int, c2: int, side: int) -> str:
    return f"Conv {c1}>{c2} k1x1 @{side}x{side}; Conv {c2}>{c1} k1x1 @{side}x{side}"


PLOT = Plot(
    title="Pairs of 1x1 convs at equal FLOPs",
    x_label="ratio of the widths",
    ticks=tuple((each, f"1:{each}") for each in (1, 2, 4, 8, 16)),
    panels=(_panel(_NARROW, 56), _panel(_WIDE, 28)),
)
