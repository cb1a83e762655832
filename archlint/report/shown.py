"""Which findings a reader sees, and what is said about those that they don't see."""

from __future__ import annotations

from collections import Counter

from archlint.report.style import Style
from archlint.report.units import counted
from archlint.report.unknown import unknown_lines
from archlint.results.findings import Finding, ModelReport, Report, Severity
from archlint.results.severity import by_share

__all__ = [
    "asides",
    "closing",
    "hidden",
    "is_skipped",
    "is_small",
    "left_out",
    "place_of",
    "shown",
    "tally",
    "was_linted",
]


def was_linted(model: ModelReport) -> bool:
    """Whether there is something to report; with an error, some target may have priced it."""
    return bool(model.targets) or (model.error is None and model.skipped is None)


def is_skipped(model: ModelReport) -> bool:
    """Whether the model was not linted because nothing in it has a price, which is no fault."""
    return not was_linted(model) and model.skipped is not None


def is_small(finding: Finding) -> bool:
    """Whether it is a note for what it saves: one that is capped may be worth more than a look."""
    return finding.severity is Severity.NOTE and by_share(finding.saving_share) is Severity.NOTE


def shown(model: ModelReport, style: Style) -> tuple[Finding, ...]:
    """The findings of a model that the style asks for: the gravest first, then by saving."""
    return _wanted(model, style)[: style.top]


def hidden(model: ModelReport, style: Style) -> tuple[str, ...]:
    """What `shown` leaves out, one line for each reason."""
    wanted = _wanted(model, style)
    lines = []
    if notes := len(model.findings) - len(wanted):
        lines.append(f"{counted(notes, 'small note')} not shown: --notes")
    if cut := len(wanted) - len(shown(model, style)):
        lines.append(f"{counted(cut, 'finding')} not shown: --top {style.top}")
    return tuple(lines)


def left_out(report: Report, style: Style) -> tuple[str, ...]:
    """What a list of findings alone doesn't tell, one line each, over all models."""
    lines = [
        f"{model.path}: {line}"
        for model in report.models
        for line in (*asides(model), *hidden(model, style))
    ]
    lines += [
        f"{model.path}: {counted(len(model.ignored), 'finding')} ignored"
        for model in report.models
        if model.ignored
    ]
    lines += [
        f"{model.path}: {counted(len(model.known), 'finding')} in the baseline"
        for model in report.models
        if model.known
    ]
    lines += [f"stale in the baseline {text}" for text in report.stale]
    lines += [f"unused ignore {text}" for text in report.unused_ignores]
    return (*lines, *(f"comment {text}" for text in report.comment_faults))


def asides(model: ModelReport) -> tuple[str, ...]:
    """What is no fault and makes a report say less: what was skipped, and left unknown."""
    skipped = () if model.skipped is None else (f"skipped: {model.skipped}",)
    unknown = () if model.error is not None else unknown_lines(model.unknown_operators)
    return (*skipped, *unknown)


def place_of(finding: Finding) -> str:
    """The module pattern, or without one the costliest operator's name."""
    if finding.module or not finding.places:
        return finding.module or "?"
    return finding.places[0].name


def tally(report: Report) -> str:
    """All findings and models in one line: "2 errors, 3 warnings, 1 note in 4 models"."""
    read = [model for model in report.models if was_linted(model)]
    skipped = sum(map(is_skipped, report.models))
    unread = [m.path for m in report.models if not was_linted(m) and not is_skipped(m)]
    count = Counter(finding.severity for model in read for finding in model.findings)
    parts = [counted(count[each], each.value) for each in Severity if count[each]]
    line = f"{', '.join(parts)} in {counted(len(read), 'model')}" if parts else "No findings"
    if skipped:
        line += f"; {counted(skipped, 'model')} skipped (nothing has a price)"
    if unread:
        line += f"; {counted(len(unread), 'model')} not linted: {', '.join(unread)}"
    if report.problems:
        line += f"; {counted(len(report.problems), 'fault')} of archlint itself"
    return line if parts else f"{line}."


def closing(report: Report, style: Style | None = None) -> str:
    """The tally, and what of it is not shown: ignored, known, small, cut off.

    Without a style everything is shown but what is ignored and what is known.
    """
    parts = []
    if style is not None:
        every = [finding for model in report.models for finding in model.findings]
        wanted = [finding for model in report.models for finding in _wanted(model, style)]
        seen = sum(len(shown(model, style)) for model in report.models)
        if below := len(every) - len(wanted):
            parts.append(f"{counted(below, 'small note')} (--notes)")
        if cut := len(wanted) - seen:
            parts.append(f"{cut} beyond --top {style.top}")
    if ignored := sum(len(model.ignored) for model in report.models):
        parts.append(f"{ignored} ignored")
    if known := sum(len(model.known) for model in report.models):
        parts.append(f"{known} in the baseline")
    line = tally(report).removesuffix(".")
    return f"{line}; not shown: {', '.join(parts)}" if parts else tally(report)


def _wanted(model: ModelReport, style: Style) -> tuple[Finding, ...]:
    wanted = [each for each in model.findings if style.notes or not is_small(each)]
    return tuple(sorted(wanted, key=lambda each: -each.severity.rank))
