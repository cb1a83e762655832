"""Neighbouring dims that a kernel goes through alike, as runtimes put them together."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["Way", "dim_runs"]

Way = tuple[bool, ...]
"""Of a dim: whether it is reduced, or which operands go on along it."""


def dim_runs(sizes: Sequence[int], ways: Sequence[Way]) -> list[tuple[int, Way]]:
    """The sizes of neighbouring dims of one way, multiplied; dims of 1 are in nobody's way."""
    runs: list[tuple[int, Way]] = []
    for size, way in zip(sizes, ways, strict=True):
        if size == 1:
            continue
        if runs and runs[-1][1] == way:
            runs[-1] = runs[-1][0] * size, way
        else:
            runs.append((size, way))
    return runs
