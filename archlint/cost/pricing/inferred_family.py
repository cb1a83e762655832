"""A family whose fit was inferred from the times of whole networks, and is only read here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from types import MappingProxyType

import numpy as np

from archlint.cost.kernels.kernel import Kernel
from archlint.cost.kernels.ops import FUNCTIONS
from archlint.cost.pricing.columns import Array, Columns
from archlint.cost.pricing.family import (
    UNDILATED,
    Family,
    FamilySpec,
    correlate,
    describe,
    terms_of,
)
from archlint.cost.pricing.machine import UNTOLD, Machine
from archlint.cost.pricing.price import Basis

__all__ = ["InferredFamily"]

HULL = 1.0
"""The hull of FLOPs and bytes reaches this many octaves beyond the networks' kernels."""


class InferredFamily(Family):
    """A non-negative sum of terms, with how well the networks tell their coefficients.

    No kernel was timed alone, so there are no residuals: how far single kernels are off the sum
    is `spread` of its specification, and fades over the kernels' features.
    """

    def __init__(self, spec: FamilySpec, machine: Machine = UNTOLD) -> None:
        if spec.inferred is None:
            raise ValueError(f"{spec.name} is not inferred")
        self.spec: FamilySpec = spec
        self.machine: Machine = machine
        self.rows: int = 0
        self.coefficients: Array = np.array(spec.inferred.coefficients)
        self.functions: frozenset[str] = FUNCTIONS
        self.lengths: Mapping[str, float] = MappingProxyType({**spec.lengths, **UNDILATED})
        self._lengths = np.array(list(self.lengths.values()))
        self._unsure = np.array(spec.inferred.covariance).reshape(len(spec.terms), len(spec.terms))
        low, high = np.array(spec.inferred.hull)
        self._low, self._high = low - HULL, high + HULL

    def _parts(self, kernels: Sequence[Kernel]) -> Array:
        """Kernels x terms, in seconds."""
        terms = terms_of(self.spec.terms, Columns(kernels), self.machine)
        parts: Array = terms * self.coefficients
        return parts

    def seconds(self, kernels: Sequence[Kernel]) -> list[float]:
        """Seconds of each kernel."""
        seconds: list[float] = self._parts(kernels).sum(axis=1).tolist()
        return seconds

    def covariance(self, kernels: Sequence[Kernel]) -> Array:
        """The joint covariance of the kernels' log errors."""
        parts, columns = self._parts(kernels), Columns(kernels)
        shares = parts / parts.sum(axis=1, keepdims=True)
        points, names = describe(self.lengths, columns, self.machine), columns.names
        covariance = correlate(points, names, points, names, self._lengths, self.spec.unlike)
        covariance *= self.spec.spread**2
        covariance += shares @ self._unsure @ shares.T
        covariance.flat[:: len(columns) + 1] += self.spec.noise**2
        return covariance * self.spec.band_scale**2 + self.spec.context**2

    @cached_property
    def width_step(self) -> int:
        """1: whole networks tell of none."""
        return 1

    def bases(self, kernels: Sequence[Kernel]) -> list[Basis]:
        """Inferred, where the networks had kernels of about so many FLOPs and bytes."""
        columns = Columns(kernels)
        sizes = np.log2(np.maximum(np.array([columns.flops, columns.mac]), 1.0)).T
        inside = ((sizes >= self._low) & (sizes <= self._high)).all(axis=1)
        return [Basis.INFERRED if each else Basis.EXTRAPOLATED for each in inside]
