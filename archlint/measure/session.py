"""A batch of kernels timed over sessions, each in another order."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Sequence
from functools import partial
from math import inf
from statistics import median

from archlint.cost.kernels.kernel import Kernel
from archlint.cost.pricing.row import is_too_wide
from archlint.errors import MeasureError
from archlint.measure.backend import Backend
from archlint.measure.fit.statistics import interval_of
from archlint.measure.plan.company import SIZE, companies, size_of
from archlint.measure.plan.medley import Medley
from archlint.measure.plan.plan import Batch
from archlint.measure.refusal import find_refused

__all__ = ["MORE_SESSIONS", "SESSIONS", "BatchTimer"]

SESSIONS = 5
MORE_SESSIONS = 15
"""Sessions of every kernel, and at most so many more of one whose interval stays too wide."""

LEAST = 10
"""Kernels that a session has at least, where there is company: alone, one runs otherwise."""


class BatchTimer:
    """Times the kernels of one batch; `name` seeds the orders and the weights.

    The batch's other kernels and then `company` fill up small sessions, not counted.  A session
    fills no more than `room` bytes, or than the cache that the batch is to stay in.  `tell` is
    called before each round of sessions with its number and how many there are at least; a kernel
    whose interval stays too wide has at most `more` of them.  Where the time `is_over`, it ends
    before its next session, and what has too few is as if it had not been begun.
    """

    def __init__(
        self,
        backend: Backend,
        name: str,
        batch: Batch,
        company: Sequence[Kernel],
        room: float,
        tell: Callable[[int, int], None],
        more: int = MORE_SESSIONS,
        is_over: Callable[[], bool] = lambda: False,
    ) -> None:
        self._backend, self._tell, self._more, self._is_over = backend, tell, more, is_over
        self._room = min(room, batch.footprint) if batch.cached else room
        self._kernels = tuple(task.kernel for task in batch.tasks)
        self._company = tuple(company)
        self._footprint = batch.footprint
        self._name = f"{name}: {'; '.join(task.text for task in batch.tasks)}"
        self._seconds: list[list[float]] = [[] for _ in batch.tasks]
        self._refused: set[int] = set()

    @property
    def refused(self) -> frozenset[int]:
        """The places of the kernels that the runtime refused to run."""
        return frozenset(self._refused)

    def seconds(self) -> list[list[float]]:
        """Each kernel's seconds by session; none where the runtime refused to run it."""
        for number in range(SESSIONS):
            if self._is_over():
                return self._seconds
            self._tell(number + 1, SESSIONS)
            self._round(number, self._running(), company=False)
        for number in range(SESSIONS, SESSIONS + self._more):
            wide = [at for at in self._running() if _is_wide(self._seconds[at])]
            if not wide or self._is_over():
                break
            self._tell(number + 1, SESSIONS + self._more)
            self._round(number, wide, company=True)
        return self._seconds

    def _round(self, number: int, counted: Sequence[int], *, company: bool) -> None:
        """These kernels once each, in as many sessions as that takes."""
        kernels = [self._kernels[at] for at in counted]
        seed = _seed(f"{self._name}: {number}")
        sessions = companies(kernels, self._footprint, self._room, seed)
        for place, session in enumerate(sessions):
            if self._is_over():
                return
            seed = _seed(f"{self._name}: {number}, {place}")
            members = [counted[place] for place in session]
            others = self._like(members, seed) if company else ()
            try:
                times = self._session(seed, members, others)
            except MeasureError:
                for at in find_refused(partial(self._session, seed), members):
                    self._refused.add(at)
                    self._seconds[at] = []
                times = self._session(seed, [at for at in members if at not in self._refused])
            for at, seconds in times.items():
                self._seconds[at].append(seconds)

    def _running(self) -> list[int]:
        return [at for at in range(len(self._kernels)) if at not in self._refused]

    def _like(self, members: Sequence[int], seed: int) -> list[int]:
        """Other kernels of the batch, as many as there is place for, of the members' sizes."""
        sizes = [size_of(self._kernels[at]) for at in members]
        low, high = min(sizes) - 1, max(sizes) + 1
        others = [
            at
            for at in self._running()
            if at not in members and low <= size_of(self._kernels[at]) <= high
        ]
        place = max(SIZE - len(members), 0)
        return random.Random(seed).sample(others, min(place, len(others)))

    def _session(
        self, seed: int, members: Sequence[int], others: Sequence[int] = ()
    ) -> dict[int, float]:
        """The seconds of these kernels in a fresh session, in the company of the others."""
        if not members:
            return {}
        medley = [(at, self._kernels[at]) for at in members]
        medley += [(-1, self._kernels[at]) for at in others]
        medley += [(-1, each) for each in self._filling()[: max(0, LEAST - len(medley))]]
        random.Random(seed).shuffle(medley)
        timing = self._backend.time(
            Medley(tuple(kernel for _, kernel in medley), seed, self._footprint)
        )
        places = zip(medley, timing.kernels, strict=True)
        return {at: seconds for (at, _), seconds in places if at >= 0}

    def _filling(self) -> list[Kernel]:
        """The company that fits beside these kernels into what the sessions run through."""
        most = self._footprint or inf
        return [each for each in self._company if SIZE * each.activation_bytes <= most]


def _is_wide(seconds: Sequence[float]) -> bool:
    return is_too_wide(interval_of(seconds), median(seconds))


def _seed(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")
