"""`archlint diff --format markdown`: for a comment on a pull request."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from archlint.report.diff_text import (
    MOST_CHANGES,
    change_of,
    conclusion,
    gone_line,
    unchanged,
    unchanged_line,
    verdict_of,
)
from archlint.report.escape import visible
from archlint.report.markdown import finding_table, folded, safe
from archlint.report.result import results
from archlint.report.shown import asides, is_small
from archlint.report.style import Style
from archlint.report.units import counted, milliseconds
from archlint.results.model_diff import DiffReport, ModelDiff, Presence

__all__ = ["render"]


def render(report: DiffReport, style: Style) -> str:  # noqa: ARG001 - every format takes a style
    """The gate's verdict, a small table of times, what is new; the rest folded away."""
    lines = [f"**archlint diff**: {safe(conclusion(report))}", ""]
    lines += [f"- failed: {safe(each)}" for each in report.failures]
    lines += [f"- error: {safe(each)}" for each in report.errors]
    lines += [""] * bool(report.failures or report.errors)
    same = unchanged(report)
    lines += _times([each for each in report.models if each not in same])
    if same:
        lines += [f"Unchanged: {safe(unchanged_line(same))}.", ""]
    every = list(results(report.after))
    several = len({each.target for model in report.models for each in model.targets}) > 1
    top = [each for each in every if not is_small(each.finding)]
    if top:
        lines += ["New findings:", "", *finding_table(top, several=several)]
    notes = [each for each in every if is_small(each.finding)]
    table = finding_table(notes, several=several)
    lines += folded(counted(len(notes), "small new note"), table)
    for model in report.models:
        if model in same:
            continue
        # a summary is HTML, in which Markdown's escapes would be seen
        name = escape(visible(model.name)).replace("@", "&#64;")
        lines += folded(f"What changed in {name}", _details(model))
    return "\n".join(lines).rstrip("\n") + "\n"


def _times(models: Sequence[ModelDiff]) -> list[str]:
    rows = [
        [
            safe(model.name), milliseconds(each.before), milliseconds(each.after),
            verdict_of(each), f"{each.low:.3f} to {each.high:.3f}", safe(each.target),
        ]
        for model in models
        for each in model.targets
    ]  # fmt: skip
    rows += [
        [safe(model.name), *_alone(model, milliseconds(each.predicted)), "", "", safe(each.target)]
        for model in models
        for version in (model.before, model.after)
        if (model.presence is not Presence.BOTH or model.is_alone) and version is not None
        for each in version.targets
    ]
    if not rows:
        return []
    head = ["| model | before | after | | ratio | on |", "|---|---:|---:|---|---:|---|"]
    return [*head, *(f"| {' | '.join(row)} |" for row in rows), ""]


def _alone(model: ModelDiff, time: str) -> tuple[str, str]:
    return ("new", time) if model.presence is not Presence.REMOVED else (time, "removed")


def _details(model: ModelDiff) -> list[str]:
    lines = [f"- {safe(each)}" for each in model.changes[:MOST_CHANGES]]
    if (more := len(model.changes) - MOST_CHANGES) > 0:
        lines.append(f"- and {counted(more, 'thing')} more")
    lines += [
        f"- {name}: {after}, was {before} ({change})"
        for name, before, after, change in change_of(model)
        if before != after
    ]
    if model.is_alone:
        lines.append(f"- {safe(model.alone)}")
    lines += [f"- {safe(each)}" for each in (() if model.after is None else asides(model.after))]
    lines += [f"- gone: {safe(gone_line(each))}" for each in model.gone]
    lines += [
        f"- in the baseline: {safe(f'{gone_line(each.finding)}: {each.reason}')}"
        for each in model.excused
    ]
    return [*lines, ""] if lines else []
