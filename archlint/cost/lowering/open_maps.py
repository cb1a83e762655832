"""The tensors whose map sizes a file leaves open: a runtime knows less of them before it runs."""

from __future__ import annotations

from math import prod

from archlint.graph.model import Model
from archlint.graph.operator import Tensor

__all__ = ["open_maps"]

_FIRST = 2
"""The dims of a map come behind batch and channels."""


def open_maps(model: Model) -> frozenset[str]:
    """Their names; what is computed from one is one, but for maps of a single position."""
    found = {each.name for each in model.inputs if any(axis >= _FIRST for axis in each.open)}
    if found:
        for op in model.operators:
            if any(tensor.name in found for tensor in op.activations):
                found.update(tensor.name for tensor in op.outputs if _has_map(tensor))
    return frozenset(found)


def _has_map(tensor: Tensor) -> bool:
    shape = tensor.shape or ()
    return len(shape) > _FIRST and prod(shape[_FIRST:]) > 1
