"""The nearest widths below and above that a target runs faster for their FLOPs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from archlint.plugin import Kernel, SharedWidth, View

__all__ = ["Neighbours", "Trial", "neighbours"]

_FAR = 3
"""A width is looked at within a third of now: further away it is another network."""

_STEPS = 16
"""Widths are looked at in steps of about so many to now's, powers of two."""

_ODD = 16
"""Below so many channels a width may be an odd multiple of 2, above of 4: others are rare."""

_AS_FAST = 0.95
"""The share of the best speed near by from which a width is as fast as any."""


@dataclass(frozen=True, slots=True)
class Trial:
    """The layers of a width, at some channels."""

    channels: int
    flops: int
    seconds: float

    @property
    def speed(self) -> float:
        """FLOPs a second."""
        return self.flops / self.seconds


@dataclass(frozen=True, slots=True)
class Neighbours:
    """A width now, and the nearest ones that are as fast for their FLOPs as any near by."""

    now: Trial
    below: Trial | None
    above: Trial | None

    @property
    def slowdown(self) -> float:
        """How much slower the layers are than those above, or for their FLOPs than those below."""
        above = self.now.seconds / self.above.seconds if self.above is not None else 0.0
        below = self.below.speed / self.now.speed if self.below is not None else 0.0
        return max(above, below)


def neighbours(view: View, widths: Sequence[SharedWidth]) -> list[Neighbours | str]:
    """Of each width, by the prices of the layers alone, or why there are none."""
    made = [
        {each: width.at(each, view.target.lowering) for each in _near_by(width.channels)}
        for width in widths
    ]
    view.pricer.learn(
        dict.fromkeys(kernel for each in made for at in each.values() if at for kernel in at)
    )
    return [
        _neighbours(width, _trials(view, each)) for width, each in zip(widths, made, strict=True)
    ]


def _near_by(channels: int) -> list[int]:
    step = _step(channels)
    least = max(step, -(-channels * (_FAR - 1) // (_FAR * step)) * step)
    return sorted({*range(least, channels * (_FAR + 1) // _FAR + 1, step), channels})


def _neighbours(width: SharedWidth, trials: Sequence[Trial]) -> Neighbours | str:
    now = next((each for each in trials if each.channels == width.channels), None)
    if now is None:
        return "its layers have no price"
    below = [each for each in reversed(trials) if each.channels < now.channels]
    above = [each for each in trials if each.channels > now.channels]
    return Neighbours(now, _nearest(below), _nearest(above))


def _step(channels: int) -> int:
    step = 2 if channels < _ODD else 4
    while 2 * step * _STEPS <= channels:
        step *= 2
    return step


def _trials(view: View, made: Mapping[int, Counter[Kernel] | None]) -> list[Trial]:
    found = []
    for each, kernels in made.items():
        seconds = None if kernels is None else view.pricer.seconds(kernels)
        flops = sum(count * kernel.flops for kernel, count in (kernels or {}).items())
        if seconds and flops:
            found.append(Trial(each, flops, seconds))
    return found


def _nearest(trials: Sequence[Trial]) -> Trial | None:
    """The first, going away from now, that is as fast as any."""
    best = max((each.speed for each in trials), default=0.0)
    return next((each for each in trials if each.speed >= _AS_FAST * best), None)
