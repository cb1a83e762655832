"""A report as a notebook shows it: HTML that loads nothing and takes the notebook's colours."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from archlint.report.costs import apart_text
from archlint.report.escape import visible
from archlint.report.shown import asides, place_of, tally, was_linted
from archlint.report.units import amount, counted, figure, milliseconds, percent
from archlint.results.findings import Finding, ModelReport, PricedOn, Report, Severity, TargetReport

__all__ = ["render"]

_COLORS = {Severity.ERROR: "#d1242f", Severity.WARNING: "#bf8700", Severity.NOTE: "#0f7b8a"}
_LEFT = "text-align:left;vertical-align:top"
_RIGHT = "text-align:right;vertical-align:top;white-space:nowrap"


def render(report: Report) -> str:
    """One table of findings for each model, the notes too, with what each target predicts."""
    parts = [_model(each) for each in report.models]
    return f'<div class="archlint">{"".join(parts)}<p>{_text(tally(report))}</p></div>'


def _model(model: ModelReport) -> str:
    head = f"<h4>{_text(model.path)}</h4>"
    if not was_linted(model):
        return f"{head}<p>{_text(model.error or model.skipped or '')}</p>"
    size = f"{amount(model.flops, 'FLOPs')}, {counted(model.operators, 'operator')}"
    lines = [_text(size), *(_predicted(each) for each in model.targets)]
    remarks = "".join(
        f"<br>{_text(each)}" for each in (*asides(model), *model.assumptions, *model.remarks)
    )
    table = _table(model) if model.findings else "<p>no findings</p>"
    return f"{head}<p>{'<br>'.join(lines)}{remarks}</p>{table}"


def _predicted(target: TargetReport) -> str:
    band = f"{figure(target.low * 1e3)} to {figure(target.high * 1e3)}, {target.basis.value}"
    predicted = f"{milliseconds(target.predicted)} ({band}) on {target.title}"
    return _text(f"{predicted}; the time {apart_text(target)}")


def _table(model: ModelReport) -> str:
    several = len(model.targets) > 1
    names = ["", "", "what", "where", *["target"] * several, "now", "instead", "slower", "saves"]
    left = 4 + several
    head = _row("th", [(name, _LEFT if at < left else _RIGHT) for at, name in enumerate(names)])
    rows = "".join(
        _finding(finding, price, several=several)
        for finding in model.findings
        for price in finding.prices
    )
    return f"<table><thead>{head}</thead><tbody>{rows}</tbody></table>"


def _finding(finding: Finding, price: PricedOn, *, several: bool) -> str:
    color = _COLORS[price.severity]
    places = f" ({counted(finding.count, 'place')})" if finding.count > 1 else ""
    cells = [
        (price.severity.value, f"{_LEFT};color:{color};font-weight:bold"),
        (finding.code, _LEFT),
        (finding.message, _LEFT),
        (_where(finding) + places, _LEFT),
        *([(price.target, _LEFT)] if several else []),
        (milliseconds(price.now), _RIGHT),
        (milliseconds(price.instead), _RIGHT),
        (f"{price.slowdown:.2f}x", _RIGHT),
        (f"{'at most ' if finding.upper_bound else ''}{percent(price.saving_share)}", _RIGHT),
    ]
    return _row("td", cells)


def _where(finding: Finding) -> str:
    if finding.location is None:
        return place_of(finding)
    span = finding.location.span
    return f"{span.path}:{span.line}: {place_of(finding)}"


def _row(tag: str, cells: Iterable[tuple[str, str]]) -> str:
    made = (f'<{tag} style="{style}">{_text(text)}</{tag}>' for text, style in cells)
    return f"<tr>{''.join(made)}</tr>"


def _text(text: str) -> str:
    return escape(visible(text))
