"""A target that begins as another one times a factor, until its own rows tell more."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from archlint.cost.kernels.kernel import Kernel, parse_chain
from archlint.cost.pricing.family import FamilySpec
from archlint.cost.pricing.machine import Machine
from archlint.cost.pricing.row import CARRIED
from archlint.cost.pricing.table import Row
from archlint.cost.pricing.variety import variety_of
from archlint.cost.target import Calibration, TableError, Target
from archlint.measure.fit.calibrate_target import FEWEST, Tuned, sections, tune_target
from archlint.measure.prior.base import Base
from archlint.measure.prior.telling import long_kernels, short_kernels
from archlint.measure.prior.transfer import Fitted, fit_transfer

__all__ = ["Carried", "Prior"]

LONG, SHORT, GROUPS = 40, 40, 4
"""Kernels of a group that tell the factor and what varieties are off by, those that tell the
launch, and the groups that come before all else."""

WIDER = 2.0
"""How many times wider a carried family's bands are: then they held 80 % of slow-downs."""

TOGETHER = 0.05
"""What all kernels of a carried family are off by together (log), on top of the base's own."""


@dataclass(frozen=True, slots=True)
class Carried:
    """The rows of a target, its own and carried ones, and what its file says of them."""

    rows: Sequence[Row]
    sections: dict[str, Any]


class Prior:
    """The bases that a target can begin from, the likeliest first.

    `machine` and `levels` are this device's caches and levels of rotation.
    """

    def __init__(self, targets: Sequence[Target], machine: Machine, levels: Sequence[int]) -> None:
        self._machine = machine
        self._bases = [Base(target, machine, levels) for target in targets]

    def leading(self, kernels: Sequence[Kernel]) -> list[list[int]]:
        """The places of the kernels to measure first: they tell most of how it carries over.

        Those of the first group calibrate, those of the others are about as long to measure.
        """
        base, most = self._bases[0], GROUPS
        long = long_kernels(base, kernels, most * LONG)
        short = short_kernels(base, kernels, most * SHORT)
        return [
            [*long[at * LONG : (at + 1) * LONG], *short[at * SHORT : (at + 1) * SHORT]]
            for at in range(most)
        ]

    def misses(self, own: Sequence[Row]) -> float | None:
        """The median error of own rows, each predicted by the others; None where too few."""
        fitted = fit_transfer(self._bases[0], [(_kernel_of(row), row) for row in own])
        return None if fitted is None else float(np.expm1(_missed(fitted)))

    def carry(self, own: Sequence[Row], target: Target) -> Carried | None:
        """The base's rows on this device beside its own ones, by the base that misses least.

        `target` is this device's, whatever its rows.  None where own rows are too few to tell.
        """
        measured = [(_kernel_of(row), row) for row in own]
        tried = [fit_transfer(base, measured) for base in self._bases]
        fitted = [each for each in tried if each is not None]
        if not fitted:
            return None
        best = min(fitted, key=_missed)
        usable = [row for row in own if not row.marked]
        rows = list(_carried(best, {row.kernels for row in usable}))
        every = replace(target, rows=[*usable, *rows])
        tuned = _tuned(best, every)
        return Carried([*own, *rows], {**sections(tuned), "transfer": asdict(best.transfer)})


def _kernel_of(row: Row) -> Kernel:
    ((_, kernel),) = parse_chain(row.kernels)
    return kernel


def _missed(fitted: Fitted) -> float:
    """The median error of what was measured, each predicted by the others."""
    errors = np.concatenate([fitted.left_out(each) for each in fitted.varieties])
    return float(np.median(np.abs(errors)))


def _carried(fitted: Fitted, known: set[str]) -> Iterable[Row]:
    """The base's rows as they would be here, without those of kernels measured here."""
    base = fitted.base
    for of_variety in base.rows.values():
        rows = [(row, kernel) for row, kernel in of_variety if kernel.text not in known]
        if not rows:
            continue
        kernels = [kernel for _, kernel in rows]
        there = np.array([row.median_s for row, _ in rows])
        here = fitted.carried(kernels, there * base.padding(kernels))
        for (row, kernel), before, after in zip(rows, there, here, strict=True):
            yield _carried_row(row, kernel, float(after / before), base.target.name)


def _carried_row(row: Row, kernel: Kernel, factor: float, base: str) -> Row:
    def times(seconds: float | None) -> float | None:
        return None if seconds is None else float(f"{seconds * factor:.6g}")

    return replace(
        row,
        kernels=kernel.text,
        median_s=float(f"{row.median_s * factor:.6g}"),
        p10_s=times(row.p10_s),
        p90_s=times(row.p90_s),
        how=f"{CARRIED}{base}",
        uncorrected_s=row.median_s,
    )


def _tuned(fitted: Fitted, target: Target) -> Tuned:
    """Families tuned anew where a variety's own rows are the most, else the base's, wider."""
    counts: dict[str, list[int]] = {}
    names = [variety_of(_kernel_of(row)) for row in target.rows]
    for row, name in zip(target.rows, names, strict=True):
        counts.setdefault(name, [0, 0])[row.carried] += 1
    anew = {name for name, (mine, theirs) in counts.items() if mine >= max(theirs, FEWEST)}
    tuned = tune_target(
        replace(
            target,
            rows=[row for row, name in zip(target.rows, names, strict=True) if name in anew],
        )
    )
    base = fitted.base.target
    wider = [_wider(spec) for spec in base.families if spec.name not in anew]
    families = [*tuned.families, *(each for each in wider if each.name in counts)]
    errors = [_error(name, fitted.left_out(name)) for name in fitted.varieties if name not in anew]
    calibration = Calibration(
        errors=(*tuned.calibration.errors, *(each for each in errors if each.rows >= FEWEST)),
        band_scale=max(tuned.calibration.band_scale, base.calibration.band_scale),
        coverage=None,
        pairs=tuned.calibration.pairs,
        price_scale=1.0,
    )
    return Tuned(tuple(sorted(families, key=lambda each: each.name)), calibration)


def _wider(spec: FamilySpec) -> FamilySpec:
    context = float(np.hypot(spec.context, TOGETHER))
    return replace(
        spec, context=float(f"{context:.4g}"), band_scale=float(f"{WIDER * spec.band_scale:.4g}")
    )


def _error(name: str, errors: np.typing.NDArray[np.float64]) -> TableError:
    misses = np.abs(np.expm1(errors))
    figures = (misses.mean(), np.median(misses), np.quantile(misses, 0.9))
    mean, middle, most = (float(f"{each:.4g}") for each in figures)
    return TableError(name, len(errors), mean, middle, most)
