"""The passes for what moves nothing: free, or for the price of a launch."""

from __future__ import annotations

from dataclasses import replace

from archlint.cost.kernels.ops import RESHAPES, VIEWS
from archlint.cost.lowering.pass_graph import PassGraph
from archlint.cost.lowering.runtime_rules import RuntimeRules

__all__ = ["free_views", "launch_views", "merge_reshapes", "merge_reshapes_of_heads"]


def merge_reshapes(graph: PassGraph, _: RuntimeRules) -> None:
    """A Reshape and what else only names the dims anew behind it are one.

    Not where one of them takes a 0 for a size, as the newer exporter of torch writes them.
    """
    for step in graph:
        while step.name == "Reshape" and not step.op.attributes.get("allowzero"):
            after = graph.only_reader(step.output)
            if after is None or after.name not in _NAMING or after.op.attributes.get("allowzero"):
                break
            step.op = replace(step.op, outputs=(after.output,))
            graph.absorb(step, after)


def merge_reshapes_of_heads(graph: PassGraph, rules: RuntimeRules) -> None:
    """Two whose Transpose between them went or moved, if all sizes are known before it runs."""
    if graph.sizes_known:
        merge_reshapes(graph, rules)


_NAMING = frozenset({"Reshape", "Squeeze", "Unsqueeze"})


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
