"""Print the lowest versions that pyproject.toml allows, as constraints for pip."""

from __future__ import annotations

import re
from pathlib import Path

import tomli

PROJECT = tomli.loads((Path(__file__).parents[1] / "pyproject.toml").read_text("utf-8"))["project"]
LOWEST = re.compile(r"([\w-]+)(?:\[\w+\])?[>=]=([\d.]+)")

if __name__ == "__main__":
    extras = PROJECT["optional-dependencies"]
    asked = [
        PROJECT["dependencies"],
        *(extras[each] for each in ("torch", "ort", "server", "plot")),
    ]
    for requirement in (each for part in asked for each in part):
        found = LOWEST.match(requirement)
        assert found is not None, f"{requirement} has no lowest version"
        print("==".join(found.groups()))  # noqa: T201 - what pip reads
