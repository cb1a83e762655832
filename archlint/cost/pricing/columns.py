"""Kernels as columns of numbers, so that a table's fit is a few array operations."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from math import prod

import numpy as np
from numpy.typing import NDArray

from archlint.cost.kernels.kernel import Kernel

__all__ = ["Array", "Columns"]

Array = NDArray[np.float64]


class Columns:
    """What terms and features look at, one array of len(kernels) for each.

    Sizes are exact: none reaches 2^53.
    """

    kernels: tuple[Kernel, ...]
    c_in: Array
    c_out: Array
    groups: Array
    batch: Array
    operands: Array
    in_positions: Array
    out_positions: Array
    line: Array
    window: Array
    strides: Array
    rotation: Array
    flops: Array
    weight_bytes: Array
    activation_bytes: Array

    def __init__(self, kernels: Sequence[Kernel]) -> None:
        self.kernels = tuple(kernels)
        numbers = [
            (
                k.c_in, k.c_out, k.groups, k.batch, k.operands, prod(k.in_map), prod(k.out_map),
                k.out_map[-1] if k.out_map else 1, prod(k.window), prod(k.strides), k.rotation,
                k.flops, k.weight_bytes, k.activation_bytes,
            )
            for k in self.kernels
        ]  # fmt: skip
        table = np.array(numbers, dtype=float).reshape(len(numbers), 14).T.copy()
        (
            self.c_in, self.c_out, self.groups, self.batch, self.operands, self.in_positions,
            self.out_positions, self.line, self.window, self.strides, self.rotation, self.flops,
            self.weight_bytes, self.activation_bytes,
        ) = table  # fmt: skip

    def __len__(self) -> int:
        return len(self.kernels)

    def each(self, value: Callable[[Kernel], float]) -> Array:
        """A column that only the kernels themselves can tell."""
        return np.fromiter(map(value, self.kernels), float, len(self.kernels))

    @cached_property
    def names(self) -> NDArray[np.str_]:
        """What kernels are unlike by: the operator, and how it walks over its tensors.

        Transpositions are alike: features tell what they turn round.
        """
        return np.array([f"{k.op} {'' if k.op == 'Transpose' else k.path}" for k in self.kernels])

    @cached_property
    def by_op(self) -> Mapping[str, list[int]]:
        """The places of each operator's kernels."""
        found: dict[str, list[int]] = {}
        for at, kernel in enumerate(self.kernels):
            found.setdefault(kernel.op, []).append(at)
        return found

    @cached_property
    def mac(self) -> Array:
        """The memory access cost in bytes."""
        total: Array = self.weight_bytes + self.activation_bytes
        return total
