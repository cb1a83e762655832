"""From a base's times to this device's: a factor, a launch, and what is off by kind of kernel."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp
from statistics import median

import numpy as np
from numpy.typing import NDArray

from archlint.cost.kernels.kernel import Kernel
from archlint.cost.kernels.kind import Kind
from archlint.cost.pricing.table import Row
from archlint.cost.pricing.variety import variety_of
from archlint.cost.target import Transfer
from archlint.measure.fit.statistics import bounds_of
from archlint.measure.prior.base import Base

__all__ = ["Fitted", "Shift", "fit_transfer", "shift_of"]

Array = NDArray[np.float64]

LONG, SHORT = 80e-6, 10e-6
"""Seconds from which on a kernel tells the factor, and below which it tells the launch."""

SHORT_NOISE = 0.15
"""The noise (log) of kernels below SHORT."""

FEWEST = 8
"""Kernels that a factor or a launch needs."""

CLIP = 1.0
"""A log error that no kernel counts beyond: a row of the base may be of something else."""

_FACTOR = frozenset({Kind.CONV, Kind.GROUP_CONV, Kind.PRODUCT})
"""What tells the factor: most networks spend most of their time in it."""

_MULTIPLIED = frozenset({*_FACTOR, Kind.DEPTHWISE, Kind.TRANSPOSED_CONV})


@dataclass(frozen=True, slots=True)
class Shift:
    """How far a variety's kernels are off (log), beyond factor and launch.

    `whole` is the standard deviation of what all are off by together, `apart` that of what each
    is off by, which fades over `stretch` times the base's lengths, `noise` that of what was
    measured on either device.
    """

    whole: float
    apart: float
    noise: float
    stretch: float


MULTIPLIED, OTHER = Shift(0.06, 0.25, 0.08, 2.0), Shift(0.06, 0.40, 0.08, 1.0)
"""The most likely ones of 2,000 kernels from an EPYC with AVX2 to one with AVX-512."""


def shift_of(kernel: Kernel) -> Shift:
    """What kernels of its kind are off by before any of them is measured."""
    return MULTIPLIED if kernel.kind in _MULTIPLIED else OTHER


@dataclass(frozen=True, slots=True)
class _Variety:
    kernels: Sequence[Kernel]
    errors: Array
    inverse: Array


class Fitted:
    """A transfer with what each variety is off by beyond it, from kernels measured here."""

    def __init__(
        self,
        base: Base,
        transfer: Transfer,
        measured: Mapping[str, Sequence[tuple[Kernel, float, float]]],
    ) -> None:
        self.base: Base = base
        self.transfer: Transfer = transfer
        self._varieties: dict[str, _Variety] = {}
        for name, of_variety in measured.items():
            kernels, errors, noise = zip(*of_variety, strict=True)
            covariance = _covariance(base, kernels, kernels) + np.diag(np.square(noise))
            self._varieties[name] = _Variety(
                kernels, np.clip(errors, -CLIP, CLIP), np.linalg.inv(covariance)
            )

    def carried(self, kernels: Sequence[Kernel], seconds: Array) -> Array:
        """What kernels of one variety take here that take so long on the base."""
        times = self.transfer.seconds(seconds, self.base.cached(kernels))
        known = self._varieties.get(variety_of(kernels[0]))
        if known is None:
            return times
        to_known = _covariance(self.base, kernels, known.kernels)
        shifted: Array = times * np.exp(to_known @ known.inverse @ known.errors)
        return shifted

    def left_out(self, variety: str) -> Array:
        """The log errors of a variety's measured kernels, each predicted by the others."""
        known = self._varieties.get(variety)
        if known is None:
            return np.empty(0)
        errors: Array = known.inverse @ known.errors / np.diag(known.inverse)
        return errors

    @property
    def varieties(self) -> Sequence[str]:
        """The varieties of which kernels were measured."""
        return list(self._varieties)


def fit_transfer(base: Base, measured: Sequence[tuple[Kernel, Row]]) -> Fitted | None:
    """The transfer to these rows of kernels; None where they are too few to tell.

    Rows that are marked tell as much as their interval lets them.
    """
    known = [(kernel, row) for kernel, row in measured if base.knows(kernel)]
    if not known:
        return None
    kernels = [kernel for kernel, _ in known]
    here = np.array([row.median_s for _, row in known])
    there = base.seconds(kernels)
    telling = np.array([kernel.kind in _FACTOR for kernel in kernels], dtype=bool)
    telling &= there >= LONG
    if telling.sum() < FEWEST:
        return None
    ratios = np.log(here[telling] / there[telling]).tolist()
    low, high = bounds_of(ratios)
    factor = exp(median(ratios))
    # how long a launch takes on a device has little to do with how fast it computes; what comes
    # from memory waits longer for that than for a launch
    cached = base.cached(kernels)
    short = cached & (there < SHORT)
    more = (here - factor * there)[short].tolist()
    launch = median(more) if len(more) >= FEWEST else 0.0
    transfer = Transfer(
        base=base.target.name,
        device=base.target.device,
        factor=_rounded(factor),
        low=_rounded(exp(low)),
        high=_rounded(exp(high)),
        launch=_rounded(launch),
        kernels=len(kernels),
    )
    errors = np.log(here / transfer.seconds(there, cached))
    by_variety: dict[str, list[tuple[Kernel, float, float]]] = defaultdict(list)
    for (kernel, row), error, time in zip(known, errors, there, strict=True):
        noise = SHORT_NOISE if time < SHORT else shift_of(kernel).noise
        noise = float(np.hypot(noise, row.interval or 0.0))
        by_variety[variety_of(kernel)].append((kernel, float(error), noise))
    return Fitted(base, transfer, by_variety)


def _rounded(value: float) -> float:
    return float(f"{value:.4g}")


def _covariance(base: Base, some: Sequence[Kernel], others: Sequence[Kernel]) -> Array:
    shift = shift_of(some[0])
    alike: Array = shift.whole**2 + shift.apart**2 * base.alike(some, others, shift.stretch)
    return alike
