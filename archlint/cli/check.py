"""`archlint check`: lint models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from archlint.cli.arguments import (
    BaselineFile,
    Batch,
    ColorChoice,
    ConfigFile,
    Dims,
    FailOnSeverity,
    Formats,
    Ignore,
    Inputs,
    Isolated,
    Kwargs,
    Libraries,
    MinSlowdown,
    Notes,
    Outputs,
    PathMap,
    Quiet,
    Select,
    SourceRoots,
    Targets,
    Timeout,
    Verbose,
    Version,
)
from archlint.cli.completers import complete_model
from archlint.errors import UsageError

if TYPE_CHECKING:
    from archlint.results.findings import Report, Severity

__all__ = ["check"]

_FINDINGS = "Which findings"
_OUTPUT = "Output"


def check(
    paths: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="PATH",
            autocompletion=complete_model,
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
    select: Select = None,
    ignore: Ignore = None,
    min_slowdown: MinSlowdown = None,
    fail_on: FailOnSeverity = None,
    notes: Notes = None,
    add_ignores: Annotated[
        str | None,
        typer.Option(
            metavar="REASON",
            help="Instead of a report, write `# archlint: ignore[...] REASON` at the lines of all "
            "warnings and errors (with --notes of notes too).",
            rich_help_panel=_FINDINGS,
        ),
    ] = None,
    baseline: BaselineFile = None,
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
    format_: Formats = None,
    output: Outputs = None,
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
    quiet: Quiet = False,
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
    from archlint.cli.reporting import FOR_PEOPLE, with_entries, with_unread, write_report
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
    from archlint.linter import lint
    from archlint.results.findings import Severity
    from archlint.settings import Config

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
    if statistics and not any(name in FOR_PEOPLE for name, _ in jobs):
        raise UsageError("--statistics goes with --format full or concise")
    found = find_models(paths or (), asked.models, input_, kwargs)
    options = options_of(sized(asked, input_, found))
    readable = [each.source for each in found if each.error is None]
    changing = write_baseline is not None or prune_baseline
    known = None
    if changing or asked.baseline is not None:
        from archlint.cli.baseline import change_baseline, find_baseline

        known = find_baseline(asked, may_be_absent=write_baseline is not None)
    # only the page shows the measured rows, and to find them takes reading all tables
    options = replace(options, tables="html" in formats)
    with progress_line(quiet=bool(asked.quiet)) as progress:
        if known is not None and changing:
            return change_baseline(known, readable, options, progress, found, write_baseline)
        report = lint(readable, options, progress, None if known is None else known.of_model)
    report = with_entries(with_unread(report, found), asked)
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
    write_report(report, jobs, style, statistics=statistics)
    return report.exit_code(options.fail_on)


def _add_ignores(report: Report, reason: str, least: Severity) -> int:
    from archlint.cli.add_ignores import write_ignores
    from archlint.cli.output import complain

    for error in report.errors:
        complain(error)
    complain(write_ignores(report, reason, least))
    return report.exit_code(None)
