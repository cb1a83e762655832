"""The console examples of the docs: commands after `$ archlint`, and what they print.

`python -m tests.docs` writes what they print now into the pages.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "rules").glob("*/README.md"))]

_BLOCK = re.compile(r"```console\n(\$ archlint .*?)```", re.DOTALL)
_WIDTH = "100"


def blocks(page: Path) -> Iterator[str]:
    """The console blocks of a page that start with a command."""
    for match in _BLOCK.finditer(page.read_text(encoding="utf-8")):
        yield match[1]


def printed(block: str) -> str:
    """The block as it is when its commands run now."""
    text = ""
    for line in block.splitlines():
        if line.startswith("$ archlint "):
            text += f"{line}\n{_output(shlex.split(line)[2:])}"
    return text


def _output(arguments: list[str]) -> str:
    environment = {**os.environ, "COLUMNS": _WIDTH, "NO_COLOR": "1"}
    command = [sys.executable, "-m", "archlint", *arguments]
    run = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    return f"{run.stdout.rstrip()}\n"


def main() -> None:
    """Write the pages anew."""
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for block in list(blocks(page)):
            text = text.replace(block, printed(block))
        page.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
