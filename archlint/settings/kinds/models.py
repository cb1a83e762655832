"""The tables of the key `models`: what `archlint check` lints."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from archlint.did_you_mean import did_you_mean
from archlint.errors import UsageError
from archlint.settings.kinds.kind import Kind, Schema
from archlint.settings.kinds.lists import several, strings, targets
from archlint.settings.toml_text import value_text

if TYPE_CHECKING:
    from archlint.settings.kinds.reader import Reader
    from archlint.settings.known import Known
    from archlint.source.export.spec import Value

__all__ = ["MODELS", "ConfiguredModel"]

_WORDS = several({"type": "string"})
_KEYS: Schema = {
    "name": {"type": "string", "pattern": "\\S"},
    "factory": {"type": "string", "pattern": "^.+:.+$"},
    "inputs": _WORDS,
    "kwargs": {"type": "object"},
    "targets": _WORDS,
}


@dataclass(frozen=True, slots=True)
class ConfiguredModel:
    """A table of the key `models`: a model of Python source, with what its factory takes.

    `inputs` are as `--input` takes them, `kwargs` are the factory's; `targets` empty means those
    of the run.
    """

    name: str
    factory: str
    inputs: tuple[str, ...] = ()
    kwargs: Mapping[str, Value] = field(default_factory=dict)
    targets: tuple[str, ...] = ()


def _models(reader: Reader, key: str, value: object) -> tuple[ConfiguredModel, ...]:
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        reader.expected(key, "tables: [[models]]", value)
        return ()
    models: dict[str, ConfiguredModel] = {}
    for number, table in enumerate(value, 1):
        where = f"{key} {number}"
        model = _model(reader, where, table)
        if model is not None and model.name in models:
            reader.problem(where, f"a second model called {value_text(model.name)}")
        elif model is not None:
            models[model.name] = model
    return tuple(models.values())


def _model(reader: Reader, where: str, table: Mapping[str, object]) -> ConfiguredModel | None:
    # here, for most configurations name no model
    from archlint.source.export.spec import ModelSpec

    for key in table:
        if key not in _KEYS:
            reader.problem(where, f"unknown key {value_text(key)}{did_you_mean(key, _KEYS)}")
    factory, kwargs = table.get("factory"), table.get("kwargs", {})
    name = table.get("name", factory)
    inputs = strings(reader, f"{where}: inputs", table.get("inputs", []))
    wanted = targets(reader, f"{where}: targets", table.get("targets", []))
    if not isinstance(factory, str):
        reader.problem(where, "a factory is missing, such as nets.py:Net")
    elif not isinstance(name, str) or not name.strip():
        reader.problem(where, f"name: expected a name, found {value_text(name)}")
    elif not isinstance(kwargs, dict):
        reader.problem(where, f"kwargs: expected a table, found {value_text(kwargs)}")
    else:
        try:
            spec = ModelSpec.parse(factory, inputs, kwargs)
        except UsageError as fault:
            reader.problem(where, str(fault))
        else:
            here = _from_here(reader.folder, factory)
            return ConfiguredModel(name, here, inputs, spec.kwargs, wanted)
    return None


def _from_here(folder: Path, factory: str) -> str:
    """The factory of a file in a folder as one in the working folder calls it."""
    source, _, attribute = factory.rpartition(":")
    if not source.endswith(".py"):
        return factory
    path = folder / source
    inside = path.absolute().is_relative_to(Path.cwd())
    shown = Path(os.path.relpath(path)) if inside else path
    return f"{shown.as_posix()}:{attribute}"


def _schema(_: Known) -> Schema:
    model: Schema = {
        "type": "object",
        "properties": _KEYS,
        "required": ["factory"],
        "additionalProperties": False,
    }
    return {"type": "array", "items": model}


MODELS: Kind[tuple[ConfiguredModel, ...]] = Kind(_models, _schema)
