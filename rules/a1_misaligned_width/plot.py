"""The plot of A1: the time of convs from 48 to 80 channels, against one of 64."""

from __future__ import annotations

from collections.abc import Callable

from archlint.plugin import Panel, Plot, PlotPoint

__all__ = ["PLOT"]

_CHANNELS = (48, 50, 52, 54, 56, 58, 60, 62, 63, 64, 65, 66, 68, 70, 72, 74, 76, 78, 80)
_EVEN = 64


def _depthwise(channels: int) -> str:
    return f"Conv {channels}>{channels} k3x3 g{channels} @56x56"


def _dense(channels: int) -> str:
    return f"Conv {channels}>{channels} k3x3 @28x28"


def _panel(title: str, conv: Callable[[int], str]) -> Panel:
    points = (PlotPoint(each, conv(each), conv(_EVEN)) for each in _CHANNELS)
    return Panel(f"{title}, FLOPs not equal", tuple(points))


PLOT = Plot(
    title="Convs of as many channels out as in, against 64",
    x_label="channels",
    ticks=tuple((each, str(each)) for each in (48, 56, 64, 72, 80)),
    panels=(
        _panel("3x3 depthwise on 56x56 maps", _depthwise),
        _panel("3x3 dense on 28x28 maps", _dense),
    ),
)
