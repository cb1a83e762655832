"""`archlint targets`: what can be priced for, and how well."""

from __future__ import annotations

from typing import Annotated

import typer

from archlint.cli.arguments import (
    ColorChoice,
    ConfigFile,
    Isolated,
    OutputKind,
    TextOrJson,
    Verbose,
)
from archlint.cli.completers import complete_target

__all__ = ["targets"]


def targets(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="TARGET...",
            autocompletion=complete_target,
            help="These, with all that is known of them.",
        ),
    ] = None,
    format_: TextOrJson = OutputKind.TEXT,
    color: ColorChoice = None,
    verbose: Verbose = False,
    config: ConfigFile = None,
    isolated: Isolated = False,
) -> int:
    """List the devices and runtimes that can be priced for."""
    from archlint.cli.output import screen, write_out
    from archlint.cli.settings import with_file
    from archlint.linter import targets as known_targets
    from archlint.report import targets_json, targets_text
    from archlint.settings import Config

    flags = Config(color=color and color.value, verbose=verbose or None)
    asked = with_file(flags, config, isolated=isolated)
    known = known_targets(asked.target_paths, names or ())
    if format_ is OutputKind.JSON:
        write_out(targets_json.render(known))
    else:
        style = screen(asked.color, verbose=bool(asked.verbose or names))
        write_out(targets_text.render(known, style))
    return 0
