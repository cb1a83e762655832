"""`--format html`: one file that loads nothing and runs nothing, for a browser.

Everything is drawn in it; its content policy forbids the rest, and names from files are text.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from importlib.resources import files

from archlint.report.costs import COST_HEAD, apart_text, cost_tables
from archlint.report.escape import visible
from archlint.report.html_finding import finding_html
from archlint.report.html_layers import layers
from archlint.report.html_parts import breakable, counted_list, table, text
from archlint.report.html_plot import plot
from archlint.report.html_roofline import roofline
from archlint.report.result import remarks
from archlint.report.shown import closing, place_of, was_linted
from archlint.report.style import Style
from archlint.report.units import (
    amount,
    counted,
    figure,
    megabytes,
    milliseconds,
    percent,
)
from archlint.report.words import brought_text
from archlint.results.findings import (
    Finding,
    ModelReport,
    Report,
    Severity,
    TargetReport,
)

__all__ = ["render"]


def render(report: Report, style: Style) -> str:  # noqa: ARG001 - every format takes a style
    """A page with what was found, each model's time, and the measured rows behind it."""
    css = files("archlint.report").joinpath("html.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode("ascii")
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    body = "\n".join(_body(report))
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="referrer" content="no-referrer">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>archlint: {text(closing(report))}</title>\n<style>{css}</style>\n</head>\n"
        f"<body>\n{body}\n</body>\n</html>\n"
    )


def _body(report: Report) -> Iterator[str]:
    yield f'<h1>archlint</h1>\n<p class="lead">{text(closing(report))}</p>'
    yield counted_list(report.errors, "error")
    yield counted_list(each.text for each in remarks(report))
    numbered = [(f"m{number}", each) for number, each in enumerate(report.models, 1)]
    linted = [(anchor, each) for anchor, each in numbered if was_linted(each)]
    yield _overview(linted)
    for anchor, model in linted:
        yield from _model(anchor, model)
    stale = [f"stale in the baseline: {each}" for each in report.stale]
    yield counted_list([*report.unused_ignores, *stale, *report.comment_faults])
    if any(not each.exact for model in report.models for each in model.findings):
        yield (
            '<p class="soft">Unless marked exact, what stands after <i>instead</i> is another'
            " design: train it and check its accuracy again. Not covered: runtimes that fuse"
            " otherwise (TensorRT, OpenVINO, CoreML, torch.compile), and training.</p>"
        )


def _overview(models: Sequence[tuple[str, ModelReport]]) -> str:
    rows = []
    for anchor, model in models:
        worst = {each.severity for each in model.findings}
        found = ", ".join(
            counted(sum(each.severity is level for each in model.findings), level.value)
            for level in Severity
            if level in worst
        )
        for target in model.targets:
            saved = percent(target.saving / target.predicted) if target.saving_findings else ""
            rows.append(
                (
                    f'<a href="#{anchor}">{breakable(model.path)}</a>',
                    text(target.target),
                    milliseconds(target.predicted),
                    found or "none",
                    saved,
                )
            )
    head = ("model", "target", "predicted", "findings", "would save")
    return table(head, rows, numbers={2, 4}, wide={0}) if rows else ""


def _model(anchor: str, model: ModelReport) -> Iterator[str]:
    size = (
        f"{amount(model.flops, 'FLOPs')}, {megabytes(model.mac)} of memory access, "
        f"{amount(model.parameters)} parameters, {counted(model.operators, 'operator')}"
    )
    yield f'<h2 id="{anchor}">{breakable(model.path)}</h2>\n<p class="soft">{text(size)}</p>'
    remarks = [
        *model.assumptions,
        *model.remarks,
        *map(brought_text, model.flips),
        *model.malformed,
    ]
    yield counted_list(
        remarks + [f"{each.op_type} ({each.count}): no shapes" for each in model.shapeless]
    )
    names = _names(anchor, model)
    for number, target in enumerate(model.targets, 1):
        yield _target(f"{anchor}t{number}", target, names)
    if not model.findings:
        yield "<p>No findings.</p>"
    for number, finding in enumerate(model.findings, 1):
        yield finding_html(f"{anchor}f{number}", model, finding)
    for kept, how in ((model.ignored, "ignored"), (model.known, "in the baseline")):
        lines = [f"{e.finding.code} {place_of(e.finding)}: {e.reason}" for e in kept]
        if lines:
            yield (
                f"<details><summary>{counted(len(lines), 'finding')} {how}</summary>"
                f"{counted_list(lines)}</details>"
            )


def _names(anchor: str, model: ModelReport) -> dict[str, tuple[str, Finding]]:
    """Each operator that a finding is about, with the first such finding and its anchor."""
    found: dict[str, tuple[str, Finding]] = {}
    for number, finding in enumerate(model.findings, 1):
        for place in finding.places:
            for name in place.operators:
                found.setdefault(name, (f"{anchor}f{number}", finding))
    return found


def _target(anchor: str, target: TargetReport, names: Mapping[str, tuple[str, Finding]]) -> str:
    band = f"{figure(target.low * 1e3)} to {figure(target.high * 1e3)}, {target.basis.value}"
    parts = [
        f"<h4>{text(target.title)}</h4>",
        f"<p><strong>{milliseconds(target.predicted)}</strong> predicted ({band});"
        f" {percent(target.coverage)} of the memory access is priced.</p>",
    ]
    if target.unpriced:
        unpriced = ", ".join(f"{each.op_type} ({each.count})" for each in target.unpriced)
        parts.append(f'<p class="soft">Unpriced: {text(unpriced)}</p>')
    parts.append(plot(target, names))
    parts.append(f"<p>The time {text(apart_text(target))}.</p>")
    for what, costs in cost_tables(target, whole=True):
        rows = [tuple(map(text, cells)) for cells in costs]
        parts.append(_folded(f"Costs by {what}", (what, *COST_HEAD), rows, range(1, 6), {0}))
    parts += [layers(f"{anchor}-layers", target, names), roofline(target)]
    return "\n".join(each for each in parts if each)


def _folded(
    title: str,
    head: Sequence[str],
    rows: Sequence[Sequence[str]],
    numbers: Iterable[int],
    wide: Iterable[int] = (),
) -> str:
    if not rows:
        return ""
    made = table(head, rows, numbers=set(numbers), wide=set(wide))
    return f"<details><summary>{escape(visible(title))}</summary>{made}</details>"
