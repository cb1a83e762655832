"""The files that docs/ci.md shows, and the action that they use."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.gate.repository import ROOT

yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")

_BLOCK = re.compile(r"```yaml\n# (\S+)\n(.*?)```", re.DOTALL)


def files(name: str) -> list[str]:
    """What the page shows of files of this name, in its order."""
    page = (ROOT / "docs/ci.md").read_text("utf-8")
    return [text for shown, text in _BLOCK.findall(page) if shown == name]


def action() -> dict[str, Any]:
    """The action, as YAML says it."""
    found: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
    return found


def gitlab() -> dict[str, Any]:
    """GitLab's template, as YAML says it."""
    found: dict[str, Any] = yaml.safe_load((ROOT / "templates/gitlab.yml").read_text("utf-8"))
    return found
