"""`archlint diff`: what a change of a model changes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import ExitStack
from math import isfinite
from typing import TYPE_CHECKING, Annotated

import typer

from archlint.cli.completers import complete_model
from archlint.cli.parameters import After
from archlint.errors import UsageError
from archlint.settings.asked import Asked
from archlint.settings.setting import Panel

if TYPE_CHECKING:
    from archlint.report.style import Style
    from archlint.results.model_diff import DiffReport

__all__ = ["diff"]

_GATE = Panel.GATE.value
_PERCENT = re.compile(r"(\d+(?:\.\d+)?) ?%")


def diff(
    asked: Asked,
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
    max_slowdown: Annotated[
        str | None,
        After("fail_on"),
        typer.Option(
            metavar="P%",
            help="Exit with 1 if a model's predicted time grows by more than P % on a target.",
            rich_help_panel=_GATE,
        ),
    ] = None,
) -> int:
    """Compare two versions of a model: findings, times, the graph.

    The formats full, json and markdown tell all of it, the others what is new.
    """
    from archlint.cli.output import pair, refuse_links, screen, split
    from archlint.cli.progress import LINE
    from archlint.cli.settings import with_inputs
    from archlint.cli.versions import Wanted, against_revision, two_versions
    from archlint.commands.diff import diff as compared
    from archlint.results.model_diff import Gate
    from archlint.results.severity import Severity

    formats, files = split(asked.format)
    jobs = pair(formats, (*files, *asked.output))
    if asked.untrusted:
        refuse_links([goal for _, goal in jobs if goal is not None])
    options = with_inputs(asked)
    gate = Gate(options.fail_on if fail_on_new else None, _share(max_slowdown))
    known = None
    if asked.baseline is not None:
        from archlint.cli.baseline import find_baseline

        known = find_baseline(asked, may_be_absent=False)
    words = models or []
    if asked.quiet:
        LINE.end()
    with ExitStack() as stack:
        wanted = Wanted(asked, stack, known)
        if base is not None:
            found = against_revision(words, base, wanted)
        elif len(words) == 2:
            found = two_versions(words, wanted)
        else:
            raise UsageError("expected BASE HEAD, or --base REV (try: archlint diff --help)")
        report = compared(found, options, gate, LINE.linting)
    style = screen(
        asked.color,
        notes=asked.notes or gate.new is Severity.NOTE,
        quiet=asked.quiet,
        verbose=asked.verbose,
    )
    _write(report, jobs, style)
    if gate.slowdown is not None:
        _tell_of_renamed(report)
    return report.exit_code


def _tell_of_renamed(report: DiffReport) -> None:
    """Say that nothing is held against what is new, where something is gone: it may be that."""
    from archlint.cli.output import complain

    new = [each.name for each in report.models if each.before is None]
    gone = [each.name for each in report.models if each.after is None]
    if new and gone:
        complain(
            f"--max-slowdown holds nothing against {', '.join(new)}: new, where"
            f" {', '.join(gone)} {'is' if len(gone) == 1 else 'are'} gone"
        )


def _share(text: str | None) -> float | None:
    if text is None:
        return None
    found = _PERCENT.fullmatch(text.strip())
    if found is None or not isfinite(float(found[1])):
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
        for line in (*(each.alone for each in report.models if each.alone), *report.errors):
            complain(line)
