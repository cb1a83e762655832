"""The pass of a runtime whose convs leave their bias to a kernel of its own."""

from __future__ import annotations

from dataclasses import replace

from archlint.cost.lowering.pass_graph import PassGraph
from archlint.cost.lowering.runtime_rules import RuntimeRules

__all__ = ["add_biases"]


def add_biases(graph: PassGraph, _: RuntimeRules) -> None:
    """PyTorch adds the bias of a cuDNN conv behind it."""
    for step in graph:
        if step.name in ("Conv", "ConvTranspose") and step.bias:
            summed = step.output
            made = replace(summed, name=f"{summed.name}/unbiased")
            step.writes = [made]
            graph.makes(step, made)
            added = graph.insert("Add", step, 1, made, summed)
            added.op = replace(added.op, outputs=tuple(
                replace(summed, dtype=each.dtype) for each in step.op.outputs[:1]
            ))  # fmt: skip
