"""The dearest layers on the page that `--format html` writes: time beside FLOPs, sorted by either.

The page runs nothing, so each order is there, and buttons without a script show one of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from archlint.report.html_parts import table, text
from archlint.report.html_plot import finding_of
from archlint.report.units import counted, decimals, percent
from archlint.results.findings import Finding, OperatorTime, TargetReport

__all__ = ["layers"]

_DEAREST = 30

Names = Mapping[str, tuple[str, Finding]]
"""Each operator that a finding is about, with the anchor and the finding."""


def layers(anchor: str, target: TargetReport, names: Names) -> str:
    """The dearest layers by time, by FLOPs, and the former in the model's order."""
    operators = target.operators
    if not operators:
        return ""
    by_time = sorted(operators, key=lambda each: -each.time)[:_DEAREST]
    by_flops = sorted(operators, key=lambda each: -each.flops)[:_DEAREST]
    dearest = {id(each) for each in by_time}
    orders = (
        ("by time", by_time),
        ("by FLOPs", [each for each in by_flops if each.flops]),
        ("in the model&#x27;s order", [each for each in operators if id(each) in dearest]),
    )
    buttons = "".join(
        f'<input type="radio" name="{anchor}" id="{anchor}-{number}"{" checked" * (number == 0)}>'
        f'<label for="{anchor}-{number}">{words}</label>'
        for number, (words, _) in enumerate(orders)
    )
    tables = "".join(f"<div>{_table(target, each, names)}</div>" for _, each in orders)
    title = f"The dearest {counted(len(by_time), 'layer')} of {len(operators)}"
    key = (
        '<div class="key"><span><i></i>share of the time</span>'
        '<span><i class="flops"></i>share of the FLOPs</span></div>'
    )
    return (
        f"<details open><summary>{title}</summary>"
        f'<div class="sorted">{buttons}{key}{tables}</div></details>'
    )


def _table(target: TargetReport, operators: Sequence[OperatorTime], names: Names) -> str:
    flops = sum(each.flops for each in target.operators) or 1
    most = max(max(each.share, each.flops / flops) for each in target.operators)
    digits = decimals(target.predicted * 1e3)
    is_told = any(each.bound is not None for each in target.operators)
    rows = [
        (
            _name(each, target.target, names),
            _bars(each.share / most, each.flops / flops / most, _level(each, target.target, names)),
            f"{each.time * 1e3:.{digits}f} ms",
            percent(each.share),
            percent(each.flops / flops),
            *([each.bound.value if each.bound is not None else ""] if is_told else []),
            text("; ".join(each.kernels)),
        )
        for each in operators
    ]
    head = ("layer", "", "time", "of time", "of FLOPs", *["bound by"] * is_told, "kernel")
    return table(head, rows, numbers={2, 3, 4}, wide={0, len(head) - 1})


def _name(operator: OperatorTime, target: str, names: Names) -> str:
    """The layer: its module, and softly the operator; with its finding."""
    shown = text(operator.module or operator.name)
    soft = f' <span class="soft">{text(operator.name)}</span>' if operator.module else ""
    found = finding_of(operator, target, names)
    link = "" if found is None else f' <a href="#{found[0]}">{text(found[1].code)}</a>'
    return f"{shown}{soft}{link}"


def _level(operator: OperatorTime, target: str, names: Names) -> str:
    found = finding_of(operator, target, names)
    return "" if found is None else f" of-{found[2].value}"


def _bars(time: float, flops: float, level: str) -> str:
    return (
        '<svg class="shares" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">'
        f'<rect class="bar{level}" y="0" width="{100 * time:.1f}" height="4.6"/>'
        f'<rect class="flops" y="5.4" width="{100 * flops:.1f}" height="4.6"/></svg>'
    )
