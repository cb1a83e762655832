"""Shapes as text."""

from __future__ import annotations

__all__ = ["parse_shape"]


def parse_shape(text: str) -> tuple[int, ...] | None:
    """The sizes in "1x3x224x224", or None if it is no such text."""
    sizes = text.split("x")
    if not all(size.isascii() and size.isdigit() and int(size) > 0 for size in sizes):
        return None
    return tuple(map(int, sizes))
