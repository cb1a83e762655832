"""The tables of the key `models`: what `archlint check` lints."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from archlint.did_you_mean import did_you_mean
from archlint.errors import UsageError
from archlint.settings.config import ConfiguredModel
from archlint.settings.toml_text import value_text
from archlint.settings.value_reader import ValueReader

__all__ = ["ModelsReader"]

_KEYS = ("name", "factory", "inputs", "kwargs", "targets")


class ModelsReader(ValueReader):
    """Reads tables of models; factories in files are relative to `folder`."""

    def __init__(self, folder: Path, prefix: str) -> None:
        super().__init__(prefix)
        self._folder = folder

    def _models(self, key: str, value: object) -> tuple[ConfiguredModel, ...]:
        if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
            self._expected(key, "tables: [[models]]", value)
            return ()
        models: dict[str, ConfiguredModel] = {}
        for number, table in enumerate(value, 1):
            where = f"{key} {number}"
            model = self._model(where, table)
            if model is not None and model.name in models:
                self._problem(where, f"a second model called {value_text(model.name)}")
            elif model is not None:
                models[model.name] = model
        return tuple(models.values())

    def _model(self, where: str, table: Mapping[str, object]) -> ConfiguredModel | None:
        # here, for most configurations name no model
        from archlint.source.export.spec import ModelSpec

        for key in table:
            if key not in _KEYS:
                self._problem(where, f"unknown key {value_text(key)}{did_you_mean(key, _KEYS)}")
        factory, kwargs = table.get("factory"), table.get("kwargs", {})
        name = table.get("name", factory)
        inputs = self._strings(f"{where}: inputs", table.get("inputs", []))
        targets = self._model_targets(f"{where}: targets", table.get("targets", []))
        if not isinstance(factory, str):
            self._problem(where, "a factory is missing, such as nets.py:Net")
        elif not isinstance(name, str) or not name.strip():
            self._problem(where, f"name: expected a name, found {value_text(name)}")
        elif not isinstance(kwargs, dict):
            self._problem(where, f"kwargs: expected a table, found {value_text(kwargs)}")
        else:
            try:
                spec = ModelSpec.parse(factory, inputs, kwargs)
            except UsageError as fault:
                self._problem(where, str(fault))
            else:
                here = self._from_here(factory)
                return ConfiguredModel(name, here, inputs, spec.kwargs, targets)
        return None

    def _model_targets(self, key: str, value: object) -> tuple[str, ...]:
        return self._strings(key, value)

    def _from_here(self, factory: str) -> str:
        """The factory as one in the working folder calls it."""
        source, _, attribute = factory.rpartition(":")
        if not source.endswith(".py"):
            return factory
        path = self._folder / source
        inside = path.absolute().is_relative_to(Path.cwd())
        shown = Path(os.path.relpath(path)) if inside else path
        return f"{shown.as_posix()}:{attribute}"
