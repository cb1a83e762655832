"""A1: a width off a target's fast path costs time that its FLOPs don't show."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from archlint.plugin import (
    AlignedWidths,
    Decision,
    Kernel,
    Limit,
    Option,
    Place,
    Rule,
    Severity,
    SharedWidth,
    Silence,
    View,
    find_shared_widths,
    unnumbered,
)
from archlint.rules.a1_misaligned_width.choice import Alternative, Choice, choose

if TYPE_CHECKING:
    from archlint.plugin import Plot, Workload

__all__ = ["Evidence", "MisalignedWidth", "Other"]

ALONE = 0.02
"""The share of the model's time from which a width costs enough by itself for a warning."""


@dataclass(frozen=True, slots=True)
class Other:
    """An aligned width near by: what changes takes `time` times as long as now, for `flops`."""

    channels: int
    time: float
    flops: float


@dataclass(frozen=True, slots=True)
class Evidence:
    """The width, how many layers make tensors of it, and the nearest aligned ones, if any."""

    channels: int
    layers: int
    map: tuple[int, ...]
    batch: int
    above: Other | None
    below: Other | None


class MisalignedWidth(Rule):
    """Widths that take longer than wider ones, or far longer than their FLOPs."""

    code = "A1"
    name = "misaligned-channel-width"
    summary = "A width off the fast path costs time that its FLOPs don't show"
    options: ClassVar[tuple[Option, ...]] = (
        Option(
            "min-excess",
            1.10,
            "look at widths that take this many times the time of an aligned one for their FLOPs",
        ),
    )

    def check(self, view: View) -> Iterator[Place | Silence]:
        """A place for each width that was chosen once and is slow, silences for the rest."""
        by_decision: dict[Decision, list[Choice]] = defaultdict(list)
        widths: list[SharedWidth] = []
        for found in find_shared_widths(view.model, view.lowered, view.widths):
            if isinstance(found, SharedWidth):
                widths.append(found)
            else:
                yield Silence(*found)
        choices = choose(view, widths, float(view.options["min-excess"]))
        for width, choice in zip(widths, choices, strict=True):
            if isinstance(choice, str):
                yield Silence(width.layers, choice)
            else:
                by_decision[_decision(view, width)].append(choice)
        for decision, chosen in by_decision.items():
            share = sum(each.alone for each in chosen) / view.total
            for choice in chosen:
                yield _place(view, decision, choice, share)

    @classmethod
    def workloads(cls) -> tuple[Workload, ...]:
        """Widths around the boundaries of blocks."""
        from archlint.measure.workloads import boundaries

        return (boundaries.sample,)

    @classmethod
    def plot(cls) -> Plot:
        """Convs of 48 to 80 channels."""
        from archlint.rules.a1_misaligned_width.plot import PLOT

        return PLOT


def _decision(view: View, width: SharedWidth) -> Decision:
    module = view.module_of(*width.layers)
    return Decision("width", unnumbered(module) or f"of {width.channels} channels")


def _place(view: View, decision: Decision, choice: Choice, share: float) -> Place:
    width, chosen = choice.width, choice.chosen
    kernel = _costliest(view, width.layers)
    sums = {
        (view.widths.width[group], channels)
        for group, channels in width.widths_at(chosen.channels, view.widths).items()
        if view.widths.width[group] != width.channels
    }
    return Place(
        operators=width.layers,
        decision=decision,
        summary=_summary(choice),
        advice=f"{width.channels} channels are off the fast path: take an aligned width",
        evidence=Evidence(
            width.channels, len(width.layers), kernel.out_map, kernel.batch,
            _told(choice.above), _told(choice.below),
        ),
        now=_words(width, kernel),
        instead="; or ".join(each.words for each in (chosen, *choice.others)),
        # which of parallel layers runs first differs with who wrote the file
        kernels=tuple(sorted(chosen.numbers, key=lambda at: view.lowered.kernels[at].kernel.text)),
        instead_kernels=chosen.kernels,
        limit=None if choice.is_wider else _limit(chosen, share),
        remedy=AlignedWidths(((width.channels, chosen.channels), *sorted(sums))),
    )  # fmt: skip


def _costliest(view: View, layers: Iterable[int]) -> Kernel:
    return max(view.lowered.of(*layers), key=lambda each: view.pricer.seconds([each]) or 0.0)


def _told(each: Alternative | None) -> Other | None:
    if each is None:
        return None
    return Other(each.channels, 1 / each.comparison.slowdown, each.flops)


def _limit(chosen: Alternative, share: float) -> Limit:
    """A narrower network is another one: what it saves is not all the width's fault."""
    few = f"{chosen.channels} channels have {chosen.flops:.2f} of its FLOPs"
    if chosen.comparison.low * chosen.flops <= 1.0:
        return Limit(Severity.NOTE, f"{few}, which may be all that saves time")
    if share < ALONE:
        return Limit(Severity.NOTE, f"{few}, which save most of the time")
    return Limit(Severity.WARNING, few)


def _summary(choice: Choice) -> str:
    chosen = choice.chosen
    text = (
        f"{choice.width.channels} channels take {chosen.comparison.slowdown:.2f} times as long"
        f" as {chosen.channels}"
    )
    return text if choice.is_wider else f"{text}, for {1 / chosen.flops:.2f} times the FLOPs"


def _words(width: SharedWidth, kernel: Kernel) -> str:
    count = f"{len(width.layers)} layers" if len(width.layers) > 1 else "1 layer"
    sizes = "x".join(map(str, kernel.out_map))
    return f"{width.channels} channels in {count}" + (f", on {sizes}" if sizes else "")
