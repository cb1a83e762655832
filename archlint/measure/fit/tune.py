"""The terms, lengths and deviations of a family that its rows make the most likely."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

import numpy as np
from numpy.typing import NDArray

from archlint.cost.pricing.columns import Columns
from archlint.cost.pricing.family import FamilySpec, describe, terms_of
from archlint.cost.pricing.features import FEATURES
from archlint.cost.pricing.fit import fit_relative
from archlint.cost.pricing.machine import Machine
from archlint.cost.pricing.observation import Observation
from archlint.cost.pricing.terms import TERMS, WORK_OF

__all__ = ["tune"]

Array = NDArray[np.float64]

STEPS = (0.5, 0.75, 1.4, 2.0, 4.0)
"""Factors that a parameter is tried at, one parameter after the other."""

SWEEPS = 4
SHORTEST, LONGEST, FLAT = 0.5, 64.0, 24.0
"""Octaves: what a length is held between, and from where on its feature tells nothing."""
LEAST_NOISE = 0.01
"""What a row is off by at the least (log), beside what its sessions scatter by."""

OWN_TERM = 2
"""Rows of an operator from which on, among others, its work is a term of its own."""

ENOUGH = 0.25
"""The share of its bytes that a row has in one cache at least, to tell what those take there.

A pool on 0.5 MB has 0.1 % of its activations far away: fitted to its noise, these made one on
29 MB 600 times too dear.
"""

USUAL = 4.0
"""Octaves: the lengths' prior is log-normal about it, wide, to hold those no row speaks of."""

_WALK = {"run", "loops", "rows", "columns", "jump", "conflict", "general"}
_COPY = {"bytes", "run", "operands", "cold"}
_SWAP = {"bytes", "run", "loops", "rows", "columns", "conflict", "cold", "general"}
_COPIES = (
    "concat", "split", "slice", "pad", "gather", "copy", "element-wise", "element-wise in int8",
)  # fmt: skip
_OF_MOVES = {
    "transpose of runs": _SWAP,
    "transpose of elements": _SWAP,
    "reorder": {"bytes", "positions", "line", "in", "tail", "conflict", "cold"},
    **dict.fromkeys(_COPIES, _COPY),
}
"""Features of what only moves or maps elements; others are told by all but how they walk."""

_LOOPS = {"lines", "unfolded"}
"""Terms of loops that a core of a CPU runs."""

_SIZELESS = {"view"}
"""Varieties that move nothing: their time is the launch alone."""


@dataclass(slots=True)
class _Parameters:
    lengths: Array
    spread: float
    noise: float
    unlike: float

    def scaled(self, which: int, factor: float) -> _Parameters:
        """One of the parameters times a factor: a length, or behind them the deviations."""
        lengths, count = self.lengths.copy(), len(self.lengths)
        spread, noise, unlike = self.spread, self.noise, self.unlike
        if which < count:
            lengths[which] = min(max(lengths[which] * factor, SHORTEST), LONGEST)
        elif which == count:
            spread *= factor
        elif which == count + 1:
            noise = max(noise * factor, LEAST_NOISE)
        else:
            unlike = min(unlike * factor, 0.98)
        return _Parameters(lengths, spread, noise, unlike)


def tune(
    variety: str, rows: Sequence[Observation], machine: Machine, *, on_cpu: bool = True
) -> FamilySpec:
    """The specification of a variety's family, from its rows of a kernel each.

    The lengths and deviations maximise the marginal likelihood of the Gaussian process over
    the residuals (Rasmussen and Williams, Gaussian Processes for Machine Learning, 2006, eq.
    2.30), one coordinate after the other.
    """
    times = np.array([row.seconds for row in rows], dtype=float)
    columns = Columns([kernel for row in rows for _, kernel in row.chain])
    terms = _terms(variety, columns, machine, on_cpu=on_cpu)
    matrix = terms_of(terms, columns, machine)
    fit = fit_relative(matrix, times, np.zeros(len(terms)))
    residuals = np.log(times / (matrix * fit).sum(axis=1))
    features = _features(variety, columns, machine)
    points = describe(features, columns, machine)
    likelihood = _Likelihood(points, columns.names, residuals, [row.scatter for row in rows])
    best = _climb(likelihood, _Parameters(
        np.full(len(features), USUAL), max(float(residuals.std()), 0.02), 0.03,
        0.5 if likelihood.mixed else 1.0,
    ))  # fmt: skip
    lengths = {
        name: _rounded(length)
        for name, length in zip(features, best.lengths, strict=True)
        if length < FLAT
    }
    return FamilySpec(
        name=variety,
        kinds=(),
        borrows=(),
        terms=terms,
        differences_of="",
        spread=_rounded(best.spread),
        noise=_rounded(best.noise),
        lengths=lengths or {features[0]: LONGEST},
        unlike=_rounded(best.unlike),
    )


