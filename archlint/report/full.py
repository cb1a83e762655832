"""`--format full`: for a person."""

from __future__ import annotations

from collections.abc import Sequence

from archlint.location import Location
from archlint.report.page import Page, Part
from archlint.report.shown import closing, hidden, is_skipped, place_of, shown, was_linted
from archlint.report.snippet import notes, snippet
from archlint.report.style import Style
from archlint.report.units import (
    amount,
    counted,
    decimals,
    figure,
    megabytes,
    milliseconds,
    percent,
)
from archlint.report.unknown import unknown_lines
from archlint.report.words import brought_text, caveat_text, dearer_text, flips_of, sizes_text
from archlint.results.findings import (
    Finding,
    FoundPlace,
    ModelReport,
    PricedOn,
    Report,
    Severity,
    TargetReport,
    Unpriced,
)

__all__ = ["render", "write_finding"]

_COLORS = {
    Severity.ERROR: "bold red",
    Severity.WARNING: "bold yellow",
    Severity.NOTE: "bold cyan",
}
_DIM = "dim"
_STRONG = "bold"
_LABEL = 10
_SKIPPED = 3  # models that are skipped and named
_TYPES = 50  # of operators, which real networks have no more of


def render(report: Report, style: Style) -> str:
    """Every model with its findings and what it costs, then one line over all of them."""
    page = Page(style.width, style.color)
    linted = [model for model in report.models if was_linted(model)]
    for model in () if style.quiet else report.models:
        if model.unknown_operators and not was_linted(model):
            page.line((model.path, _STRONG))
            _unknown(page, model)
            page.blank()
    for model in linted:
        if not style.quiet:
            _heading(page, model, is_first=model is linted[0])
        for finding in shown(model, style):
            write_finding(page, model, finding, style)
        if not style.quiet:
            _summary(page, model, style)
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
    page.blank()


def _unknown(page: Page, model: ModelReport) -> None:
    """What is not read of a model, which comes before anything that is said of it."""
    for text in unknown_lines(model.unknown_operators):
        _labelled(page, "not read", text)


def _summary(page: Page, model: ModelReport, style: Style) -> None:
    _network(page, model)
    for target in model.targets:
        _target(page, model, target)
    _remarks(page, model, style)
    page.blank()


def write_finding(page: Page, model: ModelReport, finding: Finding, style: Style) -> None:
    """One finding with its source, its prices and what to do about it."""
    color = _COLORS[finding.severity]
    page.line(
        (finding.severity.value, color), " ", (finding.code, color), " ", (finding.name, _STRONG),
        ": ", finding.message, *_mark(finding), hang=2,
    )  # fmt: skip
    where: list[list[Part]] = [[("--> ", _DIM), f"{_file(model, finding)}: {place_of(finding)}"]]
    if finding.count > 1:
        where.append([counted(finding.count, "place")])
    if sizes := sizes_text(finding.sizes):
        where.append([sizes])
    page.flow(where, indent=2, hang=4)
    if finding.location is not None:
        _source(page, finding.location, color, style)
    for price in finding.prices:
        _price(page, finding, price)
    for text in [*flips_of(model, finding), *map(dearer_text, finding.dearer)]:
        page.line((text, _COLORS[Severity.NOTE]), indent=6, hang=2)
    if finding.places:
        _change(page, finding, finding.places[0])
    if style.verbose and finding.count > 1:
        for place in finding.places:
            _place(page, finding, place)
    page.blank()


def _source(page: Page, location: Location, color: str, style: Style) -> None:
    """The line with carets, as rustc and ruff show it, and the calls that led to it."""
    shown = snippet(location.span, style.width - 6)
    margin = " " * len(shown.number)
    page.verbatim((f"{margin} |", _DIM), indent=6)
    page.verbatim((f"{shown.number} | ", _DIM), shown.text, indent=6)
    page.verbatim((f"{margin} | ", _DIM), (shown.carets, color), indent=6)
    for note in notes(location):
        page.line((f"{margin} = ", _DIM), note, indent=6, hang=len(margin) + 3)


