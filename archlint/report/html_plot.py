"""The plot of the page that `--format html` writes: the time of each operator, in their order."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil, floor, log10

from archlint.report.html_parts import text
from archlint.report.units import counted, figure, milliseconds, percent
from archlint.results.findings import Finding, OperatorTime, Severity, TargetReport

__all__ = ["finding_of", "plot"]

_WIDTH, _HEIGHT = 960, 300
_LEFT, _TOP, _BOTTOM = 56, 14, 30
_TICKS = 4


def plot(target: TargetReport, names: Mapping[str, tuple[str, Finding]]) -> str:
    """A bar for each operator; with a finding it has the finding's colour and leads to it.

    Where bars are too thin to point at, the whole height over one is: its title tells the rest.
    """
    if not target.operators:
        return ""
    highest = max(each.time for each in target.operators) * 1e3
    step = _step(highest)
    top = step * max(ceil(highest / step - 1e-9), 1)
    scale = (_HEIGHT - _TOP - _BOTTOM) / top
    parts = [_grid(step, top, scale)]
    width = (_WIDTH - _LEFT) / len(target.operators)
    used = set()
    for at, each in enumerate(target.operators):
        found = finding_of(each, target.target, names)
        anchor, level = ("", None) if found is None else (found[0], found[2])
        used.add(level)
        parts.append(_bar(each, _LEFT + at * width, width, each.time * 1e3 * scale, anchor, level))
    parts.append(
        f'<text x="{_LEFT}" y="{_HEIGHT - 8}">'
        f"{counted(len(target.operators), 'operator')} in their order, ms of each</text>"
    )
    label = f"Predicted time of each operator on {target.target}"
    svg = (
        f'<div class="plot"><svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img"'
        f' aria-label="{text(label)}">'
        f"{''.join(parts)}</svg></div>"
    )
    key = "".join(
        f'<span><i class="of-{level.value}"></i>{level.value}</span>'
        for level in Severity
        if level in used
    )
    return svg + (f'<div class="key"><span><i></i>no finding</span>{key}</div>' if key else "")


def finding_of(
    operator: OperatorTime, target: str, names: Mapping[str, tuple[str, Finding]]
) -> tuple[str, Finding, Severity] | None:
    """The finding on this target that an operator, or what is fused into it, belongs to."""
    for name in (operator.name, *operator.fused):
        anchor, finding = names.get(name, ("", None))
        if finding is not None:
            for price in finding.prices:
                if price.target == target:
                    return anchor, finding, price.severity
    return None


def _bar(
    operator: OperatorTime,
    x: float,
    width: float,
    height: float,
    anchor: str,
    level: Severity | None,
) -> str:
    name = f"{operator.name} ({operator.kind})"
    share = f"{milliseconds(operator.time)}, {percent(operator.share)}"
    lines = [name, *[operator.module] * bool(operator.module), share, *operator.kernels]
    title = "\n".join(map(text, lines))
    look = f"bar of-{level.value}" if level is not None else "bar"
    base, gap = _HEIGHT - _BOTTOM, min(width * 0.18, 3)
    drawn = (
        f'<g class="op"><title>{title}</title>'
        f'<rect class="hit" x="{x:.2f}" y="{_TOP}" width="{width:.2f}" height="{base - _TOP}"/>'
        f'<rect class="{look}" x="{x + gap / 2:.2f}" y="{base - height:.2f}" '
        f'width="{width - gap:.2f}" height="{height:.2f}"/></g>'
    )
    return f'<a href="#{anchor}">{drawn}</a>' if anchor else drawn


def _grid(step: float, top: float, scale: float) -> str:
    parts = []
    for number in range(round(top / step) + 1):
        y = _HEIGHT - _BOTTOM - number * step * scale
        parts.append(
            f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH}" y1="{y:.1f}" y2="{y:.1f}"/>'
            f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">'
            f"{figure(number * step).rstrip('0').rstrip('.') if number else '0'}</text>"
        )
    return "".join(parts)


def _step(highest: float) -> float:
    """A round number of ms, some four of which make the height."""
    rough = highest / _TICKS
    power = 10.0 ** floor(log10(rough))
    return next(each * power for each in (1, 2, 5, 10) if each * power >= rough * (1 - 1e-9))
