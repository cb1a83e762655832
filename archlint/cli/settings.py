"""From flags and the configuration file to what a run is asked to do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from archlint.errors import UsageError
from archlint.settings.asked import Asked, settings
from archlint.settings.files import find_config, read_config
from archlint.settings.kinds.tables import said_shapes

if TYPE_CHECKING:
    from archlint.cli.paths import FoundModel
    from archlint.settings.known import Known
    from archlint.settings.options import Options

__all__ = ["ask", "configured", "sized", "what_is_known", "with_inputs"]


def ask(given: Mapping[str, object]) -> Asked:
    """What flags ask for, by field and None where they are not given, over the configuration.

    The configuration is the file that is given, or else the nearest, for commands that have the
    flag for it.  Raises UsageError for the flags and ConfigError for the file.
    """
    said = {field: _said(field, value) for field, value in given.items() if value is not None}
    if "format" in said:
        # the outputs of the configuration go with its own formats
        said.setdefault("output", ())
    file = said.pop("config", None)
    if "isolated" in said and file is not None:
        raise UsageError("--isolated and --config exclude each other")
    if "isolated" in said or "config" not in given:
        return Asked().told(said)
    return configured(None if file is None else Path(str(file))).told(said)


def _said(field: str, value: object) -> object:
    setting = settings()[field]
    if setting.value.kind.said is None:
        return value
    # what typer has read as the kind's `word` is what its `said` takes
    return setting.value.kind.said(f"--{setting.name}", value)  # type: ignore[arg-type]


def configured(file: Path | None = None) -> Asked:
    """What a configuration file asks for: the one given, or else the nearest, if there is one."""
    path = file or find_config(Path.cwd())
    return Asked() if path is None else read_config(path, what_is_known())


def what_is_known() -> Known:
    """The names that a configuration may use, those of formats too."""
    from archlint.linter import known
    from archlint.report.formats import FORMATS

    return replace(known(), formats=tuple(FORMATS))


def sized(asked: Asked, found: Iterable[FoundModel]) -> Options:
    """The options with what --input says of files: models of source have their own."""
    return asked.options if all(each.made is not None for each in found) else with_inputs(asked)


def with_inputs(asked: Asked) -> Options:
    """The options with the shapes that --input gives."""
    given = said_shapes("--input", asked.input_words)
    return replace(asked.options, inputs={**asked.options.inputs, **given})
