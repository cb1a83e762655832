"""How much memory a run of some kernels goes through before it comes back to the same place."""

from __future__ import annotations

from collections.abc import Iterable

from archlint.cost.kernels.kernel import Kernel

__all__ = ["footprint"]


def footprint(kernels: Iterable[Kernel]) -> int:
    """Bytes of all weights and of the largest activations that one kernel reads and writes.

    Runtimes give the room of activations to the next ones, so that no more than about the
    largest are there at a time: what lies between two runs of a kernel with the same weights.
    """
    weights = largest = 0
    for kernel in kernels:
        weights += kernel.weight_bytes
        largest = max(largest, kernel.activation_bytes)
    return weights + largest
