"""G4: element-wise operators are not negligible."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from archlint.cost.kernels.kernel import Kernel
from archlint.cost.pricer import Comparison, Pricer
from archlint.results.findings import Severity
from archlint.rule import Place, Rule, Silence, View
from archlint.rules.g4_elementwise.activation import find_activations
from archlint.rules.g4_elementwise.alternative import Alternative
from archlint.rules.g4_elementwise.depthwise import find_depthwise
from archlint.rules.g4_elementwise.movement import find_movement
from archlint.rules.g4_elementwise.normalisation import find_normalisations
from archlint.rules.g4_elementwise.residual import find_residuals
from archlint.rules.g4_elementwise.squeeze_excite import find_squeeze_excites

if TYPE_CHECKING:
    from archlint.measure.plan.experiment import Workload
    from archlint.results.plot import Plot

__all__ = ["ElementWise", "Evidence"]

SOURCES: tuple[Callable[[View], Iterator[Alternative | Silence]], ...] = (
    find_activations,
    find_residuals,
    find_normalisations,
    find_depthwise,
    find_squeeze_excites,
    find_movement,
)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the source itself costs: bytes read and written, and its share of the model's time."""

    source: str
    op: str
    bytes_moved: int
    share: float


class ElementWise(Rule):
    """Operators that move much memory for few FLOPs, where they still cost after lowering."""

    code = "G4"
    name = "costly-elementwise"
    summary = "Element-wise operators are not negligible"

    def check(self, view: View) -> Iterator[Place | Silence]:
        """A place for each source whose alternative has a price, silences for the rest."""
        comparisons = _Comparisons(view.pricer)
        for find in SOURCES:
            for found in find(view):
                yield found if isinstance(found, Silence) else _place(view, found, comparisons)

    @classmethod
    def workloads(cls) -> tuple[Workload, ...]:
        """What runs between dense convs."""
        from archlint.measure.workloads import (
            depthwise_convs,
            element_wise,
            movement,
            normalisations,
        )

        return depthwise_convs.sample, element_wise.sample, normalisations.sample, movement.sample

    @classmethod
    def plot(cls) -> Plot:
        """What activations and shortcuts add to a block."""
        from archlint.rules.g4_elementwise.plot import PLOT

        return PLOT


class _Comparisons:
    """Comparisons by kernels: the blocks of a network repeat."""

    def __init__(self, pricer: Pricer) -> None:
        self._pricer = pricer
        self._known: dict[tuple[tuple[Kernel, ...], tuple[Kernel, ...]], Comparison | None] = {}

    def of(self, now: tuple[Kernel, ...], instead: tuple[Kernel, ...]) -> Comparison | None:
        """The comparison, or None without a price."""
        key = now, instead
        if key not in self._known:
            self._known[key] = self._pricer.compare(now, instead)
        return self._known[key]


def _place(view: View, found: Alternative, comparisons: _Comparisons) -> Place | Silence:
    comparison = comparisons.of(view.kernels(found.kernels), found.instead_kernels)
    if comparison is None:
        return Silence(found.operators, "no price")
    seconds = _seconds(view, found.own) - _seconds(view, found.own_without)
    moved = sum(kernel.activation_bytes for kernel in found.own)
    moved -= sum(kernel.activation_bytes for kernel in found.own_without)
    return Place(
        operators=found.operators,
        module=view.module_of(*found.operators),
        decision=found.decision,
        summary=found.summary,
        advice=found.advice,
        evidence=Evidence(
            found.source,
            found.op,
            max(moved, 0),
            max(seconds, 0.0) / view.total,
        ),
        now=found.now,
        instead=found.instead,
        kernels=found.kernels,
        instead_kernels=found.instead_kernels,
        comparison=comparison,
        upper_bound=found.upper_bound,
        limit=Severity.WARNING if found.upper_bound else Severity.ERROR,
        limit_reason="upper bound" if found.upper_bound else "",
        remedy=found.remedy,
    )


def _seconds(view: View, kernels: tuple[Kernel, ...]) -> float:
    """The time of those of the kernels that have a price."""
    return sum(view.pricer.seconds([kernel]) or 0.0 for kernel in kernels)
