"""The pass of a runtime that names the pools which its quick kernel does not take."""

from __future__ import annotations

from archlint.cost.kernels.ops import GENERIC
from archlint.cost.lowering.pass_graph import PassGraph, Step
from archlint.cost.lowering.runtime_rules import RuntimeRules

__all__ = ["counts_rounded_padding", "name_generic_pools"]

_SINCE = 19
"""The opset from which on ONNX Runtime 1.32 runs every plain mean by its general pool."""


def name_generic_pools(graph: PassGraph, _: RuntimeRules) -> None:
    """Means of plain maps that count the padding of a map rounded up, or of newer opsets.

    So measured: 3x3 of 576 channels on 14x14 takes 0.14 ms, and 1.3 ms by the general pool.
    """
    for step in graph:
        if step.name != "AveragePool" or step.path:
            continue
        if counts_rounded_padding(step) or graph.opset >= _SINCE:
            step.path = GENERIC


def counts_rounded_padding(step: Step) -> bool:
    """Whether a pool's padding counts in a map that is rounded up, which no quick kernel does."""
    attributes = step.op.attributes
    return bool(attributes.get("ceil_mode") and attributes.get("count_include_pad"))
