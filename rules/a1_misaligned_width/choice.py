"""Which of the aligned widths near by is the alternative, priced in the whole model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from archlint.plugin import Comparison, Kernel, SharedWidth, View, WidthChanges
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


def choose(view: View, widths: Sequence[SharedWidth], least: float) -> Iterator[Choice | str]:
    """A wider one that is faster, else a narrower one that is for its FLOPs, or why there is none.

    Of each width, by `least` times at least.
    """
    near = neighbours(view, widths)
    made = _alternatives(view, widths, near)
    for number, (width, each) in enumerate(zip(widths, near, strict=True)):
        if isinstance(each, str):
            yield each
            continue
        above, below = (made.get((number, trial)) for trial in (each.above, each.below))
        wider = above if above is not None and above.comparison.slowdown >= least else None
        narrower = below if below is not None and below.excess >= least else None
        is_sure = wider is not None and wider.comparison.low > 1.0
        chosen = wider if is_sure else narrower or wider
        yield _why_not(each, least) if chosen is None else Choice(width, chosen, above, below)


def _alternatives(
    view: View, widths: Sequence[SharedWidth], near: Sequence[Neighbours | str]
) -> dict[tuple[int, Trial | None], Alternative]:
    """With their paths, reorders, joins and fusions, of widths that may be slow, by their numbers.

    Without those that the model cannot have.
    """
    wanted = [
        (number, trial, each.now)
        for number, each in enumerate(near)
        if not isinstance(each, str) and each.slowdown >= _ROUGHLY
        for trial in (each.above, each.below)
        if trial is not None
    ]
    changes = WidthChanges(view.model, view.lowered, view.widths, view.target.lowering)
    made = changes.instead([(widths[number], trial.channels) for number, trial, _ in wanted])
    found: dict[tuple[int, Trial | None], Alternative] = {}
    for (number, trial, now), each in zip(wanted, made, strict=True):
        if each is None or not all(each):
            continue
        numbers, kernels = each
        comparison = view.pricer.compare(view.kernels(numbers), kernels)
        if comparison is not None:
            share = trial.flops / now.flops
            found[number, trial] = Alternative(trial.channels, numbers, kernels, share, comparison)
    return found


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
