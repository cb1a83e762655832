"""Activations and normalisations that exporters write as several operators."""

from __future__ import annotations

from dataclasses import dataclass

from archlint.graph.forms import Forms
from archlint.graph.model import Model

__all__ = ["Composite", "find_composites"]


@dataclass(frozen=True, slots=True)
class Composite:
    """Operators that compute one function, the last of which makes its result.

    `kind` is the function's ONNX operator type, or "SiLU" or "QuickGelu".  `operators` are
    indices in topological order; what all but the last make is read by these only.  `source`
    is the operator that makes the input, None for an input of the model.
    """

    kind: str
    operators: tuple[int, ...]
    source: int | None


def find_composites(model: Model) -> tuple[Composite, ...]:
    """All composites of a model, in topological order; no two share an operator.

    Of nested forms the largest counts: x * HardSigmoid(x) is one HardSwish.
    """
    forms = Forms(model)
    claimed: set[int] = set()
    found = []
    for root in reversed(model.operators):
        if root.domain or root.index in claimed:
            continue
        for match in forms.of(root):
            indices = {op.index for op in match.operators}
            if claimed.isdisjoint(indices) and forms.is_closed(match):
                claimed |= indices
                operators = tuple(sorted(indices))
                found.append(Composite(match.kind, operators, forms.maker_of(match.source)))
                break
    return tuple(reversed(found))
