"""`archlint schema`: the JSON Schema of what archlint writes."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

import typer

__all__ = ["schema"]


class JsonOf(str, Enum):
    """The commands that write JSON, which a test holds against `SCHEMAS`, and the configuration."""

    CHECK = "check"
    DIFF = "diff"
    EXPLAIN = "explain"
    FIX = "fix"
    RULE = "rule"
    TARGETS = "targets"
    VERIFY = "verify"
    CONFIG = "config"


def schema(
    command: Annotated[
        JsonOf,
        typer.Argument(
            metavar="COMMAND",
            help="check (the default), diff, explain, fix, rule, targets or verify; config for "
            "what a configuration file may say.",
            show_default=False,
        ),
    ] = JsonOf.CHECK,
) -> int:
    """Print the JSON Schema of a command's `--format json`."""
    from archlint.cli.output import write_out
    from archlint.report.schema import schema as text_of

    write_out(_of_config() if command is JsonOf.CONFIG else text_of(command.value))
    return 0


def _of_config() -> str:
    import json

    from archlint.cli.settings import what_is_known
    from archlint.settings.schema import config_schema

    return json.dumps(config_schema(what_is_known()), indent=2) + "\n"
