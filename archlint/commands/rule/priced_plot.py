"""A rule's plot, priced on each target."""

from __future__ import annotations

from collections.abc import Sequence

from archlint.cost.kernels.kernel import Kernel, parse_chain
from archlint.cost.lowering.on_path import apart, quantised
from archlint.cost.lowering.runtime_rules import RuntimeRules
from archlint.cost.pricer import Pricer
from archlint.cost.target import Target
from archlint.errors import UsageError
from archlint.linter.registry import find_targets, locate_all, rule_named
from archlint.results.plot import Curve, CurvePoint, Panel, Plot, PlotPoint, PricedPanel, PricedPlot
from archlint.settings.options import Options

__all__ = ["plot"]


def plot(rule: str, targets: Sequence[str] = (), target_paths: Sequence[str] = ()) -> PricedPlot:
    """The plot of a rule, given by code or name, on these targets.

    With none named, on all shipped ones that price batch 1.
    Raises UsageError for an unknown rule or target, for a rule without a plot, and where no
    target prices the plot's kernels.
    """
    found = rule_named(rule)
    declared = found.plot()
    if declared is None:
        raise UsageError(f"{found.code} has no plot")
    chosen: tuple[Target, ...]
    if targets:
        chosen = find_targets(Options(targets=tuple(targets), target_paths=tuple(target_paths)))
    else:
        every = (each.target for each in locate_all(()) if each.place.is_shipped)
        # a plot's kernels run at batch 1; lines are of kernels that were timed
        chosen = tuple(each for each in every if each.batches[0] == 1 and not each.is_inferred)
    return _priced(declared, found.code, chosen)


def _priced(declared: Plot, code: str, targets: Sequence[Target]) -> PricedPlot:
    pricers = [Pricer(target) for target in targets]
    panels = tuple(
        PricedPanel(each.title, tuple(filter(None, (_curve(each, pricer) for pricer in pricers))))
        for each in declared.panels
    )
    drawn = {curve.target for panel in panels for curve in panel.curves}
    if not drawn:
        names = ", ".join(target.name for target in targets)
        raise UsageError(f"no kernel of the plot of {code} has a price on {names}")
    return PricedPlot(
        title=declared.title,
        x_label=declared.x_label,
        ticks=declared.ticks,
        panels=panels,
        targets=tuple(target.name for target in targets if target.name in drawn),
        unpriced=tuple(target.name for target in targets if target.name not in drawn),
    )


def _curve(panel: Panel, pricer: Pricer) -> Curve | None:
    points = tuple(filter(None, (_point(each, pricer) for each in panel.points)))
    return Curve(pricer.target.name, points) if points else None


def _point(point: PlotPoint, pricer: Pricer) -> CurvePoint | None:
    lowering = pricer.target.lowering
    found = pricer.compare(_kernels(point.now, lowering), _kernels(point.instead, lowering))
    if found is None:
        return None
    return CurvePoint(point.x, found.slowdown, found.low, found.high, found.basis)


def _kernels(text: str, lowering: RuntimeRules) -> list[Kernel]:
    """The kernels that the target runs, in a model whose weights are at its middle level."""
    levels = sorted(lowering.rotation)
    level = levels[len(levels) // 2] if levels else 0
    return [
        each
        for count, kernel in parse_chain(text)
        for each in apart(quantised(kernel._replace(rotation=level), lowering), lowering) * count
    ]
