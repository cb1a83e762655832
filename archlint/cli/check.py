"""`archlint check`: lint models."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from archlint.cli.arguments import (
    Batch,
    ColorChoice,
    ConfigFile,
    Dims,
    Inputs,
    Isolated,
    Kwargs,
    Libraries,
    PathMap,
    SourceRoots,
    Targets,
    Timeout,
    Verbose,
    Version,
)
from archlint.errors import UsageError

if TYPE_CHECKING:
    from archlint.baseline import Baseline
    from archlint.cli.paths import FoundModel
    from archlint.config import Config
    from archlint.findings import Report, Severity
    from archlint.linter.pipeline import Tell
    from archlint.linter.source import Source
    from archlint.options import Options
    from archlint.report.style import Style

__all__ = ["check"]

_FINDINGS = "Which findings"
_FOR_PEOPLE = ("full", "concise")
_OUTPUT = "Output"


class FailOn(str, Enum):
    """The values of --fail-on."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"
    NEVER = "never"


def _known_formats(words: list[str] | None) -> list[str] | None:
    """The values of --format, if each names a format."""
    from archlint.did_you_mean import did_you_mean
    from archlint.report.formats import FORMATS

    for word in words or ():
        name = word.partition("=")[0]
        if name not in FORMATS:
            hint = did_you_mean(name, FORMATS) or f" (known: {', '.join(FORMATS)})"
            raise typer.BadParameter(f'unknown format "{name}"{hint}')
    return words


def _format_names(incomplete: str) -> list[str]:
    from archlint.report.formats import FORMATS

    return [each for each in FORMATS if each.startswith(incomplete)]


def check(
    paths: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="PATH",
            help="Models, folders to search for *.onnx, - for a model on stdin, nets.py:Net or "
            "package.module:Net for a model of Python source, whose code is run; by default the "
            "configured models, or the working folder.",
            show_default=False,
        ),
    ] = None,
    target: Targets = None,
    batch: Batch = None,
    input_: Inputs = None,
    dim: Dims = None,
    timeout: Timeout = None,
    kwargs: Kwargs = None,
    library: Libraries = None,
    source_root: SourceRoots = None,
    path_map: PathMap = None,
    select: Annotated[
        list[str] | None,
        typer.Option(
            metavar="RULES",
            help="Only these rules, by code or name; a comma list, repeatable.",
            rich_help_panel=_FINDINGS,
        ),
    ] = None,
    ignore: Annotated[
        list[str] | None,
        typer.Option(
            metavar="RULES",
            help="Not these rules; a comma list, repeatable.",
            rich_help_panel=_FINDINGS,
        ),
    ] = None,
    min_slowdown: Annotated[
        float | None,
        typer.Option(
            min=1.0,
            metavar="X",
            help="Only places at least this many times slower than the alternative (default: 1.1).",
            rich_help_panel=_FINDINGS,
        ),
    ] = None,
    fail_on: Annotated[
        FailOn | None,
        typer.Option(
            metavar="error|warning|note|never",
            help="Exit with 1 from this severity on (default: warning).",
            rich_help_panel=_FINDINGS,
        ),
    ] = None,
    notes: Annotated[
        bool | None,
        typer.Option(
            "--notes/--no-notes",
            help="Show notes too: findings that save less than 2 % of the network.",
            rich_help_panel=_FINDINGS,
        ),
    ] = None,
    add_ignores: Annotated[
        str | None,
        typer.Option(
            metavar="REASON",
            help="Instead of a report, write `# archlint: ignore[...] REASON` at the lines of all "
            "warnings and errors (with --notes of notes too).",
            rich_help_panel=_FINDINGS,
        ),
    ] = None,
    baseline: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Places in this file are known: they are no findings unless they become dearer.",
            rich_help_panel=_FINDINGS,
        ),
    ] = None,
    write_baseline: Annotated[
        str | None,
        typer.Option(
            metavar="REASON",
            help="Instead of a report, write all that is found to the baseline; what it has "
            "keeps its reason.",
            rich_help_panel=_FINDINGS,
        ),
    ] = None,
    prune_baseline: Annotated[
        bool,
        typer.Option(
            "--prune-baseline",
            help="Instead of a report, drop what is no more from the baseline.",
            rich_help_panel=_FINDINGS,
        ),
    ] = False,
    top: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="N",
            help="Show the N findings of each model that save most.",
            rich_help_panel=_FINDINGS,
        ),
    ] = None,
    format_: Annotated[
        list[str] | None,
        typer.Option(
            "--format",
            "--output-format",
            metavar="NAME[=FILE]",
            callback=_known_formats,
            autocompletion=_format_names,
            help="How to report: full (the default), concise, json, sarif, github, gitlab, junit, "
            "rdjson, markdown, html or model-explorer, to stdout or a file; repeatable.",
            rich_help_panel=_OUTPUT,
        ),
    ] = None,
    output: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FILE",
            help="Where formats without a =FILE go: the first one to the first output and so on; "
            "- is stdout, and so is the last one without an output.",
            rich_help_panel=_OUTPUT,
        ),
    ] = None,
    statistics: Annotated[
        bool,
        typer.Option(
            "--statistics",
            help="In the formats full and concise, instead of the findings: how many each rule "
            "has, by severity, and what they would save.",
            rich_help_panel=_OUTPUT,
        ),
    ] = False,
    color: ColorChoice = None,
    quiet: Annotated[
        bool,
        typer.Option(
            "--quiet", "-q", help="Findings and errors, nothing else.", rich_help_panel=_OUTPUT
        ),
    ] = False,
    verbose: Verbose = False,
    config: ConfigFile = None,
    isolated: Isolated = False,
    version: Version = False,  # noqa: ARG001 - typer's callback answers it
) -> int:
    """Lint models: find what costs more than its FLOPs."""
    from dataclasses import replace

    from archlint.cli.output import pair, screen, split
    from archlint.cli.paths import find_models
    from archlint.cli.progress import progress_line
    from archlint.cli.settings import (
        above_zero,
        commas,
        dims,
        folders,
        options_of,
        sized,
        with_file,
    )
    from archlint.cli.settings import path_map as mapped
    from archlint.config import Config
    from archlint.findings import Severity
    from archlint.linter import lint

    flags = Config(
        target=tuple(target or ()),
        select=commas(select),
        ignore=commas(ignore),
        fail_on=fail_on and fail_on.value,
        min_slowdown=min_slowdown,
        timeout=above_zero(timeout),
        batch=batch,
        dim=dims(dim),
        source_root=folders(source_root),
        path_map=mapped(path_map),
        library=tuple(library or ()),
        baseline=None if baseline is None else baseline.as_posix(),
        notes=notes,
        top=top,
        format=tuple(format_ or ()),
        output=tuple(output or ()),
        color=color and color.value,
        quiet=quiet or None,
        verbose=verbose or None,
    )
    asked = with_file(flags, config, isolated=isolated)
    formats, files = split(asked.format)
    jobs = pair(formats, (*files, *asked.output))
    if statistics and not any(name in _FOR_PEOPLE for name, _ in jobs):
        raise UsageError("--statistics goes with --format full or concise")
    found = find_models(paths or (), asked.models, input_, kwargs)
    options = options_of(sized(asked, input_, found))
    readable = [each.source for each in found if each.error is None]
    changing = write_baseline is not None or prune_baseline
    known = None
    if changing or asked.baseline is not None:
        known = _baseline(asked, may_be_absent=write_baseline is not None)
    # only the page shows the measured rows, and to find them takes reading all tables
    options = replace(options, tables="html" in formats)
    with progress_line(quiet=bool(asked.quiet)) as progress:
        if known is not None and changing:
            return _change_baseline(known, readable, options, progress, found, write_baseline)
        report = lint(readable, options, progress, None if known is None else known.of_model)
    report = _with_entries(_with_unread(report, found), asked)
    if add_ignores is not None:
        return _add_ignores(report, add_ignores, Severity.NOTE if asked.notes else Severity.WARNING)
    style = screen(
        asked.color,
        # A note that fails the run must be seen.
        notes=bool(asked.notes) or asked.fail_on == "note",
        top=asked.top,
        quiet=bool(asked.quiet),
        verbose=bool(asked.verbose),
    )
    _write(report, jobs, style, statistics=statistics)
    return report.exit_code(options.fail_on)


