"""Experiments: what a rule asks to have timed, to fill the tables of targets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

__all__ = ["CORE", "Experiment", "Workload"]

CORE = -1
"""The rotation of what never leaves a core's own cache."""


@dataclass(frozen=True, slots=True)
class Experiment:
    """One kernel or chain to time (text of `parse_chain`) and the series that it belongs to.

    The experiments of a series have equal FLOPs, so that their times can be compared.  The text
    holds for any target: the path, say a blocked layout, is the target's to add.  `rotation`
    says where constant weights come from: 0 the last cache, 1 between, 2 memory, or CORE.  `only`
    names what a runtime has to do to have such a kernel (see `RuntimeRules.has`); "" for every one.
    """

    kernels: str
    series: str
    rotation: int = 0
    only: str = ""


Workload = Callable[[int], Sequence[Sequence[Experiment]]]
"""Draws experiments with a seed, by sort, in each the most telling first."""
