"""Module paths without their indices: what one line of source makes again and again."""

from __future__ import annotations

import re

__all__ = ["pattern_of", "unnumbered"]

_NUMBER = re.compile(r"(?<!\dx)(?<!\d)\d+(?![0-9A-Za-z])")

_ANY_NUMBER = re.compile(r"\d+[a-z]?(?![a-z])")


def pattern_of(module: str) -> str:
    """`blocks.3.expand` as `blocks.*.expand`, `block4-3` as `block*-*`; "" stays "".

    A number counts copies where a part of the path is nothing else, or where the part holds
    several, parted by `-` or `_`: `conv1` and `conv2` are two layers of one block.
    """
    return ".".join(map(_part, module.split(".")))


def _part(part: str) -> str:
    if part.isdigit():
        return "*"
    return _NUMBER.sub("*", part) if len(_NUMBER.findall(part)) > 1 else part


def unnumbered(module: str) -> str:
    """The path without any numbers: `layer3.0` as `layer*.*`, `inception4b` as `inception*`."""
    return _ANY_NUMBER.sub("*", module)