def _mark(finding: Finding) -> list[Part]:
    if finding.exact:
        return [(" [exact]", _DIM)]
    return [(" [upper bound]", _DIM)] if finding.upper_bound else []


def _file(model: ModelReport, finding: Finding) -> str:
    if finding.location is None:
        return model.path
    where = finding.location.span
    return f"{where.path}:{where.line}:{where.column}"


def _price(page: Page, finding: Finding, price: PricedOn) -> None:
    phrases: list[list[Part]] = [
        ["now ", (milliseconds(price.now), _STRONG)],
        ["instead ", (milliseconds(price.instead), _STRONG)],
        [
            (_slower(price), _STRONG),
            f" ({price.slowdown_low:.2f} to {price.slowdown_high:.2f}, {price.basis.value})",
        ],
        [*_saves(price, finding), f", {percent(abs(price.saving_share))} of the network"],
    ]
    if len(finding.prices) > 1:
        severity = (price.severity.value, _COLORS[price.severity])
        phrases.insert(0, [f"{price.target} ", severity])
    hang = 2 if len(finding.prices) > 1 else 0
    page.flow(phrases, indent=6, hang=hang)
    if caveat := caveat_text(price):
        page.line((caveat, _COLORS[Severity.NOTE]), indent=6 + hang, hang=2)


def _slower(price: PricedOn) -> str:
    return f"{price.slowdown:.2f}x slower" if price.slowdown >= 1 else f"{price.slowdown:.2f}x"


def _saves(price: PricedOn, finding: Finding) -> list[Part]:
    time = (milliseconds(abs(price.saving)), _STRONG)
    if price.saving < 0:
        return ["costs ", time, " more"]
    return ["saves at most " if finding.upper_bound else "saves ", time]


def _change(page: Page, finding: Finding, place: FoundPlace) -> None:
    if finding.count > 1:
        _labelled(page, "costliest", place.name, indent=6)
    _labelled(page, "now", place.now.text, indent=6)
    _labelled(page, "instead", place.instead.text, indent=6)
    if finding.advice:
        _labelled(page, "help", finding.advice, indent=6)


def _place(page: Page, finding: Finding, place: FoundPlace) -> None:
    phrases: list[list[Part]] = [[("place".ljust(_LABEL), _DIM), place.name]]
    for price in place.prices:
        on: list[Part] = [f"{price.target} "] if len(place.prices) > 1 else []
        phrases += [[*on, milliseconds(price.now)], [_slower(price)], _saves(price, finding)]
    page.flow(phrases, indent=6, hang=_LABEL)


def _network(page: Page, model: ModelReport) -> None:
    phrases: list[list[Part]] = [
        [("network".ljust(_LABEL), _DIM), amount(model.flops, "FLOPs")],
        [f"{megabytes(model.mac)} of memory access"],
        [f"{amount(model.parameters)} parameters"],
        [counted(model.operators, "operator")],
    ]
    page.flow(phrases, indent=2, hang=_LABEL)


def _target(page: Page, model: ModelReport, target: TargetReport) -> None:
    band = f" ({figure(target.low * 1e3)} to {figure(target.high * 1e3)}, {target.basis.value})"
    phrases: list[list[Part]] = [
        [
            ("predicted".ljust(_LABEL), _DIM),
            (milliseconds(target.predicted), _STRONG),
            band,
        ]
    ]
    if len(model.targets) > 1:
        phrases.append([f"on {target.target}"])
    page.flow(phrases, indent=2, hang=_LABEL)
    if target.kinds:
        digits = decimals(target.predicted * 1e3)
        rows: list[list[Part]] = [
            [kind.kind, str(kind.count), f"{kind.time * 1e3:.{digits}f} ms", percent(kind.share)]
            for kind in target.kinds
        ]
        head: list[Part] = [(text, _DIM) for text in ("kind", "kernels", "time", "share")]
        page.table([head, *rows], "<>>>", indent=2 + _LABEL)
    if target.saving_findings:
        what = counted(target.saving_findings, "finding")
        share = percent(target.saving / target.predicted) if target.predicted else "0.0 %"
        saving = f"{milliseconds(target.saving)}, {share}"
        text = f"{what} of warning or above would save {saving}, counting each kernel once"
        _labelled(page, "together", text)
    coverage = f"{percent(target.coverage)} of the memory access is priced"
    if target.unpriced:
        coverage += f"; unpriced: {_listed(target.unpriced)}"
    _labelled(page, "coverage", coverage)


