"""`archlint fix` for a person: each finding with what came of it, then the diff."""

from __future__ import annotations

from archlint.report.escape import visible
from archlint.report.page import Page, Part
from archlint.report.style import Style
from archlint.report.units import amount, counted, milliseconds
from archlint.results.fix_report import Cost, FileChange, FixReport, Outcome, Step

__all__ = ["render"]

_COLORS = {
    Outcome.FIXED: "bold green",
    Outcome.TAKEN_BACK: "bold yellow",
    Outcome.REDESIGN: "bold cyan",
    Outcome.NO_EDIT: "bold cyan",
}
_DIM = "dim"
_STRONG = "bold"
_CHANGES = {"+": "green", "-": "red", "@": "cyan"}


def render(fix_report: FixReport, style: Style, *, written: bool) -> str:
    """The steps and the totals; the diff, or with `written` the names of the files."""
    page = Page(style.width, style.color)
    page.line((fix_report.path, _STRONG))
    for title in fix_report.titles.values():
        page.line("priced for ", (title, _STRONG), indent=2, hang=2)
    for remark in fix_report.remarks:
        page.line(("remark ", _DIM), remark, indent=2, hang=2)
    page.blank()
    for step in fix_report.steps:
        _step(page, step)
    _end(page, fix_report)
    if written:
        for change in fix_report.changes:
            page.line(f"written: {change.path}")
        return page.text()
    return page.text() + "".join(_diff(each, style) for each in fix_report.changes)


def _step(page: Page, step: Step) -> None:
    color = _COLORS[step.outcome]
    mark: list[Part] = [(" [exact]", _DIM)] if step.exact else []
    head: list[Part] = [(step.outcome.value, color), " ", (step.code, color), " "]
    page.line(*head, step.message, *mark, hang=2)
    if step.where:
        where: list[list[Part]] = [[("--> ", _DIM), f"{step.where}: {step.module}"]]
        page.flow([*where, [counted(step.count, "place")]], indent=2, hang=4)
    page.line(step.what, indent=6, hang=2)
    if step.reason:
        page.line(step.reason, indent=6, hang=2)
    if step.before is not None and step.after is not None:
        _costs(page, step.before, step.after)
    page.blank()


def _costs(page: Page, before: Cost, after: Cost) -> None:
    several = len(before.seconds) > 1
    for target, seconds in before.seconds.items():
        now = after.seconds.get(target)
        if now is None:
            continue
        name = f" on {target}" if several else ""
        page.line(
            "predicted ", milliseconds(seconds), " -> ", (milliseconds(now), _STRONG),
            f" ({_change(now / seconds)}){name}", indent=6, hang=2,
        )  # fmt: skip
    flops = after.flops / before.flops if before.flops else 1.0
    page.line(f"FLOPs {amount(before.flops)} -> {amount(after.flops)} ({_change(flops)})", indent=6)


def _change(ratio: float) -> str:
    return f"{(ratio - 1) * 100:+.1f} %"


def _end(page: Page, fix_report: FixReport) -> None:
    fixed = sum(step.outcome is Outcome.FIXED for step in fix_report.steps)
    if fixed:
        page.line((f"{counted(fixed, 'finding')} fixed, all together:", _STRONG))
        _costs(page, fix_report.before, fix_report.after)
    else:
        page.line(("Nothing was fixed.", _STRONG))
    if any(step.outcome is Outcome.FIXED and not step.exact for step in fix_report.steps):
        page.line("What is not marked exact is another design: train it and check its accuracy.")
    if fix_report.notes:
        page.line(f"{counted(fix_report.notes, 'note')} left alone: --notes")
    if fixed:
        page.blank()


def _diff(change: FileChange, style: Style) -> str:
    lines = change.diff.split("\n")
    if not style.color:
        return "\n".join(lines)
    page = Page(None, color=True)
    for line in lines[:-1]:
        color = "bold" if line.startswith(("+++", "---")) else _CHANGES.get(line[:1], "")
        page.line((visible(line), color))
    return page.text()
