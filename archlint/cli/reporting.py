"""What `archlint check` does with a report before and when it writes it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from archlint.linter.found_models import FoundModel
    from archlint.report.style import Style
    from archlint.results.findings import Report
    from archlint.settings.asked import Asked
    from archlint.settings.options import Options

__all__ = ["complain_of_rules", "in_place_of", "with_entries", "with_unread", "write_report"]

_IN_PLACE = {
    "statistics": {"full": "statistics", "concise": "statistics"},
    "summary": {
        "full": "summary_text", "concise": "summary_text", "markdown": "summary_markdown",
        "csv": "csv",
    },
}  # fmt: skip
"""By option, what some formats show in place of findings."""


def in_place_of(formats: Iterable[str], *, statistics: bool, summary: bool) -> Mapping[str, str]:
    """What stands in place of formats; raises UsageError where an option goes with none of them."""
    from archlint.errors import UsageError

    asked = {"statistics": statistics, "summary": summary}
    chosen = [option for option, is_asked in asked.items() if is_asked]
    if len(chosen) > 1:
        raise UsageError("--statistics and --summary exclude each other")
    for option in chosen:
        known = _IN_PLACE[option]
        if not known.keys() & set(formats):
            *others, last = known
            raise UsageError(f"--{option} goes with --format {', '.join(others)} or {last}")
    return _IN_PLACE[chosen[0]] if chosen else {}


def with_unread(report: Report, found: Iterable[FoundModel]) -> Report:
    """The report with an entry for each path where no model is, in the order asked for."""
    from dataclasses import replace

    from archlint.results.findings import ModelReport

    linted = iter(report.models)
    models = (
        next(linted) if each.error is None else ModelReport(each.path, error=each.error)
        for each in found
    )
    return replace(report, models=tuple(models))


def with_entries(report: Report, asked: Asked) -> Report:
    """The report with the line of the configuration for each model that is named there."""
    if not asked.models:
        return report
    from dataclasses import replace

    from archlint.settings.entry_lines import entry_lines

    names = [each.name for each in asked.models]
    spans = dict(zip(names, entry_lines(asked.config, len(names)), strict=False))
    models = (replace(each, entry=spans.get(each.path)) for each in report.models)
    return replace(report, models=tuple(models))


def write_report(
    report: Report,
    jobs: Sequence[tuple[str, str | None]],
    style: Style,
    in_place: Mapping[str, str],
) -> None:
    """Write each format where it goes, or what stands in its place, and what is wrong to stderr."""
    from dataclasses import replace
    from functools import cache

    from archlint.cli.output import complain, write_file, write_out
    from archlint.report.formats import renderer
    from archlint.report.shown import left_out
    from archlint.report.style import DEFAULT_WIDTH

    on_paper = replace(style, width=DEFAULT_WIDTH, color=False)

    @cache  # one format may go to many files
    def rendered(format_: str, style: Style) -> str:
        return renderer(in_place.get(format_, format_)).render(report, style)

    try:
        for format_, goal in jobs:
            if goal is None:
                write_out(rendered(format_, style))
            else:
                write_file(goal, rendered(format_, on_paper))
    finally:
        remarks = report.errors
        if not (style.quiet or in_place) and {format_ for format_, _ in jobs} == {"concise"}:
            remarks += left_out(report, style)
        for remark in remarks:
            complain(remark)
        for trace in report.traces if style.verbose else ():
            complain(trace, lines=True)


def complain_of_rules(options: Options | None = None) -> int:
    """Say which rules do not run, of all or those selected, and return the exit code: 0 or 2."""
    from archlint.cli.output import complain
    from archlint.linter.registry import broken_rules

    lines = broken_rules(options)
    for line in lines:
        complain(line)
    return 2 if lines else 0
