"""Finding and reading the configuration file."""

from __future__ import annotations

from pathlib import Path

import tomli

from archlint.errors import ConfigError
from archlint.settings.asked import Asked
from archlint.settings.kinds.reader import Reader
from archlint.settings.known import Known
from archlint.settings.read_table import read_table
from archlint.settings.toml_text import value_text

__all__ = ["find_config", "read_config"]


def find_config(folder: Path) -> Path | None:
    """The nearest configuration file from `folder` upward; archlint.toml wins in its folder.

    A pyproject.toml counts only with a `[tool.archlint]` table, or if it cannot be read.
    """
    for each in (folder, *folder.parents):
        own = each / "archlint.toml"
        if own.is_file():
            return own
        project = each / "pyproject.toml"
        if project.is_file() and _concerns_us(project):
            return project
    return None


def read_config(path: Path, known: Known) -> Asked:
    """What the configuration in a file asks for; raises ConfigError with every problem in it."""
    shown = _shown(path)
    table = _load(path, shown)
    prefix = ""
    if path.name == "pyproject.toml":
        prefix = "tool.archlint."
        tool = table.get("tool", {})
        found = tool.get("archlint", {}) if isinstance(tool, dict) else {}
        if not isinstance(found, dict):
            raise ConfigError(
                shown, [f"tool.archlint: expected a table, found {value_text(found)}"]
            )
        table = found
    reader = Reader(path.parent, shown, prefix, known)
    asked = read_table(table, reader)
    if reader.problems:
        raise ConfigError(shown, reader.problems)
    return asked


def _shown(path: Path) -> str:
    absolute, here = path.absolute(), Path.cwd()
    inside = absolute.is_relative_to(here)
    return (absolute.relative_to(here) if inside else path).as_posix()


def _load(path: Path, shown: str) -> dict[str, object]:
    try:
        table: dict[str, object] = tomli.loads(path.read_text(encoding="utf-8"))
    except OSError as e:
        raise ConfigError(shown, [e.strerror or str(e)]) from e
    except UnicodeDecodeError as e:
        raise ConfigError(shown, ["not UTF-8 text"]) from e
    except (ValueError, RecursionError) as e:  # a number of thousands of digits, too
        raise ConfigError(shown, [f"not valid TOML: {e}"]) from e
    return table


def _concerns_us(project: Path) -> bool:
    try:
        tool = _load(project, "").get("tool")
    except ConfigError:
        return True
    return isinstance(tool, dict) and "archlint" in tool
