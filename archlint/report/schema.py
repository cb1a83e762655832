"""The JSON Schemas of what `--format json` writes, kept as files beside this one."""

from __future__ import annotations

import json
import re
from importlib.resources import files

__all__ = ["SCHEMAS", "schema"]

SCHEMAS = ("check", "diff", "explain", "fix", "rule", "targets", "verify")
"""The commands that can write JSON."""


def schema(command: str) -> str:
    """The JSON Schema (draft 2020-12) of a command's JSON, as text."""
    found, shared = json.loads(_file(command)), json.loads(_file("check"))["$defs"]
    # what several commands write is defined with `check`
    while missing := _named(found) - set(found["$defs"]):
        found["$defs"] |= {name: shared[name] for name in shared if name in missing}
    return json.dumps(found, indent=2) + "\n"


def _named(found: object) -> set[str]:
    return set(re.findall(r'"#/\$defs/(\w+)"', json.dumps(found)))


def _file(command: str) -> str:
    return files("archlint.report").joinpath(f"{command}.schema.json").read_text(encoding="utf-8")
