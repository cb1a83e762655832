"""Which channel widths a target runs at full speed, by its rows."""

from __future__ import annotations

from collections.abc import Sequence
from math import gcd, log

import numpy as np

from archlint.cost.kernels.kernel import Kernel
from archlint.cost.pricing.columns import Array

__all__ = ["WIDTH_STEP", "width_step"]

WIDTH_STEP = 8
"""What networks round their widths to, and most rows are measured at."""

_COARSER = (16, 32)

_SLOWER = 1.1
"""Rows off a step are slow where they take this many times what the fit says of those on it."""

_FEWEST = 8
"""Of fewer rows a median tells nothing."""


def width_step(kernels: Sequence[Kernel], residuals: Array) -> int:
    """The step of widths that run at full speed next to the fit, 1 where rows tell of none.

    What a path pads to is in the fit and needs no step: prices tell.  What the fit knows nothing
    of is left in the rows' `residuals` (log): int8 depthwise convs of ONNX Runtime take 1.4 times
    as long at odd multiples of 8 as at multiples of 16.
    """
    common = np.array([gcd(kernel.c_in, kernel.c_out) for kernel in kernels])
    found = 1
    for step in _COARSER:
        on = residuals[common % step == 0]
        off = residuals[common % step == step // 2]
        if min(len(on), len(off)) >= _FEWEST and np.median(off) - np.median(on) > log(_SLOWER):
            found = step
    return found
