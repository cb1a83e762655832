"""The plot of G3: 1 to 8 fragments, in series and in parallel, the FLOPs always the same."""

from __future__ import annotations

from archlint.plugin import Panel, Plot, PlotPoint

__all__ = ["PLOT"]

_CHANNELS = {1: 112, 2: 80, 4: 56, 8: 40}
"""Channels by fragments, multiples of 8: FLOPs within 2 % of each other."""

_SIDE = 28


def _series(count: int) -> str:
    return f"{count} {_conv(count)}"


def _parallel(count: int) -> str:
    """Each fragment but the first is added to the sum of those before it, fused where it can be."""
    return f"{_conv(count)}; {count - 1} {_conv(count)} +Add" if count > 1 else _conv(count)


def _conv(count: int) -> str:
    channels = _CHANNELS[count]
    return f"Conv {channels}>{channels} k1x1 @{_SIDE}x{_SIDE}"


PLOT = Plot(
    title=f"Fragments of 1x1 convs at equal FLOPs, {_SIDE}x{_SIDE} maps",
    x_label="fragments in a block",
    ticks=tuple((count, str(count)) for count in _CHANNELS),
    panels=(
        Panel("in series", tuple(PlotPoint(n, _series(n), _series(1)) for n in _CHANNELS)),
        Panel(
            "in parallel, joined by Adds",
            tuple(PlotPoint(n, _parallel(n), _parallel(1)) for n in _CHANNELS),
        ),
    ),
)
