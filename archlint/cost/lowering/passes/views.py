"""The pass that leaves out what moves nothing, where the runtime does not launch it."""

from __future__ import annotations

from archlint.cost.kernels.ops import VIEWS
from archlint.cost.lowering.pass_graph import PassGraph
from archlint.cost.lowering.runtime_rules import RuntimeRules

__all__ = ["drop_views"]


def drop_views(graph: PassGraph, lowering: RuntimeRules) -> None:
    """Views cost nothing but their launch."""
    if lowering.views:
        return
    for step in graph:
        if step.name in VIEWS:
            graph.drop(step)
