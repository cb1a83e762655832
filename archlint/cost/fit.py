"""A non-negative linear fit in relative error."""

from __future__ import annotations

from itertools import chain, combinations

import numpy as np
from numpy.typing import NDArray

__all__ = ["fit_relative"]

Array = NDArray[np.float64]


def fit_relative(features: Array, seconds: Array, floor: Array) -> Array:
    """Coefficients c >= floor that minimise the sum of `(features @ c / seconds - 1)^2`.

    `features` is rows x terms.  `floor` holds what physics allows at the least (the inverse of
    the device's peak rates, 0 elsewhere).  With up to half a dozen terms the best set of free
    terms is found by trying all of them, which is exact, where an iterative solver is not.
    """
    relative = features / seconds[:, None]
    target = 1.0 - relative @ floor
    terms = range(features.shape[1])
    best = floor
    least = float(target @ target)
    for free in chain.from_iterable(combinations(terms, n) for n in range(1, len(terms) + 1)):
        columns = relative[:, free]
        solution, *_ = np.linalg.lstsq(columns, target, rcond=None)
        if (solution < 0).any():
            continue
        error = target - columns @ solution
        if float(error @ error) < least * (1 - 1e-12):
            least = float(error @ error)
            best = floor.copy()
            best[list(free)] += solution
    return best
