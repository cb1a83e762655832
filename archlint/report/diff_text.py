"""`archlint diff --format full`: for a person."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from archlint.report.full_finding import write_finding
from archlint.report.page import Page, Part
from archlint.report.shown import asides, is_skipped, is_small, place_of, shown, was_linted
from archlint.report.style import Style
from archlint.report.units import amount, counted, megabytes, milliseconds, percent
from archlint.results.findings import Finding, ModelReport
from archlint.results.model_diff import DiffReport, ModelDiff, Presence, TargetDiff

__all__ = [
    "MOST_CHANGES", "change_of", "conclusion", "gone_line", "render", "unchanged",
    "unchanged_line", "verdict_of",
]  # fmt: skip

MOST_CHANGES = 12
"""Lines about the graph on a screen and in a comment."""

_DIM, _STRONG = "dim", "bold"
_GOOD, _BAD, _NOTE = "bold green", "bold red", "bold cyan"
_LABEL = 12


def render(report: DiffReport, style: Style) -> str:
    """A table of all that changed, then each: what is new, what changed, what it costs.

    One line over all of them ends it.  Models in which nothing changed are only named.
    """
    page = Page(style.width, style.color)
    same = unchanged(report) if not style.verbose else ()
    if len(report.models) > 1 and not style.quiet:
        _overview(page, report, same)
    for model in report.models:
        if model not in same:
            _model(page, model, style)
    for line in report.failures:
        page.line(("failed ", _BAD), line, hang=2)
    if not style.quiet:
        page.line((conclusion(report), _STRONG))
    return page.text()


def conclusion(report: DiffReport) -> str:
    """All models in one line: "2 new findings, 1 gone, 14 unchanged in 3 models"."""
    after = [each.after for each in report.models if each.after is not None]
    new = sum(len(each.findings) for each in after)
    gone = sum(len(each.gone) for each in report.models)
    same = sum(len(each.unchanged) for each in report.models)
    excused = sum(len(each.excused) for each in report.models)
    kept = f", {excused} in the baseline" if excused else ""
    models = counted(len(report.models), "model")
    skipped = sum(map(is_skipped, after))
    left = f"; {counted(skipped, 'model')} skipped" if skipped else ""
    return f"{counted(new, 'new finding')}, {gone} gone, {same} unchanged{kept} in {models}{left}"


def unchanged(report: DiffReport) -> Sequence[ModelDiff]:
    """The models of several of which there is nothing to tell."""
    same = [each for each in report.models if each.is_same]
    return same if len(report.models) > 1 else ()


def unchanged_line(same: Sequence[ModelDiff]) -> str:
    """How many they are, and their names."""
    return f"{counted(len(same), 'model')}: {', '.join(each.name for each in same)}"


def verdict_of(target: TargetDiff) -> str:
    """How the times compare: "5.7 % slower", "1.2 % faster" or "as fast"."""
    if target.is_same:
        return "as fast"
    share = target.slowdown - 1
    return f"{percent(abs(share))} {'slower' if share > 0 else 'faster'}"


def _share_of(before: float, after: float) -> str:
    """A change as "+2.6 %", "-0.3 %" or "unchanged"."""
    if before == after:
        return "unchanged"
    if not before:
        return "new"
    return f"{(after / before - 1) * 100:+.1f} %"


def change_of(model: ModelDiff) -> Sequence[tuple[str, str, str, str]]:
    """FLOPs, memory access and parameters: name, before, after and the change in words."""
    if model.before is None or model.after is None or model.errors or model.is_alone:
        return ()
    rows: Sequence[tuple[str, Callable[[ModelReport], int], Callable[[int], str]]] = (
        ("FLOPs", lambda each: each.flops, amount),
        ("memory", lambda each: each.mac, megabytes),
        ("parameters", lambda each: each.parameters, amount),
    )
    both = [(name, of(model.before), of(model.after), text) for name, of, text in rows]
    return tuple((name, text(a), text(b), _share_of(a, b)) for name, a, b, text in both)


def gone_line(finding: Finding) -> str:
    """A finding in one line, without its prices."""
    places = f" ({counted(finding.count, 'place')})" if finding.count > 1 else ""
    return (
        f"{finding.severity.value} {finding.code} {finding.name}: {finding.message},"
        f" {place_of(finding)}{places}"
    )


def _model(page: Page, model: ModelDiff, style: Style) -> None:
    linted = model.after if model.after is not None and was_linted(model.after) else None
    found = [] if linted is None else [(linted, each) for each in shown(linted, style)]
    if found or not style.quiet:
        _heading(page, model)
    for report, finding in found:
        write_finding(page, report, finding, style)
    if style.quiet:
        return
    for text in model.changes if style.verbose else model.changes[:MOST_CHANGES]:
        _labelled(page, "changed", text)
    more = len(model.changes) - MOST_CHANGES
    if more > 0 and not style.verbose:
        _labelled(page, "changed", f"and {counted(more, 'thing')} more: -v")
    for target in model.targets:
        _target(page, target, is_one=len(model.targets) == 1)
    for name, before, now, change in change_of(model):
        page.flow([[(name.ljust(_LABEL), _DIM), now], [f"was {before}"], [change]], 2, _LABEL)
    for finding in model.gone:
        _labelled(page, "gone", gone_line(finding))
    if model.is_alone:
        _labelled(page, "alone", model.alone)
    for error in model.errors:
        _labelled(page, "error", error)
    for text in () if model.after is None else asides(model.after):
        _labelled(page, "not priced", text)
    if linted is not None and not model.errors:
        _counts(page, model, linted, style)
    page.blank()


def _overview(page: Page, report: DiffReport, same: Sequence[ModelDiff]) -> None:
    """A row for each model that changed on each target, and a line for the others."""
    rows: list[list[Part]] = [
        [
            model.name, milliseconds(each.before), milliseconds(each.after), verdict_of(each),
            counted(0 if model.after is None else len(model.after.findings), "new finding"),
            f"{len(model.gone)} gone", each.target,
        ]
        for model in report.models
        if model not in same
        for each in model.targets
    ]  # fmt: skip
    if rows:
        head: list[Part] = [(each, _DIM) for each in ("model", "before", "after", "", "", "", "on")]
        page.table([head, *rows], "<>><>><", indent=2, long=0)
    if same:
        _labelled(page, "unchanged", unchanged_line(same))
    page.blank()


def _heading(page: Page, model: ModelDiff) -> None:
    said = {Presence.ADDED: "  new", Presence.REMOVED: "  removed", Presence.BOTH: ""}
    page.line((model.name, _STRONG), said[model.presence])
    both = model.before is not None and model.after is not None and not model.is_alone
    if both and model.before is not None and model.before.path != model.name:
        page.line(f"held against {model.before.path}", indent=2, hang=2)
    if model.after is not None:
        for target in model.after.targets:
            page.line("priced for ", (target.title, _STRONG), indent=2, hang=2)
    page.blank()


def _target(page: Page, target: TargetDiff, *, is_one: bool) -> None:
    color = _BAD if target.low > 1 else _GOOD if target.high < 1 else _NOTE
    phrases: list[list[Part]] = [
        [("predicted".ljust(_LABEL), _DIM), (milliseconds(target.after), _STRONG)],
        [f"was {milliseconds(target.before)}"],
        [(verdict_of(target), color)],
        [f"{target.slowdown:.3f}x ({target.low:.3f} to {target.high:.3f}, {target.basis.value})"],
    ]
    if not is_one:
        phrases.append([f"on {target.target}"])
    page.flow(phrases, indent=2, hang=_LABEL)


def _counts(page: Page, model: ModelDiff, after: ModelReport, style: Style) -> None:
    if model.presence is Presence.BOTH and not model.is_alone:
        _labelled(page, "unchanged", _counted(model.unchanged))
    if model.excused:
        text = f"{_counted([each.finding for each in model.excused])} of the baseline"
        _labelled(page, "known", text + " (-v lists them)" * (not style.verbose))
    for each in model.excused if style.verbose else ():
        _labelled(page, "known", f"{gone_line(each.finding)}: {each.reason}")
    notes = [each for each in after.findings if is_small(each)]
    if notes and not style.notes:
        _labelled(page, "hidden", f"{counted(len(notes), 'small new note')} not shown: --notes")
    if not after.findings:
        _labelled(page, "new", "0 findings")


def _counted(findings: Sequence[Finding]) -> str:
    if not findings:
        return "0 findings"
    places = counted(sum(each.count for each in findings), "place")
    return f"{counted(len(findings), 'finding')} with {places}"


def _labelled(page: Page, label: str, text: str) -> None:
    page.line((label.ljust(_LABEL), _DIM), text, indent=2, hang=_LABEL)
