"""The options of rules, by rule."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import TYPE_CHECKING

from archlint.did_you_mean import did_you_mean
from archlint.settings.kinds.kind import Kind, Schema
from archlint.settings.toml_text import key_text

if TYPE_CHECKING:
    from archlint.settings.kinds.reader import Reader
    from archlint.settings.known import Known

__all__ = ["RULE_OPTIONS", "OptionValue"]

OptionValue = float | int | bool
"""What an option of a rule can be."""

_WORDS: Mapping[type, tuple[str, str]] = {
    bool: ("true or false", "boolean"),
    int: ("a whole number", "integer"),
    float: ("a number", "number"),
}
"""The types of options, in words and in JSON Schema."""


def _read(reader: Reader, key: str, value: object) -> Mapping[str, Mapping[str, OptionValue]]:
    if not isinstance(value, dict):
        reader.expected(key, "a table by rule", value)
        return {}
    codes = {word: code for code, name in reader.known.rules.items() for word in (code, name)}
    options: dict[str, dict[str, OptionValue]] = {}
    for word, table in value.items():
        where = key_text(key, word)
        if word not in codes:
            reader.problem(where, f"unknown rule{did_you_mean(word, codes)}")
        elif not isinstance(table, dict):
            reader.expected(where, "a table of options", table)
        elif codes[word] in options:
            reader.problem(where, "the same rule twice, by code and by name")
        else:
            options[codes[word]] = table
            if word not in reader.known.broken:
                _check(reader, where, reader.known.rule_options.get(codes[word], {}), table)
    return options


def _check(
    reader: Reader, key: str, known: Mapping[str, type], table: Mapping[str, object]
) -> None:
    for name, value in table.items():
        where = f"{key}.{key_text(name)}"
        if name not in known:
            reader.problem(where, f"unknown option{did_you_mean(name, known)}")
        elif not _is(value, known[name]):
            reader.expected(where, _WORDS[known[name]][0], value)


def _is(value: object, kind: type) -> bool:
    if isinstance(value, bool) or kind is bool:
        return isinstance(value, bool) and kind is bool
    if isinstance(value, float):
        return kind is float and isfinite(value)
    return isinstance(value, int)


def _schema(known: Known) -> Schema:
    rules: dict[str, Schema] = {}
    for code, name in known.rules.items():
        options = known.rule_options.get(code, {})
        types = {option: {"type": _WORDS[kind][1]} for option, kind in options.items()}
        of_rule = {"type": "object", "properties": types, "additionalProperties": False}
        rules |= {code: of_rule, name: of_rule}
    return {"type": "object", "properties": rules, "additionalProperties": False}


RULE_OPTIONS: Kind[Mapping[str, Mapping[str, OptionValue]]] = Kind(_read, _schema)
