"""The plot of G2: convs of 1 to 32 groups, the FLOPs always the same."""

from __future__ import annotations

from archlint.plugin import Panel, Plot, PlotPoint

__all__ = ["PLOT"]

_CHANNELS = {1: 112, 2: 160, 4: 224, 8: 320, 16: 448, 32: 640}
"""Channels by groups: FLOPs within 2 % of each other, channels a group a multiple of 4."""


def _panel(side: int, window: str) -> Panel:
    dense = _conv(1, side, window)
    points = (PlotPoint(groups, _conv(groups, side, window), dense) for groups in _CHANNELS)
    return Panel(f"{window} on {side}x{side} maps, dense: {_CHANNELS[1]} channels", tuple(points))


def _conv(groups: int, side: int, window: str) -> str:
    channels = _CHANNELS[groups]
    suffix = f" g{groups}" if groups > 1 else ""
    return f"Conv {channels}>{channels} k{window}{suffix} @{side}x{side}"


PLOT = Plot(
    title="Group convs against a dense one at equal FLOPs",
    x_label="groups",
    ticks=tuple((groups, str(groups)) for groups in _CHANNELS),
    panels=(_panel(28, "1x1"), _panel(28, "3x3")),
)
