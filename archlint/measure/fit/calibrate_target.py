"""Families and calibration of a target whose kernels were measured one by one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import combinations
from math import log
from typing import Any

import numpy as np
from numpy.typing import NDArray

from archlint.cost.kernels.kernel import Kernel, parse_chain
from archlint.cost.pricer import Z
from archlint.cost.pricing.family import Family, FamilySpec
from archlint.cost.pricing.observation import Observation
from archlint.cost.pricing.table import Row, Table
from archlint.cost.pricing.variety import variety_of
from archlint.cost.target import Calibration, TableError, Target
from archlint.measure.fit.tune import tune

__all__ = ["Tuned", "sections", "tune_target"]

Array = NDArray[np.float64]

FEWEST = 4
"""Rows that a family needs; with fewer its kernels stay unpriced."""

COVERED = 0.8
CONTEXT = 2.0
"""By how many times its median error a family's kernels are off together, in one model or run.

What runs around kernels, and when, moves all of them.  Without it the bands held 67 % of 419
kernels that another run measured, with it 81 %; over 30 networks the sums of a family's kernels
were off by 2 to 3 times the median error of one.
"""

EQUAL = 0.15
"""How far (log) the FLOPs of two rows of a series may differ for a pair of equal FLOPs."""


@dataclass(frozen=True, slots=True)
class Tuned:
    """What a target's tables say of themselves."""

    families: tuple[FamilySpec, ...]
    calibration: Calibration


@dataclass(frozen=True, slots=True)
class _Left:
    """A family's rows, each left out: the log errors of their prices and the covariance."""

    errors: Array
    covariance: Array


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
            "context": spec.context,
            "lengths": dict(spec.lengths),
        }
        for spec in tuned.families
    ]
    known = {key: value for key, value in asdict(tuned.calibration).items() if value is not None}
    return {"families": families, "calibration": {**known, "errors": list(known["errors"])}}


def tune_target(target: Target) -> Tuned:
    """Fit every variety, and judge each row and each pair of equal FLOPs by the other series.

    The rows of a series are alike, so one would tell the others' times: whole series are left
    out, in closed form (Rasmussen and Williams 2006, eq. 5.12).  The fit's coefficients, a
    handful from all rows, stay.
    """
    rows = target.rows.every if isinstance(target.rows, Table) else target.rows
    series = {_kernel_of(row): row.series for row in rows}
    specs, errors, every, left = [], [], [], {}
    for name, family, kernels in _families(target, rows):
        found = _leave_series_out(family, [series[kernel] for kernel in kernels])
        scale = _rounded(_widening(found, family.scatter))
        scaled = replace(found, covariance=_widened(found.covariance, family.scatter, scale))
        every += list(np.abs(found.errors) / np.sqrt(np.diag(scaled.covariance)))
        misses = np.abs(np.expm1(found.errors))
        context = _rounded(CONTEXT * float(np.median(misses)))
        specs.append(replace(family.spec, band_scale=scale, context=context))
        errors.append(
            TableError(
                name, len(misses), _rounded(misses.mean()), _rounded(np.median(misses)),
                _rounded(np.quantile(misses, 0.9)),
            )
        )  # fmt: skip
        left.update({kernel: (scaled, at) for at, kernel in enumerate(kernels)})
    pairs = np.array(list(_pairs(series, left)))
    # two rows of a series ran on the same day, so their slow-down is better known than one that
    # is to be predicted: pairs may widen its band, not narrow it
    band = max(_rounded(_scale(pairs)), 1.0) if len(pairs) else 1.0
    calibration = Calibration(
        errors=tuple(errors),
        band_scale=band,
        coverage=_rounded((pairs <= band * Z).mean()) if len(pairs) else None,
        pairs=len(pairs),
        price_scale=1.0,
        price_coverage=_rounded((np.array(every) <= Z).mean()) if every else None,
    )
    return Tuned(tuple(specs), calibration)


def _families(target: Target, rows: Iterable[Row]) -> Iterator[tuple[str, Family, list[Kernel]]]:
    """Each variety with rows enough, in the order of their names."""
    by_variety: dict[str, dict[Kernel, Observation]] = defaultdict(dict)
    for row in rows:
        kernel = _kernel_of(row)
        by_variety[variety_of(kernel)][kernel] = Observation(
            ((1, kernel),), row.seconds(target.held), row.scatter, row.marked
        )
    for name in sorted(by_variety):
        told = by_variety[name]
        if len(told) < FEWEST:
            continue
        # a CPU is told by its threads
        spec = tune(name, list(told.values()), target.machine, on_cpu=bool(target.threads))
        yield name, Family(spec, list(told.values()), {}, target.machine), list(told)


def _kernel_of(row: Row) -> Kernel:
    ((_, kernel),) = parse_chain(row.kernels)
    return kernel


def _leave_series_out(family: Family, series: Sequence[str]) -> _Left:
    """The log errors of all rows of a family, each without its series, and their covariance."""
    places: dict[str, list[int]] = defaultdict(list)
    for at, each in enumerate(series):
        places[each].append(at)
    pulls = family.inverse @ family.residuals
    errors, covariance = np.empty(len(series)), np.zeros((len(series), len(series)))
    for members in places.values():
        block = np.linalg.inv(family.inverse[np.ix_(members, members)])
        errors[members] = block @ pulls[members]
        covariance[np.ix_(members, members)] = block
    return _Left(errors, covariance)


def _pairs(
    series: Mapping[Kernel, str], left: Mapping[Kernel, tuple[_Left, int]]
) -> Iterator[float]:
    """The log errors of the slow-downs of pairs left out, in standard deviations."""
    members: dict[str, list[Kernel]] = defaultdict(list)
    for kernel, name in series.items():
        if kernel.flops and kernel in left:
            members[name].append(kernel)
    for kernels in members.values():
        for one, other in combinations(kernels, 2):
            if abs(log(one.flops / other.flops)) <= EQUAL:
                (first, i), (second, j) = left[one], left[other]
                variance = first.covariance[i, i] + second.covariance[j, j]
                if first is second:
                    variance -= 2 * first.covariance[i, j]
                yield abs(float(first.errors[i] - second.errors[j])) / float(variance) ** 0.5


def _widening(left: _Left, scatter: Array) -> float:
    """The least scale of what is no scatter at which four in five of the rows are inside."""
    model = np.diag(left.covariance) - scatter
    # what each row's own scale would have to be
    beyond = np.maximum((left.errors / Z) ** 2 - scatter, 0.0)
    return _scale(Z * np.sqrt(beyond / model))


def _widened(covariance: Array, scatter: Array, scale: float) -> Array:
    own = np.diag(scatter)
    widened: Array = (covariance - own) * scale**2 + own
    return widened


def _scale(deviations: Array) -> float:
    """The least scale of the bands at which four in five of these are inside."""
    needed = int(np.ceil(COVERED * len(deviations))) - 1
    return max(float(np.sort(deviations)[needed]) / Z, 0.1)


def _rounded(value: float) -> float:
    return float(f"{value:.4g}")