def _remarks(page: Page, model: ModelReport, style: Style) -> None:
    if model.error is not None:
        _labelled(page, "error", model.error)
    if model.skipped is not None:
        _labelled(page, "skipped", model.skipped)
    for text in model.assumptions:
        _labelled(page, "assumed", text)
    for text in model.remarks:
        _labelled(page, "remark", text)
    for brought in model.flips:
        _labelled(page, "otherwise", brought_text(brought))
    for text in model.malformed:
        _labelled(page, "malformed", text)
    if model.shapeless:
        _labelled(page, "no shapes", f"{_listed(model.shapeless)}: not priced")
    for each in model.ignored:
        text = f"{each.finding.code} {place_of(each.finding)}: {each.reason}"
        _labelled(page, "ignored", text)
    if model.known:
        places = sum(each.finding.count for each in model.known)
        text = (
            counted(places, "place") + " of the baseline" + " (-v lists them)" * (not style.verbose)
        )
        _labelled(page, "known", text)
    for each in model.known if style.verbose else ():
        text = f"{each.finding.code} {place_of(each.finding)}: {each.reason}"
        _labelled(page, "known", text)
    for text in hidden(model, style):
        _labelled(page, "hidden", text)
    if not model.findings:
        _labelled(page, "findings", "none")


def _end(page: Page, report: Report, style: Style) -> None:
    for text in report.unused_ignores:
        page.line(("unused ignore ", _COLORS[Severity.WARNING]), text, hang=2)
    for text in report.stale:
        page.line(("stale in the baseline ", _COLORS[Severity.WARNING]), text, hang=2)
    for text in report.comment_faults:
        page.line(("comment ", _COLORS[Severity.WARNING]), text, hang=2)
    if any(not finding.exact for model in report.models for finding in shown(model, style)):
        text = (
            "Unless marked exact, what stands after `instead` is another design: train it and "
            "check its accuracy again. `archlint rule CODE` explains a rule."
        )
        page.line((text, _DIM))
    if any(shown(model, style) for model in report.models):
        text = (
            "Not covered: runtimes that fuse otherwise (TensorRT, OpenVINO, CoreML, "
            "torch.compile), and training."
        )
        page.line((text, _DIM))
    skipped = [each for each in report.models if is_skipped(each)]
    for each in skipped if style.verbose else skipped[:_SKIPPED]:
        page.line((f"skipped {each.path}: {each.skipped}", _DIM), hang=2)
    if len(skipped) > _SKIPPED and not style.verbose:
        page.line((f"skipped {len(skipped) - _SKIPPED} more: -v lists them", _DIM), hang=2)
    page.line((closing(report, style), _STRONG), hang=2)


def _listed(operators: Sequence[Unpriced]) -> str:
    named = [f"{each.op_type} ({each.count})" for each in operators[:_TYPES]]
    more = operators[_TYPES:]
    if more:
        count = sum(each.count for each in more)
        named.append(f"{len(more)} more types ({count}): --format json lists them")
    return ", ".join(named)


def _labelled(page: Page, label: str, text: str, indent: int = 2) -> None:
    page.line((label.ljust(_LABEL), _DIM), text, indent=indent, hang=_LABEL)
