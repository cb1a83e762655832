"""The passes that find functions of PyTorch again in what an older exporter writes for them."""

from __future__ import annotations

from archlint.cost.lowering.pass_graph import PassGraph, Step
from archlint.cost.lowering.runtime_rules import RuntimeRules
from archlint.graph.operator import Operator

__all__ = ["join_addcmul", "join_group_norms"]


def join_addcmul(graph: PassGraph, _: RuntimeRules) -> None:
    """`addcmul` is one kernel; its value, a number, is what tells it from a product and a sum."""
    for step in graph:
        if step.name != "Mul" or len(step.reads) != 1:
            continue
        scaled = graph.only_reader(step.output)
        summed = graph.only_reader(scaled.output) if scaled is not None else None
        if scaled is None or summed is None or (scaled.name, summed.name) != ("Mul", "Add"):
            continue
        values = [tensor.values for tensor in scaled.op.inputs if tensor is not None]
        if len(summed.reads) == 1 and (1.0,) in values:
            graph.absorb(step, scaled)
            graph.absorb(step, summed)


def join_group_norms(graph: PassGraph, _: RuntimeRules) -> None:
    """An InstanceNormalization of groups between two Reshapes, with the weights behind it."""
    for step in graph:
        if step.name == "InstanceNormalization" and step.reads:
            _join(graph, step)


def _join(graph: PassGraph, norm: Step) -> None:
    before, after = graph.only_maker(norm.reads[0]), graph.only_reader(norm.output)
    if before is None or after is None or (before.name, after.name) != ("Reshape", "Reshape"):
        return
    source = before.reads[0]
    if source.shape != after.shape or len(norm.shape) < 2:
        return
    groups = norm.shape[1]
    graph.absorb_before(norm, before)
    graph.absorb(norm, after)
    for name in ("Mul", "Add"):
        behind = graph.only_reader(norm.output)
        if behind is not None and behind.name == name and len(behind.reads) == 1:
            graph.absorb(norm, behind)
    norm.name = "GroupNormalization"
    norm.op = Operator(
        norm.op.index, norm.op.name, norm.name, "", tuple(norm.reads), tuple(norm.writes),
        {"num_groups": groups},
    )  # fmt: skip
