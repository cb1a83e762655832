"""Drift: how much slower the machine runs now than when a target's measuring began."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from archlint.cost.kernel import Kernel, parse_chain
from archlint.cost.kind import Kind
from archlint.measure.backend import Backend
from archlint.measure.medley import Medley

__all__ = ["Reference", "reference_kernels", "take_baseline"]

KERNELS = 12
BASELINE_SESSIONS = 5
SEED = 1

FLOPS = 2e7, 2e8
BYTES = 2e5, 8e6
"""A kernel of the reference has work within either of these: ms, not us and not seconds."""


@dataclass(frozen=True, slots=True)
class Reference:
    """The reference medley: its kernels and the seconds that each took at the beginning."""

    kernels: tuple[str, ...]
    seconds: tuple[float, ...]

    @property
    def medley(self) -> tuple[Kernel, ...]:
        """The kernels."""
        return tuple(parse_chain(text)[0][1] for text in self.kernels)

    def drift(self, backend: Backend) -> float:
        """Time it once: how many times its seconds at the beginning it takes now.

        The median over its kernels, which no single disturbance moves.
        """
        now = _time(backend, self.medley)
        return median(new / old for new, old in zip(now, self.seconds, strict=True))


def take_baseline(backend: Backend, kernels: Sequence[Kernel]) -> Reference:
    """Time a reference medley of these kernels at the beginning, over several sessions."""
    sessions = [_time(backend, kernels) for _ in range(BASELINE_SESSIONS)]
    return Reference(
        tuple(kernel.text for kernel in kernels),
        tuple(median(times) for times in zip(*sessions, strict=True)),
    )


def reference_kernels(kernels: Iterable[Kernel]) -> tuple[Kernel, ...]:
    """The kernels of a reference medley out of those to time: some of every kind."""
    by_kind: dict[Kind, list[Kernel]] = {}
    every = list(dict.fromkeys(kernels))
    for kernel in every:
        if FLOPS[0] <= kernel.flops <= FLOPS[1] or BYTES[0] <= kernel.mac <= BYTES[1]:
            by_kind.setdefault(kernel.kind, []).append(kernel)
    chosen: list[Kernel] = []
    while len(chosen) < KERNELS and any(by_kind.values()):
        for of_kind in by_kind.values():
            if of_kind and len(chosen) < KERNELS:
                chosen.append(of_kind.pop(len(of_kind) // 2))
    return tuple(chosen or every[:KERNELS])


def _time(backend: Backend, kernels: Sequence[Kernel]) -> tuple[float, ...]:
    return backend.time(Medley(tuple(kernels), SEED)).kernels
