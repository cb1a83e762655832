"""Single values: yes or no, numbers, one of some words, text, a file."""

from __future__ import annotations

from collections.abc import Mapping
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeVar

from archlint.errors import UsageError
from archlint.settings.kinds.kind import Kind, Schema
from archlint.settings.toml_text import listed

if TYPE_CHECKING:
    from archlint.settings.kinds.reader import Reader

__all__ = ["COUNT", "FACTOR", "FILE", "SECONDS", "SWITCH", "TEXT", "choice", "count", "number"]

T = TypeVar("T")


def count(reader: Reader, key: str, value: object) -> int | None:
    """A whole number from 1 on."""
    if isinstance(value, int) and not isinstance(value, bool) and value >= 1:
        return value
    reader.expected(key, "a whole number from 1 on", value)
    return None


def number(value: object) -> float | None:
    """A number, None where it is none; true and false are none."""
    if not isinstance(value, int | float) or type(value) is bool:
        return None
    try:
        return float(value)
    except OverflowError:  # an integer of hundreds of digits
        return inf


def choice(words: Mapping[str, T]) -> Kind[T]:
    """One of some words, and what they mean."""

    def read(reader: Reader, key: str, value: object) -> T | None:
        if isinstance(value, str) and value in words:
            return words[value]
        reader.expected(key, f"one of {listed(words)}", value, near=words)
        return None

    def said(_: str, word: str) -> T:
        return words[word]

    def schema(_: object) -> Schema:
        return {"enum": [*words]}

    return Kind(read, schema, Literal[tuple(words)], said=said)


def _switch(reader: Reader, key: str, value: object) -> bool | None:
    if isinstance(value, bool):
        return value
    reader.expected(key, "true or false", value)
    return None


def _factor(reader: Reader, key: str, value: object) -> float | None:
    found = number(value)
    if found is not None and 1 <= found < inf:
        return found
    reader.expected(key, "a number from 1.0 on", value)
    return None


def _from_one(flag: str, factor: float) -> float:
    if not 1 <= factor < inf:
        raise UsageError(f"{flag}: expected a number from 1.0 on, found {factor}")
    return factor


def _seconds(reader: Reader, key: str, value: object) -> float | None:
    found = number(value)
    if found is not None and 0 < found < inf:
        return found
    reader.expected(key, "a number of seconds above 0", value)
    return None


def _above_zero(flag: str, seconds: float) -> float:
    if not 0 < seconds < inf:
        raise UsageError(f"{flag}: expected a number of seconds above 0, found {seconds}")
    return seconds


def _file(reader: Reader, key: str, value: object) -> str | None:
    if isinstance(value, str) and value:
        return reader.here(value)
    reader.expected(key, "a file", value)
    return None


def _said_file(_: str, file: Path) -> str:
    return file.as_posix()


SWITCH: Kind[bool] = Kind(_switch, lambda _: {"type": "boolean"}, bool)
COUNT: Kind[int] = Kind(count, lambda _: {"type": "integer", "minimum": 1}, int, 1)
FACTOR: Kind[float] = Kind(
    _factor, lambda _: {"type": "number", "minimum": 1}, float, 1.0, said=_from_one
)
SECONDS: Kind[float] = Kind(
    _seconds, lambda _: {"type": "number", "exclusiveMinimum": 0}, float, said=_above_zero
)
FILE: Kind[str] = Kind(_file, lambda _: {"type": "string", "minLength": 1}, Path, said=_said_file)
TEXT: Kind[str] = Kind(word=str)
