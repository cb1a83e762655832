"""The JSON Schemas of what `--format json` writes, kept as files beside this one."""

from __future__ import annotations

from importlib.resources import files

__all__ = ["SCHEMAS", "schema"]

SCHEMAS = ("check", "explain", "targets", "verify")
"""The commands that can write JSON."""


def schema(command: str) -> str:
    """The JSON Schema (draft 2020-12) of a command's JSON, as text."""
    return files("archlint.report").joinpath(f"{command}.schema.json").read_text(encoding="utf-8")
