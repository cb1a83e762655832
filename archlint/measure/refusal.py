"""Which kernels a runtime refuses to run."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from archlint.errors import MeasureError

__all__ = ["find_refused"]


def find_refused(run: Callable[[Sequence[int]], object], places: Sequence[int]) -> frozenset[int]:
    """The places of the kernels for which `run` raises MeasureError, found by halves.

    A runtime names what it refuses in words of its own, or not at all.
    """
    try:
        run(places)
    except MeasureError:
        if len(places) == 1:
            return frozenset(places)
        half = len(places) // 2
        return find_refused(run, places[:half]) | find_refused(run, places[half:])
    return frozenset()
