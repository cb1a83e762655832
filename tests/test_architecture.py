"""The page on how archlint is built says what the import contract keeps."""

from __future__ import annotations

import re
from pathlib import Path

import tomli

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
FOLDERS = [
    ROOT, ROOT / "archlint",
    *(ROOT / "archlint" / each for each in ("cost", "cost/lowering", "graph", "measure", "source")),
]  # fmt: skip
"""Where the page's short paths may begin."""
CONTRACTS = tomli.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"][
    "importlinter"
]["contracts"]


def test_the_page_shows_the_layers_of_the_contract() -> None:
    (layers,) = (each["layers"] for each in CONTRACTS if each["name"] == "imports go one way")
    assert "```text\n" + "\n".join(layers) + "\n```" in PAGE


def test_every_room_has_its_paragraph() -> None:
    paragraphs = re.findall(r"(?m)^\| (`.*?) \|", PAGE)
    named = {
        name.split("/")[0].split(".")[0]
        for each in paragraphs
        for name in re.findall("`(.*?)`", each)
    }
    rooms = {
        each.name for each in (ROOT / "archlint").iterdir() if each.is_dir() and each.name[0] != "_"
    }
    assert rooms <= named


def test_every_place_that_the_page_names_is_there() -> None:
    named = re.findall(r"`([a-z_]+(?:/[a-z_]+)*(?:\.py|/))`", PAGE)
    assert named
    for each in named:
        assert any((folder / each).exists() for folder in FOLDERS), each
