"""Where modules start in a sequence of steps."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from archlint.changes.step import Step

__all__ = ["boundaries"]


def boundaries(steps: Sequence[Step]) -> npt.NDArray[np.float32]:
    """How much of a boundary is in front of each step, from 0 to 1.

    The more parts of its path differ from those before, the more: 0 is between siblings.  The
    outermost part does not count, so that a first block starts as the others do.
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
        differ = max(len(path), len(before)) - max(shared, 1)
        found[number] = 1 - 0.4 ** max(differ - 1, 0)
        before = path
    return found
