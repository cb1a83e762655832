"""How well a target's rows predict what was left out of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from math import log

import numpy as np
from numpy.typing import NDArray

from archlint.cost.kernels.kernel import Kernel
from archlint.cost.pricer import Pricer, Z, equal_flops_pairs
from archlint.cost.pricing.table import Row
from archlint.cost.target import Calibration, TableError, Target

__all__ = [
    "LeftOut",
    "PairLeftOut",
    "calibrate",
    "cross_coverage",
    "leave_pairs_out",
    "leave_rows_out",
]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A row and what the others predict for it, in seconds."""

    row: Row
    predicted: float

    @property
    def error(self) -> float:
        """The absolute error as a share of the measured time."""
        return abs(self.predicted / self.row.median_s - 1)


@dataclass(frozen=True, slots=True)
class PairLeftOut:
    """Two rows of equal FLOPs, both left out: their slow-down as measured and as predicted.

    `deviation` is the log error in standard deviations of the unscaled band.
    """

    left: Row
    right: Row
    measured: float
    predicted: float
    deviation: float


def kernels_of(row: Row) -> list[Kernel]:
    """The chain, each kernel as often as it runs."""
    return [kernel for count, kernel in row.chain for _ in range(count)]


def without(target: Target, rows: Collection[int]) -> Target:
    """The target without the rows of these numbers."""
    return replace(target, rows=[row for at, row in enumerate(target.rows) if at not in rows])


def leave_rows_out(target: Target, *, whole_rule: bool = False) -> tuple[LeftOut, ...]:
    """Predict every row without it, or without all that the same rule asked for.

    A row that nothing is left to price is left out of the result.
    """
    found = []
    for number, row in enumerate(target.rows):
        alike = (at for at, each in enumerate(target.rows) if each.rule == row.rule)
        gone = frozenset(alike if whole_rule else [number])
        price = Pricer(without(target, gone)).total(kernels_of(row))
        if price is not None:
            found.append(LeftOut(row, price.seconds))
    return tuple(found)


def leave_pairs_out(target: Target) -> tuple[PairLeftOut, ...]:
    """Predict the slow-down of every pair of equal FLOPs in a series without both its rows."""
    found, rows = [], target.rows
    for i, j in equal_flops_pairs(rows):
        pricer = Pricer(without(target, (i, j)))
        pricer.band_scale = 1.0
        comparison = pricer.compare(kernels_of(rows[i]), kernels_of(rows[j]))
        if comparison is None:
            continue
        measured = rows[i].median_s / rows[j].median_s
        sigma = log(comparison.high / comparison.slowdown) / Z
        deviation = abs(log(measured / comparison.slowdown)) / sigma
        found.append(PairLeftOut(rows[i], rows[j], measured, comparison.slowdown, deviation))
    return tuple(found)


def calibrate(target: Target) -> Calibration:
    """The errors by rule, and the scale at which the bands cover 80 % of left-out pairs."""
    rows = leave_rows_out(target)
    errors = []
    for rule in dict.fromkeys(each.row.rule for each in rows):
        of_rule = np.array([each.error for each in rows if each.row.rule == rule])
        errors.append(
            TableError(
                rule, len(of_rule), float(of_rule.mean()), float(np.median(of_rule)),
                float(np.quantile(of_rule, 0.9)),
            )
        )  # fmt: skip
    deviations = np.array([each.deviation for each in leave_pairs_out(target)])
    scale = float(f"{_scale(deviations):.4g}") + 1e-4
    inside = float((deviations <= scale * Z).mean())
    return Calibration(tuple(errors), scale, inside, len(deviations))


def cross_coverage(pairs: Sequence[PairLeftOut]) -> dict[str, float]:
    """By rule, the share of its pairs within bands whose scale the other rules' pairs set."""
    covered = {}
    for rule in dict.fromkeys(each.left.rule for each in pairs):
        others = np.array([each.deviation for each in pairs if each.left.rule != rule])
        own = np.array([each.deviation for each in pairs if each.left.rule == rule])
        covered[rule] = float((own <= _scale(others) * Z).mean())
    return covered


def _scale(deviations: NDArray[np.float64]) -> float:
    """The least scale of the bands at which four in five of these are inside."""
    needed = int(np.ceil(0.8 * len(deviations))) - 1
    return float(np.sort(deviations)[needed]) / Z
