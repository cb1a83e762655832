"""`archlint config`: what a configuration may say."""

from __future__ import annotations

from typing import Annotated

import typer

from archlint.cli.completers import complete_options

__all__ = ["config"]


def config(
    option: Annotated[
        str | None,
        typer.Argument(
            metavar="OPTION",
            autocompletion=complete_options,
            help="The option; without one, all are listed.",
        ),
    ] = None,
) -> int:
    """List the options of the configuration, or explain one.

    `archlint schema config` has the same for editors, `archlint check --show-settings` what holds.
    """
    from archlint.cli.output import write_out
    from archlint.cli.settings import what_is_known
    from archlint.settings.described import option_list, option_page

    known = what_is_known()
    write_out(option_list(known) if option is None else option_page(known, option))
    return 0
