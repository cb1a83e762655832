"""Now against instead, session after session."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from archlint.commands.verify.plan import PlannedPlace
from archlint.commands.verify.surroundings import Side
from archlint.cost.kernels.kernel import Kernel
from archlint.errors import MeasureError
from archlint.measure.backend import Backend
from archlint.measure.plan.medley import Medley

__all__ = ["Seconds", "Timed", "time_places"]


@dataclass(slots=True)
class Seconds:
    """The seconds of each kernel of one side by session; a kernel's are in the side's order."""

    by_session: list[tuple[float, ...]] = field(default_factory=list)

    @property
    def sums(self) -> tuple[float, ...]:
        """The seconds of the whole side, by session."""
        return tuple(map(sum, self.by_session))


@dataclass(slots=True)
class Timed:
    """A place with its times; `reason` says why there are none."""

    planned: PlannedPlace
    now: Seconds = field(default_factory=Seconds)
    instead: Seconds = field(default_factory=Seconds)
    reason: str = ""

    @property
    def kernels(self) -> tuple[tuple[Kernel, Seconds, int], ...]:
        """Each kernel of both sides, with its side's times and its position among them."""
        return tuple(
            (side.kernels[position], seconds, at)
            for side, seconds in (
                (self.planned.now, self.now), (self.planned.instead, self.instead)
            )
            for at, position in enumerate(side.own)
        )  # fmt: skip


def time_places(
    backend: Backend,
    places: Sequence[PlannedPlace],
    sessions: int,
    tell: Callable[[PlannedPlace, int], None],
) -> list[Timed]:
    """Run each place's sides in pairs of fresh sessions: now, instead, instead, now, ...

    The places take turns, so that the n-th pairs of all are run close to each other.  A place
    that the runtime refuses has the reason and no times.  `tell` is called before each pair.
    """
    timed = [Timed(place, reason=place.reason) for place in places]
    for session in range(sessions):
        for each in timed:
            if not each.reason:
                tell(each.planned, session)
                _pair(backend, each, session)
    return timed


def _pair(backend: Backend, timed: Timed, session: int) -> None:
    """One session of each side; every other time the second side goes first."""
    planned = timed.planned
    seed = _seed(planned, session)
    sides = [(planned.now, timed.now), (planned.instead, timed.instead)]
    try:
        for side, seconds in reversed(sides) if session % 2 else sides:
            seconds.by_session.append(_time(backend, side, seed, planned.footprint))
    except MeasureError as fault:
        timed.now, timed.instead, timed.reason = Seconds(), Seconds(), str(fault)


def _time(backend: Backend, side: Side, seed: int, footprint: int) -> tuple[float, ...]:
    """The seconds of the side's own kernels in a fresh session."""
    timing = backend.time(Medley(side.kernels, seed, footprint, linked=True))
    return tuple(timing.kernels[position] for position in side.own)


def _seed(planned: PlannedPlace, session: int) -> int:
    """The same for both sides, so that the neighbours have the same weights."""
    text = "; ".join(kernel.text for kernel in planned.now.kernels) + f": {session}"
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")
