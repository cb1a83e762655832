"""A family of kernels that share one fit, and the residual that the rows leave to it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import inf
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from archlint.cost.kernels.kernel import Kernel
from archlint.cost.kernels.kind import Kind
from archlint.cost.kernels.ops import FUNCTIONS
from archlint.cost.pricing.columns import Array, Columns
from archlint.cost.pricing.features import FEATURES, PAPER_LENGTHS
from archlint.cost.pricing.fit import fit_relative
from archlint.cost.pricing.machine import UNTOLD, Machine
from archlint.cost.pricing.observation import Observation
from archlint.cost.pricing.price import Basis
from archlint.cost.pricing.terms import term_named
from archlint.cost.pricing.width_step import width_step

__all__ = ["Family", "FamilySpec", "Inferred", "correlate", "describe", "terms_of"]

Names = NDArray[np.str_]

NEAR = 1.0
"""A row is near by if no feature is further than this many octaves, or half its length."""

UNLIKE = 0.5
"""How far the errors of two operators of a family correlate at the same features, where a
target file does not say.  No table of the paper has two operators of one family: half is
neither trust nor distrust."""

UNDILATED = MappingProxyType({"dilation": 1.0})
"""The length that a family has besides where no row is of a dilated window: what rows say of
windows whose taps are side by side fades within half an octave of their distance."""

HULL = 1.0
"""The hull of FLOPs and bytes reaches this many octaves beyond the rows."""


FEW_ALIKE = 0.1
"""How much of a row's weight all rows' scatter has beside that of the rows that are like it."""

MOST_ASKED = 1 << 14
"""Kernels of which a family keeps what it has worked out: some 50 MB."""


@dataclass(frozen=True, slots=True)
class Inferred:
    """What the times of whole networks say of a family's terms.

    `coefficients` are seconds for one of each term, `covariance` that of their logs, row by row;
    `hull` are the least and the greatest FLOPs and bytes of the networks' kernels, in octaves.
    """

    coefficients: tuple[float, ...]
    covariance: tuple[float, ...]
    hull: tuple[tuple[float, float], tuple[float, float]]


@dataclass(frozen=True, slots=True)
class FamilySpec:
    """What a target file says of a family.

    Where the target's kernels go by variety, `name` is the variety and `kinds` is empty.  Else
    `kinds` have rows of their own, and `borrows` have none and take this family's fit, so that they
    are never better than modelled.  `terms` are those that its fit has (see `term_named`).
    `differences_of` names the rule whose rows give this family's, as differences of two chains,
    where no chain holds this family alone; "" for none.  `spread` is the standard deviation (log)
    of what the fit misses where no row is near, `noise` that of a row's own error, `lengths` the
    octaves of each feature over which a residual fades.  `band_scale` is the factor on the log
    standard deviation, but for what sessions scatter by, at which four in five of its rows, each
    left out, fall within their 10th to 90th percentile.  `context` is the log standard deviation of
    what all its kernels are off by together in one model: what runs around them.  A family that is
    `inferred` needs no rows.
    """

    name: str
    kinds: tuple[Kind, ...]
    borrows: tuple[Kind, ...]
    terms: tuple[str, ...]
    differences_of: str
    spread: float
    noise: float
    lengths: Mapping[str, float] = field(default_factory=lambda: MappingProxyType(PAPER_LENGTHS))
    unlike: float = UNLIKE
    band_scale: float = 1.0
    context: float = 0.0
    inferred: Inferred | None = None


class _Asked:
    """A kernel that was asked for: its features, and its covariance with the rows.

    `solved` is that covariance times the inverse of the rows' own, once it is needed.
    """

    __slots__ = ("name", "point", "solved", "to_rows")

    def __init__(self, point: Array, name: str, to_rows: Array) -> None:
        self.point, self.name, self.to_rows = point, name, to_rows
        self.solved: Array | None = None


class Family:
    """A non-negative fit (see `term_named`), times a residual.

    The residual is a Gaussian process (Matern 3/2) in log time over the kernels' features.  A
    row is a chain: its residual is the mean of its kernels', weighted by their time, and its own
    error is what its sessions scatter by beside the family's noise.  `floor`
    is the least that a term's coefficient can be, `ceiling` the most, `functions` what of FUNCTIONS
    the rows run, alone or fused.  Of `carried` kernels it is another device's rows that tell.
    """

    def __init__(
        self,
        spec: FamilySpec,
        rows: Sequence[Observation],
        floor: Mapping[str, float] = MappingProxyType({}),
        machine: Machine = UNTOLD,
        ceiling: Mapping[str, float] = MappingProxyType({}),
        carried: Collection[Kernel] = frozenset(),
    ) -> None:
        self.spec: FamilySpec = spec
        self.machine: Machine = machine
        self._own = frozenset(spec.kinds)
        kernels: dict[Kernel, int] = {}
        for row in rows:
            for _, kernel in row.chain:
                kernels.setdefault(kernel, len(kernels))
        self.rows: int = len(rows)
        self._chains = [row.chain for row in rows]
        seconds = np.array([row.seconds for row in rows], dtype=float)
        columns = Columns(list(kernels))
        terms = terms_of(spec.terms, columns, machine)
        least = np.array([floor.get(term, 0.0) for term in spec.terms])
        # where each row is one kernel, as most are, no weights are needed: `_at` has its place
        self._weights: Array | None = None
        self._at: NDArray[np.intp] | None = None
        alone: NDArray[np.bool_] = np.ones(len(kernels), dtype=bool)
        single = all(len(row.chain) == 1 for row in rows)
        if single:
            counts = np.array([[row.chain[0][0]] for row in rows], dtype=float)
            if len(kernels) < len(rows):
                self._at = np.array([kernels[row.chain[0][1]] for row in rows])
            per_row = counts * (terms if self._at is None else terms[self._at])
        else:
            counts = np.zeros((len(rows), len(kernels)))
            for number, row in enumerate(rows):
                for count, kernel in row.chain:
                    counts[number, kernels[kernel]] += count
            per_row = counts @ terms
        most = np.array([ceiling.get(term, inf) for term in spec.terms])
        self.coefficients: Array = fit_relative(per_row, seconds, least, most)
        modelled = (per_row * self.coefficients).sum(axis=1)
        if not single:
            parts = counts * (terms * self.coefficients).sum(axis=1)
            self._weights = parts / modelled[:, None]
            alone = np.any(self._weights > 1 - 1e-9, axis=0)
        marked = {kernel for row in rows if row.marked for _, kernel in row.chain}
        self._alone = frozenset(
            k for k, is_alone in zip(kernels, alone, strict=True) if is_alone and k not in marked
        )
        self._is_carried = np.array([kernel in carried for kernel in kernels], dtype=bool)
        self._carried = frozenset(k for k in kernels if k in carried)
        self._op_of_points = np.array([kernel.op for kernel in kernels])
        self._ops = frozenset(kernel.op for kernel in kernels)
        fused = frozenset(op for kernel in kernels for op in kernel.epilogue)
        self.functions: frozenset[str] = (self._ops | fused) & FUNCTIONS
        is_told = any(kernel.dilations for kernel in kernels)
        self.lengths: Mapping[str, float] = {**spec.lengths, **({} if is_told else UNDILATED)}
        self._lengths = np.array(list(self.lengths.values()))
        self._points, self._names = describe(self.lengths, columns, machine), columns.names
        box = _box(columns)
        self._low, self._high = box.min(axis=0) - HULL, box.max(axis=0) + HULL
        self.residuals: Array = np.log(seconds / modelled)
        covariance = _correlate_all(self._points, self._names, self._lengths, spec.unlike)
        if self._weights is not None:
            covariance = self._weights @ covariance @ self._weights.T
        elif self._at is not None:
            covariance = covariance[np.ix_(self._at, self._at)]
        covariance *= spec.spread**2
        self.scatter: Array = np.square([row.scatter for row in rows])
        covariance[np.diag_indices_from(covariance)] += spec.noise**2 + self.scatter
        self.inverse: NDArray[np.floating[Any]] = np.linalg.inv(covariance)
        self._pull = self.inverse @ self.residuals
        self._asked: dict[Kernel, _Asked] = {}

    def _learn(self, columns: Columns, points: Array) -> Array:
        """Kernels x rows: how their errors vary with those of the rows."""
        names = columns.names
        to_rows = correlate(
            points, names, self._points, self._names, self._lengths, self.spec.unlike
        )
        if self._weights is not None:
            # sums along rows, not a matrix product: see `seconds`
            to_rows = (to_rows[:, None, :] * self._weights).sum(axis=2)
        elif self._at is not None:
            to_rows = to_rows[:, self._at]
        to_rows *= self.spec.spread**2
        if len(self._asked) > MOST_ASKED:
            self._asked.clear()
        for kernel, *each in zip(columns.kernels, points, names.tolist(), to_rows, strict=True):
            self._asked[kernel] = _Asked(*each)
        return to_rows

    def seconds(self, kernels: Sequence[Kernel]) -> list[float]:
        """Seconds of each kernel."""
        columns = Columns(kernels)
        points = describe(self.lengths, columns, self.machine)
        # sums along rows, not matrix products: the last bit must not hang on what else is asked
        residuals = (self._learn(columns, points) * self._pull).sum(axis=1)
        terms = terms_of(self.spec.terms, columns, self.machine)
        seconds: list[float] = (
            (terms * self.coefficients).sum(axis=1) * np.exp(residuals)
        ).tolist()
        return seconds

    def by_term(self, kernel: Kernel) -> Array:
        """Seconds of each term of the fit, before the residual."""
        terms = terms_of(self.spec.terms, Columns([kernel]), self.machine)
        seconds: Array = terms[0] * self.coefficients
        return seconds

    def covariance(self, kernels: Sequence[Kernel]) -> Array:
        """The joint covariance of the kernels' log errors."""
        new = [kernel for kernel in kernels if kernel not in self._asked]
        if new:
            columns = Columns(kernels)
            self._learn(columns, describe(self.lengths, columns, self.machine))
        asked = [self._asked[kernel] for kernel in kernels]
        for each in asked:
            if each.solved is None:
                each.solved = self.inverse @ each.to_rows
        points, names = np.array([e.point for e in asked]), np.array([e.name for e in asked])
        covariance = correlate(points, names, points, names, self._lengths, self.spec.unlike)
        covariance *= self.spec.spread**2
        covariance -= np.array([e.to_rows for e in asked]) @ np.array([e.solved for e in asked]).T
        covariance.flat[:: len(asked) + 1] += self.spec.noise**2
        covariance *= self.spec.band_scale**2
        covariance.flat[:: len(asked) + 1] += self._scatter_of(asked)
        return covariance + self.spec.context**2

    def _scatter_of(self, asked: Sequence[_Asked]) -> Array:
        """The variance of the sessions that a kernel would have, by those of the rows like it."""
        if not self.scatter.any():
            return np.zeros(len(asked))
        alike = (np.array([e.to_rows for e in asked]) / self.spec.spread**2) ** 2
        # where no row is like it, that of all
        of_all = FEW_ALIKE * self.scatter.mean()
        found: Array = (alike @ self.scatter + of_all) / (alike.sum(axis=1) + FEW_ALIKE)
        return found

    @cached_property
    def width_step(self) -> int:
        """What its kernels' widths are to be multiples of (see `width_step`)."""
        alone = [at for at, chain in enumerate(self._chains) if len(chain) == 1]
        kernels = [self._chains[at][0][1] for at in alone]
        return width_step(kernels, self.residuals[alone])

    def bases(self, kernels: Sequence[Kernel]) -> list[Basis]:
        """How close the rows come to each kernel, which takes as long to tell as its seconds."""
        columns = Columns(kernels)
        points = describe(self.lengths, columns, self.machine)
        reach = np.maximum(NEAR, self._lengths / 2 if not self._own else NEAR)
        near, own_near = np.zeros((2, len(columns)), dtype=int)
        for at, (kernel, point) in enumerate(zip(columns.kernels, points, strict=True)):
            are_near = (np.abs(point - self._points) <= reach).all(axis=1)
            if kernel.op in FUNCTIONS:
                # what another function takes tells nothing of this one
                are_near &= self._op_of_points == kernel.op
            near[at], own_near[at] = are_near.sum(), (are_near & ~self._is_carried).sum()
        box = _box(columns)
        inside = ((box >= self._low) & (box <= self._high)).all(axis=1)
        found = []
        for at, (kernel, is_inside) in enumerate(zip(columns.kernels, inside, strict=True)):
            own = (not self._own or kernel.kind in self._own) and kernel.op in self._ops
            if own and kernel in self._alone and kernel not in self._carried:
                found.append(Basis.MEASURED)
            elif own and own_near[at] >= 2:
                found.append(Basis.INTERPOLATED)
            elif own and (near[at] >= 2 or kernel in self._alone):
                found.append(Basis.TRANSFERRED)
            else:
                found.append(Basis.MODELLED if is_inside else Basis.EXTRAPOLATED)
        return found


