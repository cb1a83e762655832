"""From a report to what an editor shows, file by file."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from lsprotocol import types

from archlint.linter import Examined
from archlint.location import Span
from archlint.report.result import Result, faults, remarks, results
from archlint.report.units import counted, milliseconds, percent
from archlint.results.findings import Report
from archlint.results.severity import Severity
from archlint.server.actions import fix_action, ignore_action
from archlint.server.layer_times import LineTime, line_times
from archlint.server.shown import ShownFile, digest

__all__ = ["Read", "shown_files"]

Read = Callable[[str], "Sequence[str] | None"]
"""The lines of a file with their ends; None where it is no text."""

_LEVELS = {
    Severity.ERROR: types.DiagnosticSeverity.Error,
    Severity.WARNING: types.DiagnosticSeverity.Warning,
    Severity.NOTE: types.DiagnosticSeverity.Information,
}
_NO_FILE = "."  # what a fault of no model is about
_MOST_ROWS = 8  # of a hover: what is dearest, and how many more there are


def shown_files(
    examined: Sequence[Examined], report: Report, read: Read, config: str
) -> list[ShownFile]:
    """All files that there is something to show in.

    `report` is that of the models examined, with the lines of the configuration, which also has
    what is wrong with no one model.
    """
    diagnostics: dict[str, list[types.Diagnostic]] = defaultdict(list)
    actions: dict[str, list[types.CodeAction]] = defaultdict(list)
    for kind, told in (
        (types.DiagnosticSeverity.Error, faults(report)),
        (types.DiagnosticSeverity.Information, remarks(report)),
    ):
        for each in told:
            where = _line_range(each.line - 1, 1 << 16)
            file = config if each.file == _NO_FILE else each.file
            diagnostics[file].append(types.Diagnostic(where, each.text, kind, source="archlint"))
    fixable = {
        id(found.finding): any(
            place.remedy is not None for places in found.places.values() for place in places
        )
        for each in examined
        for found in each.found
    }
    times = line_times(examined)
    found: dict[tuple[str, int], list[Result]] = defaultdict(list)
    for result in results(report):
        path = result.span.path
        diagnostics[path].append(_diagnostic(result, report.url_of(result.finding.code)))
        found[path, result.span.line].append(result)
        if fixable.get(id(result.finding)):
            actions[path].append(fix_action(result))
        if (ignoring := ignore_action(result, read)) is not None:
            actions[path].append(ignoring)
    paths = dict.fromkeys((*diagnostics, *(path for path, _ in times)))
    return [
        _file(path, read(path) or (), diagnostics[path], times, found, actions[path])
        for path in paths
    ]


def _file(
    path: str,
    lines: Sequence[str],
    diagnostics: list[types.Diagnostic],
    times: Mapping[tuple[str, int], tuple[LineTime, ...]],
    found: Mapping[tuple[str, int], Sequence[Result]],
    actions: list[types.CodeAction],
) -> ShownFile:
    numbers = range(1, len(lines) + 1)
    return ShownFile(
        str(Path(path).resolve()),
        digest("".join(lines)),
        diagnostics,
        [
            _hint(line, lines[line - 1], times[path, line])
            for line in numbers
            if (path, line) in times
        ],
        [
            _hover(line, times.get((path, line), ()), found.get((path, line), ()))
            for line in numbers
            if (path, line) in times or (path, line) in found
        ],
        actions,
    )


def _diagnostic(result: Result, url: str) -> types.Diagnostic:
    return types.Diagnostic(
        _range(result.span),
        result.text,
        _LEVELS[result.severity],
        code=result.finding.code,
        code_description=types.CodeDescription(url) if url else None,
        source="archlint",
    )


def _range(span: Span) -> types.Range:
    """A span; one of several lines ends with its first, the only one whose text is at hand."""
    line, one = span.line - 1, span.end_line == span.line
    end = span.end_column - 1 if one else max(len(span.text), span.column)
    return types.Range(types.Position(line, span.column - 1), types.Position(line, end))


def _line_range(line: int, end: int) -> types.Range:
    return types.Range(types.Position(line, 0), types.Position(line, end))


def _hint(line: int, text: str, times: Sequence[LineTime]) -> types.InlayHint:
    """The time on the first target of each model, at the end of the line."""
    first = {each.model: each for each in reversed(times)}
    labels = [_cost(each) for each in reversed(first.values())]
    return types.InlayHint(
        types.Position(line - 1, len(text.rstrip("\r\n"))), " | ".join(labels), padding_left=True,
        tooltip="\n".join(f"{each.model}: {_cost(each)} on {each.target}" for each in times),
    )  # fmt: skip


def _cost(time: LineTime) -> str:
    return f"{milliseconds(time.time)}, {percent(time.share)}"


def _hover(line: int, times: Iterable[LineTime], found: Iterable[Result]) -> types.Hover:
    parts = [
        f"**{each.severity.value} {each.finding.code}** {each.finding.name}: {each.text}"
        for each in found
    ]
    parts += map(_table, times)
    text = types.MarkupContent(types.MarkupKind.Markdown, "\n\n".join(parts))
    return types.Hover(text, _line_range(line - 1, 1 << 16))


def _table(time: LineTime) -> str:
    """A model's time on a target, with the dearest operators and their kernels."""
    dearest = sorted(time.operators, key=lambda each: -each.time)
    rows = [
        f"| {each.module or each.name} | {milliseconds(each.time)} | {percent(each.share)} | "
        f"`{' + '.join(each.kernels)}` |".replace("\n", " ")
        for each in dearest[:_MOST_ROWS]
    ]
    more = len(dearest) - len(rows)
    return "\n".join((
        f"**{milliseconds(time.time)}**, {percent(time.share)} of `{time.model}` on"
        f" {time.target}, {counted(len(dearest), 'operator')}",
        "", "| layer | time | share | kernel |", "| --- | ---: | ---: | --- |", *rows,
        *([f"| and {more} more | | | |"] if more else []),
    ))  # fmt: skip
