"""A whole network as a row: the kernels that run it, and one time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from archlint.cost.kernels.kernel import Kernel

__all__ = ["NetworkRow", "folds_of", "weights_of"]


@dataclass(frozen=True, slots=True)
class NetworkRow:
    """A network at the batch that it was timed at: each kernel with how often it runs.

    `family` are the networks that are left out together, for one would tell the others' times.
    """

    name: str
    family: str
    batch: int
    seconds: float
    kernels: tuple[tuple[int, Kernel], ...]


def folds_of(rows: Sequence[NetworkRow], count: int) -> list[int]:
    """The fold of each row: whole families, the largest first, each to the emptiest fold."""
    sizes = Counter(row.family for row in rows)
    full, fold = [0] * count, dict[str, int]()
    for family in sorted(sizes, key=lambda each: (-sizes[each], each)):
        fold[family] = full.index(min(full))
        full[fold[family]] += sizes[family]
    return [fold[row.family] for row in rows]


def weights_of(rows: Sequence[NetworkRow]) -> list[float]:
    """The weight of each row: a family of n counts as much as the root of n."""
    sizes = Counter(row.family for row in rows)
    return [float(sizes[row.family] ** -0.5) for row in rows]
