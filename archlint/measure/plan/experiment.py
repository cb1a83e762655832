"""Experiments: what a rule asks to have timed, to fill the tables of targets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module

__all__ = ["Experiment", "Workload"]


@dataclass(frozen=True, slots=True)
class Experiment:
    """One kernel or chain to time (text of `parse_chain`) and the series that it belongs to.

    The experiments of a series have equal FLOPs, so that their times can be compared.  The text
    holds for any target: the path, say a blocked layout, is the target's to add.  `rotation`
    says where constant weights come from: 0 a cache, 1 between, 2 memory.  `only` names
    what a runtime has to do ("blocked", "quantised") to have such a kernel; "" for every one.
    """

    kernels: str
    series: str
    rotation: int = 0
    only: str = ""


@dataclass(frozen=True, slots=True)
class Workload:
    """Experiments of one kind of kernel, drawn by the module of this name.

    Its `sample(seed)` gives them by sort, the most telling first.  The module is imported when
    they are asked for: a rule names its workloads, and a lint needs none of them.
    """

    module: str

    def sample(self, seed: int) -> tuple[Sequence[Experiment], ...]:
        """The experiments drawn with this seed; another one gives others of like distribution."""
        found: tuple[Sequence[Experiment], ...] = import_module(self.module).sample(seed)
        return found
