"""`archlint completion`: the script with which a shell completes archlint's command lines."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

import typer

__all__ = ["VARIABLE", "Shell", "completion"]

VARIABLE = "_ARCHLINT_COMPLETE"
"""Set by the scripts: the program then prints what may come next, and does nothing else."""


class Shell(str, Enum):
    """The shells that have a script."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"
    POWERSHELL = "powershell"


def completion(
    shell: Annotated[
        Shell,
        typer.Argument(metavar="SHELL", help="bash, zsh, fish or powershell.", show_default=False),
    ],
) -> int:
    """Print the script that completes command lines in a shell."""
    from typer.completion import get_completion_script  # type: ignore[attr-defined]

    from archlint.cli.output import write_out

    script = get_completion_script(prog_name="archlint", complete_var=VARIABLE, shell=shell.value)
    if shell is Shell.BASH:
        # a folder goes on after its slash, and names with spaces are quoted
        script = script.replace("complete -o default ", "complete -o default -o filenames ")
    write_out(f"{script}\n")
    return 0
