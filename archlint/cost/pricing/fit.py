"""A non-negative linear fit in relative error."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["fit_relative"]

Array = NDArray[np.float64]


def fit_relative(
    features: Array, seconds: Array, floor: Array, ceiling: Array | None = None
) -> Array:
    """Coefficients c >= floor that minimise the sum of `(features @ c / seconds - 1)^2`.

    `features` is rows x terms.  `floor` holds what physics allows at the least (the inverse of
    the device's peak rates, 0 elsewhere), `ceiling` what it allows at the most: a coefficient
    that comes out above it is held there and the others are found anew.  The active-set method
    of Lawson and Hanson (Solving Least Squares Problems, 1974, chapter 23), which is exact.
    """
    relative = features / seconds[:, None]
    found = _above(floor, relative, relative)
    if ceiling is not None and (over := found > ceiling).any():
        return _above(np.where(over, ceiling, floor), np.where(over, 0.0, relative), relative)
    return found


def _above(least: Array, columns: Array, relative: Array) -> Array:
    """`least`, and what fits best of `columns` on top of it."""
    target = 1.0 - relative @ least
    # columns of like size, so that one tolerance fits all
    size = np.sqrt((columns * columns).sum(axis=0))
    size[size == 0] = 1.0
    # the solution depends on the rows only through the triangle of their QR factorisation
    rows = np.column_stack([columns / size, target])
    triangle: Array = np.array(np.linalg.qr(rows, mode="r"))
    found: Array = least + _non_negative(triangle[:, :-1], triangle[:, -1]) / size
    return found


def _non_negative(columns: Array, target: Array) -> Array:
    count = columns.shape[1]
    solution = np.zeros(count)
    free = np.zeros(count, dtype=bool)
    for _ in range(10 * count):
        pull = columns.T @ (target - columns @ solution)
        pull[free] = 0.0
        best = int(np.argmax(pull))
        if pull[best] <= 1e-10:
            break
        free[best] = True
        while True:
            trial = np.zeros(count)
            trial[free] = np.linalg.lstsq(columns[:, free], target, rcond=None)[0]
            negative = free & (trial <= 0)
            if not negative.any():
                break
            # as far towards the trial as no coefficient turns negative
            step = (solution[negative] / (solution[negative] - trial[negative])).min()
            solution += step * (trial - solution)
            free &= solution > 1e-14
        solution = trial
    return solution
