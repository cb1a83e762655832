"""G4: element-wise operators are not negligible."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from archlint.plugin import Place, Rule, Silence, View
from archlint.rules.g4_elementwise.activation import find_activations
from archlint.rules.g4_elementwise.depthwise import find_depthwise
from archlint.rules.g4_elementwise.movement import find_movement
from archlint.rules.g4_elementwise.normalisation import find_normalisations
from archlint.rules.g4_elementwise.residual import find_residuals
from archlint.rules.g4_elementwise.squeeze_excite import find_squeeze_excites

if TYPE_CHECKING:
    from archlint.plugin import Plot, Workload

__all__ = ["ElementWise"]

SOURCES: tuple[Callable[[View], Iterator[Place | Silence]], ...] = (
    find_activations,
    find_residuals,
    find_normalisations,
    find_depthwise,
    find_squeeze_excites,
    find_movement,
)


class ElementWise(Rule):
    """Operators that move much memory for few FLOPs, where they still cost after lowering."""

    code = "G4"
    name = "costly-elementwise"
    summary = "Element-wise operators are not negligible"

    def check(self, view: View) -> Iterator[Place | Silence]:
        """A place for each source with an alternative, silences for the rest."""
        for find in SOURCES:
            yield from find(view)

    @classmethod
    def workloads(cls) -> tuple[Workload, ...]:
        """What runs between dense convs."""
        from archlint.measure.workloads import (
            depthwise_convs,
            element_wise,
            functions,
            movement,
            normalisations,
        )

        between = depthwise_convs, element_wise, normalisations, movement, functions
        return tuple(each.sample for each in between)

    @classmethod
    def plot(cls) -> Plot:
        """What activations and shortcuts add to a block."""
        from archlint.rules.g4_elementwise.plot import PLOT

        return PLOT
