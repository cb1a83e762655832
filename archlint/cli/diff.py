"""`archlint diff`: what a change of a model changes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated

import typer

from archlint.cli.arguments import (
    BaselineFile,
    Batch,
    ColorChoice,
    ConfigFile,
    Dims,
    FailOn,
    Formats,
    Ignore,
    Inputs,
    Isolated,
    Kwargs,
    Libraries,
    Notes,
    Outputs,
    Quiet,
    Select,
    Targets,
    Timeout,
    Verbose,
)
from archlint.cli.completers import complete_model
from archlint.errors import UsageError

if TYPE_CHECKING:
    from archlint.report.style import Style
    from archlint.results.model_diff import DiffReport

__all__ = ["diff"]

_GATE = "The gate"
_PERCENT = re.compile(r"(\d+(?:\.\d+)?) ?%")


def diff(
    models: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="BASE HEAD",
            autocompletion=complete_model,
            help="The model before and after: .onnx files, or nets.py:Net, whose code is run; "
            "each may end in @REV, a revision of git.  With --base, models of which each is held "
            "against itself; by default the configured models, or the working folder's.",
            show_default=False,
        ),
    ] = None,
    base: Annotated[
        str | None,
        typer.Option(
            metavar="REV",
            help="Hold each model against itself as it is at this revision of git.",
        ),
    ] = None,
    fail_on_new: Annotated[
        bool,
        typer.Option(
            "--fail-on-new",
            help="Exit with 1 if a finding of --fail-on or worse is new.",
            rich_help_panel=_GATE,
        ),
    ] = False,
    fail_on: Annotated[
        FailOn | None,
        typer.Option(
            metavar="error|warning|note|never",
            help="From which severity on a new finding fails (default: warning).",
            rich_help_panel=_GATE,
        ),
    ] = None,
    max_slowdown: Annotated[
        str | None,
        typer.Option(
            metavar="P%",
            help="Exit with 1 if a model's predicted time grows by more than P % on a target.",
            rich_help_panel=_GATE,
        ),
    ] = None,
    target: Targets = None,
    batch: Batch = None,
    input_: Inputs = None,
    dim: Dims = None,
    timeout: Timeout = None,
    kwargs: Kwargs = None,
    library: Libraries = None,
    select: Select = None,
    ignore: Ignore = None,
    notes: Notes = None,
    baseline: BaselineFile = None,
    format_: Formats = None,
    output: Outputs = None,
    color: ColorChoice = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
    config: ConfigFile = None,
    isolated: Isolated = False,
) -> int:
    """Compare two versions of a model: findings, times, the graph.

    The formats full, json and markdown tell all of it, the others what is new.
    """
    from archlint.cli.output import pair, screen, split
    from archlint.cli.progress import progress_line
    from archlint.cli.settings import commas, dims, options_of, with_file
    from archlint.cli.settings import inputs as shapes
    from archlint.cli.versions import Wanted, against_revision, two_versions
    from archlint.commands.diff import diff as compared
    from archlint.results.model_diff import Gate
    from archlint.settings import Config

    flags = Config(
        target=tuple(target or ()),
        select=commas(select),
        ignore=commas(ignore),
        fail_on=fail_on and fail_on.value,
        timeout=timeout,
        batch=batch,
        input=shapes(input_),
        dim=dims(dim),
        library=tuple(library or ()),
        baseline=None if baseline is None else baseline.as_posix(),
        notes=notes,
        format=tuple(format_ or ()),
        output=tuple(output or ()),
        color=color and color.value,
        quiet=quiet or None,
        verbose=verbose or None,
    )
    asked = with_file(flags, config, isolated=isolated)
    formats, files = split(asked.format)
    jobs = pair(formats, (*files, *asked.output))
    options = options_of(asked)
    gate = Gate(options.fail_on if fail_on_new else None, _share(max_slowdown))
    known = None
    if asked.baseline is not None:
        from archlint.cli.baseline import find_baseline

        known = find_baseline(asked, may_be_absent=False)
    words = models or []
    with ExitStack() as stack:
        wanted = Wanted(asked.models, input_, kwargs, stack, known)
        if base is not None:
            found = against_revision(words, base, wanted)
        elif len(words) == 2:
            found = two_versions(words, wanted)
        else:
            raise UsageError("expected BASE HEAD, or --base REV (try: archlint diff --help)")
        with progress_line(quiet=bool(asked.quiet)) as progress:
            report = compared(found, options, gate, progress)
    style = screen(
        asked.color,
        notes=bool(asked.notes) or (fail_on_new and asked.fail_on == "note"),
        quiet=bool(asked.quiet),
        verbose=bool(asked.verbose),
    )
    _write(report, jobs, style)
    return report.exit_code


def _share(text: str | None) -> float | None:
    if text is None:
        return None
    found = _PERCENT.fullmatch(text.strip())
    if found is None:
        raise UsageError(f'--max-slowdown: expected a percentage such as 3%, found "{text}"')
    return float(found[1]) / 100


def _write(report: DiffReport, jobs: Sequence[tuple[str, str | None]], style: Style) -> None:
    from dataclasses import replace

    from archlint.cli.output import complain, write_file, write_out
    from archlint.report.diff_formats import render
    from archlint.report.style import DEFAULT_WIDTH

    on_paper = replace(style, width=DEFAULT_WIDTH, color=False)
    try:
        for format_, goal in jobs:
            if goal is None:
                write_out(render(report, format_, style))
            else:
                write_file(goal, render(report, format_, on_paper))
    finally:
        for error in report.errors:
            complain(error)
