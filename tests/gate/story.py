"""The console blocks of docs/ci.md, run one after the other in an empty folder.

`python -m tests.gate.story` writes what the commands print into the page.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.gate.repository import ROOT, environment

PAGE = ROOT / "docs/ci.md"

_CONSOLE = re.compile(r"```console\n(\$ .*?)```", re.DOTALL)
_PLAIN = re.compile(r"```console\n(archlint .*?)```", re.DOTALL)
_SHELL = re.compile(r"```sh\n(.*?)```", re.DOTALL)
_END = "--- end of a command ---"


def told() -> list[str]:
    """The console blocks as the page has them."""
    return _CONSOLE.findall(PAGE.read_text("utf-8"))


def scripts() -> list[str]:
    """The shell blocks of the page, but for what installs."""
    return [
        "".join(line for line in block.splitlines(keepends=True) if "pip install" not in line)
        for block in _SHELL.findall(PAGE.read_text("utf-8"))
    ]


def team() -> list[str]:
    """The commands of the README's section on a gate."""
    _, section = (ROOT / "README.md").read_text("utf-8").split("## A gate\n")
    (block,) = _PLAIN.findall(section.split("\n## ")[0])
    return [line.partition(" # ")[0].rstrip() for line in block.splitlines()]


def happened(blocks: Sequence[str], home: Path) -> list[str]:
    """The blocks as they are when their commands run now, one after the other."""
    commands = [line[2:] for block in blocks for line in block.splitlines() if line[:2] == "$ "]
    outputs = iter(_outputs(commands, home))
    return ["".join(_with(block, outputs)) for block in blocks]


def _with(block: str, outputs: Iterator[str]) -> Iterator[str]:
    for line in block.splitlines(keepends=True):
        if line.startswith("$ "):
            yield line
            yield next(outputs)


def _outputs(commands: Sequence[str], home: Path) -> list[str]:
    """What each command prints in one bash; a command sees the exit code of the last."""
    script = "".join(f"{each}\n_code=$?; echo '{_END}'; (exit $_code)\n" for each in commands)
    folder = home / "work"
    folder.mkdir(parents=True)
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-c", script],
        cwd=folder,
        env=_variables(home),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.stdout.split(f"{_END}\n")[:-1]


def _variables(home: Path) -> Mapping[str, str]:
    return {**environment(home), "ARCHLINT": str(ROOT)}


def main() -> None:
    """Write the page anew."""
    text = PAGE.read_text("utf-8")
    with TemporaryDirectory() as home:
        blocks = told()
        for old, new in zip(blocks, happened(blocks, Path(home)), strict=True):
            text = text.replace(old, new)
    PAGE.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
