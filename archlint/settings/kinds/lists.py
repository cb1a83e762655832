"""Values of several words: one in a configuration need be no list, and flags are repeatable."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from archlint.errors import UsageError
from archlint.settings.kinds.kind import Kind, Schema
from archlint.settings.toml_text import value_text

if TYPE_CHECKING:
    from archlint.settings.kinds.reader import Reader
    from archlint.settings.known import Known

__all__ = [
    "FOLDERS",
    "FORMATS",
    "OUTPUTS",
    "RULES",
    "STRINGS",
    "TARGETS",
    "TARGET_FOLDERS",
    "codes",
    "commas",
    "rule",
    "several",
    "strings",
    "targets",
]

Strings = tuple[str, ...]

_ENDINGS = (".html", ".json", ".log", ".md", ".sarif", ".txt", ".xml")
"""Of reports that a configuration names: no program runs files of these, as it does `.git/config`,
`venv/bin/activate` and `*.pth`, and a report has lines that a file's name begins."""


def strings(reader: Reader, key: str, value: object) -> Strings:
    """A string or a list of strings."""
    values = [value] if isinstance(value, str) else value
    if isinstance(values, list) and all(isinstance(each, str) for each in values):
        return tuple(values)
    reader.expected(key, "a string or a list of strings", value)
    return ()


def codes(reader: Reader, key: str, value: object) -> Strings:
    """Rules by code or name."""
    values = strings(reader, key, value)
    reader.check(key, values, "rule", reader.known.rule_words)
    return values


def targets(reader: Reader, key: str, value: object) -> Strings:
    """Targets by name, group, short or former name, or path; a path is relative to the file."""
    # the help does without what reads tables
    from archlint.cost.target_files import name_now
    from archlint.cost.target_words import targets_meant, unknown_target

    named, known = strings(reader, key, value), reader.targets
    for each in named:
        if _is_path(each) or each in known or name_now(each) in known:
            continue
        try:
            if not targets_meant(each, known):
                reader.problem(key, unknown_target(each, known))
        except UsageError as fault:
            reader.problem(key, str(fault))
    return tuple(reader.beside(each) if _is_path(each) else each for each in named)


def several(word: Schema) -> Schema:
    """The schema of one or several."""
    return {"anyOf": [word, {"type": "array", "items": word}]}


def rule(known: Known) -> Schema:
    """The schema of a rule, by code or name."""
    return {"enum": [*known.rule_words]}


def commas(_: str, words: Sequence[str]) -> Strings:
    """Repeated comma lists, as a flag has them, as one."""
    parts = (part.strip() for word in words for part in word.split(","))
    return tuple(part for part in parts if part)


def _is_path(target: str) -> bool:
    return "/" in target or os.sep in target


def _folders(reader: Reader, key: str, value: object) -> Strings:
    return _existing(reader, key, value, reader.here)


def _target_folders(reader: Reader, key: str, value: object) -> Strings:
    return _existing(reader, key, value, reader.beside)


def _existing(reader: Reader, key: str, value: object, place: Callable[[str], str]) -> Strings:
    found = {path: place(path) for path in strings(reader, key, value)}
    for path, folder in found.items():
        if not os.path.isdir(folder):
            reader.problem(key, f"no such folder: {value_text(path)}")
    return tuple(found.values())


def _said_folders(flag: str, paths: Sequence[str]) -> Strings:
    for path in paths:
        if not os.path.isdir(path):
            raise UsageError(f'{flag}: no such folder: "{path}"')
    return tuple(paths)


def _formats(reader: Reader, key: str, value: object) -> Strings:
    words = strings(reader, key, value)
    names = [each.partition("=")[0] for each in words]
    reader.check(key, names, "format", reader.known.formats)
    _check_outputs(reader, key, [each.partition("=")[2] for each in words])
    return words


def _outputs(reader: Reader, key: str, value: object) -> Strings:
    files = strings(reader, key, value)
    _check_outputs(reader, key, files)
    return files


def _check_outputs(reader: Reader, key: str, files: Iterable[str]) -> None:
    """Whoever writes a configuration may be a stranger: reports replace no file but a report."""
    here = os.path.realpath(os.curdir)
    for file in files:
        if file in ("", "-"):
            continue
        if "\0" in file or not Path(os.path.realpath(file)).is_relative_to(here):
            reader.problem(
                key,
                f"{value_text(file)} is not in the working folder (--output may name any file)",
            )
        elif os.path.splitext(file)[1].lower() not in _ENDINGS:
            reader.problem(
                key,
                f"{value_text(file)} is not called as a report is, *{', *'.join(_ENDINGS)} "
                "(--output may name any file)",
            )


def _format(known: Known) -> Schema:
    names = "|".join(map(re.escape, known.formats))
    return several({"type": "string", "pattern": f"^({names})(=|$)"})


def _said(_: str, words: Sequence[str]) -> Strings:
    return tuple(words)


def _any(_: Known) -> Schema:
    return several({"type": "string"})


STRINGS: Kind[Strings] = Kind(strings, _any, list[str], said=_said)
RULES: Kind[Strings] = Kind(codes, lambda known: several(rule(known)), list[str], said=commas)
TARGETS: Kind[Strings] = Kind(targets, _any, list[str], said=_said)
FOLDERS: Kind[Strings] = Kind(_folders, _any, list[str], said=_said_folders)
TARGET_FOLDERS: Kind[Strings] = Kind(_target_folders, _any)
FORMATS: Kind[Strings] = Kind(_formats, _format, list[str], said=_said)
OUTPUTS: Kind[Strings] = Kind(_outputs, _any, list[str], said=_said)