def _terms(variety: str, columns: Columns, machine: Machine, *, on_cpu: bool) -> tuple[str, ...]:
    """The terms that differ between these kernels.

    The sum of all bytes is that of others, unless the rows do not tell these apart.
    """
    left = {"bytes"}
    if not _is_told("activations far", columns.activation_bytes, columns, machine):
        left = {"activations near", "activations far"}
    if not _is_told("weights from core", columns.weight_bytes, columns, machine):
        left.add("weights from core")
    if not on_cpu:
        left |= _LOOPS
    names = [name for name in TERMS if name not in left]
    if variety in _SIZELESS:
        names = [name for name in names if name.startswith("launch")]
    rows = Counter(kernel.op for kernel in columns.kernels)
    if len(rows) > 1:
        names += [f"{WORK_OF}{op}" for op in sorted(rows) if rows[op] >= OWN_TERM]
    matrix = terms_of(names, columns, machine).T
    return tuple(
        name
        for at, (name, column) in enumerate(zip(names, matrix, strict=True))
        if column.any() and not any(np.array_equal(column, each) for each in matrix[:at])
    )


def _is_told(term: str, whole: Array, columns: Columns, machine: Machine) -> bool:
    """Whether two rows and more have enough of this term, a part of the whole, to tell it by."""
    part = terms_of([term], columns, machine)[:, 0]
    return int(((part > 0) & (part >= ENOUGH * whole)).sum()) >= 2


def _features(variety: str, columns: Columns, machine: Machine) -> tuple[str, ...]:
    if variety in _SIZELESS:
        return ("cold",)
    asked = _OF_MOVES.get(variety, FEATURES.keys() - _WALK)
    names = [name for name in FEATURES if name in asked]
    points = describe(names, columns, machine)
    return tuple(
        name for name, column in zip(names, points.T, strict=True) if np.ptp(column) > 1e-9
    ) or ("cold",)


class _Likelihood:
    """The log likelihood of residuals, for any parameters."""

    def __init__(
        self, points: Array, names: NDArray[np.str_], residuals: Array, scatter: Sequence[float]
    ) -> None:
        self._residuals, self._own = residuals, np.square(scatter)
        self._squares = [(column[:, None] - column[None, :]) ** 2 for column in points.T]
        self._differ = names[:, None] != names[None, :]
        self.mixed = bool(self._differ.any())

    def of(self, parameters: _Parameters) -> float:
        """With the lengths' prior, up to a constant."""
        squares = np.zeros_like(self._differ, dtype=float)
        for square, length in zip(self._squares, parameters.lengths, strict=True):
            squares += square / length**2
        distance = np.sqrt(3.0 * squares)
        covariance = (1.0 + distance) * np.exp(-distance)
        covariance[self._differ] *= parameters.unlike
        covariance *= parameters.spread**2
        covariance[np.diag_indices_from(covariance)] += parameters.noise**2 + self._own
        try:
            factor = np.linalg.cholesky(covariance)
        except np.linalg.LinAlgError:
            return -inf
        half = np.linalg.solve(factor, self._residuals)
        prior = 0.1 * float((np.log(parameters.lengths / USUAL) ** 2).sum())
        return -0.5 * float(half @ half) - float(np.log(np.diag(factor)).sum()) - prior


def _climb(likelihood: _Likelihood, start: _Parameters) -> _Parameters:
    best, most = start, likelihood.of(start)
    for _ in range(SWEEPS):
        before = most
        for which in range(len(start.lengths) + 2 + likelihood.mixed):
            for factor in STEPS:
                tried = best.scaled(which, factor)
                value = likelihood.of(tried)
                if value > most + 1e-3:
                    best, most = tried, value
        if most - before < 0.05:
            break
    return best


def _rounded(value: float) -> float:
    return float(f"{value:.3g}")
