"""`archlint fix`: edit a model's source so that its predicted time falls."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from archlint.cli.completers import complete_model
from archlint.cli.parameters import After
from archlint.errors import UsageError
from archlint.settings.asked import Asked

__all__ = ["fix"]

_EDITS = "Which edits"


def fix(
    asked: Asked,
    model: Annotated[
        str,
        typer.Argument(
            metavar="MODEL",
            autocompletion=complete_model,
            help="A model of Python source: nets.py:Net, package.module:factory, or a "
            "configured name.  Its code is run.",
            show_default=False,
        ),
    ],
    apply: Annotated[
        bool,
        After("notes"),
        typer.Option(
            "--apply/--diff",
            help="Write the files, or show what would change (the default).",
            show_default=False,
            rich_help_panel=_EDITS,
        ),
    ] = False,
    redesign: Annotated[
        bool,
        After("apply"),
        typer.Option(
            "--redesign",
            help="Edits that change the function too: the network has to be trained again.",
            rich_help_panel=_EDITS,
        ),
    ] = False,
) -> int:
    """Edit a model's source so that it gets faster.

    Exact edits alone, which keep checkpoints loadable and what the model computes; --redesign
    asks for others.  After each edit the model is exported and priced again, and an edit that
    does not help is taken back.  Exit code 1 when there is a change that was not written.
    """
    from archlint.cli.output import complain, screen, write_out
    from archlint.commands.fix import fix as fix_source
    from archlint.linter.found_models import find_models
    from archlint.report import fix_json, fix_text

    found = find_models([model], asked.models, asked.input_words, asked.kwargs)
    made = found[0].made if len(found) == 1 else None
    if made is None:
        raise UsageError(f"{model}: fix needs Python source, such as nets.py:Net")
    fix_report, files = fix_source(
        made, asked.options, redesign=redesign, notes=asked.notes, tell=_tell
    )
    if apply:
        files.write()
    if asked.as_json:
        write_out(fix_json.render(fix_report, written=apply))
    else:
        style = screen(asked.color, verbose=asked.verbose)
        write_out(fix_text.render(fix_report, style, written=apply))
    for problem in fix_report.problems:
        complain(problem)
    if fix_report.problems:
        return 2
    return int(bool(fix_report.changes) and not apply)


def _tell(doing: str) -> None:
    """Show what is tried; without a terminal a line for each export."""
    from archlint.cli.output import complain
    from archlint.cli.progress import LINE

    if sys.stderr.isatty():
        LINE.at("trying", doing)
    else:
        complain(f"trying: {doing}")
