"""`archlint explain` for a person: all operators in a table, or one on a page."""

from __future__ import annotations

from archlint.report.explain_words import reason_text
from archlint.report.page import Page, Part
from archlint.report.style import Style
from archlint.report.units import amount, counted, figure, megabytes, percent, shape
from archlint.results.explanation import (
    ExplainedOperator,
    ExplainedPlace,
    ExplainedPrice,
    ExplainedSilence,
    Explanation,
)

__all__ = ["render"]

_DIM = "dim"
_STRONG = "bold"
_LABEL = 10
# Columns that names and figures need beside the kernels.
_BESIDE_KERNELS = 90
_NAMES_SHOWN = 3


def render(explanation: Explanation, style: Style) -> str:
    """The table with the rules' reasons gathered, or the page of the only operator."""
    page = Page(style.width, style.color)
    page.line((explanation.path, _STRONG))
    for target in explanation.predicted:
        page.line("priced for ", (target.title, _STRONG), indent=2, hang=2)
        band = f"{figure(target.low_ms)} to {figure(target.high_ms)}"
        predicted = f"{figure(target.ms)} ms"
        page.line("predicted ", (predicted, _STRONG), f" ({band})", indent=2, hang=2)
        if target.peak_bytes is not None:
            held = f"{megabytes(target.peak_bytes)} at most, at {target.peak_at}"
            page.line(f"activations hold {held}", indent=2, hang=2)
    page.blank()
    if len(explanation.operators) == 1:
        _single(page, explanation)
    else:
        _table(page, explanation, style)
        _reasons(page, explanation, style)
    return page.text()


def _single(page: Page, explanation: Explanation) -> None:
    (operator,) = explanation.operators
    page.line((_name(operator), _STRONG), f" {operator.op_type}")
    facts = [
        ("module", operator.module),
        ("inputs", ", ".join(map(shape, operator.input_shapes))),
        ("outputs", ", ".join(map(shape, operator.output_shapes))),
        ("weight", "" if operator.weight_shape is None else shape(operator.weight_shape)),
        ("params", amount(operator.parameters) if operator.parameters else ""),
        ("groups", "" if operator.groups is None else str(operator.groups)),
        ("strides", "" if operator.strides is None else shape(operator.strides)),
        ("FLOPs", _flops(operator)),
        ("memory", _mac(operator)),
        ("kernel", operator.kernel),
    ]
    for label, text in facts:
        if text:
            page.line((label.ljust(_LABEL), _DIM), text, indent=2, hang=_LABEL)
    for price in operator.prices:
        band = f"({figure(price.low_ms)} to {figure(price.high_ms)})"
        page.flow(
            [
                [("price".ljust(_LABEL), _DIM), (f"{_ms(price)} ms", _STRONG), f" {band}"],
                [f"{percent(price.share)} of the network"],
                [price.basis.value],
                *([[f"bound by {price.bound.value}"]] if price.bound is not None else []),
                [f"on {price.target}"],
            ],
            indent=2,
            hang=_LABEL,
        )
    if not operator.prices:
        page.line(("price".ljust(_LABEL), _DIM), "none", indent=2)
    for rule in operator.rules:
        page.line(*_verdict(*_told(rule, explanation)), indent=2, hang=_LABEL)


def _table(page: Page, explanation: Explanation, style: Style) -> None:
    longest = max((len(_kernel(each)) for each in explanation.operators), default=0)
    wide = style.width - longest >= _BESIDE_KERNELS
    several = len(explanation.predicted) > 1
    prices = [price for each in explanation.operators for price in each.prices]
    bound = [*["bound"] * any(price.bound is not None for price in prices)]
    head = ["operator", "FLOPs", "memory", "ms", "share", "basis", *bound, "rules"]
    align = "<>>>><<" + "<" * len(bound)
    if several:
        head.append("target")
        align += "<"
    if wide:
        head.append("kernel")
        align += "<"
    rows: list[list[Part]] = [[(text, _DIM) for text in head]]
    for operator in explanation.operators:
        fired = " ".join(rule.code for rule in operator.rules if _fired(rule))
        for number, price in enumerate(operator.prices or (None,)):
            first = number == 0
            row: list[Part] = [
                _name(operator) if first else "",
                _flops(operator) if first else "",
                _mac(operator) if first else "",
                *_cells(price)[: 3 + len(bound)],
                (fired if first else "", "bold yellow"),
            ]
            if several:
                row.append(price.target if price else "")
            if wide:
                row.append(_kernel(operator) if first else "")
            rows.append(row)
            if first and not wide:
                rows.append([(_kernel(operator), _DIM)])
    page.table(rows, align, long=0)
    page.blank()


def _cells(price: ExplainedPrice | None) -> list[Part]:
    if price is None:
        return ["-", "-", "-", "-"]
    bound = "" if price.bound is None else price.bound.value
    return [_ms(price), percent(price.share), price.basis.value, bound]


def _reasons(page: Page, explanation: Explanation, style: Style) -> None:
    gathered: dict[_Told, list[ExplainedOperator]] = {}
    for operator in sorted(explanation.operators, key=_share, reverse=True):
        for rule in operator.rules:
            gathered.setdefault(_told(rule, explanation), []).append(operator)
    # of each rule what fired, then the reasons of silence, those of the dearest operators first
    for told in sorted(gathered, key=lambda each: (each[0], not each[1])):
        names = [_name(each) for each in gathered[told]]
        kept = names if style.verbose else names[:_NAMES_SHOWN]
        more = f" and {len(names) - len(kept)} more (-v)" if len(names) > len(kept) else ""
        share = percent(sum(map(_share, gathered[told])))
        where = f" ({counted(len(names), 'operator')}, {share}: {', '.join(kept)}{more})"
        page.line(*_verdict(*told), (where, _DIM), hang=_LABEL)


_Told = tuple[str, bool, str]
"""A rule's code, whether it fired, and why."""


def _told(rule: ExplainedPlace | ExplainedSilence, explanation: Explanation) -> _Told:
    where = f"{rule.target}: " if len(explanation.predicted) > 1 else ""
    return rule.code, _fired(rule), where + reason_text(rule)


def _fired(rule: ExplainedPlace | ExplainedSilence) -> bool:
    return isinstance(rule, ExplainedPlace) and rule.fired


def _verdict(code: str, fired: bool, reason: str) -> list[Part]:
    word = "fired" if fired else "silent"
    color = "bold yellow" if fired else _DIM
    return [(f"{code} {word}".ljust(_LABEL), color), reason]


def _share(operator: ExplainedOperator) -> float:
    """The greatest share of the time that it takes on any target."""
    return max((price.share for price in operator.prices), default=0.0)


def _name(operator: ExplainedOperator) -> str:
    return operator.name or f"({operator.op_type})"


def _kernel(operator: ExplainedOperator) -> str:
    return f"{operator.kernel}, in {operator.module}" if operator.module else operator.kernel


def _ms(price: ExplainedPrice) -> str:
    return figure(price.ms)


def _flops(operator: ExplainedOperator) -> str:
    return "?" if operator.flops is None else amount(operator.flops)


def _mac(operator: ExplainedOperator) -> str:
    return "?" if operator.mac_bytes is None else megabytes(operator.mac_bytes)
