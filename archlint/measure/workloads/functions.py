"""Functions element by element that few networks have: 114 kernels.

Three of each, for nothing but rows of its own tells what a function takes; the usual ones are
among the element-wise operators.
"""

from __future__ import annotations

from archlint.cost.kernels.kernel import Kernel
from archlint.cost.kernels.kind import Kind
from archlint.cost.kernels.ops import KINDS, OPERANDS
from archlint.graph.operator_facts import Elements
from archlint.graph.operator_table import OPERATORS
from archlint.measure.plan.experiment import Experiment
from archlint.measure.plan.low_discrepancy import Point
from archlint.measure.plan.sampling import draw, feature_map
from archlint.measure.workloads.element_wise import BINARY, ON_MAPS, ON_ROWS

__all__ = ["sample"]

EACH = 3

_USUAL = {*ON_MAPS, *ON_ROWS, *BINARY, "Sum", "Where", "IsNaN"}
FUNCTIONS = [
    op
    for op, kind in KINDS.items()
    if kind is Kind.ELEMENTWISE
    and op not in _USUAL
    and not OPERATORS[op].runs_as
    and OPERATORS[op].elements is not Elements.WHOLE
]
"""In the order of the table of operators."""


def sample(seed: int) -> tuple[list[Experiment], ...]:
    """Kernels drawn with this seed, by operator."""
    return tuple(_of(seed, op) for op in FUNCTIONS)


def _of(seed: int, op: str) -> list[Experiment]:
    def make(point: Point) -> list[Kernel]:
        channels, sizes, batch = feature_map(point)
        operands = OPERANDS.get(op, 1)
        itemsize = 1 if OPERATORS[op].elements is Elements.TRUTH else 4
        return [Kernel(
            Kind.ELEMENTWISE, op, channels, channels, sizes, sizes, batch,
            operands=operands, itemsize=itemsize,
        )]  # fmt: skip

    return draw(seed, f"function {op}", EACH, make)
