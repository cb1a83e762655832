"""The configuration file: `[tool.archlint]` in pyproject.toml, or archlint.toml.

What exists (rules, their options, targets) is passed in, so that reading a configuration needs
neither rules nor tables.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from fnmatch import fnmatchcase
from pathlib import Path

from archlint.did_you_mean import did_you_mean
from archlint.errors import ConfigError
from archlint.options import Ignore

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

__all__ = ["Config", "Known", "find_config", "parse_shape", "read_config"]

_FAIL_ON = ("error", "warning", "note", "never")
_COLORS = ("auto", "always", "never")

RuleOption = float | int | bool


@dataclass(frozen=True, slots=True)
class Known:
    """What a configuration may name: rule codes with their names, rule options, targets.

    `rule_options` is by rule code, then by option name: the type that its value must have
    (float, int or bool).
    """

    rules: Mapping[str, str]
    rule_options: Mapping[str, Mapping[str, type]]
    targets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Config:
    """What a configuration file says; None or empty where it says nothing.

    Fields are named after the keys.  `ignores` are the tables of the key `ignore`, and
    `rules` holds the options of each rule by its code.
    """

    path: str = ""
    target: tuple[str, ...] = ()
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    fail_on: str | None = None
    min_slowdown: float | None = None
    batch: int | None = None
    input: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    dim: Mapping[str, int] = field(default_factory=dict)
    notes: bool | None = None
    top: int | None = None
    format: tuple[str, ...] = ()
    output: tuple[str, ...] = ()
    color: str | None = None
    quiet: bool | None = None
    verbose: bool | None = None
    rules: Mapping[str, Mapping[str, RuleOption]] = field(default_factory=dict)
    per_model_ignores: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    ignores: tuple[Ignore, ...] = ()

    def over(self, other: Config) -> Config:
        """This configuration, and `other` where this one says nothing.

        Mappings are merged by key.  A format of this one's comes with its own outputs.
        """
        merged: dict[str, object] = {}
        for each in fields(self):
            mine, theirs = getattr(self, each.name), getattr(other, each.name)
            if isinstance(mine, Mapping):
                merged[each.name] = {**theirs, **mine}
            elif mine is None or mine in ((), ""):
                merged[each.name] = theirs
        if self.format:
            merged["output"] = self.output
        return replace(self, **merged)  # type: ignore[arg-type]  # taken from the same fields


def parse_shape(text: str) -> tuple[int, ...] | None:
    """The sizes in "1x3x224x224", or None if it is no such text."""
    sizes = text.split("x")
    if not all(size.isascii() and size.isdigit() and int(size) > 0 for size in sizes):
        return None
    return tuple(map(int, sizes))


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


def read_config(path: Path, known: Known, formats: Iterable[str]) -> Config:
    """The configuration in a file; raises ConfigError with every problem in it.

    `formats` are the names that the key `format` may have.
    """
    shown = _shown(path)
    table = _load(path, shown)
    prefix = ""
    if path.name == "pyproject.toml":
        prefix = "tool.archlint."
        tool = table.get("tool", {})
        found = tool.get("archlint", {}) if isinstance(tool, dict) else {}
        if not isinstance(found, dict):
            raise ConfigError(shown, [f"tool.archlint: expected a table, found {_text(found)}"])
        table = found
    reader = _Reader(shown, prefix, known, tuple(formats))
    config = reader.read(table)
    if reader.problems:
        raise ConfigError(shown, reader.problems)
    return config


def _shown(path: Path) -> str:
    absolute, here = path.absolute(), Path.cwd()
    inside = absolute.is_relative_to(here)
    return (absolute.relative_to(here) if inside else path).as_posix()


def _load(path: Path, shown: str) -> dict[str, object]:
    try:
        table: dict[str, object] = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as e:
        raise ConfigError(shown, [e.strerror or str(e)]) from e
    except UnicodeDecodeError as e:
        raise ConfigError(shown, ["not UTF-8 text"]) from e
    except (tomllib.TOMLDecodeError, RecursionError) as e:
        raise ConfigError(shown, [f"not valid TOML: {e}"]) from e
    return table


def _concerns_us(project: Path) -> bool:
    try:
        tool = _load(project, "").get("tool")
    except ConfigError:
        return True
    return isinstance(tool, dict) and "archlint" in tool


class _Reader:
    """Turns a table into a Config and gathers the problems on the way."""

    def __init__(self, path: str, prefix: str, known: Known, formats: tuple[str, ...]) -> None:
        self.problems: list[str] = []
        self._path = path
        self._prefix = prefix
        self._known = known
        self._formats_known = formats

    def read(self, table: Mapping[str, object]) -> Config:
        keys: Mapping[str, Callable[[str, object], object]] = {
            "target": self._targets,
            "select": self._codes,
            "ignore": self._ignore_codes,
            "fail-on": lambda key, value: self._choice(key, value, _FAIL_ON),
            "min-slowdown": self._slowdown,
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
        }
        values: dict[str, object] = {}
        for key, value in table.items():
            if key in keys:
                values[key.replace("-", "_")] = keys[key](key, value)
            else:
                self._problem(_key(key), f"unknown key{did_you_mean(key, keys)}")
        ignores = self._ignore_tables("ignore", table.get("ignore"))
        # Each parser gives its field's type; that the names agree is what a test checks.
        return replace(Config(path=self._path, ignores=ignores), **values)  # type: ignore[arg-type]

    def _problem(self, key: str, text: str) -> None:
        self.problems.append(f"{self._prefix}{key}: {text}")

    def _expected(self, key: str, what: str, value: object) -> None:
        self._problem(key, f"expected {what}, found {_text(value)}")

    def _flag(self, key: str, value: object) -> bool | None:
        if isinstance(value, bool):
            return value
        self._expected(key, "true or false", value)
        return None

    def _count(self, key: str, value: object) -> int | None:
        if isinstance(value, int) and not isinstance(value, bool) and value >= 1:
            return value
        self._expected(key, "a whole number from 1 on", value)
        return None

    def _slowdown(self, key: str, value: object) -> float | None:
        if isinstance(value, int | float) and not isinstance(value, bool) and value >= 1:
            return float(value)
        self._expected(key, "a number from 1.0 on", value)
        return None

    def _choice(self, key: str, value: object, choices: tuple[str, ...]) -> str | None:
        if isinstance(value, str) and value in choices:
            return value
        near = did_you_mean(value, choices) if isinstance(value, str) else ""
        self._expected(key, f"one of {_listed(choices)}", value)
        self.problems[-1] += near
        return None

    def _strings(self, key: str, value: object) -> tuple[str, ...]:
        values = [value] if isinstance(value, str) else value
        if isinstance(values, list) and all(isinstance(each, str) for each in values):
            return tuple(values)
        self._expected(key, "a string or a list of strings", value)
        return ()

    def _formats(self, key: str, value: object) -> tuple[str, ...]:
        return self._named(key, value, "format", self._formats_known)

    def _targets(self, key: str, value: object) -> tuple[str, ...]:
        return self._named(key, value, "target", self._known.targets)

    def _codes(self, key: str, value: object) -> tuple[str, ...]:
        return self._named(key, value, "rule", self._rule_words())

    def _named(self, key: str, value: object, noun: str, words: tuple[str, ...]) -> tuple[str, ...]:
        values = self._strings(key, value)
        for each in values:
            if each not in words:
                self._unknown(key, noun, each, words)
        return values

    def _unknown(self, key: str, noun: str, word: str, words: tuple[str, ...]) -> None:
        hint = did_you_mean(word, words) or f" (known: {', '.join(words)})"
        self._problem(key, f"unknown {noun} {_text(word)}{hint}")

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
                self._expected(_key(key, name) if name else key, 'a shape as "1x3x224x224"', text)
            else:
                shapes[name] = shape
        return shapes

    def _dims(self, key: str, value: object) -> Mapping[str, int]:
        if not isinstance(value, dict):
            self._expected(key, "a table of sizes by name", value)
            return {}
        sizes = {name: self._count(_key(key, name), each) for name, each in value.items()}
        return {name: size for name, size in sizes.items() if size is not None}

    def _rules(self, key: str, value: object) -> Mapping[str, Mapping[str, RuleOption]]:
        if not isinstance(value, dict):
            self._expected(key, "a table by rule", value)
            return {}
        codes = {word: code for code, name in self._known.rules.items() for word in (code, name)}
        options: dict[str, dict[str, RuleOption]] = {}
        for word, table in value.items():
            if word not in codes:
                self._problem(_key(key, word), f"unknown rule{did_you_mean(word, codes)}")
            elif not isinstance(table, dict):
                self._expected(_key(key, word), "a table of options", table)
            elif codes[word] in options:
                self._problem(_key(key, word), "the same rule twice, by code and by name")
            else:
                options[codes[word]] = table
                self._rule_options(_key(key, word), codes[word], table)
        return options

    def _rule_options(self, key: str, code: str, table: Mapping[str, object]) -> None:
        known = self._known.rule_options.get(code, {})
        for name, value in table.items():
            where = f"{key}.{_key(name)}"
            if name not in known:
                self._problem(where, f"unknown option{did_you_mean(name, known)}")
            elif not _is(value, known[name]):
                self._expected(where, _WORDS[known[name]], value)

    def _per_model_ignores(self, key: str, value: object) -> Mapping[str, tuple[str, ...]]:
        if not isinstance(value, dict):
            self._expected(key, "a table of rules by glob of model paths", value)
            return {}
        return {glob: self._codes(_key(key, glob), rules) for glob, rules in value.items()}

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
                self._problem(where, f"unknown key {_text(key)}{did_you_mean(key, globs)}")
            elif not isinstance(value, str):
                self._problem(where, f"{key}: expected a string, found {_text(value)}")
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


def _listed(words: Iterable[str]) -> str:
    return ", ".join(f'"{word}"' for word in words)


def _key(*parts: str) -> str:
    """A dotted key as TOML writes it."""
    bare = (part.replace("-", "").replace("_", "").isalnum() for part in parts)
    return ".".join(
        part if plain else json.dumps(part, ensure_ascii=False)
        for part, plain in zip(parts, bare, strict=True)
    )


def _text(value: object) -> str:
    """A value as it may stand in a message: TOML's words, one line, not too long."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return "a list"
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else f"{text[:56]}..."
