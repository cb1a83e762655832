"""The plot of R1: a 1x1 conv at full size against the same conv on a smaller map."""

from __future__ import annotations

from archlint.plugin import Panel, Plot, PlotPoint

__all__ = ["PLOT"]

_CHANNELS = {7: 1024, 14: 512, 28: 256, 56: 128}
"""The conv's output channels by the side of its map, as in a DenseNet; it reads twice as many."""


def _conv(channels: int, side: int) -> str:
    return f"Conv {2 * channels}>{channels} k1x1 @{side}x{side}"


def _pool(channels: int, side: int) -> str:
    return f"AveragePool {channels} k2x2 s2x2 @{2 * side}x{2 * side}>{side}x{side}"


def _resize(channels: int, side: int) -> str:
    return f"Resize {channels} @{side}x{side}>{2 * side}x{2 * side}"


def _behind_pool(side: int, channels: int) -> PlotPoint:
    now = f"{_conv(channels, 2 * side)}; {_pool(channels, side)}"
    return PlotPoint(side, now, f"{_pool(2 * channels, side)}; {_conv(channels, side)}")


def _before_upsampling(side: int, channels: int) -> PlotPoint:
    now = f"{_resize(2 * channels, side)}; {_conv(channels, 2 * side)}"
    return PlotPoint(side, now, f"{_conv(channels, side)}; {_resize(channels, side)}")


PLOT = Plot(
    title="A 1x1 conv at full size, against the same on a quarter of the map",
    x_label="side of the smaller map",
    ticks=tuple((side, str(side)) for side in _CHANNELS),
    panels=(
        Panel(
            "before a 2x2 average pool, against behind it",
            tuple(_behind_pool(*each) for each in _CHANNELS.items()),
        ),
        Panel(
            "behind a 2x upsampling, against before it",
            tuple(_before_upsampling(*each) for each in _CHANNELS.items()),
        ),
    ),
)