def _add_ignores(report: Report, reason: str, least: Severity) -> int:
    from archlint.cli.add_ignores import write_ignores
    from archlint.cli.output import complain

    for error in report.errors:
        complain(error)
    complain(write_ignores(report, reason, least))
    return report.exit_code(None)


def _baseline(asked: Config, *, may_be_absent: bool) -> Baseline:
    from archlint.baseline import read_baseline

    if asked.baseline is None:
        raise UsageError("no baseline is named: --baseline FILE, or baseline in the configuration")
    return read_baseline(Path(asked.baseline), may_be_absent=may_be_absent)


def _change_baseline(
    baseline: Baseline,
    readable: Sequence[Source],
    options: Options,
    progress: Tell | None,
    found: Iterable[FoundModel],
    reason: str | None,
) -> int:
    from archlint.cli.baseline import prune, write
    from archlint.cli.output import complain
    from archlint.linter import examine

    examined, report = examine(readable, options, progress, baseline.of_model)
    report = _with_unread(report, found)
    for error in report.errors:
        complain(error)
    complain(prune(baseline, examined) if reason is None else write(baseline, examined, reason))
    return report.exit_code(None)


def _with_unread(report: Report, found: Iterable[FoundModel]) -> Report:
    """The report with an entry for each path where no model is, in the order asked for."""
    from dataclasses import replace

    from archlint.findings import ModelReport

    linted = iter(report.models)
    models = (
        next(linted) if each.error is None else ModelReport(each.path, error=each.error)
        for each in found
    )
    return replace(report, models=tuple(models))


def _with_entries(report: Report, config: Config) -> Report:
    """The report with the line of the configuration for each model that is named there."""
    if not config.models:
        return report
    from dataclasses import replace

    from archlint.config.entry_lines import entry_lines

    names = [each.name for each in config.models]
    spans = dict(zip(names, entry_lines(config.path, len(names)), strict=False))
    models = (replace(each, entry=spans.get(each.path)) for each in report.models)
    return replace(report, models=tuple(models))


def _write(
    report: Report, jobs: Sequence[tuple[str, str | None]], style: Style, *, statistics: bool
) -> None:
    from dataclasses import replace

    from archlint.cli.output import complain, write_file, write_out
    from archlint.report.formats import renderer
    from archlint.report.shown import left_out
    from archlint.report.style import DEFAULT_WIDTH

    on_paper = replace(style, width=DEFAULT_WIDTH, color=False)
    try:
        for format_, goal in jobs:
            name = "statistics" if statistics and format_ in _FOR_PEOPLE else format_
            render = renderer(name).render
            if goal is None:
                write_out(render(report, style))
            else:
                write_file(goal, render(report, on_paper))
    finally:
        remarks = report.errors
        if not (style.quiet or statistics) and {format_ for format_, _ in jobs} == {"concise"}:
            remarks += left_out(report, style)
        for remark in remarks:
            complain(remark)
