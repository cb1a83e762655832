"""`archlint verify` for a person: predicted and measured side by side."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from statistics import median
from types import MappingProxyType

from archlint.report.page import Page, Part
from archlint.report.shown import place_of
from archlint.report.style import Style
from archlint.report.units import counted, figure, milliseconds
from archlint.results.findings import Variant
from archlint.results.verification import (
    Kept,
    Ratio,
    Rewritten,
    Verdict,
    Verification,
    VerifiedFinding,
    VerifiedModel,
    WholeModel,
)

__all__ = ["render"]

_COLORS: Mapping[Verdict, str] = MappingProxyType(
    {
        Verdict.CONFIRMED: "bold green",
        Verdict.WEAKER: "bold yellow",
        Verdict.REFUTED: "bold red",
        Verdict.NOT_RUN: "bold cyan",
    }
)
_CODE = "bold red"
_DIM = "dim"
_STRONG = "bold"
_LABEL = 10


def render(verification: Verification, style: Style) -> str:
    """A table of findings for each model, then one line over all of them."""
    page = Page(style.width, style.color)
    for model in verification.models:
        if model.title:
            _model(page, model, style)
    _end(page, verification)
    return page.text()


def _model(page: Page, model: VerifiedModel, style: Style) -> None:
    page.line((model.path, _STRONG))
    page.line("verified on ", (model.title, _STRONG), indent=2, hang=2)
    if model.findings:
        head = ("code", "place", "predicted", "measured", "verdict")
        rows: list[list[Part]] = [[(text, _DIM) for text in head]]
        for finding in model.findings:
            rows += _finding(finding, style)
        page.table(rows, "<<<<<", indent=2, long=1)
    else:
        page.line(("findings".ljust(_LABEL), _DIM), "none to run", indent=2)
    if model.whole is not None:
        _whole(page, model.whole)
    if model.hidden:
        text = f"{counted(model.hidden, 'finding')} below --severity not run"
        page.line(("hidden".ljust(_LABEL), _DIM), text, indent=2, hang=_LABEL)
    page.blank()


def _finding(finding: VerifiedFinding, style: Style) -> list[list[Part]]:
    rows: list[list[Part]] = [
        [
            (finding.finding.code, _CODE),
            place_of(finding.finding),
            _ratio(finding.predicted),
            _ratio(finding.measured),
            (finding.verdict.value, _COLORS[finding.verdict]),
        ]
    ]
    if finding.reason:
        rows.append([(finding.reason, _DIM)])
    refused = 0 if finding.reason else sum(each.count for each in finding.places if each.reason)
    unrun = [
        (finding.left_out, "not run"),
        (refused, "that the runtime does not run"),
    ]
    said = [f"{counted(count, 'place')} {why}" for count, why in unrun if count]
    if said:
        rows.append([(f"{', '.join(said)}; all: {_ratio(finding.printed)} predicted", _DIM)])
    if finding.rewritten is not None:
        rows.append([(_rewritten(finding.rewritten), _DIM)])
    if style.verbose:
        for place in finding.places:
            times = f"{place.count} x " if place.count > 1 else ""
            rows.append(
                ["", f"{times}{place.module}", _ratio(place.predicted), _ratio(place.measured), ""]
            )
            rows.append([(f"now: {_kernels(place.now)}", _DIM)])
            rows.append([(f"instead: {_kernels(place.instead)}", _DIM)])
            if place.reason:
                rows.append([(place.reason, _DIM)])
    return rows


def _rewritten(whole: Rewritten) -> str:
    """What the whole model gives and takes instead: "outputs the same (6e-07); 56.5 > 52.0 ms"."""
    if whole.reason:
        return f"outputs not compared: {whole.reason}"
    said = f"outputs {'the same' if whole.is_same else 'differ'} ({whole.difference:.0e})"
    if not whole.difference:
        said = "outputs identical"
    if not whole.now_seconds:
        return said
    now, instead = median(whole.now_seconds), median(whole.instead_seconds)
    return f"{said}; network {milliseconds(now)} now, {milliseconds(instead)} instead"


def _kernels(variant: Variant) -> str:
    return "; ".join(kernel.text for kernel in variant.kernels)


def _ratio(ratio: Ratio | None) -> str:
    if ratio is None:
        return "-"
    return f"{ratio.estimate:.2f}x ({ratio.low:.2f}-{ratio.high:.2f})"


def _whole(page: Page, whole: WholeModel) -> None:
    band = f"({figure(whole.low * 1e3)} to {figure(whole.high * 1e3)})"
    phrases: list[list[Part]] = [
        [("network".ljust(_LABEL), _DIM), "predicted ", (milliseconds(whole.predicted), _STRONG)],
        [band],
    ]
    if whole.reason:
        phrases.append([f"not run: {whole.reason}"])
    else:
        phrases += [
            ["measured ", (milliseconds(whole.measured), _STRONG), _off(whole.measured, whole)],
            [
                f"without the drift of {whole.drift - 1:+.1%}".replace("%", " %"),
                f" {milliseconds(whole.corrected)}",
                _off(whole.corrected, whole),
            ],
        ]
    page.flow(phrases, indent=2, hang=_LABEL)


def _off(seconds: float, whole: WholeModel) -> str:
    """How far a measured time is off the predicted one: " (+2.1 %)"."""
    return f" ({(seconds / whole.predicted - 1) * 100:+.1f} %)"


def _end(page: Page, verification: Verification) -> None:
    if verification.kept is not None:
        _kept(page, verification.kept)
    page.line((_tally(verification), _STRONG))


def _kept(page: Page, kept: Kept) -> None:
    parts = [f"{counted(kept.rows, 'row')} added in {kept.folder}"]
    if kept.known:
        parts.append(f"{kept.known} were there before")
    if kept.marked:
        parts.append(f"{kept.marked} too uncertain")
    page.line("kept: ", ", ".join(parts), hang=2)


def _tally(verification: Verification) -> str:
    """All verdicts in one line: "3 confirmed (2 in the band), 1 weaker in 2 models"."""
    run = [model for model in verification.models if model.title]
    findings = [finding for model in run for finding in model.findings]
    count = Counter(finding.verdict for finding in findings)
    parts = [f"{count[each]} {each.value}" for each in Verdict if count[each]]
    if count[Verdict.CONFIRMED]:
        parts[0] += f" ({_inside(findings)} inside the band)"
    line = f"{', '.join(parts)} in {counted(len(run), 'model')}" if parts else "No findings to run"
    left = [model for model in verification.models if not model.title]
    skipped = [model.path for model in left if model.skipped is not None]
    unread = [model.path for model in left if model.skipped is None]
    if skipped:
        line += f"; {counted(len(skipped), 'model')} skipped: {', '.join(skipped)}"
    if unread:
        line += f"; {counted(len(unread), 'model')} not linted: {', '.join(unread)}"
    return line if parts else f"{line}."


def _inside(findings: Sequence[VerifiedFinding]) -> int:
    return sum(each.verdict is Verdict.CONFIRMED and bool(each.in_band) for each in findings)
