"""The JSON Schemas of what `--format json` writes, kept as files beside this one."""

from __future__ import annotations

import json
from importlib.resources import files

__all__ = ["SCHEMAS", "schema"]

SCHEMAS = ("check", "diff", "explain", "targets", "verify")
"""The commands that can write JSON."""


def schema(command: str) -> str:
    """The JSON Schema (draft 2020-12) of a command's JSON, as text."""
    if command != "diff":
        return _file(command)
    # a diff holds two reports of `archlint check`
    found, check = json.loads(_file(command)), json.loads(_file("check"))
    found["$defs"].update(check["$defs"])
    return json.dumps(found, indent=2) + "\n"


def _file(command: str) -> str:
    return files("archlint.report").joinpath(f"{command}.schema.json").read_text(encoding="utf-8")
