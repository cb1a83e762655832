"""What lowering gives: kernels, each with the operators that it runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from archlint.cost.kernels.kernel import Kernel

__all__ = ["NO_CHANGE", "Change", "Lowered", "PlacedKernel"]


@dataclass(frozen=True, slots=True)
class Change:
    """What to imagine otherwise: operators passed by, activations replaced by another one.

    An operator that is passed by hands on its first run-time input, or the one that `through`
    names.
    """

    bypass: frozenset[int] = frozenset()
    through: Mapping[int, str] = field(default_factory=lambda: MappingProxyType({}))
    activations: Mapping[int, str] = field(default_factory=lambda: MappingProxyType({}))


NO_CHANGE = Change()


@dataclass(frozen=True, slots=True)
class PlacedKernel:
    """A kernel and the operators that it runs, the one that gives it its kind first.

    `repeats` is how often it runs in one run of the model.
    """

    kernel: Kernel
    operators: tuple[int, ...]
    repeats: int = 1


@dataclass(frozen=True, slots=True)
class Lowered:
    """A model's kernels on a target.

    `home` maps an operator to the number of the kernel that runs it; an operator in neither
    `home` nor `unpriced` costs nothing (a view).  `reorders` maps an operator that cannot run
    on blocked tensors to the numbers of the reorder kernels that it forces: before and behind it.
    """

    kernels: tuple[PlacedKernel, ...]
    home: Mapping[int, int]
    unpriced: tuple[int, ...]
    reorders: Mapping[int, tuple[int, ...]] = field(default_factory=lambda: MappingProxyType({}))

    def of(self, *operators: int) -> tuple[Kernel, ...]:
        """The kernels that run these operators, each once, in order."""
        numbers = sorted({self.home[index] for index in operators if index in self.home})
        return tuple(self.kernels[number].kernel for number in numbers)
