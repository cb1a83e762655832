"""The pass that joins what stands around a product of integers whose scales come with the data."""

from __future__ import annotations

from archlint.cost.lowering.pass_graph import PassGraph, Step
from archlint.cost.lowering.passes.fusion import constant_operand
from archlint.cost.lowering.runtime_rules import RuntimeRules

__all__ = ["join_dynamic"]


def join_dynamic(graph: PassGraph, _: RuntimeRules) -> None:
    """The Cast, the scales and the bias behind a product, and a quantisation that it alone reads.

    ONNX Runtime runs MatMulIntegerToFloat for it, or DynamicQuantizeMatMul with the quantisation.
    """
    for step in graph:
        if step.name != "MatMulInteger" or not _take_scales(graph, step):
            continue
        step.name = "MatMulIntegerToFloat"
        after = graph.only_reader(step.output)
        bias = constant_operand(after.op) if after is not None and after.name == "Add" else None
        if after is not None and bias is not None and bias.shape == step.shape[-1:]:
            graph.absorb(step, after)
            graph.move(step, after.rank)
        _take_quantisation(graph, step)


def _take_scales(graph: PassGraph, step: Step) -> bool:
    cast = graph.only_reader(step.output)
    scaled = graph.only_reader(cast.output) if cast is not None and cast.name == "Cast" else None
    if cast is None or scaled is None or scaled.name != "Mul":
        return False
    graph.absorb(step, cast)
    graph.absorb(step, scaled)
    graph.move(step, scaled.rank)
    both = graph.only_maker(step.reads[-1])
    if both is not None and both.name == "Mul":
        graph.absorb_before(step, both)
    return True


def _take_quantisation(graph: PassGraph, step: Step) -> None:
    before = graph.maker(step.reads[0])
    if before is None or before.name != "DynamicQuantizeLinear":
        return
    readers = {reader.rank for made in before.writes for reader in graph.readers(made)}
    if readers != {step.rank} or any(made.name in graph.outputs for made in before.writes):
        return
    for made in before.writes[1:]:
        if any(each.name == made.name for each in step.reads):
            graph.read_instead(step, made, before.reads[0])
    graph.absorb_before(step, before)
    step.name = "DynamicQuantizeMatMul"
