"""`archlint rule`: the documentation of a rule, and its plot."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from archlint.cli.completers import complete_rules
from archlint.errors import UsageError
from archlint.settings.asked import Asked

__all__ = ["rule"]

PlotFile = Annotated[
    Path | None,
    typer.Option(
        "--plot",
        metavar="FILE",
        help="Draw the rule's slow-downs into a .svg, .png or .pdf file, a line for each shipped "
        "target or for those that --target names.  Needs matplotlib (extra `plot`).",
    ),
]


def rule(
    asked: Asked,
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="CODE|NAME",
            autocompletion=complete_rules,
            help="The rule; without one, all are listed.",
        ),
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="All rules with their pages.")] = False,
    plot: PlotFile = None,
) -> int:
    """Explain a rule: what it finds, and why that is slow."""
    from archlint.cli.output import screen, write_out
    from archlint.cli.reporting import complain_of_rules
    from archlint.linter import rule_page, rules
    from archlint.report.rule_text import render_list, render_page

    if plot is not None:
        if name is None:
            raise UsageError("--plot: which rule? `archlint rule` lists them")
        return _draw(name, plot, asked.options.targets)
    if asked.options.targets:
        raise UsageError("--target goes with --plot FILE")
    if every and name is not None:
        raise UsageError("--all goes without a rule")
    if asked.as_json:
        from archlint.report.rule_json import render

        write_out(render(rules() if name is None else (rule_page(name),)))
        return complain_of_rules() if name is None else 0
    style = screen(asked.color, verbose=asked.verbose)
    if name is None and not every:
        write_out(render_list(rules(), style))
        return complain_of_rules()
    for page in rules() if name is None else (rule_page(name),):
        is_read = sys.stdout.isatty()
        write_out(render_page(page, style) if is_read else f"{page.page.rstrip()}\n")
    return complain_of_rules() if name is None else 0


def _draw(name: str, file: Path, targets: Sequence[str]) -> int:
    from archlint.cli.output import complain, write_file
    from archlint.cli.settings import configured
    from archlint.commands.rule import plot
    from archlint.report.plot import KINDS, render

    kind = file.suffix.lower().removeprefix(".")
    if kind not in KINDS:
        raise UsageError(f'--plot: expected a .svg, .png or .pdf file, found "{file}"')
    paths = configured().options.target_paths if targets else ()
    priced = plot(name, targets, paths)
    write_file(str(file), render(priced, kind), "--plot")
    for target in priced.unpriced:
        complain(f"no line for {target}: its tables do not price the kernels of this plot")
    return 0
