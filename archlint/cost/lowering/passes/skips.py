"""The pass of a runtime that joins a normalisation with the skip connection before it."""

from __future__ import annotations

from archlint.cost.lowering.pass_graph import PassGraph
from archlint.cost.lowering.passes.fusion import constant_operand
from archlint.cost.lowering.runtime_rules import RuntimeRules

__all__ = ["join_skips"]


def join_skips(graph: PassGraph, _: RuntimeRules) -> None:
    """An Add of two equal shapes that a normalisation alone reads is part of it."""
    for step in graph:
        if step.name != "LayerNormalization" or len(step.shape) != 3:
            continue
        if step.op.attributes.get("axis", -1) not in (-1, 2):
            continue
        add = graph.only_maker(step.reads[0])
        if add is None or add.name != "Add":
            continue
        shapes = {tensor.shape for tensor in add.op.inputs if tensor is not None}
        if shapes != {step.output.shape}:
            continue
        graph.absorb(add, step)
        add.name, add.op = "SkipLayerNormalization", step.op
        graph.move(add, step.rank)
        add.members.insert(0, add.members.pop(add.members.index(step.op.index)))
        bias = next((graph.only_maker(t) for t in add.reads), None)
        if bias is not None and bias.name == "Add" and len(bias.reads) == 1:
            constant = constant_operand(bias.op)
            if constant is not None and constant.shape == step.shape[-1:]:
                graph.absorb_before(add, bias)
