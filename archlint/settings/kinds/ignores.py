"""Findings that may stay: the tables of the key `ignore`, beside the rules that it lists."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from archlint.did_you_mean import did_you_mean
from archlint.settings.kinds.kind import Kind, Schema
from archlint.settings.kinds.lists import codes, commas, rule
from archlint.settings.toml_text import value_text

if TYPE_CHECKING:
    from archlint.settings.kinds.reader import Reader
    from archlint.settings.known import Known

__all__ = ["IGNORED_RULES", "IGNORES", "Ignore"]


@dataclass(frozen=True, slots=True)
class Ignore:
    """One configured ignore: globs for rule, model path and place (module), and a reason.

    `origin` says where it was written ("pyproject.toml: ignore 2").
    """

    rule: str
    model: str
    place: str
    reason: str
    origin: str


def _rules(reader: Reader, key: str, value: object) -> tuple[str, ...]:
    if isinstance(value, list):
        value = [each for each in value if not isinstance(each, dict)]
    return codes(reader, key, value)


def _tables(reader: Reader, key: str, value: object) -> tuple[Ignore, ...]:
    tables = [each for each in value if isinstance(each, dict)] if type(value) is list else []
    return tuple(_ignore(reader, f"{key} {n}", each) for n, each in enumerate(tables, 1))


def _ignore(reader: Reader, where: str, table: Mapping[str, object]) -> Ignore:
    globs = {"rule": "*", "model": "*", "place": "*", "reason": ""}
    for key, value in table.items():
        if key not in globs:
            reader.problem(where, f"unknown key {value_text(key)}{did_you_mean(key, globs)}")
        elif not isinstance(value, str):
            reader.problem(where, f"{key}: expected a string, found {value_text(value)}")
        elif key == "reason" or reader.is_glob(where, value):
            globs[key] = value
    if "reason" not in table:
        reader.problem(where, "a reason is missing")
    elif isinstance(table["reason"], str) and not table["reason"].strip():
        reader.problem(where, "the reason is empty")
    words = reader.known.rule_words
    if not any(fnmatchcase(word, globs["rule"]) for word in words):
        reader.unknown(where, "rule", globs["rule"], words)
    return Ignore(**globs, origin=f"{reader.path}: {where}")


def _schema(known: Known) -> Schema:
    glob = {"type": "string"}
    table = {
        "type": "object",
        "properties": {
            "rule": glob, "model": glob, "place": glob,
            "reason": {"type": "string", "pattern": "\\S"},
        },
        "required": ["reason"],
        "additionalProperties": False,
    }  # fmt: skip
    return {"anyOf": [rule(known), {"type": "array", "items": {"anyOf": [rule(known), table]}}]}


IGNORED_RULES: Kind[tuple[str, ...]] = Kind(_rules, _schema, list[str], said=commas)
IGNORES: Kind[tuple[Ignore, ...]] = Kind(_tables, _schema)
