"""Shapes as text."""

from __future__ import annotations

__all__ = ["parse_shape"]

_MOST_DIGITS = 18  # Python takes quadratic time for long ones, and refuses very long ones


def parse_shape(text: str) -> tuple[int, ...] | None:
    """The sizes in "1x3x224x224", or None if it is no such text."""
    sizes = text.split("x")
    if not all(size.isascii() and size.isdigit() and len(size) <= _MOST_DIGITS for size in sizes):
        return None
    found = tuple(map(int, sizes))
    return found if all(found) else None
