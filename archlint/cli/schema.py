"""`archlint schema`: the JSON Schema of what archlint writes."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

import typer

__all__ = ["schema"]


class JsonOf(str, Enum):
    """The commands that write JSON; a test holds them against `SCHEMAS`."""

    CHECK = "check"
    DIFF = "diff"
    EXPLAIN = "explain"
    TARGETS = "targets"
    VERIFY = "verify"


def schema(
    command: Annotated[
        JsonOf,
        typer.Argument(
            metavar="COMMAND",
            help="check (the default), diff, explain, targets or verify.",
            show_default=False,
        ),
    ] = JsonOf.CHECK,
) -> int:
    """Print the JSON Schema of a command's `--format json`."""
    from archlint.cli.output import write_out
    from archlint.report.schema import schema as text_of

    write_out(text_of(command.value))
    return 0
