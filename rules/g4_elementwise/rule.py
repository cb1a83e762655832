"""G4: element-wise operators are not negligible."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from archlint.plugin import Kernel, Place, Rule, Silence, View
from archlint.rules.g4_elementwise.activation import find_activations
from archlint.rules.g4_elementwise.alternative import Alternative
from archlint.rules.g4_elementwise.depthwise import find_depthwise
from archlint.rules.g4_elementwise.movement import find_movement
from archlint.rules.g4_elementwise.normalisation import find_normalisations
from archlint.rules.g4_elementwise.residual import find_residuals
from archlint.rules.g4_elementwise.squeeze_excite import find_squeeze_excites

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
        for find in SOURCES:
            for found in find(view):
                yield found if isinstance(found, Silence) else _place(view, found)


def _place(view: View, found: Alternative) -> Place:
    seconds = _seconds(view, found.own) - _seconds(view, found.own_without)
    moved = sum(kernel.activation_bytes for kernel in found.own)
    moved -= sum(kernel.activation_bytes for kernel in found.own_without)
    return Place(
        operators=found.operators,
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
        nature=found.nature,
        remedy=found.remedy,
    )


def _seconds(view: View, kernels: tuple[Kernel, ...]) -> float:
    """The time of those of the kernels that have a price."""
    return sum(view.pricer.seconds([kernel]) or 0.0 for kernel in kernels)
