"""A rule's plot as a picture: SVG, PNG or PDF, drawn by matplotlib."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from io import BytesIO
from itertools import cycle
from typing import TYPE_CHECKING

from archlint.cost.pricing.price import Basis
from archlint.errors import UsageError
from archlint.results.plot import Curve, PricedPlot

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

__all__ = ["KINDS", "render"]

KINDS: Mapping[str, Mapping[str, None]] = {
    "svg": {"Date": None},
    "png": {"Software": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}
"""The kinds of picture, by suffix, and what has to stay out of each: the same plot is the same
bytes again."""

_COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#B8860B", "#56B4E9", "#555555")
"""Okabe and Ito's colours, which colour-blind readers tell apart; their yellow darkened."""

_MARKERS = "osD^vP"

_SETTINGS = {
    "axes.edgecolor": "#888888",
    "axes.labelcolor": "#222222",
    "axes.labelsize": 9.5,
    "axes.linewidth": 0.8,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 9.5,
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "pdf.fonttype": 42,
    "svg.fonttype": "path",
    "svg.hashsalt": "archlint",
    "text.color": "#222222",
    "xtick.color": "#444444",
    "ytick.color": "#444444",
}

_WIDTH, _AXES = 7.5, 2.35
"""Inches of the picture's width, 720 px in an SVG, and of the axes' height."""

_ABOVE, _TICKS, _LINE = 0.62, 0.6, 0.22
"""Inches above the axes, of what is written along the x axis, and of a line below that."""

_COLUMNS = 3
"""Of the legend: so many names of targets fit beside each other."""

_FEW = 4
"""With more lines than these the bands get lighter, for they lie on each other."""

_STEPS = (0.5, 0.7, 0.8, 0.9, 1, 1.1, 1.2, 1.3, 1.5, 1.7, 2, 2.5, 3, 4, 5, 7, 10, 15, 20, 30)

_LEAST = 1.32
"""The top of the y axis at least, so that a slow-down of some percents does not look like much."""


def render(plot: PricedPlot, kind: str) -> bytes:
    """The picture, in one of KINDS; raises UsageError where matplotlib is not installed."""
    with _settings():
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        below = _TICKS + _LINE * (-(-len(plot.targets) // _COLUMNS) + 1.3)
        figure = Figure((_WIDTH, _ABOVE + _AXES + below), facecolor="white")
        FigureCanvasAgg(figure)
        _draw(figure, plot, below)
        file = BytesIO()
        figure.savefig(file, format=kind, dpi=144, metadata=dict(KINDS[kind]))
        return file.getvalue()


@contextmanager
def _settings() -> Iterator[None]:
    try:
        import matplotlib as mpl
    except ModuleNotFoundError as e:
        reason = "--plot needs matplotlib, which is not installed: pip install 'archlint[plot]'"
        raise UsageError(reason) from e
    # a reader's own style files would change the picture
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_SETTINGS)
        yield


def _draw(figure: Figure, plot: PricedPlot, below: float) -> None:
    looks = dict(zip(plot.targets, zip(cycle(_COLORS), cycle(_MARKERS)), strict=False))
    every = [panel.curves for panel in plot.panels]
    axes = figure.subplots(1, len(every), sharex=True, sharey=True, squeeze=False)[0]
    for number, (ax, panel) in enumerate(zip(axes, plot.panels, strict=True)):
        ax.set_title(panel.title)
        for curve in panel.curves:
            _line(ax, curve, *looks[curve.target], shade=0.14 if len(looks) <= _FEW else 0.09)
        _scales(ax, plot.ticks, [each for curves in every for each in curves])
        if number == 0:
            ax.set_ylabel("slow-down")
    height = _ABOVE + _AXES + below
    figure.subplots_adjust(
        left=0.085, right=0.985, top=1 - _ABOVE / height, bottom=below / height, wspace=0.07
    )
    figure.suptitle(
        plot.title, x=0.012, y=1 - 0.09 / height, ha="left", fontsize=12, fontweight="bold"
    )
    label = (below - 0.3) / height
    figure.text(0.535, label, plot.x_label, ha="center", va="top", fontsize=9.5)
    figure.legend(
        handles=_handles(looks), loc="upper left", bbox_to_anchor=(0.07, (below - _TICKS) / height),
        ncols=_COLUMNS, frameon=False, borderaxespad=0, handlelength=2, columnspacing=1.6,
        fontsize=9,
    )  # fmt: skip
    figure.text(0.075, 0.07 / height, _caption(every), va="bottom", fontsize=8, color="#555555")


def _line(ax: Axes, curve: Curve, color: str, marker: str, shade: float) -> None:
    x = [point.x for point in curve.points]
    y = [point.slowdown for point in curve.points]
    low, high = [point.low for point in curve.points], [point.high for point in curve.points]
    ax.fill_between(x, low, high, color=color, alpha=shade, linewidth=0)
    ax.plot(x, y, color=color, linewidth=1.6)
    for point in curve.points:
        shape = "x" if point.basis is Basis.EXTRAPOLATED else marker
        face = "white" if point.basis in (Basis.TRANSFERRED, Basis.MODELLED) else color
        ax.plot(
            point.x, point.slowdown, shape, color=color, markersize=4.8, markerfacecolor=face,
            markeredgewidth=1.3,
        )  # fmt: skip


def _scales(ax: Axes, ticks: Sequence[tuple[float, str]], curves: Sequence[Curve]) -> None:
    points = [point for curve in curves for point in curve.points]
    low = min(*(point.low for point in points), 0.96)
    high = max(*(point.high for point in points), _LEAST)
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.minorticks_off()
    ax.set_xticks([at for at, _ in ticks], [label for _, label in ticks])
    steps = _spaced([step for step in _STEPS if low <= step <= high])
    ax.set_yticks(steps, [f"{step:g}x" for step in steps])
    ax.set_ylim(low / 1.01, high * 1.01)
    ax.grid(axis="y", color="#e4e4e4", linewidth=0.7)
    ax.axhline(1, color="#666666", linewidth=0.9, zorder=1)
    ax.set_axisbelow(True)


def _spaced(steps: Sequence[float]) -> list[float]:
    """The steps without those that would stand too near to another one; 1 is always there."""
    apart = (steps[-1] / steps[0]) ** (1 / 8)
    found = [1.0]
    for step in (each for each in steps if each > 1):
        if step >= found[-1] * apart:
            found.append(step)
    for step in (each for each in reversed(steps) if each < 1):
        if step * apart <= found[0]:
            found.insert(0, step)
    return found


def _handles(looks: Mapping[str, tuple[str, str]]) -> list[Line2D]:
    from matplotlib.lines import Line2D

    return [
        Line2D([], [], color=color, marker=marker, markersize=4.8, linewidth=1.6, label=target)
        for target, (color, marker) in looks.items()
    ]


def _caption(panels: Sequence[Sequence[Curve]]) -> str:
    bases = {point.basis for curves in panels for curve in curves for point in curve.points}
    signs = {
        Basis.TRANSFERRED: "hollow: transferred",
        Basis.MODELLED: "hollow: modelled",
        Basis.EXTRAPOLATED: "cross: extrapolated",
    }
    found = [text for basis, text in signs.items() if basis in bases]
    return ";  ".join(["shaded: from the 10th to the 90th percentile", *found])
