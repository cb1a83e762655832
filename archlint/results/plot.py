"""Plots of rules: which kernels to compare over what, and the slow-downs that came of it."""

from __future__ import annotations

from dataclasses import dataclass

from archlint.cost.pricing.price import Basis

__all__ = ["Curve", "CurvePoint", "Panel", "Plot", "PlotPoint", "PricedPanel", "PricedPlot"]


@dataclass(frozen=True, slots=True)
class PlotPoint:
    """Kernels now and instead at one x, at equal FLOPs unless the panel's title says otherwise.

    Both are texts of `parse_chain` that hold for any target: the path and the weights in rotation
    are the target's to add, and an epilogue that it does not fuse becomes kernels of its own.
    """

    x: float
    now: str
    instead: str


@dataclass(frozen=True, slots=True)
class Panel:
    """One pair of axes, with a line for each target; `points` are in rising order of x."""

    title: str
    points: tuple[PlotPoint, ...]


@dataclass(frozen=True, slots=True)
class Plot:
    """What a rule declares as its plot: slow-downs over x, side by side.

    `ticks` are the x that get a label, with it.  Both axes are logarithmic.
    """

    title: str
    x_label: str
    ticks: tuple[tuple[float, str], ...]
    panels: tuple[Panel, ...]


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """The slow-down at one x with its 10th and 90th percentile."""

    x: float
    slowdown: float
    low: float
    high: float
    basis: Basis


@dataclass(frozen=True, slots=True)
class Curve:
    """The line of one target; an x that it cannot price is not in it."""

    target: str
    points: tuple[CurvePoint, ...]


@dataclass(frozen=True, slots=True)
class PricedPanel:
    """A panel with its lines; a target that prices no point of it has none."""

    title: str
    curves: tuple[Curve, ...]


@dataclass(frozen=True, slots=True)
class PricedPlot:
    """A plot with its lines; `targets` are those that have one, in the order of the legend."""

    title: str
    x_label: str
    ticks: tuple[tuple[float, str], ...]
    panels: tuple[PricedPanel, ...]
    targets: tuple[str, ...]
    unpriced: tuple[str, ...]
