"""What is said once of an option, for the command line, the configuration and Python."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, fields
from enum import Enum
from typing import Literal, NamedTuple, TypeVar

from archlint.settings.kinds.kind import Kind

__all__ = ["Command", "Flag", "Key", "Panel", "Setting", "setting", "settings_of"]

T = TypeVar("T")

Command = Literal["check", "diff", "explain", "fix", "measure", "rule", "targets", "verify"]
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
    means `--NAME`; `after` is the field of the option behind which help lists it,
    "" for the order of the fields; `elsewhere` is what help says otherwise for some commands.
    """

    help: str
    commands: tuple[Command, ...]
    metavar: str | None = None
    names: tuple[str, ...] = ()
    after: str = ""
    elsewhere: Mapping[Command, tuple[Panel, str]] = {}


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


class Setting(NamedTuple):
    """An option: what it is called, what it takes, and where it can be given.

    `name` is the flag's and the key's; `api` says whether `archlint.lint` takes it too, by the
    name of the field.
    """

    name: str
    kind: Kind[object]
    default: object
    panel: Panel
    flag: Flag | None
    key: Key | None
    api: bool


def setting(
    kind: Kind[T],
    default: T,
    panel: Panel,
    *,
    name: str = "",
    flag: Flag | None = None,
    key: Key | None = None,
    api: bool = False,
) -> T:
    """A field of a dataclass that is an option; `name` is by default the field's, with dashes."""
    made = Setting(name, kind, default, panel, flag, key, api)
    return field(default_factory=lambda: default, metadata={_SETTING: made})


def settings_of(holder: type) -> Mapping[str, Setting]:
    """The options that a dataclass holds, by field and in their order."""
    found: dict[str, Setting] = {}
    for each in fields(holder):
        made = each.metadata.get(_SETTING)
        if made is not None:
            found[each.name] = made._replace(name=made.name or each.name.replace("_", "-"))
    return found
