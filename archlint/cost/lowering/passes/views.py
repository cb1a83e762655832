"""The passes for what moves nothing: free, or for the price of a launch."""

from __future__ import annotations

from archlint.cost.kernels.ops import RESHAPES, VIEWS
from archlint.cost.lowering.pass_graph import PassGraph
from archlint.cost.lowering.runtime_rules import RuntimeRules

__all__ = ["free_views", "launch_views"]


def free_views(graph: PassGraph, lowering: RuntimeRules) -> None:
    """Views are launched or not, all alike."""
    for step in graph:
        if step.name in VIEWS:
            step.launched = lowering.views


def launch_views(graph: PassGraph, lowering: RuntimeRules) -> None:
    """A view that is launched is nobody's home, for kernels fuse across it."""
    for step in graph:
        if step.name in VIEWS:
            # a runtime is called for these; the others are gone before it runs
            step.launched = lowering.views and step.name in RESHAPES
            step.cause, step.members = step.op.index, []
