"""Runs of one session, timed by the clock on the wall."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter

__all__ = ["WARM_UP", "repeat"]

RUNS, RUN_FOR, WARM_UP = (7, 100), 0.2, 2
"""At least and at most this many runs of a session, about so many seconds, after a warm-up."""


def repeat(run: Callable[[], object]) -> list[float]:
    """Seconds of each run, the warm-up first."""
    least, most = RUNS
    walls: list[float] = []
    while len(walls) < WARM_UP + least or (
        sum(walls[WARM_UP:]) < RUN_FOR and len(walls) < WARM_UP + most
    ):
        start = perf_counter()
        run()
        walls.append(perf_counter() - start)
    return walls
