"""Which of the calls that led to an operator is the decision, and which only carry it out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from archlint.graph.model import Model
from archlint.location import Location

__all__ = ["with_decisions"]


def with_decisions(model: Model, locations: Mapping[int, Location]) -> dict[int, Location]:
    """The locations with their `depth`: how many calls of the chain stand above the decision.

    `nn.Conv2d(...)` in a plain function such as `conv1x1`, or in a module that holds nothing else
    with weights, such as a conv with its batch-norm, is the same line for half of a network: what
    was decided is the call of that function or module.
    """
    weighted = Counter(
        part
        for module in {op.module for op in model.operators if op.weight is not None}
        for part in _around(module)
    )
    return {
        index: replace(each, depth=_depth(each, _wrappers(model.operators[index].module, weighted)))
        if each.inside
        else each
        for index, each in locations.items()
    }


def _around(module: str) -> list[str]:
    """The paths of the modules around a module, the nearest first."""
    parts = module.split(".")
    return [".".join(parts[:count]) for count in range(len(parts) - 1, 0, -1)]


def _wrappers(module: str, weighted: Mapping[str, int]) -> int:
    """How many modules around this one hold nothing else with weights."""
    count = 0
    for around in _around(module):
        if weighted[around] != 1:
            break
        count += 1
    return count


def _depth(location: Location, wrappers: int) -> int:
    depth, inside = 0, location.inside
    while depth < len(location.chain):
        is_method = "." in inside.rpartition("<locals>.")[2]
        call = location.chain[depth]
        if is_method and call.what != "super().__init__(...)":
            if not wrappers:
                break
            wrappers -= 1
        inside = call.inside
        depth += 1
    return depth
