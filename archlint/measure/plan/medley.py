"""Medleys: kernels timed in company, as in a network, not one by one."""

from __future__ import annotations

from dataclasses import dataclass

from archlint.cost.kernels.kernel import Kernel

__all__ = ["Medley", "Timing"]


@dataclass(frozen=True, slots=True)
class Medley:
    """Kernels of the target's lowered form to run one after the other in one fresh session.

    Each has weights of its own and reads what another operator has just written: the kernel
    before it if `linked` and the sizes fit, else a producer that is not counted.  The session
    runs through `footprint` bytes in all, by more constant weights where the kernels' own are less.
    `seed` draws the weights.
    """

    kernels: tuple[Kernel, ...]
    seed: int
    footprint: int = 0
    linked: bool = False


@dataclass(frozen=True, slots=True)
class Timing:
    """One session: the median seconds of each kernel, in the medley's order, and of one run.

    What the profiler itself costs has been taken off.
    """

    kernels: tuple[float, ...]
    run: float
