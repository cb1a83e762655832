"""Damaged tables, target files, configurations, baselines and reports: by their shape."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

import tomli
import tomli_w

__all__ = ["NUMBERS", "ODD", "mutated_csv", "mutated_json", "mutated_toml"]

NUMBERS = (
    "-1", "0", "nan", "inf", "-inf", "1e308", "-1e308", "1e-320", "1e400", "9" * 5000, "", "1_0",
    "0x10", "٣", "1,5", " 1", "true", "-0.0",
)  # fmt: skip
ODD = ("\0", "\x1b[31m", "\u2028", "\ufeff", "\r", '"', "\udc80", "\x0b", "'''", "`$(id)`")
_CONFLICT = ("<<<<<<< HEAD", "=======", ">>>>>>> theirs")
_VALUES: Sequence[Any] = (
    float("nan"), float("inf"), -1, 0, 10**30, -0.5, 1e308, 1e-320, True, "", "x", "x" * 5000, [],
    {}, [[]], {"x": 1}, "\x1b[31m", [float("nan")], 2**63, "../../etc/passwd", "two\nlines",
)  # fmt: skip


def mutated_csv(random: Random, text: str) -> str:
    """A table with one to three faults."""
    lines = text.split("\n")
    for _ in range(random.choice((1, 1, 2, 3))):
        random.choice(_OF_LINES)(random, lines)
    return "\n".join(lines)


def mutated_json(random: Random, text: str) -> str:
    """A JSON file with one to three faults: in its values, or in its text."""
    return _mutated(random, text, json.loads, json.dumps)


def mutated_toml(random: Random, text: str) -> str:
    """A TOML file with one to three faults: in its values, or in its text."""
    return _mutated(random, text, tomli.loads, tomli_w.dumps)


def _mutated(
    random: Random, text: str, loads: Callable[[str], Any], dumps: Callable[[Any], str]
) -> str:
    if random.random() < 0.35:
        lines = text.split("\n")
        for _ in range(random.choice((1, 1, 2))):
            random.choice(_OF_LINES)(random, lines)
        return "\n".join(lines)
    try:
        data = loads(text)
    except (ValueError, RecursionError):
        return text
    for _ in range(random.choice((1, 1, 2, 3))):
        _edit(random, data)
    try:
        return dumps(data)
    except (TypeError, ValueError, UnicodeError, RecursionError):
        return text


def _edit(random: Random, data: dict[str, Any]) -> None:
    """Change, drop, double or rename one value somewhere in the tree."""
    holder, key = random.choice([*_places(data)])
    way = random.randrange(6)
    if way == 0:
        del holder[key]
    elif way == 1 and isinstance(holder, list):
        holder.append(holder[key])
    elif way == 2 and isinstance(holder, dict):
        holder[f"{key}{random.choice(('', 's', '_', ' '))}"] = holder.pop(key)
    elif way == 3 and isinstance(holder[key], int | float) and not isinstance(holder[key], bool):
        holder[key] *= random.choice((-1, 0, 0.5, 3, 1e9, 1e300, float("nan")))
    elif way == 4 and isinstance(holder[key], list):
        random.shuffle(holder[key])
    else:
        holder[key] = random.choice(_VALUES)


def _places(data: Any) -> list[tuple[Any, Any]]:
    keys = [*data] if isinstance(data, dict) else range(len(data))
    found = [(data, key) for key in keys]
    for key in keys:
        if isinstance(data[key], dict | list):
            found += _places(data[key])
    return found


def _at(random: Random, lines: list[str]) -> int:
    return random.randrange(len(lines))


def _drop(random: Random, lines: list[str]) -> None:
    if len(lines) > 1:
        at = _at(random, lines)
        del lines[at : at + random.choice((1, 1, 5, 40))]
    lines[:] = lines or [""]


def _double(random: Random, lines: list[str]) -> None:
    at = _at(random, lines)
    lines.insert(_at(random, lines), lines[at])


def _swap(random: Random, lines: list[str]) -> None:
    one, other = _at(random, lines), _at(random, lines)
    lines[one], lines[other] = lines[other], lines[one]


def _cut(random: Random, lines: list[str]) -> None:
    at = _at(random, lines)
    lines[at] = lines[at][: random.randrange(len(lines[at]) + 1)]
    if random.random() < 0.5:
        del lines[at + 1 :]


def _conflict(random: Random, lines: list[str]) -> None:
    for marker in _CONFLICT:
        lines.insert(_at(random, lines), marker)


def _odd(random: Random, lines: list[str]) -> None:
    at = _at(random, lines)
    place = random.randrange(len(lines[at]) + 1)
    lines[at] = lines[at][:place] + random.choice(ODD) + lines[at][place:]


def _number(random: Random, lines: list[str]) -> None:
    """Another number in a cell, or behind an equals sign."""
    at = _at(random, lines)
    if "=" in lines[at]:
        lines[at] = f"{lines[at].split('=')[0]}= {random.choice(NUMBERS)}"
        return
    cells = lines[at].split(",")
    cells[random.randrange(len(cells))] = random.choice(NUMBERS)
    lines[at] = ",".join(cells)


def _digits(random: Random, lines: list[str]) -> None:
    """Another number inside of a text, such as a kernel's."""
    at = _at(random, lines)
    digits = [place for place, char in enumerate(lines[at]) if char.isdigit()]
    if digits:
        place = random.choice(digits)
        new = random.choice(("0", "-3", "99999999999", "7x7", "", "٣"))
        lines[at] = lines[at][:place] + new + lines[at][place + 1 :]


def _cells(random: Random, lines: list[str]) -> None:
    """The cells of a line in another order, fewer or more of them."""
    at = _at(random, lines)
    cells = lines[at].split(",")
    random.shuffle(cells)
    lines[at] = ",".join(cells[: random.randint(1, len(cells))] + cells[: random.randrange(3)])


_OF_LINES: Sequence[Callable[[Random, list[str]], None]] = (
    _drop, _double, _swap, _cut, _conflict, _odd, _number, _number, _number, _digits, _cells,
)  # fmt: skip
