"""Finding and reading the configuration file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from archlint.errors import ConfigError
from archlint.limits.toml_file import read_toml
from archlint.settings.asked import Asked
from archlint.settings.kinds.reader import Reader
from archlint.settings.known import Known
from archlint.settings.read_table import read_table
from archlint.settings.toml_text import value_text

if TYPE_CHECKING:
    from archlint.source.export.elsewhere import Elsewhere

__all__ = ["find_config", "read_config"]

_LARGEST = 1 << 20  # bytes; people write it, and a line takes a tenth of a millisecond


def find_config(folder: Path, elsewhere: Elsewhere | None = None) -> Path | None:
    """The nearest configuration file from `folder` upward; archlint.toml wins in its folder.

    A pyproject.toml counts only with a `[tool.archlint]` table, or if it cannot be read.  One of
    a revision, which lies `elsewhere`, is called as the working tree calls it.
    """
    for each in (folder, *folder.parents):
        if elsewhere is not None and not each.is_relative_to(elsewhere.instead_of):
            break  # what is above the repository is of no revision
        own, project = each / "archlint.toml", each / "pyproject.toml"
        if _read_at(own, elsewhere).is_file():
            return own
        read = _read_at(project, elsewhere)
        if read.is_file() and _concerns_us(read):
            return project
    return None


def read_config(path: Path, known: Known, elsewhere: Elsewhere | None = None) -> Asked:
    """What the configuration in a file asks for; raises ConfigError with every problem in it."""
    shown = _shown(path)
    table = _load(_read_at(path, elsewhere), shown)
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
    reader = Reader(path.parent, shown, prefix, known, elsewhere)
    asked = read_table(table, reader)
    if reader.problems:
        raise ConfigError(shown, reader.problems)
    return asked if elsewhere is None else replace(asked, config="")


def _read_at(path: Path, elsewhere: Elsewhere | None) -> Path:
    return path if elsewhere is None else elsewhere.of(path)


def _shown(path: Path) -> str:
    absolute, here = path.absolute(), Path.cwd()
    inside = absolute.is_relative_to(here)
    return (absolute.relative_to(here) if inside else path).as_posix()


def _load(path: Path, shown: str) -> dict[str, object]:
    try:
        return read_toml(path, _LARGEST)
    except OSError as e:
        raise ConfigError(shown, [e.strerror or str(e)]) from e
    except ValueError as e:
        raise ConfigError(shown, [str(e)]) from e


def _concerns_us(project: Path) -> bool:
    try:
        tool = _load(project, "").get("tool")
    except ConfigError:
        return True
    return isinstance(tool, dict) and "archlint" in tool
