"""Families and calibration of a target whose kernels were measured one by one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from math import log
from typing import Any

import numpy as np
from numpy.typing import NDArray

from archlint.cost.family import Family, FamilySpec
from archlint.cost.kernel import Kernel, parse_chain
from archlint.cost.pricer import Z
from archlint.cost.table import Row
from archlint.cost.target import Calibration, TableError, Target
from archlint.cost.variety import variety_of
from archlint.measure.tune import tune

__all__ = ["Tuned", "sections", "tune_target"]

Array = NDArray[np.float64]

FEWEST = 4
"""Rows that a family needs; with fewer its kernels stay unpriced."""

COVERED = 0.8
EQUAL = 0.15
"""How far (log) the FLOPs of two rows of a series may differ for a pair of equal FLOPs."""


@dataclass(frozen=True, slots=True)
class Tuned:
    """What a target's tables say of themselves."""

    families: tuple[FamilySpec, ...]
    calibration: Calibration


@dataclass(frozen=True, slots=True)
class _Left:
    """A row left out: the log error of its price, and that error's variance."""

    kernel: Kernel
    error: float
    variance: float


def sections(tuned: Tuned) -> dict[str, Any]:
    """The `families` and `calibration` of a target file."""
    families = [
        {
            "name": spec.name,
            "terms": list(spec.terms),
            "spread": spec.spread,
            "noise": spec.noise,
            "unlike": spec.unlike,
            "band_scale": spec.band_scale,
            "lengths": dict(spec.lengths),
        }
        for spec in tuned.families
    ]
    known = {key: value for key, value in asdict(tuned.calibration).items() if value is not None}
    return {"families": families, "calibration": {**known, "errors": list(known["errors"])}}


def tune_target(target: Target) -> Tuned:
    """Fit every variety, and judge each row and each pair of equal FLOPs by the other rows.

    Rows are left out in closed form (Rasmussen and Williams 2006, eq. 5.12): the fit's
    coefficients, a handful from all rows, stay.
    """
    rows = [row for table in target.tables.values() for row in table]
    families = _families(rows, target)
    scaled, errors = [], []
    left: dict[str, dict[Kernel, tuple[Family, int]]] = defaultdict(dict)
    every: list[float] = []
    for name, family, kernels in families:
        found = _leave_out(family, kernels)
        deviations = np.array([abs(each.error) / each.variance**0.5 for each in found])
        scale = _scale(deviations)
        spec = replace(family.spec, band_scale=_rounded(scale))
        scaled.append(spec)
        every += list(deviations / spec.band_scale)
        misses = np.abs(np.expm1([each.error for each in found]))
        errors.append(
            TableError(
                name, len(misses), _rounded(misses.mean()), _rounded(np.median(misses)),
                _rounded(np.quantile(misses, 0.9)),
            )
        )  # fmt: skip
        family.spec = spec
        for at, kernel in enumerate(kernels):
            left[name][kernel] = family, at
    pairs = np.array(list(_pairs(rows, left)))
    band = _rounded(_scale(pairs)) if len(pairs) else 1.0
    calibration = Calibration(
        errors=tuple(errors),
        band_scale=band,
        coverage=_rounded((pairs <= band * Z).mean()) if len(pairs) else None,
        pairs=len(pairs),
        price_scale=1.0,
        price_coverage=_rounded((np.array(every) <= Z).mean()),
    )
    return Tuned(tuple(scaled), calibration)


def _families(rows: Iterable[Row], target: Target) -> Iterator[tuple[str, Family, list[Kernel]]]:
    """Each variety with rows enough, in the order of their names."""
    by_variety: dict[str, dict[Kernel, float]] = defaultdict(dict)
    for row in rows:
        ((_, kernel),) = parse_chain(row.kernels)
        by_variety[variety_of(kernel)][kernel] = row.median_s
    for name in sorted(by_variety):
        times = by_variety[name]
        if len(times) < FEWEST:
            continue
        spec = tune(name, list(times), list(times.values()), target.machine)
        chains = [(((1, kernel),), seconds) for kernel, seconds in times.items()]
        yield name, Family(spec, chains, {}, target.machine), list(times)


def _leave_out(family: Family, kernels: Sequence[Kernel]) -> list[_Left]:
    inverse = family.inverse
    pulls, precisions = inverse @ family.residuals, np.diag(inverse)
    return [
        _Left(kernel, float(pull / precision), float(1 / precision))
        for kernel, pull, precision in zip(kernels, pulls, precisions, strict=True)
    ]


def _pairs(
    rows: Iterable[Row], left: Mapping[str, Mapping[Kernel, tuple[Family, int]]]
) -> Iterator[float]:
    """The log errors of the slow-downs of pairs left out, in standard deviations."""
    by_series: dict[str, list[Kernel]] = defaultdict(list)
    for row in rows:
        ((_, kernel),) = parse_chain(row.kernels)
        if kernel.flops:
            by_series[row.series].append(kernel)
    for kernels in by_series.values():
        for number, one in enumerate(kernels):
            for other in kernels[number + 1 :]:
                if abs(log(one.flops / other.flops)) <= EQUAL:
                    yield from _deviation(one, other, left)


def _deviation(
    one: Kernel, other: Kernel, left: Mapping[str, Mapping[Kernel, tuple[Family, int]]]
) -> Iterator[float]:
    first, second = left[variety_of(one)].get(one), left[variety_of(other)].get(other)
    if first is None or second is None:
        return
    if first[0] is second[0]:
        family, places = first[0], [first[1], second[1]]
        block = np.linalg.inv(family.inverse[np.ix_(places, places)])
        errors = block @ (family.inverse @ family.residuals)[places]
        error, variance = errors[0] - errors[1], block[0, 0] + block[1, 1] - 2 * block[0, 1]
        variance *= family.spec.band_scale**2
    else:
        error = variance = 0.0
        for sign, (family, at) in ((1, first), (-1, second)):
            precision = family.inverse[at, at]
            error += sign * float(family.inverse[at] @ family.residuals) / precision
            variance += family.spec.band_scale**2 / precision
    yield abs(float(error)) / float(variance) ** 0.5


def _scale(deviations: Array) -> float:
    """The least scale of the bands at which four in five of these are inside."""
    needed = int(np.ceil(COVERED * len(deviations))) - 1
    return max(float(np.sort(deviations)[needed]) / Z, 0.1)


def _rounded(value: float) -> float:
    return float(f"{value:.4g}")
