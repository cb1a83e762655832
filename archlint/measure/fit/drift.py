"""Drift: how much slower the machine runs now than when a target's measuring began."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from random import Random
from statistics import median

from archlint.cost.kernels.kernel import Kernel, parse_chain
from archlint.cost.kernels.kind import Kind
from archlint.errors import MeasureError
from archlint.measure.backend import Backend
from archlint.measure.plan.medley import Medley
from archlint.measure.refusal import find_refused

__all__ = ["Reference", "reference_kernels", "take_baseline"]

KERNELS = 40
"""Timed again a few minutes later, 12 kernels in one session differed by 3 % with no drift."""

SESSIONS, BASELINE_SESSIONS, WARM_UP = 3, 9, 6
"""Of a drift, of the baseline, and before it: an idle machine does not start at its usual speed."""

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
        """Time it: how many times its seconds at the beginning it takes now.

        The median over its kernels, which no single disturbance moves.
        """
        now = _time(backend, self.medley, SESSIONS)
        return median(new / old for new, old in zip(now, self.seconds, strict=True))


def take_baseline(backend: Backend, kernels: Sequence[Kernel], *, quick: bool = False) -> Reference:
    """Time a reference medley of these kernels at the beginning, over several sessions.

    Without those that the runtime refuses.  Where it is `quick`, over a few: for what is over
    before the machine drifts.
    """
    warm_up = SESSIONS if quick else WARM_UP
    try:
        _time(backend, kernels, warm_up)
    except MeasureError:
        kernels = _accepted(backend, kernels)
        if not kernels:
            raise
        _time(backend, kernels, warm_up)
    texts = tuple(kernel.text for kernel in kernels)
    return Reference(texts, _time(backend, kernels, SESSIONS if quick else BASELINE_SESSIONS))


def _accepted(backend: Backend, kernels: Sequence[Kernel]) -> Sequence[Kernel]:
    """The kernels that the runtime does not refuse to run."""

    def run(places: Sequence[int]) -> None:
        backend.time(Medley(tuple(kernels[at] for at in places), seed=0))

    refused = find_refused(run, range(len(kernels)))
    return [kernel for at, kernel in enumerate(kernels) if at not in refused]


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


def _time(backend: Backend, kernels: Sequence[Kernel], sessions: int) -> tuple[float, ...]:
    """The median seconds of each kernel over sessions, each in an order of its own."""
    times: list[list[float]] = [[] for _ in kernels]
    for seed in range(sessions):
        order = Random(seed).sample(range(len(kernels)), len(kernels))
        timing = backend.time(Medley(tuple(kernels[at] for at in order), seed))
        for at, seconds in zip(order, timing.kernels, strict=True):
            times[at].append(seconds)
    return tuple(map(median, times))
