"""`archlint targets`: what can be priced for, and how well."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
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
            help="These, with all that is known of them; `add NAME` makes one of --networks.",
        ),
    ] = None,
    networks: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="With `add`: times of networks (network,batch,ms); names of timm or .onnx files.",
        ),
    ] = None,
    like: Annotated[
        str | None,
        typer.Option(
            metavar="TARGET",
            autocompletion=complete_target,
            help="With `add`: the target that is nearest, of the same runtime.",
        ),
    ] = None,
) -> int:
    """List what can be priced for, or add a target."""
    if networks is not None or like is not None:
        return _add(asked, names or (), networks, like)
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


def _add(asked: Asked, names: Sequence[str], networks: Path | None, like: str | None) -> int:
    """Make a target of the times of networks."""
    from archlint.cli.output import write_out
    from archlint.cli.progress import LINE
    from archlint.commands.add_target import add_target
    from archlint.errors import UsageError
    from archlint.linter.target_places import is_path, split_path, user_folder
    from archlint.report.units import percent

    if len(names) != 2 or names[0] != "add" or networks is None or like is None:
        raise UsageError("expected: archlint targets add NAME --networks FILE --like TARGET")
    folder, name = split_path(names[1]) if is_path(names[1]) else (user_folder(), names[1])
    made, count = add_target(networks, like, asked.options, folder / name, LINE.reading)
    (error,) = made.errors
    write_out(
        f"{folder / name}: inferred from {count} networks; left out, they are off by "
        f"{percent(error.median)} (median), {percent(error.p90)} (90th percentile)\n"
    )
    return 0
