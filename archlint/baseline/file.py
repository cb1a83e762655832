"""The file that keeps known places: TOML, one line for each."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from archlint.baseline.entry import Entry, Sighting
from archlint.baseline.written_for import WrittenFor, parse
from archlint.cost.target_files import name_now
from archlint.errors import UsageError
from archlint.limits.files import read_bounded
from archlint.limits.toml_file import parse_toml

__all__ = ["Baseline", "baseline_text", "read_baseline"]

_VERSION = 1
_HEAD = f"""\
# Places that are known to archlint's users: they are reported again only if they become dearer.
# One line for each, written by `archlint --write-baseline REASON`; a reason may be changed here.
version = {_VERSION}
"""
_LONGEST = 1e12  # ms; thirty years, as no place saves
_MOST_DIGITS = 18  # of an index; Python refuses to read thousands
_WORDS = ("model", "rule", "what", "module", "operator", "makes", "now", "reason")


@dataclass(frozen=True, slots=True)
class Baseline:
    """The known places of a file, by model; models are named from the file's folder.

    `source` is the text that they were read from, None where there is no file yet.
    """

    path: Path
    entries: tuple[Entry, ...] = ()
    written_for: WrittenFor | None = None
    source: str | None = field(default=None, compare=False, repr=False)

    def name_of(self, model: str) -> str:
        """What the file calls a model that a report calls so: a file, `nets.py:Net` or a name."""
        source, colon, factory = model.rpartition(":")
        file = source if colon and source.endswith(".py") else model
        if not os.path.lexists(file):
            return model
        try:
            shown = Path(os.path.relpath(file, self.path.parent)).as_posix()
        except ValueError:  # on another drive
            return model
        return f"{shown}:{factory}" if file is source else shown

    def of_model(self, model: str) -> tuple[Entry, ...]:
        """The known places of a model that a report calls so, in the order of the file."""
        name = self.name_of(model)
        return tuple(each for each in self.entries if each.model == name)


def baseline_text(entries: Iterable[Entry], written_for: WrittenFor | None = None) -> str:
    """What the file is to be with these entries: sorted, one line for each."""
    lines = [f"  {_line(each)},\n" for each in sorted(entries, key=_order)]
    head = _HEAD + ("" if written_for is None else written_for.lines)
    return head + "place = [\n" + "".join(lines) + "]\n"


def read_baseline(path: Path, *, may_be_absent: bool = False) -> Baseline:
    """The baseline in a file; raises UsageError with what is wrong with it."""
    try:
        data = read_bounded(path)
        table = parse_toml(data)
    except FileNotFoundError as fault:
        if may_be_absent:
            return Baseline(path)
        hint = "write it with --write-baseline REASON"
        raise UsageError(f"{path}: no such baseline ({hint})") from fault
    except OSError as fault:
        raise UsageError(f"{path}: {fault.strerror}") from fault
    except ValueError as fault:
        raise UsageError(f"{path}: {fault}") from fault
    if table.get("version") != _VERSION:
        raise UsageError(f"{path}: not a baseline of version {_VERSION}")
    places = table.get("place")
    if not isinstance(places, list):
        raise UsageError(f"{path}: place: expected a list")
    written_for = parse(table)
    if isinstance(written_for, str):
        raise UsageError(f"{path}: {written_for}")
    entries = tuple(_entry(path, number, each) for number, each in enumerate(places))
    return Baseline(path, entries, written_for, data.decode())


def _entry(path: Path, number: int, table: object) -> Entry:
    where = f"{path}: place {number + 1}"
    if not isinstance(table, dict):
        raise UsageError(f"{where}: expected a table")
    for word in _WORDS:
        if not isinstance(table.get(word), str):
            raise UsageError(f"{where}: {word}: expected a string")
    if unknown := sorted(set(table) - {*_WORDS, "most"}):
        raise UsageError(f'{where}: unknown key "{unknown[0]}"')
    if not table["reason"].strip():
        raise UsageError(f"{where}: the reason is empty")
    most = _seconds(where, "most", table.get("most"))
    words = {word: table[word] for word in ("rule", "what", "module", "operator", "makes", "now")}
    return Entry(table["model"], Sighting(**words, most=most), table["reason"])


def _seconds(where: str, word: str, table: object) -> Mapping[str, float]:
    """Seconds by target, which goes by its name of now; the file has milliseconds."""
    if not isinstance(table, dict) or not all(map(_are_ms, table.values())):
        raise UsageError(f"{where}: {word}: expected milliseconds by target")
    return {name_now(target): each / 1e3 for target, each in table.items()}


def _are_ms(value: object) -> bool:
    """Whether this is a finite time: whatever is compared with nan is not dearer."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and 0 <= value <= _LONGEST  # type: ignore[operator]


def _order(entry: Entry) -> tuple[object, ...]:
    place = entry.place
    return (
        entry.model, place.rule, [_natural(each) for each in place.module.split(".")], place.what,
        place.operator, place.makes, place.now, entry.reason, sorted(place.most.items()),
    )  # fmt: skip


def _natural(part: str) -> tuple[int, str]:
    is_number = part.isdecimal() and part.isascii() and len(part) <= _MOST_DIGITS
    return (int(part), "") if is_number else (-1, part)


def _line(entry: Entry) -> str:
    place = entry.place
    words = {
        "model": entry.model,
        "rule": place.rule,
        "module": place.module,
        "what": place.what,
        "operator": place.operator,
        "makes": place.makes,
        "now": place.now,
    }
    parts = [f"{word} = {_string(text)}" for word, text in words.items()]
    most = ", ".join(f"{_string(each)} = {_ms(place.most[each])}" for each in sorted(place.most))
    parts += [f"most = {{ {most} }}", f"reason = {_string(entry.reason)}"]
    return f"{{ {', '.join(parts)} }}"


def _ms(seconds: float) -> str:
    text = f"{seconds * 1e3:.4g}"
    return text if "." in text or "e" in text else f"{text}.0"


def _string(text: str) -> str:
    """A basic string of TOML; control characters and lone surrogates are escaped or replaced."""
    found = ['"']
    for char in text:
        if char in '"\\':
            found.append(f"\\{char}")
        elif ord(char) < 0x20 or ord(char) == 0x7F:
            found.append(f"\\u{ord(char):04X}")
        elif 0xD800 <= ord(char) <= 0xDFFF:
            found.append("\ufffd")
        else:
            found.append(char)
    return "".join((*found, '"'))
