"""The roofline of the page that `--format html` writes: what kernels reach, and what binds them.

No roof is drawn: a target knows no peak, only what its kernels were measured to reach.
"""

from __future__ import annotations

from collections import defaultdict
from math import ceil, floor, log10

from archlint.cost.pricing.bound import Bound
from archlint.report.html_parts import text
from archlint.report.units import amount, milliseconds, percent
from archlint.results.findings import OperatorTime, TargetReport

__all__ = ["roofline"]

_WIDTH, _HEIGHT = 960, 340
_LEFT, _TOP, _BOTTOM = 72, 14, 44
_WORDS = {
    Bound.COMPUTE: "arithmetic",
    Bound.MEMORY: "memory access",
    Bound.LAUNCH: "the start of kernels",
    Bound.MIXED: "no one of these",
}


def roofline(target: TargetReport) -> str:
    """FLOPs a second over FLOPs a byte, a dot an operator; "" where the target tells no bound."""
    told = [each for each in target.operators if each.bound is not None]
    dots = [each for each in told if each.flops and each.mac and each.time]
    if not dots:
        return ""
    drawn = _Axes(
        [log10(each.flops / each.mac) for each in dots],
        [log10(each.flops / each.time) for each in dots],
    )
    label = f"FLOPs a second over FLOPs a byte of each kernel on {target.target}"
    svg = (
        f'<div class="plot"><svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img"'
        f' aria-label="{text(label)}">{drawn.grid()}'
        f"{''.join(drawn.dot(each) for each in sorted(dots, key=lambda e: -e.time))}</svg></div>"
    )
    key = "".join(
        f'<span><i class="by-{each.value}"></i>{each.value}</span>'
        for each in Bound
        if any(dot.bound is each for dot in dots)
    )
    return (
        f"<details><summary>What binds the kernels</summary><p>{_sentence(told)}</p>{svg}"
        f'<div class="key">{key}</div><p class="soft">What most of a kernel&#x27;s price pays for,'
        " by the terms of the target&#x27;s fit; no counter of the device was read.</p></details>"
    )


def _sentence(operators: list[OperatorTime]) -> str:
    shares: dict[Bound | None, float] = defaultdict(float)
    for each in operators:
        shares[each.bound] += each.share
    parts = [
        f"{percent(shares[each])} of the time goes to kernels bound by {words}"
        if number == 0
        else f"{percent(shares[each])} to those by {words}"
        for number, (each, words) in enumerate(
            (each, _WORDS[each]) for each in Bound if shares.get(each)
        )
    ]
    return f"{', '.join(parts)}."


class _Axes:
    """Two axes in whole powers of ten that hold these logs."""

    def __init__(self, across: list[float], up: list[float]) -> None:
        self._x = floor(min(across)), max(ceil(max(across)), floor(min(across)) + 1)
        self._y = floor(min(up)), max(ceil(max(up)), floor(min(up)) + 1)

    def _across(self, log: float) -> float:
        low, high = self._x
        return _LEFT + (log - low) / (high - low) * (_WIDTH - _LEFT - 16)

    def _up(self, log: float) -> float:
        low, high = self._y
        return _HEIGHT - _BOTTOM - (log - low) / (high - low) * (_HEIGHT - _BOTTOM - _TOP)

    def grid(self) -> str:
        """A line and a label for each power, and what the axes are."""
        parts, right, base = [], _WIDTH - 16, _HEIGHT - _BOTTOM
        for power in range(self._y[0], self._y[1] + 1):
            y = self._up(power)
            parts.append(
                f'<line class="grid" x1="{_LEFT}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}"/>'
                f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">'
                f"{amount(10.0**power)}</text>"
            )
        for power in range(self._x[0], self._x[1] + 1):
            x = self._across(power)
            parts.append(
                f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP}" y2="{base}"/>'
                f'<text x="{x:.1f}" y="{base + 16}" text-anchor="middle">'
                f"{10.0**power:g}</text>"
            )
        parts.append(f'<text x="{_LEFT}" y="{_HEIGHT - 6}">FLOPs a second over FLOPs a byte</text>')
        return "".join(parts)

    def dot(self, operator: OperatorTime) -> str:
        """An operator where it stands, with its name and figures to point at."""
        bound = operator.bound.value if operator.bound is not None else ""
        x = self._across(log10(operator.flops / operator.mac))
        y = self._up(log10(operator.flops / operator.time))
        lines = [
            operator.module or operator.name,
            f"{milliseconds(operator.time)}, {percent(operator.share)}, bound by {bound}",
            *operator.kernels,
        ]
        title = "\n".join(map(text, lines))
        radius = 3 + 10 * operator.share**0.5
        return (
            f'<circle class="by-{bound}" cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}">'
            f"<title>{title}</title></circle>"
        )
