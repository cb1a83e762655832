"""Which of the aligned widths near by is the alternative, priced in the whole model."""

from __future__ import annotations

from dataclasses import dataclass

from archlint.plugin import Comparison, Kernel, SharedWidth, View
from archlint.rules.a1_misaligned_width.aligned import Neighbours, Trial, neighbours

__all__ = ["Alternative", "Choice", "choose"]

_ROUGHLY = 1.02
"""Of layers alone: from here on they may be slow with the reorders and joins around them."""


@dataclass(frozen=True, slots=True)
class Alternative:
    """An aligned width in the whole model: the kernels that go, and those that come.

    `flops` are its layers' as a share of now's.
    """

    channels: int
    numbers: tuple[int, ...]
    kernels: tuple[Kernel, ...]
    flops: float
    comparison: Comparison

    @property
    def excess(self) -> float:
        """How many times its time for their FLOPs the channels of now take."""
        return self.comparison.slowdown * self.flops

    @property
    def words(self) -> str:
        """What it costs."""
        return (
            f"{self.channels} channels, {1 / self.comparison.slowdown:.2f} times the time"
            f" for {self.flops:.2f} times the FLOPs"
        )


@dataclass(frozen=True, slots=True)
class Choice:
    """A width with its alternative, and the aligned widths around it."""

    width: SharedWidth
    chosen: Alternative
    above: Alternative | None
    below: Alternative | None

    @property
    def is_wider(self) -> bool:
        """Whether the alternative has no fewer FLOPs."""
        return self.chosen.flops >= 1

    @property
    def others(self) -> tuple[Alternative, ...]:
        """Those that are not the alternative, and take no longer than now for their FLOPs."""
        both = (each for each in (self.above, self.below) if each is not None)
        return tuple(each for each in both if each is not self.chosen and each.excess >= 1)

    @property
    def alone(self) -> float:
        """Seconds that the width costs at equal FLOPs: what is left beside a narrower one's."""
        return self.chosen.comparison.now.seconds * (1 - 1 / self.chosen.excess)


def choose(view: View, width: SharedWidth, least: float) -> Choice | str:
    """A wider one that is faster, else a narrower one that is for its FLOPs, or why there is none.

    By `least` times at least.
    """
    near = neighbours(view, width)
    if isinstance(near, str):
        return near
    if near.slowdown < _ROUGHLY:
        return _why_not(near, least)
    above, below = (_alternative(view, width, near, each) for each in (near.above, near.below))
    wider = above if above is not None and above.comparison.slowdown >= least else None
    narrower = below if below is not None and below.excess >= least else None
    is_sure = wider is not None and wider.comparison.low > 1.0
    chosen = wider if is_sure else narrower or wider
    return Choice(width, chosen, above, below) if chosen is not None else _why_not(near, least)


def _alternative(
    view: View, width: SharedWidth, near: Neighbours, trial: Trial | None
) -> Alternative | None:
    """With its paths, reorders, joins and fusions; None where the model cannot have it."""
    if trial is None:
        return None
    made = width.instead(
        trial.channels, view.model, view.lowered, view.widths, view.target.lowering
    )
    if made is None or not all(made):
        return None
    numbers, kernels = made
    comparison = view.pricer.compare(view.kernels(numbers), kernels)
    if comparison is None:
        return None
    return Alternative(trial.channels, numbers, kernels, trial.flops / near.now.flops, comparison)


def _why_not(near: Neighbours, least: float) -> str:
    """What an aligned width would buy where it is no quicker, or that there is nothing to buy."""
    now, other = near.now, near.above
    if other is None or other.speed < least * now.speed:
        return f"{now.channels} channels take no longer than others for their FLOPs"
    time, flops = other.seconds / now.seconds, other.flops / now.flops
    return (
        f"of aligned widths near by none is faster; {other.channels} channels take {time:.2f} times"
        f" the time for {flops:.2f} times the FLOPs"
    )
