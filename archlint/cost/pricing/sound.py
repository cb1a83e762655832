"""Numbers that a verdict may rest on: finite ones, and above 0 where they are of time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from math import exp, inf, isfinite, sqrt

import numpy as np

from archlint.errors import TargetError

__all__ = ["check_band", "check_finite", "sound", "widen"]

Z = 1.2815515655446004
"""The standard normal's 90th percentile: bands run from the 10th to it."""

_WIDEST = 300.0
"""The log of a band that no time can have: e^300 overflows with what it is multiplied by."""


def check_band(what: str, low: float, middle: float, high: float) -> None:
    """Raise TargetError unless the three are finite and above 0.

    Nothing is compared that has not been here: every comparison with nan is false, and so would
    be a pass.
    """
    if not all(0.0 < each < inf for each in (low, middle, high)):
        raise TargetError(
            f"{what} of {middle:g} ({low:g} to {high:g}) is none: the target's rows or what its "
            "file says of them are broken"
        )


def check_finite(number: float) -> None:
    """Raise TargetError for what is no number."""
    if not isfinite(number):
        raise TargetError(f"{number} is no time and no share of one: the target's rows are broken")


def widen(scale: float, variance: float) -> float:
    """The factor of a band with this variance of the log; inf where it is none."""
    width = Z * scale * sqrt(variance)
    return exp(width) if 0.0 <= width < _WIDEST else inf


@contextmanager
def sound(target: str, family: str) -> Iterator[None]:
    """Raise TargetError for arithmetic on a family's rows that leaves the numbers."""
    try:
        with np.errstate(divide="raise", over="raise", invalid="raise"):
            yield
    except (ArithmeticError, np.linalg.LinAlgError) as fault:
        raise TargetError(
            f'{target}: its family "{family}" gives no price, for its rows or what the '
            f"target's file says of it are broken ({fault})"
        ) from fault
