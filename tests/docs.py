"""What of the docs comes from the program and its tables.

Console examples are commands after `$ archlint` with what they print; the rules' pages have a
plot and tables of measured rows.  `python -m tests.docs` writes all of them anew.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from doctest import DocTestParser
from importlib.util import find_spec
from io import StringIO
from pathlib import Path

import pytest

from archlint.cli import run
from tests.measured import with_tables

ROOT = Path(__file__).parents[1]
RULE_PAGES = sorted((ROOT / "rules").glob("*/README.md"))
PYTHON_PAGE = ROOT / "docs" / "python.md"
_STORIES = {"ci.md", "writing-a-rule.md"}
"""Pages whose commands need what went before them: tests of their own run these."""
DOC_PAGES = [page for page in sorted((ROOT / "docs").glob("*.md")) if page.name not in _STORIES]
PAGES = [ROOT / "README.md", *DOC_PAGES, *RULE_PAGES]

_PYTHON = re.compile(r"```pycon\n(.*?)```", re.DOTALL)
_BLOCK = re.compile(r"```console\n(\$ archlint .*?)```", re.DOTALL)
_WIDTH = "100"


def blocks(page: Path) -> Iterator[str]:
    """The console blocks of a page that start with a command."""
    for match in _BLOCK.finditer(page.read_text(encoding="utf-8")):
        yield match[1]


def can_run(block: str) -> bool:
    """Whether this environment has what the block needs: PyTorch for models of Python source."""
    return ".py:" not in block or find_spec("torch") is not None


def printed(block: str) -> str:
    """The block as it is when its commands run now."""
    text = ""
    for line in block.splitlines():
        if line.startswith("$ archlint "):
            text += f"{line}\n{_output(shlex.split(line)[2:])}"
    return text


def _output(arguments: list[str]) -> str:
    out = StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(StringIO()):
        patch.chdir(ROOT)
        patch.setenv("COLUMNS", _WIDTH)
        patch.setenv("NO_COLOR", "1")
        run(arguments)
    return f"{out.getvalue().rstrip()}\n"


def python_printed(page: Path) -> str:
    """A page as it is when the Python of its `pycon` blocks runs now, one after the other."""
    names: dict[str, object] = {"__name__": "__main__"}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        return _PYTHON.sub(
            lambda block: f"```pycon\n{_session(block[1], names)}```",
            page.read_text(encoding="utf-8"),
        )


def _session(block: str, names: dict[str, object]) -> str:
    """The examples of a block, each with what it prints now."""
    text = ""
    for example in DocTestParser().get_examples(block):
        first, *more = example.source.splitlines()
        text += "".join([f">>> {first}\n", *(f"... {line}\n" for line in more)])
        with redirect_stdout(StringIO()) as out:
            exec(compile(example.source, "<page>", "single"), names)
        text += out.getvalue()
    return text


def plot_command(page: Path, file: Path) -> list[str]:
    """What draws the plot of a rule's page into a file."""
    return ["rule", page.parent.name.split("_", 1)[0], "--plot", str(file)]


def main() -> None:
    """Write the plots and pages anew."""
    for page in RULE_PAGES:
        _output(plot_command(page, page.with_name("plot.svg")))
    for page in PAGES:
        text = with_tables(page) if page in RULE_PAGES else page.read_text(encoding="utf-8")
        for block in filter(can_run, list(blocks(page))):
            text = text.replace(block, printed(block))
        page.write_text(text, encoding="utf-8")
    PYTHON_PAGE.write_text(python_printed(PYTHON_PAGE), encoding="utf-8")


if __name__ == "__main__":
    main()
