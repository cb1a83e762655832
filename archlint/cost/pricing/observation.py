"""What a row tells a fit: a chain of kernels, its time, and how sure that is."""

from __future__ import annotations

from typing import NamedTuple

from archlint.cost.kernels.kernel import Chain

__all__ = ["Observation"]


class Observation(NamedTuple):
    """A chain and its seconds; `scatter` is the log standard deviation of its sessions.

    Where they differ too much for the row to be a measured price, it is `marked`: it tells as
    little as its scatter lets it.

    Sessions run a kernel among others each time, as networks do.  How far they lie apart is what
    another run differs by: of 2,993 kernels that two runs measured some hours apart, the tenth that
    scattered least differed by 0.025 (log), the tenth that scattered most by 0.22.
    """

    chain: Chain
    seconds: float
    scatter: float = 0.0
    marked: bool = False
