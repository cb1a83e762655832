"""Which inputs' first dims are the batch: rows of a matrix, points, tokens and time are none."""

from __future__ import annotations

import re
from collections.abc import Mapping

__all__ = ["MOST_IMAGES", "Dim", "batched_inputs", "is_row_name"]

Dim = int | str | None
"""A size, a symbol, or open."""

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


def batched_inputs(declared: Mapping[str, tuple[Dim, ...] | None]) -> tuple[str, ...]:
    """The inputs whose first dim is the batch, the telling one first; none may be.

    That is the dim that is named so, or else the first input's that can be one; other inputs have
    it where theirs is the same or open.
    """
    first = {name: dims[0] for name, dims in declared.items() if dims and _may_be(dims)}
    named = [n for n, dim in first.items() if isinstance(dim, str) and _BATCH.fullmatch(dim)]
    leading = next(iter(named or first), None)
    if leading is None:
        return ()
    others = (
        name
        for name, dim in first.items()
        if name != leading and (not isinstance(dim, int) or dim == first[leading])
    )
    return leading, *others


def _may_be(dims: tuple[Dim, ...]) -> bool:
    first = dims[0]
    if isinstance(first, int):
        return not (len(dims) == 2 and first > MOST_IMAGES)
    return not is_row_name(first)
