"""What may come next on a command line: the program's answer to the script of a shell."""

from __future__ import annotations

import os
from typing import Any

import typer
from typer.completion import completion_init, shell_complete  # type: ignore[attr-defined]
from typer.core import TyperGroup
from typer.main import get_command

from archlint.cli.completion import VARIABLE

__all__ = ["ProposingGroup", "propose"]


class ProposingGroup(TyperGroup):
    """The commands as a shell completes them: without one it is `check` that goes on."""

    default = "check"

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse words as the program does."""
        own = {name for param in self.get_params(ctx) for name in param.opts}
        if args and args[0] not in self.commands and args[0] not in own:
            args = [self.default, *args]
        return super().parse_args(ctx, args)

    def shell_complete(self, ctx: Any, incomplete: str) -> list[Any]:
        """The commands, and what the default command may begin with."""
        found = super().shell_complete(ctx, incomplete)
        command = self.commands[self.default]
        with command.make_context(self.default, [], parent=ctx, resilient_parsing=True) as inner:
            if incomplete.startswith("-"):
                known = {each.value for each in found}
                more = command.shell_complete(inner, incomplete)
                return [*found, *(each for each in more if each.value not in known)]
            (words,) = (each for each in command.params if each.param_type_name == "argument")
            return [*found, *words.shell_complete(inner, incomplete)]


def propose(app: typer.Typer) -> int:
    """Print what may come next, in the words of the shell that asks."""
    completion_init()
    return shell_complete(get_command(app), {}, "archlint", VARIABLE, os.environ[VARIABLE])
