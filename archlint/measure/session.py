"""A batch of kernels timed over sessions, each in another order."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Mapping, Sequence

from archlint.cost.kernel import Kernel
from archlint.cost.table import WIDEST
from archlint.errors import MeasureError
from archlint.measure.backend import Backend
from archlint.measure.medley import Medley
from archlint.measure.plan import Batch
from archlint.measure.statistics import interval_of

__all__ = ["SESSIONS", "BatchTimer"]

SESSIONS = 5
MORE_SESSIONS = 5
"""Sessions of every kernel, and at most so many more of one whose interval stays too wide."""

COMPANY = 10
"""Kernels that a session has at least, where there is company: alone, one runs otherwise."""


class BatchTimer:
    """Times the kernels of one batch; `name` seeds the orders and the weights.

    The batch's other kernels and then `company` fill up small sessions, not counted.  `tell` is
    called before each session with its number and how many there are at least.
    """

    def __init__(
        self,
        backend: Backend,
        name: str,
        batch: Batch,
        company: Sequence[Kernel],
        tell: Callable[[int, int], None],
    ) -> None:
        self._backend, self._tell = backend, tell
        self._kernels = tuple(task.kernel for task in batch.tasks)
        self._company = tuple(company)
        self._weight_bytes = batch.weight_bytes
        self._name = f"{name}: {'; '.join(task.text for task in batch.tasks)}"
        self._seconds: list[list[float]] = [[] for _ in batch.tasks]
        self._refused: frozenset[int] = frozenset()

    def seconds(self) -> list[list[float]]:
        """Each kernel's seconds by session; none where the runtime refused to run it."""
        for number in range(SESSIONS):
            self._tell(number + 1, SESSIONS)
            self._count(number)
        for number in range(SESSIONS, SESSIONS + MORE_SESSIONS):
            wide = [at for at, times in enumerate(self._seconds) if times and _is_wide(times)]
            if not wide:
                break
            self._tell(number + 1, SESSIONS + MORE_SESSIONS)
            rest = [at for at in self._running() if at not in wide]
            self._keep(self._session(number, wide, rest))
        return self._seconds

    def _count(self, number: int) -> None:
        """One session of every kernel that the runtime does not refuse."""
        running = self._running()
        try:
            self._keep(self._session(number, running))
        except MeasureError:
            self._refused |= self._culprits(number, running)
            for at in self._refused:
                self._seconds[at] = []
            self._keep(self._session(number, self._running()))

    def _running(self) -> list[int]:
        return [at for at in range(len(self._kernels)) if at not in self._refused]

    def _keep(self, seconds: Mapping[int, float]) -> None:
        for at, each in seconds.items():
            self._seconds[at].append(each)

    def _session(
        self, number: int, running: Sequence[int], others: Sequence[int] = ()
    ) -> dict[int, float]:
        """The seconds of these kernels in a fresh session, in the company of the others."""
        if not running:
            return {}
        seed = _seed(f"{self._name}: {number}")
        medley = [(at, self._kernels[at]) for at in running]
        medley += [(-1, self._kernels[at]) for at in others]
        medley += [(-1, each) for each in self._company[: max(0, COMPANY - len(medley))]]
        random.Random(seed).shuffle(medley)
        timing = self._backend.time(
            Medley(tuple(kernel for _, kernel in medley), seed, self._weight_bytes)
        )
        places = zip(medley, timing.kernels, strict=True)
        return {at: seconds for (at, _), seconds in places if at >= 0}

    def _culprits(self, number: int, running: Sequence[int]) -> frozenset[int]:
        """The kernels for which the runtime refuses a session, found by halves."""
        try:
            self._session(number, running)
        except MeasureError:
            if len(running) == 1:
                return frozenset(running)
            half = len(running) // 2
            return self._culprits(number, running[:half]) | self._culprits(number, running[half:])
        return frozenset()


def _is_wide(seconds: Sequence[float]) -> bool:
    return interval_of(seconds) > WIDEST


def _seed(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")