def terms_of(names: Sequence[str], columns: Columns, machine: Machine) -> Array:
    """Kernels x terms."""
    values = [term_named(name)(columns, machine) for name in names]
    terms: Array = np.array(values).reshape(len(names), len(columns)).T
    return terms


def describe(lengths: Iterable[str], columns: Columns, machine: Machine) -> Array:
    """Kernels x features."""
    values = [FEATURES[name](columns, machine) for name in lengths]
    features: Array = np.array(values).reshape(len(values), len(columns)).T
    return features


def correlate(
    left: Array, left_names: Names, right: Array, right_names: Names, lengths: Array, unlike: float
) -> Array:
    """Matern 3/2 over the scaled distance; less by `unlike` between two operator types."""
    squares = np.zeros((len(left), len(right)))
    for one, other, length in zip(left.T, right.T, lengths, strict=True):
        if length < inf:
            steps = (one[:, None] - other[None, :]) / length
            squares += steps * steps
    return _matern(squares, left_names[:, None] != right_names[None, :], unlike)


def _correlate_all(points: Array, names: Names, lengths: Array, unlike: float) -> Array:
    """Points with themselves, as `correlate` has it up to rounding, in a fifth of its time."""
    scaled = points / lengths
    sizes = (scaled * scaled).sum(axis=1)
    squares = scaled @ scaled.T
    squares *= -2.0
    squares += sizes[:, None]
    squares += sizes
    np.maximum(squares, 0.0, out=squares)
    # rounding leaves a distance between a point and itself
    squares[np.diag_indices_from(squares)] = 0.0
    _, numbers = np.unique(names, return_inverse=True)
    return _matern(squares, numbers[:, None] != numbers, unlike)


def _matern(squares: Array, differ: NDArray[np.bool_], unlike: float) -> Array:
    # in place: to touch new memory takes longer than the arithmetic
    squares *= 3.0
    distance = np.sqrt(squares, out=squares)
    correlation = np.negative(distance)
    np.exp(correlation, out=correlation)
    distance += 1.0
    correlation *= distance
    if unlike < 1.0:
        correlation[differ] *= unlike
    return correlation


def _box(columns: Columns) -> Array:
    sizes = np.maximum(np.array([columns.flops, columns.mac]), 1.0)
    box: Array = np.log2(sizes).T
    return box
