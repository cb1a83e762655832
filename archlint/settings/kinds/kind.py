"""What is known of every kind of value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, NoReturn, TypeVar

if TYPE_CHECKING:
    from archlint.settings.kinds.reader import Reader
    from archlint.settings.known import Known

__all__ = ["Kind", "Schema"]

T_co = TypeVar("T_co", covariant=True)

Schema = Mapping[str, object]
"""A JSON Schema."""


@dataclass(frozen=True, slots=True, eq=False)
class Kind(Generic[T_co]):
    """How a value is had from a configuration file and from a flag; None where it cannot be.

    `read` takes a key and its value in TOML, and tells the reader what is wrong with it; `schema`
    is the JSON Schema of what it takes, but for what is known of files and folders only.  `word`
    is the type that the command line is read as and `least` the smallest number; `said` makes the
    value of a flag and what was read, which else is the value, and raises UsageError.
    """

    read: Callable[[Reader, str, object], T_co | None] | None = None
    schema: Callable[[Known], Schema] | None = None
    word: object = None
    least: float | None = None
    said: Callable[[str, NoReturn], T_co] | None = None
