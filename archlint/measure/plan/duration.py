"""How long a batch takes to measure, beside the others."""

from __future__ import annotations

from math import ceil

from archlint.measure.plan.company import SIZE, size_of
from archlint.measure.plan.plan import Batch

__all__ = ["cost_of"]

A_SECOND = 1e11
"""What `size_of` counts that a core of today gets through in a second, about."""

SESSION = 0.15
"""Seconds that a session takes beside its runs."""

WEIGHTS = 4e-9
"""Seconds for a byte that it runs through: weights have to be drawn and copied."""

LEAST, MOST, RUN_FOR = 9, 102, 0.2
"""The fewest runs and the most of a session, and for how long else."""

ROUNDS, MORE = 5, 10
"""Rounds of sessions, and sessions of what differs too much between them and of the drift."""


def cost_of(batch: Batch) -> float:
    """About the seconds that a batch takes; only how batches compare is of worth."""
    kernels = [task.kernel for task in batch.tasks]
    sessions = ceil(len(kernels) / SIZE)
    run = sum(2 ** size_of(kernel) for kernel in kernels) / A_SECOND / sessions
    # once with the profiler and once without
    session = SESSION + WEIGHTS * batch.footprint + 2 * max(LEAST * run, min(RUN_FOR, MOST * run))
    return session * (ROUNDS * sessions + MORE)
