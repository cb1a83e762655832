"""What expressions of a constructor can be, as far as the source alone tells."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from archlint.source.static.files.parsed import Parsed

__all__ = [
    "UNKNOWN",
    "Arguments",
    "Bound",
    "Builtin",
    "Class",
    "Const",
    "Either",
    "External",
    "Function",
    "Item",
    "Items",
    "Made",
    "ModuleFile",
    "Partial",
    "Repeat",
    "Scope",
    "Series",
    "Site",
    "SuperOf",
    "Table",
    "Text",
    "Union",
    "Unknown",
    "Value",
]


class Unknown(Enum):
    """What the source does not tell."""

    UNKNOWN = "unknown"


UNKNOWN = Unknown.UNKNOWN


@dataclass(frozen=True, slots=True)
class Const:
    """A number, string, bool or None."""

    value: int | float | str | bool | None


@dataclass(frozen=True, slots=True)
class Text:
    """A string of which only a part is known, as a regular expression."""

    pattern: str


@dataclass(frozen=True, slots=True)
class External:
    """Something outside the roots, by its dotted name."""

    name: str

    @property
    def last(self) -> str:
        """The last part of the name."""
        return self.name.rpartition(".")[2]


@dataclass(frozen=True, slots=True)
class Builtin:
    """A builtin function."""

    name: str


@dataclass(frozen=True, slots=True)
class ModuleFile:
    """An imported file of the roots."""

    file: Parsed


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Site:
    """A call in a file, and the call of the function that it is in."""

    file: Parsed
    call: ast.Call
    inside: str
    caller: Site | None


@dataclass(slots=True, eq=False, repr=False)
class Scope:
    """The names of a function that runs, or of a class body."""

    file: Parsed
    qualified: str
    around: Scope | None = None
    names: dict[str, Value] = field(default_factory=dict)
    caller: Site | None = None
    owner: Class | None = None
    self_value: Value | None = None
    results: list[Value] = field(default_factory=list)
    unlikely_results: list[Value] = field(default_factory=list)
    yielded: Series | None = None
    is_class: bool = False


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Class:
    """A class of the roots."""

    file: Parsed
    node: ast.ClassDef
    qualified: str
    around: Scope | None = None

    @property
    def name(self) -> str:
        """The name without those around it."""
        return self.node.name


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Function:
    """A function or lambda of the roots; `owner` is the class that it is a method of."""

    file: Parsed
    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
    qualified: str
    around: Scope | None = None
    owner: Class | None = None


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Bound:
    """A method with its object; `function` is the name of a container's own method."""

    owner: Value
    function: Function | str


@dataclass(frozen=True, slots=True)
class Arguments:
    """What a call is given; `is_open` says that there are keywords that are not known."""

    positional: Items = ()
    keywords: Mapping[str, Value] = field(default_factory=dict)
    is_open: bool = False


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Partial:
    """What functools.partial makes."""

    function: Value
    given: Arguments


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class SuperOf:
    """`super()` in a method of a class."""

    owner: Class
    instance: Value


@dataclass(slots=True, eq=False, repr=False)
class Series:
    """A list, tuple or iterator, which may be changed; `level` is the nesting it was made in."""

    items: list[Item]
    level: int = 0


@dataclass(slots=True, eq=False, repr=False)
class Table:
    """A dict: pairs, each a sequence of key and value."""

    pairs: Series


@dataclass(slots=True, eq=False, repr=False)
class Made:
    """An instance of a class, with the call that made it; None for the model itself.

    `items` are the children that a container numbers.  `names` are attributes, `patterns` those
    of which only a part of the name is known.
    """

    callee: Class | External | Unknown
    given: Arguments
    site: Site | None
    items: Series
    names: dict[str, Value] = field(default_factory=dict)
    patterns: dict[str, Value] = field(default_factory=dict)
    is_built: bool = False
    variants: dict[Class, Made] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Union:
    """One of several values."""

    values: tuple[Value, ...]


Value = (
    Unknown | Const | Text | External | Builtin | ModuleFile | Class | Function | Bound | Partial
    | SuperOf | Series | Table | Made | Union
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Repeat:
    """Items that come any number of times."""

    items: Items


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Either:
    """One of several series of items."""

    choices: tuple[Items, ...]


Item = Value | Repeat | Either
Items = Sequence[Item]
