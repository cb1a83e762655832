"""A family of kernels that share one fit, and the residual that the rows leave to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log2, prod

import numpy as np
from numpy.typing import NDArray

from archlint.cost.fit import fit_relative
from archlint.cost.kernel import Chain, Kernel
from archlint.cost.kind import Kind
from archlint.cost.price import Basis

__all__ = ["Family", "FamilySpec"]

Array = NDArray[np.float64]

TERMS = ("launch", "flops", "bytes")

LENGTHS = np.array([2.0, 2.0, 4.0, 2.0, 4.0, 2.0])
"""Octaves over which a residual fades: channels a group in and out, groups, window, positions
(batch x map), strides."""

NEAR = 1.0
"""A row is near by if no feature is further than this many octaves."""

UNLIKE = 0.5
"""How far the errors of two operators of a family correlate at the same features.  No table of
the paper has two operators of one family: half is neither trust nor distrust."""

HULL = 1.0
"""The hull of FLOPs and bytes reaches this many octaves beyond the rows."""


@dataclass(frozen=True, slots=True)
class FamilySpec:
    """What a target file says of a family.

    `kinds` have rows of their own; `borrows` have none and take this family's fit, so that
    they are never better than modelled.  `terms` are those of "launch", "flops" and "bytes"
    that its fit has.  `differences_of` names the table whose rows give this family's, as
    differences of two chains, where no chain holds this family alone; "" for none.  `spread`
    is the standard deviation (log) of what the fit misses where no row is near, `noise` that
    of a row's own error.
    """

    name: str
    kinds: tuple[Kind, ...]
    borrows: tuple[Kind, ...]
    terms: tuple[str, ...]
    differences_of: str
    spread: float
    noise: float


def describe(kernel: Kernel) -> tuple[float, ...]:
    """The features of a kernel, in octaves, as LENGTHS lists them."""
    return (
        log2(max(kernel.c_in // kernel.groups, 1)),
        log2(max(kernel.c_out // kernel.groups, 1)),
        log2(kernel.groups),
        log2(prod(kernel.window) or 1),
        log2(max(kernel.batch * prod(kernel.out_map), 1)),
        log2(prod(kernel.strides) or 1),
    )


class Family:
    """A non-negative fit `launch + FLOPs / rate + bytes / bandwidth`, times a residual.

    The residual is a Gaussian process (Matern 3/2) in log time over the kernels' features.  A
    row is a chain: its residual is the mean of its kernels', weighted by their time.
    """

    def __init__(self, spec: FamilySpec, rows: Sequence[tuple[Chain, float]], floor: Array) -> None:
        self.spec = spec
        self._own = frozenset(spec.kinds)
        kernels: dict[Kernel, int] = {}
        for chain, _ in rows:
            for _, kernel in chain:
                kernels.setdefault(kernel, len(kernels))
        self.rows = len(rows)
        counts = np.zeros((len(rows), len(kernels)))
        for number, (chain, _) in enumerate(rows):
            for count, kernel in chain:
                counts[number, kernels[kernel]] += count
        seconds = np.array([time for _, time in rows], dtype=float)
        terms = self._terms(list(kernels))
        used = [TERMS.index(term) for term in spec.terms]
        self.coefficients = np.zeros(len(TERMS))
        self.coefficients[used] = fit_relative((counts @ terms)[:, used], seconds, floor[used])
        parts = counts * (terms @ self.coefficients)
        self._weights = parts / parts.sum(axis=1, keepdims=True)
        self._points = self._describe(list(kernels))
        self._names = [kernel.op for kernel in kernels]
        box = np.log2(np.maximum(terms[:, 1:], 1.0))
        self._low, self._high = box.min(axis=0) - HULL, box.max(axis=0) + HULL
        self._alone = frozenset(
            kernel
            for kernel, column in kernels.items()
            if (self._weights[:, column] > 1 - 1e-9).any()
        )
        self._ops = frozenset(kernel.op for kernel in kernels)
        residuals = np.log(seconds / parts.sum(axis=1))
        likeness = self._correlate(self._points, self._names, self._points, self._names)
        covariance = self._weights @ likeness @ self._weights.T
        covariance = spec.spread**2 * covariance + spec.noise**2 * np.eye(len(rows))
        self._inverse = np.linalg.inv(covariance)
        self._pull = spec.spread**2 * (self._weights.T @ (self._inverse @ residuals))

    @staticmethod
    def _terms(kernels: Sequence[Kernel]) -> Array:
        return np.array([(1.0, k.flops, k.mac) for k in kernels], dtype=float).reshape(-1, 3)

    @staticmethod
    def _correlate(
        left: Array, left_names: Sequence[str], right: Array, right_names: Sequence[str]
    ) -> Array:
        steps = (left[:, None, :] - right[None, :, :]) / LENGTHS
        distance = np.sqrt(3.0 * (steps * steps).sum(axis=-1))
        alike = np.array(left_names)[:, None] == np.array(right_names)[None, :]
        correlation: Array = (1.0 + distance) * np.exp(-distance) * np.where(alike, 1.0, UNLIKE)
        return correlation

    def seconds(self, kernels: Sequence[Kernel]) -> Array:
        """Seconds of each kernel."""
        # sums along rows, not matrix products: the last bit must not hang on what else is asked
        names = [kernel.op for kernel in kernels]
        correlation = self._correlate(self._describe(kernels), names, self._points, self._names)
        residuals = (correlation * self._pull).sum(axis=1)
        seconds: Array = (self._terms(kernels) * self.coefficients).sum(axis=1) * np.exp(residuals)
        return seconds

    def covariance(self, kernels: Sequence[Kernel]) -> Array:
        """The joint covariance of the kernels' log errors."""
        points, names = self._describe(kernels), [kernel.op for kernel in kernels]
        to_rows = self.spec.spread**2 * (
            self._correlate(points, names, self._points, self._names) @ self._weights.T
        )
        covariance = self.spec.spread**2 * self._correlate(points, names, points, names)
        covariance -= to_rows @ self._inverse @ to_rows.T
        covariance[np.diag_indices_from(covariance)] += self.spec.noise**2
        return covariance

    def bases(self, kernels: Sequence[Kernel]) -> list[Basis]:
        """How close the rows come to each kernel."""
        points = self._describe(kernels)
        gaps = np.abs(points[:, None, :] - self._points[None, :, :]).max(axis=2)
        near = (gaps <= NEAR).sum(axis=1) >= 2
        at = np.log2(np.maximum(self._terms(kernels)[:, 1:], 1.0))
        inside = ((at >= self._low) & (at <= self._high)).all(axis=1)
        found = []
        for kernel, is_near, is_inside in zip(kernels, near, inside, strict=True):
            own = kernel.kind in self._own and kernel.op in self._ops
            if own and kernel in self._alone:
                found.append(Basis.MEASURED)
            elif own and is_near:
                found.append(Basis.INTERPOLATED)
            else:
                found.append(Basis.MODELLED if is_inside else Basis.EXTRAPOLATED)
        return found

    @staticmethod
    def _describe(kernels: Sequence[Kernel]) -> Array:
        return np.array([describe(kernel) for kernel in kernels])
