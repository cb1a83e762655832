"""The passes for what moves nothing: left out, or launched."""

from __future__ import annotations

from archlint.cost.kernels.ops import VIEWS
from archlint.cost.lowering.pass_graph import PassGraph
from archlint.cost.lowering.runtime_rules import RuntimeRules

__all__ = ["drop_views", "launch_views"]

_LAUNCHED = frozenset({"Flatten", "Reshape", "Squeeze", "Unsqueeze"})
"""The views that a runtime is called for; the others are gone before it runs."""


def drop_views(graph: PassGraph, lowering: RuntimeRules) -> None:
    """Views cost nothing where the runtime does not launch them."""
    for step in graph:
        if step.name in VIEWS and not lowering.views:
            graph.drop(step)


def launch_views(graph: PassGraph, lowering: RuntimeRules) -> None:
    """A view costs a launch or nothing; it is nobody's home, for kernels fuse across it."""
    for step in graph:
        if step.name in _LAUNCHED and lowering.views:
            step.cause, step.members = step.op.index, []
        elif step.name in VIEWS:
            graph.drop(step)
