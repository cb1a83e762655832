"""Widths that keep a model's FLOPs: change what decides, turn one knob, export, price."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import fsum, gcd, log

from archlint.commands.fix.files import Files
from archlint.commands.fix.trial import OutputError, Trial, Trials, is_less, mean_ratio
from archlint.cost.redesign.redesign import FLOPS_FROM, FLOPS_TO
from archlint.errors import ModelError
from archlint.location import Location
from archlint.remedy import OtherWidths
from archlint.results.fix_report import Cost
from archlint.source.rewrites import (
    Decision,
    Edit,
    Knob,
    Literal,
    Unfixable,
    find_decisions,
    find_literals,
    find_widths,
)

__all__ = ["Search"]

MOST_EXPORTS = 16
"""For one finding."""

_MOST_OF_A_KNOB = 5
_FARTHEST = 4.0
"""No width is changed by more than this factor: further away it is another network."""

_MIDDLE = (FLOPS_FROM * FLOPS_TO) ** 0.5
_STEPS = (16, 8, 4, 2, 1)
_USUAL_EXPONENT = 2.0

Values = tuple[int | float, ...]


@dataclass(frozen=True, slots=True)
class _Point:
    """A knob's values by the geometric mean of their change, and the model's FLOPs over now."""

    scale: float
    flops: float


class Search:
    """The search for one finding; `before` is the model as it is."""

    def __init__(self, files: Files, trials: Trials, before: Cost) -> None:
        self._files, self._trials, self._before = files, trials, before
        self._end = trials.count + MOST_EXPORTS
        self._best: tuple[float, Trial, str] | None = None
        self._fitting: tuple[float, Trial, str] | None = None
        self._nearest: tuple[float, str] | None = None
        self._failure = ""
        self._useless: set[Knob] = set()
        self._reached: set[Literal] = set()

    def run(
        self, locations: Sequence[Location], remedies: Sequence[OtherWidths]
    ) -> tuple[Trial, str]:
        """The fastest edit that fits, with what it does; raises Unfixable where there is none.

        It may be slower than now: the caller compares.
        """
        literals = find_literals(locations, self._files.read)
        decisions = find_decisions(literals, remedies)
        if not decisions:
            sought = "a number of groups" if remedies[0].groups > 1 else "an expansion"
            raise Unfixable(f"no literal in the source gives {sought}")
        for decision in decisions:
            if self._reached.issuperset(decision.knob.literals):
                continue  # part of what changes together
            for values in decision.tries:
                if self._left > 0:
                    self._decided(decision, values, find_widths(
                        literals, remedies, decision, values
                    ))  # fmt: skip
            if self._best is not None:
                break
        found = self._best or self._fitting
        if found is None:
            raise Unfixable(self._why())
        return found[1], found[2]

    @property
    def _left(self) -> int:
        return self._end - self._trials.count

    def _why(self) -> str:
        if self._nearest is None:
            return self._failure or "no literal that was tried changes the model"
        away, words = self._nearest
        return f"nothing tried keeps the FLOPs: {words} makes them {away:.2f} times as many"

    def _decided(self, decision: Decision, values: Values, knobs: Sequence[Knob]) -> None:
        """Try one value of what decides, by itself and with each knob until one fits."""
        words = decision.knob.words(values)
        try:
            alone = self._trial({decision.knob: values}, words)
        except (ModelError, Unfixable) as fault:
            self._failure = self._failure or f"{words}: {_reason(fault)}"
            alone = None
        if alone is not None:
            self._reached.update(decision.knob.literals)
            if alone.cost == self._before:
                return  # the number does not reach this model
            if self._judge(alone, words):
                return
        for knob in knobs:
            if self._left < 2:
                return
            if self._turned(decision, values, knob, alone):
                return

    def _turned(self, decision: Decision, values: Values, knob: Knob, alone: Trial | None) -> bool:
        """Turn one knob until the FLOPs fit; whether they did."""
        is_taken = any(each in decision.knob.literals for each in knob.literals)
        if is_taken or knob in self._useless:
            return False
        base = self._ratio(alone) if alone is not None else 1.0
        points = [_Point(1.0, base)]
        seen: set[Values] = {knob.values}
        for _ in range(_MOST_OF_A_KNOB):
            chosen = next((e for e in _candidates(knob, points) if e not in seen), None)
            if chosen is None or self._left < 1:
                return False
            seen.add(chosen)
            words = f"{decision.knob.words(values)}, {knob.words(chosen)}"
            try:
                trial = self._trial({decision.knob: values, knob: chosen}, words)
            except (ModelError, Unfixable) as fault:
                self._failure = self._failure or f"{words}: {_reason(fault)}"
                if isinstance(fault, OutputError):
                    self._useless.add(knob)
                if isinstance(fault, OutputError | Unfixable):
                    return False
                continue  # such as a width that heads do not divide: the next one may do
            if alone is not None and trial.cost.flops == alone.cost.flops:
                self._useless.add(knob)  # it does not reach this model
                return False
            if self._judge(trial, words):
                return True
            points.append(_Point(_scale(knob.values, chosen), self._ratio(trial)))
        return False

    def _trial(self, settings: Mapping[Knob, Values], words: str) -> Trial:
        splices = [s for knob, values in settings.items() for s in knob.splices(values)]
        edits = self._files.with_edit(Edit(words, tuple(sorted(splices))))
        return self._trials.run(edits, words)

    def _ratio(self, trial: Trial) -> float:
        return trial.cost.flops / self._before.flops

    def _judge(self, trial: Trial, words: str) -> bool:
        """Whether the FLOPs fit; the fastest such trial is kept."""
        flops = self._ratio(trial)
        if not FLOPS_FROM <= flops <= FLOPS_TO:
            if self._nearest is None or abs(log(flops)) < abs(log(self._nearest[0])):
                self._nearest = flops, words
            return False
        time = mean_ratio(trial.cost, self._before)
        if self._fitting is None or time < self._fitting[0]:
            self._fitting = time, trial, words
        if is_less(trial.cost, self._before) and (self._best is None or time < self._best[0]):
            self._best = time, trial, words
        return True


def _reason(fault: ModelError | Unfixable) -> str:
    return fault.reason if isinstance(fault, ModelError) else str(fault)


def _candidates(knob: Knob, points: Sequence[_Point]) -> Iterator[Values]:
    """Values whose FLOPs should fit, the roundest first; else those that come nearest."""
    exponent, last = _exponent(knob, points)
    goal = last.scale * (_MIDDLE / last.flops) ** (1 / exponent)
    if not 1 / _FARTHEST <= goal <= _FARTHEST:
        return
    nearest: dict[Values, float] = {}
    for step in _steps(knob):
        for percent in range(-8, 9):
            values = tuple(_rounded(e, goal * (1 + percent / 200), step) for e in knob.values)
            expected = last.flops * (_scale(knob.values, values) / last.scale) ** exponent
            nearest.setdefault(values, abs(log(expected / _MIDDLE)))
    fits = [each for each, off in nearest.items() if off < log(FLOPS_TO / FLOPS_FROM) / 2.2]
    yield from fits
    yield from sorted((e for e in nearest if e not in fits), key=lambda each: nearest[each])


def _exponent(knob: Knob, points: Sequence[_Point]) -> tuple[float, _Point]:
    """How FLOPs grow with the knob, by the two points nearest to the goal, and the nearest one."""
    near = sorted(points, key=lambda each: abs(log(each.flops / _MIDDLE)))
    usual = -_USUAL_EXPONENT if knob.inverse else _USUAL_EXPONENT
    if len(near) < 2 or near[0].scale == near[1].scale:
        return usual, near[0]
    slope = log(near[0].flops / near[1].flops) / log(near[0].scale / near[1].scale)
    return (slope if slope * usual > 0.01 else usual), near[0]


def _steps(knob: Knob) -> list[int]:
    """What the numbers may be multiples of: no rounder than they are."""
    whole = gcd(*(int(each) for each in knob.values))
    return [each for each in _STEPS if whole % each == 0 or each < whole] or [1]


def _rounded(value: int | float, scale: float, step: int) -> int | float:
    if isinstance(value, float):
        return round(value * scale, 2)
    return max(step, round(value * scale / step) * step)


def _scale(before: Sequence[int | float], after: Sequence[int | float]) -> float:
    """The geometric mean of the change."""
    changes = [log(b / a) for a, b in zip(before, after, strict=True)]
    return float(2.718281828459045 ** (fsum(changes) / len(changes)))
