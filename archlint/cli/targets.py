"""`archlint targets`: what can be priced for, and how well."""

from __future__ import annotations

from typing import Annotated

import typer

from archlint.cli.completers import complete_target
from archlint.settings.asked import Asked

__all__ = ["targets"]


def targets(
    asked: Asked,
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="TARGET...",
            autocompletion=complete_target,
            help="These, with all that is known of them.",
        ),
    ] = None,
) -> int:
    """List the devices and runtimes that can be priced for."""
    from archlint.cli.output import complain, screen, write_out
    from archlint.linter import targets as known_targets
    from archlint.linter.target_list import broken_targets
    from archlint.report import targets_json, targets_text

    asked_for = asked.options.target_paths, names or ()
    known, broken = known_targets(*asked_for), broken_targets(*asked_for)
    if asked.as_json:
        write_out(targets_json.render(known))
    else:
        style = screen(asked.color, verbose=asked.verbose or bool(names))
        write_out(targets_text.render(known, style))
    for line in broken:
        complain(line)
    return 2 if broken else 0
