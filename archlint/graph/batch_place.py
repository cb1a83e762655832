"""Where the batch lies in a tensor, and where a reshape leaves it."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

__all__ = ["Place", "after_reshape"]

Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """An axis that holds the batch; `outer` of its elements stand around the batch."""

    axis: int
    outer: int = 1


def after_reshape(place: Place, data: Shape, target: Shape, batch: int) -> Place | None:
    """Where the batch is once `data` has the shape `target`; None where it is torn apart.

    Elements keep their order, so what stands around the batch stays.  A batch of 1 may belong to
    either of two axes: the later one has it, unless that is the last, which holds features.
    """
    if 0 in data or 0 in target:
        return None
    around = prod(data[: place.axis]) * place.outer
    start = 1
    for axis, size in enumerate(target):
        reaches = start * size
        features = axis >= len(target) - 2
        of_one = around == start or (around == reaches and features)
        if around < reaches or (batch == 1 and of_one):
            if around % start or reaches % (around * batch):
                return None
            return Place(axis, around // start)
        start = reaches
    return None
