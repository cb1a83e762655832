"""Where modules start in a sequence of steps."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from archlint.changes.step import Step

__all__ = ["boundaries"]


def boundaries(steps: Sequence[Step]) -> npt.NDArray[np.float32]:
    """How much of a boundary is in front of each step, from 0 to 1.

    1 is between modules that share no parent, 1/2 between those that share one, and so on.
    """
    found = np.zeros(len(steps), np.float32)
    before: list[str] = []
    for number, step in enumerate(steps):
        if not step.module:
            continue
        path = step.module.split(".")
        shared = 0
        while shared < min(len(path), len(before)) and path[shared] == before[shared]:
            shared += 1
        if shared < len(path) or shared < len(before):
            found[number] = 1 / (1 + shared)
        before = path
    return found
