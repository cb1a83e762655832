"""What is said once of an option, for the command line, the configuration and Python."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import Enum
from typing import Generic, Literal, NamedTuple, TypeVar

from archlint.settings.kinds.kind import Kind

__all__ = ["Command", "Flag", "Key", "Panel", "Setting", "Value", "setting", "settings_of"]

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

Command = Literal[
    "calibrate",
    "check",
    "clean",
    "diff",
    "explain",
    "fix",
    "measure",
    "merge",
    "rule",
    "targets",
    "verify",
]
"""The commands that share options."""

_SETTING = "setting"


class Panel(str, Enum):
    """The sections of a command's help and of the configuration."""

    PRICING = "What is priced"
    SOURCE = "Python source"
    FINDINGS = "Which findings"
    GATE = "The gate"
    OUTPUT = "Output"
    CONFIG = "Configuration"


class Flag(NamedTuple):
    """An option on the command line of these commands.

    `metavar` None is for what speaks for itself, which are switches and choices; `names` empty
    means `--NAME`; `after` is the field of the option behind which help lists it, "" for the
    order of the fields; `elsewhere` is where and what help says otherwise, by command.
    """

    help: str
    commands: tuple[Command, ...]
    metavar: str | None = None
    names: tuple[str, ...] = ()
    after: str = ""
    elsewhere: Mapping[str, tuple[Panel, str]] = {}


class Key(NamedTuple):
    """A key of the configuration.

    `about` are its words, "" where those of the key before speak of both, and `example` is a
    value, "" for the default, or the lines of a table; in both `$first` is a rule's code,
    `$codes` are all and `$rules` all with their names.  `brackets` are those of a table's head:
    none for a value, 1 for a table, 2 for a list of tables.
    """

    about: str
    example: str = ""
    brackets: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Value(Generic[T_co]):
    """What an option is, whichever way it is given.

    `name` is the flag's and the key's, by default the field's with dashes; `api` says whether
    `archlint.lint` takes it too, by the name of the field.
    """

    kind: Kind[T_co]
    default: T_co
    panel: Panel
    name: str = ""
    api: bool = False


class Setting(NamedTuple):
    """An option with the ways to give it."""

    name: str
    value: Value[object]
    flag: Flag | None
    key: Key | None


def setting(value: Value[T], flag: Flag | None = None, key: Key | None = None) -> T:
    """A field of a dataclass that is an option."""
    made = Setting(value.name, value, flag, key)
    return field(default_factory=lambda: value.default, metadata={_SETTING: made})


def settings_of(holder: type) -> Mapping[str, Setting]:
    """The options that a dataclass holds, by field and in their order."""
    found: dict[str, Setting] = {}
    for each in fields(holder):
        made: Setting | None = each.metadata.get(_SETTING)
        if made is not None:
            found[each.name] = made._replace(name=made.name or each.name.replace("_", "-"))
    return found
