"""A base: another device's target, as it tells of the kernels of this one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from archlint.cost.kernels.kernel import Kernel, parse_chain
from archlint.cost.kernels.kind import Kind
from archlint.cost.pricer import Pricer
from archlint.cost.pricing.columns import Columns
from archlint.cost.pricing.family import Family, correlate, describe
from archlint.cost.pricing.machine import Machine
from archlint.cost.pricing.table import Row
from archlint.cost.pricing.terms import padding_of
from archlint.cost.pricing.variety import variety_of
from archlint.cost.target import Target
from archlint.measure.prior.levels import at_levels_of

__all__ = ["Base"]

Array = NDArray[np.float64]

_PADDED = frozenset({Kind.CONV, Kind.GROUP_CONV})


class Base:
    """A target of another device, for one of this `machine` with these `levels` of rotation.

    All kernels that it is asked about are those of this device.
    """

    def __init__(self, target: Target, machine: Machine, levels: Sequence[int]) -> None:
        self.target = target
        self._pricer = Pricer(target)
        self._machine, self._levels = machine, tuple(levels)

    @cached_property
    def rows(self) -> Mapping[str, Sequence[tuple[Row, Kernel]]]:
        """Its rows with their kernels as this device has them, by variety."""
        found: dict[str, list[tuple[Row, Kernel]]] = defaultdict(list)
        for row in self.target.rows:
            ((count, kernel),) = parse_chain(row.kernels)
            here = at_levels_of(kernel, self.target.lowering.rotation, self._levels)
            if count == 1 and here is not None:
                found[variety_of(here)].append((row, here))
        return found

    def knows(self, kernel: Kernel) -> bool:
        """Whether it has rows of this variety of kernel."""
        return self.family(kernel) is not None

    def family(self, kernel: Kernel) -> Family | None:
        """Its family of this variety of kernel, None without rows."""
        family = self._pricer.family(self._there(kernel))
        return family if family is not None and family.spec.name == variety_of(kernel) else None

    def seconds(self, kernels: Sequence[Kernel]) -> Array:
        """What each kernel that it knows takes there, at the widths that this device pads to."""
        there = [self._there(kernel) for kernel in kernels]
        self._pricer.learn(there)
        seconds = [self._pricer.seconds([kernel]) or np.nan for kernel in there]
        return np.array(seconds) * self.padding(kernels)

    def cached(self, kernels: Sequence[Kernel]) -> NDArray[np.bool_]:
        """Whether each is of a network that there never leaves the last cache."""
        lowest = min(self.target.lowering.rotation, default=0)
        return np.array([self._there(kernel).rotation <= lowest for kernel in kernels], dtype=bool)

    def padding(self, kernels: Sequence[Kernel]) -> Array:
        """How many times more FLOPs each has here than there, for blocks of another length."""
        blocks = self._machine.block, self.target.machine.block
        found: Array = np.ones(len(kernels))
        for at, kernel in enumerate(kernels):
            if kernel.kind in _PADDED and kernel.path.startswith("nchwc"):
                here, there = (padding_of(kernel, block) for block in blocks)
                found[at] = here / there
        return found

    def alike(self, some: Sequence[Kernel], others: Sequence[Kernel], stretch: float) -> Array:
        """How far the errors of kernels of one variety correlate, over so much longer lengths."""
        family = self.family(some[0])
        if family is None:
            raise ValueError(f"no rows of {some[0].text}")
        lengths = stretch * np.array(list(family.lengths.values()))
        return correlate(
            *self._described(some, family),
            *self._described(others, family),
            lengths,
            family.spec.unlike,
        )

    def _described(
        self, kernels: Sequence[Kernel], family: Family
    ) -> tuple[Array, NDArray[np.str_]]:
        columns = Columns([self._there(kernel) for kernel in kernels])
        return describe(family.lengths, columns, family.machine), columns.names

    def _there(self, kernel: Kernel) -> Kernel:
        levels = self.target.lowering.rotation
        there = at_levels_of(kernel, self._levels, levels)
        # what stays in a core's own cache here: the last cache is the nearest that it knows
        return kernel._replace(rotation=min(levels)) if there is None else there
