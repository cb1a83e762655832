"""The plot of G4: what activations and shortcuts add to a block, over the bytes that they move."""

from __future__ import annotations

from collections.abc import Callable

from archlint.plugin import Panel, Plot, PlotPoint

__all__ = ["PLOT"]

_STAGES = ((7, 512), (14, 256), (28, 128), (56, 64), (112, 32))
"""Map and inner channels of bottleneck units of equal FLOPs: those of ResNet-50, and one more."""

_MB = 1_000_000


def _unit(side: int, inner: int, act: str, shortcut: bool) -> str:
    """A ResNet bottleneck unit, as in Ma et al. 2018, Table 4: the shortcut's Add, then `act`."""
    outer, at = 4 * inner, f"@{side}x{side}"
    join = " +Add" if shortcut else ""
    return (
        f"Conv {outer}>{inner} k1x1 {at} +{act}; Conv {inner}>{inner} k3x3 {at} +{act}; "
        f"Conv {inner}>{outer} k1x1 {at}{join} +{act}"
    )


def _panel(title: str, now: Callable[[int, int], str], instead: Callable[[int, int], str]) -> Panel:
    points = (PlotPoint(_moved(*each), now(*each), instead(*each)) for each in _STAGES)
    return Panel(title, tuple(points))


def _moved(side: int, inner: int) -> float:
    """MB that an operator of one input on the unit's output reads and writes, at fp32."""
    return 2 * 4 * side * side * 4 * inner / _MB


PLOT = Plot(
    title="Element-wise operators of a bottleneck unit",
    x_label="MB that one activation of its output reads and writes (7x7 to 112x112 maps)",
    ticks=tuple((each, f"{each:g}") for each in (1, 2, 5, 10)),
    panels=(
        _panel(
            "SiLU against ReLU",
            lambda side, inner: _unit(side, inner, "SiLU", True),
            lambda side, inner: _unit(side, inner, "Relu", True),
        ),
        _panel(
            "with a shortcut against without",
            lambda side, inner: _unit(side, inner, "Relu", True),
            lambda side, inner: _unit(side, inner, "Relu", False),
        ),
    ),
)
