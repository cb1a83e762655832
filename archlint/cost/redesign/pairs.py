"""Pairs of convs: one leads from an outer width to an inner one, the other back out of it."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from archlint.cost.kernels.kernel import Kernel
from archlint.cost.kernels.kind import Kind
from archlint.cost.lowering.lower import Lowered
from archlint.graph.model import Model
from archlint.graph.operator import Operator
from archlint.graph.widths import Widths

__all__ = ["Pair", "find_pair"]

_MIXING = frozenset({Kind.CONV, Kind.GROUP_CONV, Kind.TRANSPOSED_CONV, Kind.PRODUCT})


@dataclass(frozen=True, slots=True)
class Pair:
    """The operators from the first conv to the last and the width groups between them."""

    operators: tuple[int, ...]
    inner: tuple[int, ...]

    @property
    def first(self) -> int:
        """The conv that reads the outer width."""
        return self.operators[0]


def find_pair(model: Model, lowered: Lowered, widths: Widths, op: Operator) -> Pair | str:
    """The pair that starts at this conv, or why there is none.

    Convs in between keep the inner width; depthwise convs and element-wise operators do not
    count, and neither do convs on 1x1 maps (squeeze-excite).
    """
    first = _kernel(lowered, op.index)
    inner = [widths.group[op.output.name]]
    operators = [op.index]
    while True:
        onward = [
            index
            for index in widths.readers.get(inner[-1], ())
            if index in lowered.home and _mixes_on_map(lowered, index)
        ]
        if len(onward) != 1:
            return "no second conv of a pair reads it"
        if onward[0] < operators[-1]:
            return "its width runs through the whole stage"
        reader = _kernel(lowered, onward[0])
        if reader.c_in != first.c_out:
            return "no second conv of a pair reads it at this width"
        operators.append(onward[0])
        if reader.c_in != reader.c_out:
            back = (reader.c_in > reader.c_out) == (first.c_out > first.c_in)
            if back:
                return Pair(tuple(operators), tuple(inner))
            return "no second conv leads back to the outer width"
        inner.append(widths.group[model.operators[onward[0]].output.name])
        if inner[-1] in inner[:-1]:
            return "its width runs through the whole stage"


def _kernel(lowered: Lowered, index: int) -> Kernel:
    return lowered.kernels[lowered.home[index]].kernel


def _mixes_on_map(lowered: Lowered, index: int) -> bool:
    placed = lowered.kernels[lowered.home[index]]
    main = placed.operators[0] == index  # not an activation fused into a conv
    return main and placed.kernel.kind in _MIXING and prod(placed.kernel.out_map) > 1
