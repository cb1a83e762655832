"""What the values of a TOML file may be, and where one that may not stands in it."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping

from archlint.did_you_mean import did_you_mean

__all__ = ["Fault", "Shape", "each", "line_of", "number", "record", "text", "whole", "words"]

Fault = tuple[tuple[str | int, ...], str]
"""Where a value is not what it must be, from the outside in, and what is wrong with it."""

Shape = Callable[[object], Iterator[Fault]]
"""Tells the faults of a value."""

_LONGEST = 60  # characters of a value that is shown


def text(*known: str) -> Shape:
    """A string: one of those known, if there are any."""

    def check(value: object) -> Iterator[Fault]:
        if not isinstance(value, str):
            yield _expected("a string", value)
        elif known and value not in known:
            yield _expected(f"one of {', '.join(known)}", value, did_you_mean(value, known))

    return check


def words(is_known: Callable[[str], bool], what: str) -> Shape:
    """A string that is known, or else is not `what`."""

    def check(value: object) -> Iterator[Fault]:
        if not isinstance(value, str) or not is_known(value):
            yield _expected(what, value)

    return check


def number(least: float, most: float, *, above: bool = False) -> Shape:
    """A finite number from `least`, or `above` it, to `most`."""

    def check(value: object) -> Iterator[Fault]:
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        # no comparison holds for nan
        if not (is_number and least <= value <= most and (value > least or not above)):  # type: ignore[operator]
            yield _expected(f"a number {'above' if above else 'from'} {least:g} to {most:g}", value)

    return check


def whole(least: int, most: int = 1 << 53) -> Shape:
    """A whole number."""

    def check(value: object) -> Iterator[Fault]:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            yield _expected(f"a whole number from {least} on", value)

    return check


def each(shape: Shape, *, count: int | None = None, least: int = 0) -> Shape:
    """A list of such values, of so many, or of some at least."""

    def check(value: object) -> Iterator[Fault]:
        if not isinstance(value, list):
            yield _expected("a list", value)
        elif count is not None and len(value) != count:
            yield _expected(f"a list of {count}", value)
        elif len(value) < least:
            yield _expected(f"a list of at least {least}", value)
        else:
            for at, one in enumerate(value):
                yield from _within(at, shape(one))

    return check


def record(
    needed: Mapping[str, Shape] | None = None,
    known: Mapping[str, Shape] | None = None,
    others: Shape | None = None,
) -> Shape:
    """A table with all keys that are needed, some known ones, and others of one shape or none."""
    needed, known = needed or {}, known or {}
    shapes = {**needed, **known}

    def check(value: object) -> Iterator[Fault]:
        if not isinstance(value, dict):
            yield _expected("a table", value)
            return
        for key, one in value.items():
            shape = shapes.get(key, others)
            if shape is None:
                yield (key,), f"unknown key{did_you_mean(key, shapes)}"
            else:
                yield from _within(key, shape(one))
        for key in needed:
            if key not in value:
                yield (), f'there is no key "{key}"'

    return check


def _within(part: str | int, faults: Iterator[Fault]) -> Iterator[Fault]:
    for path, fault in faults:
        yield (part, *path), fault


def _expected(what: str, value: object, hint: str = "") -> Fault:
    if isinstance(value, int | float) and not isinstance(value, bool):
        shown = str(value)
    else:
        shown = json.dumps(value, ensure_ascii=False, default=str)
    if len(shown) > _LONGEST:
        shown = f"{shown[:_LONGEST]}..."
    return (), f"expected {what}, found {shown}{hint}"


_HEADER = re.compile(r"\s*(\[\[?)\s*([^\[\]]+?)\s*\]")
_KEY = re.compile(r'\s*(?:"([^"]+)"|([\w-]+))\s*=')


def line_of(source: str, path: tuple[str | int, ...]) -> int:
    """The line of a file where the value of this path stands, or what it is in.

    A key in dots, or in a table on one line, is not told apart from what it is in.
    """
    lines: dict[tuple[str | int, ...], int] = {(): 1}
    counts = Counter[tuple[str | int, ...]]()
    around: tuple[str | int, ...] = ()
    for number, line in enumerate(source.split("\n"), 1):
        if header := _HEADER.match(line):
            names = [name.strip().strip('"') for name in header[2].split(".")]
            around = ()
            for at, name in enumerate(names):
                around = (*around, name)
                counts[around] += header[1] == "[[" and at == len(names) - 1
                if counts[around]:
                    around = (*around, counts[around] - 1)
            lines.setdefault(around, number)
        elif key := _KEY.match(line):
            lines.setdefault((*around, key[1] or key[2]), number)
    while path not in lines:
        path = path[:-1]
    return lines[path]
