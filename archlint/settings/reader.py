"""From a table of TOML to a Config."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path

from archlint.cost.target_files import list_targets
from archlint.did_you_mean import did_you_mean
from archlint.settings.config import Config, Known, RuleOption
from archlint.settings.models import ModelsReader
from archlint.settings.options import Ignore
from archlint.settings.shape import parse_shape
from archlint.settings.toml_text import key_text, value_text

__all__ = ["Reader"]

_FAIL_ON = ("error", "warning", "note", "never")
_COLORS = ("auto", "always", "never")


class Reader(ModelsReader):
    """Turns a table into a Config and gathers the problems on the way.

    `folder` is where the file lies, `path` its name in messages, `prefix` what comes before a
    key in them.
    """

    def __init__(
        self, folder: Path, path: str, prefix: str, known: Known, formats: tuple[str, ...]
    ) -> None:
        super().__init__(folder, prefix)
        self._path = path
        self._known = known
        self._formats_known = formats
        self._user_targets: tuple[str, ...] = ()

    def read(self, table: Mapping[str, object]) -> Config:
        """The configuration in this table."""
        keys: Mapping[str, Callable[[str, object], object]] = {
            "target-paths": self._folders,
            "target": self._targets,
            "select": self._codes,
            "ignore": self._ignore_codes,
            "fail-on": lambda key, value: self._choice(key, value, _FAIL_ON),
            "min-slowdown": self._slowdown,
            "timeout": self._seconds,
            "batch": self._count,
            "input": self._inputs,
            "dim": self._dims,
            "notes": self._flag,
            "top": self._count,
            "format": self._formats,
            "output": self._strings,
            "color": lambda key, value: self._choice(key, value, _COLORS),
            "quiet": self._flag,
            "verbose": self._flag,
            "rules": self._rules,
            "per-model-ignores": self._per_model_ignores,
            "models": self._models,
            "source-root": self._folders,
            "path-map": self._path_map,
            "library": self._strings,
            "baseline": self._file,
        }
        self._note_user_targets(table.get("target-paths"))
        values: dict[str, object] = {}
        for key, value in table.items():
            if key in keys:
                values[key.replace("-", "_")] = keys[key](key, value)
            else:
                self._problem(key_text(key), f"unknown key{did_you_mean(key, keys)}")
        ignores = self._ignore_tables("ignore", table.get("ignore"))
        # Each parser gives its field's type; that the names agree is what a test checks.
        return replace(Config(path=self._path, ignores=ignores), **values)  # type: ignore[arg-type]

    def _formats(self, key: str, value: object) -> tuple[str, ...]:
        words = self._strings(key, value)
        names = [each.partition("=")[0] for each in words]
        self._check(key, names, "format", self._formats_known)
        return words

    def _targets(self, key: str, value: object) -> tuple[str, ...]:
        named = self._strings(key, value)
        known = self._known.targets + self._user_targets
        self._check(key, [each for each in named if not _is_path(each)], "target", known)
        return tuple(self._beside(each) if _is_path(each) else each for each in named)

    def _model_targets(self, key: str, value: object) -> tuple[str, ...]:
        return self._targets(key, value)

    def _path_map(self, key: str, value: object) -> Mapping[str, str]:
        if isinstance(value, dict) and all(isinstance(each, str) for each in value.values()):
            return {old: self._beside(new) for old, new in value.items()}
        self._expected(key, "a table of folders by the beginnings of paths", value)
        return {}

    def _file(self, key: str, value: object) -> str | None:
        if isinstance(value, str) and value:
            return self._beside(value)
        self._expected(key, "a file", value)
        return None

    def _folders(self, key: str, value: object) -> tuple[str, ...]:
        paths = self._strings(key, value)
        for path in paths:
            if not (self._folder / path).is_dir():
                self._problem(key, f"no such folder: {value_text(path)}")
        return tuple(map(self._beside, paths))

    def _note_user_targets(self, paths: object) -> None:
        """The key `target` may name what lies in the folders of `target-paths`."""
        folders = [paths] if isinstance(paths, str) else paths
        if isinstance(folders, list):
            self._user_targets = tuple(
                name
                for each in folders
                if isinstance(each, str)
                for name in list_targets(self._folder / each)
            )

    def _beside(self, path: str) -> str:
        """A path that is relative to the configuration file, for use from anywhere."""
        return (self._folder / path).as_posix()

    def _codes(self, key: str, value: object) -> tuple[str, ...]:
        return self._named(key, value, "rule", self._rule_words())

    def _named(self, key: str, value: object, noun: str, words: tuple[str, ...]) -> tuple[str, ...]:
        values = self._strings(key, value)
        self._check(key, values, noun, words)
        return values

    def _check(self, key: str, values: Sequence[str], noun: str, words: tuple[str, ...]) -> None:
        for each in values:
            if each not in words:
                self._unknown(key, noun, each, words)

    def _unknown(self, key: str, noun: str, word: str, words: tuple[str, ...]) -> None:
        hint = did_you_mean(word, words) or f" (known: {', '.join(words)})"
        self._problem(key, f"unknown {noun} {value_text(word)}{hint}")

    def _rule_words(self) -> tuple[str, ...]:
        return (*self._known.rules, *self._known.rules.values())

    def _inputs(self, key: str, value: object) -> Mapping[str, tuple[int, ...]]:
        if isinstance(value, str):
            value = {"": value}
        if not isinstance(value, dict):
            self._expected(key, 'a shape as "1x3x224x224", or a table of them by name', value)
            return {}
        shapes = {}
        for name, text in value.items():
            shape = parse_shape(text) if isinstance(text, str) else None
            if shape is None:
                self._expected(
                    key_text(key, name) if name else key, 'a shape as "1x3x224x224"', text
                )
            else:
                shapes[name] = shape
        return shapes

    def _dims(self, key: str, value: object) -> Mapping[str, int]:
        if not isinstance(value, dict):
            self._expected(key, "a table of sizes by name", value)
            return {}
        sizes = {name: self._count(key_text(key, name), each) for name, each in value.items()}
        return {name: size for name, size in sizes.items() if size is not None}

    def _rules(self, key: str, value: object) -> Mapping[str, Mapping[str, RuleOption]]:
        if not isinstance(value, dict):
            self._expected(key, "a table by rule", value)
            return {}
        codes = {word: code for code, name in self._known.rules.items() for word in (code, name)}
        options: dict[str, dict[str, RuleOption]] = {}
        for word, table in value.items():
            if word not in codes:
                self._problem(key_text(key, word), f"unknown rule{did_you_mean(word, codes)}")
            elif not isinstance(table, dict):
                self._expected(key_text(key, word), "a table of options", table)
            elif codes[word] in options:
                self._problem(key_text(key, word), "the same rule twice, by code and by name")
            else:
                options[codes[word]] = table
                self._rule_options(key_text(key, word), codes[word], table)
        return options

    def _rule_options(self, key: str, code: str, table: Mapping[str, object]) -> None:
        known = self._known.rule_options.get(code, {})
        for name, value in table.items():
            where = f"{key}.{key_text(name)}"
            if name not in known:
                self._problem(where, f"unknown option{did_you_mean(name, known)}")
            elif not _is(value, known[name]):
                self._expected(where, _WORDS[known[name]], value)

    def _per_model_ignores(self, key: str, value: object) -> Mapping[str, tuple[str, ...]]:
        if not isinstance(value, dict):
            self._expected(key, "a table of rules by glob of model paths", value)
            return {}
        return {glob: self._codes(key_text(key, glob), rules) for glob, rules in value.items()}

    def _ignore_codes(self, key: str, value: object) -> tuple[str, ...]:
        if isinstance(value, list):
            value = [each for each in value if not isinstance(each, dict)]
        return self._codes(key, value)

    def _ignore_tables(self, key: str, value: object) -> tuple[Ignore, ...]:
        tables = [each for each in value if isinstance(each, dict)] if type(value) is list else []
        ignores = (self._ignore(f"{key} {n}", each) for n, each in enumerate(tables, 1))
        return tuple(ignores)

    def _ignore(self, where: str, table: Mapping[str, object]) -> Ignore:
        globs = {"rule": "*", "model": "*", "place": "*", "reason": ""}
        for key, value in table.items():
            if key not in globs:
                self._problem(where, f"unknown key {value_text(key)}{did_you_mean(key, globs)}")
            elif not isinstance(value, str):
                self._problem(where, f"{key}: expected a string, found {value_text(value)}")
            else:
                globs[key] = value
        if "reason" not in table:
            self._problem(where, "a reason is missing")
        elif isinstance(table["reason"], str) and not table["reason"].strip():
            self._problem(where, "the reason is empty")
        words = self._rule_words()
        if not _matches(globs["rule"], words):
            self._unknown(where, "rule", globs["rule"], words)
        return Ignore(**globs, origin=f"{self._path}: {where}")


_WORDS: Mapping[type, str] = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
}


def _is(value: object, kind: type) -> bool:
    if isinstance(value, bool) or kind is bool:
        return isinstance(value, bool) and kind is bool
    if kind is float:
        return isinstance(value, int | float)
    return isinstance(value, kind)


def _matches(glob: str, words: Iterable[str]) -> bool:
    return any(fnmatchcase(word, glob) for word in words)


def _is_path(target: str) -> bool:
    return "/" in target or os.sep in target
