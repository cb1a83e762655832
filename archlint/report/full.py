"""`--format full`: for a person."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from archlint.report.costs import COST_HEAD, apart_text, cost_tables
from archlint.report.full_finding import COLORS, LABEL, labelled, write_finding
from archlint.report.page import Page, Part
from archlint.report.shown import closing, hidden, is_skipped, place_of, shown, was_linted
from archlint.report.style import Style
from archlint.report.units import (
    amount,
    counted,
    figure,
    megabytes,
    milliseconds,
    percent,
)
from archlint.report.unknown import unknown_lines
from archlint.report.words import brought_text
from archlint.results.findings import Finding, ModelReport, Report, Severity, TargetReport, Unpriced

__all__ = ["render"]

_DIM = "dim"
_STRONG = "bold"
_SKIPPED = 3  # models that are skipped and named
_TYPES = 50  # of operators, which real networks have no more of


def render(report: Report, style: Style) -> str:
    """Every model with what it costs and its findings, then one line over all of them."""
    page = Page(style.width, style.color)
    for model in () if style.quiet else report.models:
        if model.unknown_operators and not was_linted(model):
            page.line((model.path, _STRONG))
            _unknown(page, model)
            page.blank()
    linted = filter(was_linted, report.models)
    told = [model for model in linted if not style.quiet or shown(model, style)]
    for model in told:
        _heading(page, model, is_first=model is told[0])
        if not style.quiet:
            _costs(page, model, style)
        page.blank()
        for finding in shown(model, style):
            write_finding(page, model, finding, style)
        if not style.quiet:
            _summary(page, model, style, is_alone=len(report.models) == 1)
    if not style.quiet:
        _end(page, report, style)
    return page.text()


def _heading(page: Page, model: ModelReport, *, is_first: bool) -> None:
    page.line((model.path, _STRONG))
    several = len(model.targets) > 1
    for target in model.targets:
        title = (target.title, _STRONG)
        page.line("priced for ", title, f" ({target.target})" * several, indent=2, hang=2)
    if is_first and any(target.is_default for target in model.targets):
        text = "the default target; choose with --target (`archlint targets` lists them)"
        page.line((text, _DIM), indent=2, hang=2)
    _unknown(page, model)


def _unknown(page: Page, model: ModelReport) -> None:
    """What is not read of a model, which comes before anything that is said of it."""
    for text in unknown_lines(model.unknown_operators):
        labelled(page, "not read", text)


def _costs(page: Page, model: ModelReport, style: Style) -> None:
    """What the network is, and where its time goes on each target."""
    _network(page, model)
    for target in model.targets:
        _target(page, model, target, style)
    _remarks(page, model)


def _network(page: Page, model: ModelReport) -> None:
    phrases: list[list[Part]] = [
        [("network".ljust(LABEL), _DIM), amount(model.flops, "FLOPs")],
        [f"{megabytes(model.mac)} memory access"],
        [f"{amount(model.parameters)} parameters"],
        [counted(model.operators, "operator")],
    ]
    page.flow(phrases, indent=2, hang=LABEL)


def _target(page: Page, model: ModelReport, target: TargetReport, style: Style) -> None:
    band = f" ({figure(target.low * 1e3)} to {figure(target.high * 1e3)}, {target.basis.value})"
    phrases: list[list[Part]] = [
        [
            ("predicted".ljust(LABEL), _DIM),
            (milliseconds(target.predicted), _STRONG),
            band,
        ]
    ]
    if len(model.targets) > 1:
        phrases.append([f"on {target.target}"])
    page.flow(phrases, indent=2, hang=LABEL)
    labelled(page, "time", apart_text(target))
    _shares(page, target, style)
    if target.unpriced:
        coverage = f"{percent(target.coverage)} of the memory access is priced"
        labelled(page, "coverage", f"{coverage}; unpriced: {_listed(target.unpriced)}")


def _shares(page: Page, target: TargetReport, style: Style) -> None:
    """What each kind of kernel and each block have of time, FLOPs and memory access."""
    rows: list[list[Part]] = []
    for what, costs in cost_tables(target, style.sort, whole=style.verbose):
        rows.append([(text, _DIM) for text in (what, *COST_HEAD)])
        rows += [[*cells] for cells in costs]
    if rows:
        page.table(rows, "<>>>>>", indent=4, long=0)


def _remarks(page: Page, model: ModelReport) -> None:
    if model.error is not None:
        labelled(page, "error", model.error)
    if model.skipped is not None:
        labelled(page, "skipped", model.skipped)
    for text in model.assumptions:
        labelled(page, "assumed", text)
    for text in model.remarks:
        labelled(page, "remark", text)
    for text in model.malformed:
        labelled(page, "malformed", text)
    if model.shapeless:
        labelled(page, "no shapes", f"{_listed(model.shapeless)}: not priced")


def _summary(page: Page, model: ModelReport, style: Style, *, is_alone: bool) -> None:
    """What the findings come to, and what of them is not shown, which of one the last line says."""
    lines = list(_summed(model, style))
    lines += [("hidden", text) for text in hidden(model, style) if not is_alone]
    for label, text in lines:
        labelled(page, label, text)
    if lines:
        page.blank()


def _summed(model: ModelReport, style: Style) -> Iterator[tuple[str, str]]:
    if not shown(model, style):
        of = " of 2 % and more" if model.findings else ""
        how = f"`archlint explain {model.path} --top 10` shows the dearest operators"
        yield "findings", f"none{of}; {how}"
    for target in model.targets:
        if target.saving_findings:
            share = percent(target.saving / target.predicted) if target.predicted else "0.0 %"
            saving = f"{milliseconds(target.saving)}, {share}"
            text = f"{target.saving_findings} of warning or above would save {saving}"
            where = f", on {target.target}" * (len(model.targets) > 1)
            yield "together", f"{text} (each kernel once){where}"
    for brought in model.flips:
        yield "otherwise", brought_text(brought)
    for each in model.ignored:
        yield "ignored", f"{each.finding.code} {place_of(each.finding)}: {each.reason}"
    if model.known:
        places = counted(sum(each.finding.count for each in model.known), "place")
        yield "known", f"{places} of the baseline" + " (-v lists them)" * (not style.verbose)
    for each in model.known if style.verbose else ():
        yield "known", f"{each.finding.code} {place_of(each.finding)}: {each.reason}"


def _end(page: Page, report: Report, style: Style) -> None:
    for text in report.unused_ignores:
        page.line(("unused ignore ", COLORS[Severity.WARNING]), text, hang=2)
    for text in report.stale:
        page.line(("stale in the baseline ", COLORS[Severity.WARNING]), text, hang=2)
    for text in report.comment_faults:
        page.line(("comment ", COLORS[Severity.WARNING]), text, hang=2)
    if told := " ".join(
        _caveats([each for model in report.models for each in shown(model, style)])
    ):
        page.line((told, _DIM))
    skipped = [each for each in report.models if is_skipped(each)]
    for each in skipped if style.verbose else skipped[:_SKIPPED]:
        page.line((f"skipped {each.path}: {each.skipped}", _DIM), hang=2)
    if len(skipped) > _SKIPPED and not style.verbose:
        page.line((f"skipped {len(skipped) - _SKIPPED} more: -v lists them", _DIM), hang=2)
    page.line((closing(report, style), _STRONG), hang=2)


def _caveats(findings: Sequence[Finding]) -> Iterator[str]:
    """What holds for all findings that are shown."""
    if not all(finding.exact for finding in findings):
        yield "Unless marked exact, `instead` is another design: check its accuracy again."
    if any(finding.upper_bound for finding in findings):
        yield "An upper bound is a cost and no advice."
    if findings:
        yield "Not covered: training, and what fuses otherwise (TensorRT, ...)."
        yield "`archlint rule CODE` explains a rule."


def _listed(operators: Sequence[Unpriced]) -> str:
    named = [f"{each.op_type} ({each.count})" for each in operators[:_TYPES]]
    more = operators[_TYPES:]
    if more:
        count = sum(each.count for each in more)
        named.append(f"{len(more)} more types ({count}): --format json lists them")
    return ", ".join(named)
