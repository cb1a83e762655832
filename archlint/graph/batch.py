"""Which dims of inputs are the batch: rows of a matrix, points, tokens and time are none."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from archlint.graph.axis_uses import AxisUses, Dim, Use

__all__ = ["MOST_IMAGES", "batched_inputs", "is_row_name"]

_ROWS = re.compile(
    r"(?:.*[._ ])?(?:num_?|n_)?"
    r"(?:atoms?|box(?:es)?|edges?|frames?|len(?:gth)?|nodes?|points?|rois?|rows?"
    r"|seq(?:uence)?(?:_?len(?:gth)?)?|steps?|time(?:_?steps?)?|tokens?|voxels?|[LT])",
    re.IGNORECASE,
)
_BATCH = re.compile(r"(?:.*[._ ])?(?:batch(?:es|_?size)?|bs|b|n)(?:_?\d+)?", re.IGNORECASE)
MOST_IMAGES = 64
"""More rows than this in a matrix are a sequence's, not a batch's: as many as targets price."""


def is_row_name(dim: Dim) -> bool:
    """Whether a symbol counts something else than what is computed at once."""
    return isinstance(dim, str) and _ROWS.fullmatch(dim) is not None


def batched_inputs(
    declared: Mapping[str, tuple[Dim, ...] | None], uses: AxisUses = MappingProxyType({})
) -> dict[str, int]:
    """The inputs that have the batch, with its axis, the telling one first; none may have it.

    That is the dim that is named so, or else the first that the network computes one by one, or
    else the first input's that can be one; other inputs have it where theirs is the same or open.
    """
    axes = {name: axis for name, dims in declared.items() if (axis := _axis(name, dims, uses)) >= 0}
    first = {name: (declared[name] or ())[axis] for name, axis in axes.items()}
    named = [name for name, dim in first.items() if isinstance(dim, str) and _BATCH.fullmatch(dim)]
    used = [name for name, axis in axes.items() if uses.get((name, axis)) is Use.BATCH]
    alone = [name for name in first if len(declared[name] or ()) > 1]
    leading = next(iter(named or used or alone), None)
    if leading is None:
        return {}
    others = (
        name
        for name, dim in first.items()
        if name != leading and (not isinstance(dim, int) or dim == first[leading])
    )
    return {name: axes[name] for name in (leading, *others)}


def _axis(name: str, dims: tuple[Dim, ...] | None, uses: AxisUses) -> int:
    """Where an input may have its batch, -1 for nowhere."""
    for axis, dim in enumerate(dims or ()):
        if isinstance(dim, str) and "batch" in dim.lower() and _BATCH.fullmatch(dim):
            return axis
    found = [axis for axis in range(len(dims or ())) if uses.get((name, axis)) is Use.BATCH]
    if found:
        return found[0]
    return 0 if dims and (name, 0) not in uses and _may_be(dims) else -1


def _may_be(dims: tuple[Dim, ...]) -> bool:
    first = dims[0]
    if isinstance(first, int):
        return not (len(dims) in (2, 3) and first > MOST_IMAGES)
    return not is_row_name(first)
