"""The passes of a runtime around matrix products: bias, scale and transposes."""

from __future__ import annotations

from dataclasses import replace

from archlint.cost.lowering.pass_graph import PassGraph, Step
from archlint.cost.lowering.passes.fusion import constant_operand
from archlint.cost.lowering.runtime_rules import RuntimeRules

__all__ = ["fold_transposes_and_scales", "join_bias"]


def join_bias(graph: PassGraph, _: RuntimeRules) -> None:
    """A product with a constant matrix and an Add of a constant row is a Gemm.

    A Gemm has two dims: one of more is reshaped before and behind.
    """
    for step in graph:
        weight = step.op.weight
        if step.name != "MatMul" or weight is None or len(weight.shape or ()) != 2:
            continue
        if len(step.reads) != 1 or weight is not step.op.inputs[1]:
            continue
        after = graph.only_reader(step.output)
        bias = constant_operand(after.op) if after is not None and after.name == "Add" else None
        if after is None or bias is None:
            continue
        rank, width = len(step.shape), step.shape[-1]
        shapes = ((width,), (1, width)) if rank == 2 else ((width,),)
        if bias.shape in shapes and len(step.reads[0].shape or ()) == rank:
            graph.absorb(step, after)
            step.name, step.bias = "Gemm", True
            if rank > 2:
                _flatten(graph, step)


def _flatten(graph: PassGraph, step: Step) -> None:
    source, output = step.reads[0], step.output
    rows = (output.elements or 0) // max(step.shape[-1], 1)
    flat = replace(source, name=f"{output.name}/in", shape=(rows, (source.shape or (0,))[-1]))
    made = replace(output, name=f"{output.name}/out", shape=(rows, step.shape[-1]))
    graph.read_instead(step, source, flat)
    step.writes = [made]
    graph.insert("Reshape", step, -1, source, flat)
    graph.insert("Reshape", step, 1, made, output)
    graph.makes(step, made)


def fold_transposes_and_scales(graph: PassGraph, _: RuntimeRules) -> None:
    """A product takes a transpose of its matrices and a scale, before or behind it."""
    for step in graph:
        if step.name == "MatMul":
            for side, tensor in enumerate(step.op.inputs):
                if tensor is not None and not tensor.constant:
                    _fold_operand(graph, step, side)
            after = graph.only_reader(step.output)
            if after is not None and _is_scale(after):
                graph.absorb(step, after)
        elif step.name == "Gemm" and step.op.op_type == "Gemm" and step.reads:
            before = graph.only_maker(step.reads[0])
            if before is not None and before.name == "Transpose" and len(before.shape) == 2:
                graph.absorb_before(step, before)
                step.path = "transA"


def _fold_operand(graph: PassGraph, step: Step, side: int) -> None:
    """Take in what stands before one operand of a product."""
    place = min(side, len(step.reads) - 1)
    for _ in range(2):
        before = graph.only_maker(step.reads[place])
        if before is None or len(before.reads) != 1:
            return
        if _is_scale(before):
            graph.absorb_before(step, before)
        elif before.name == "Transpose" and before.permutation[-2:] == (
            len(before.shape) - 1,
            len(before.shape) - 2,
        ):
            if before.permutation[:-2] != tuple(range(len(before.shape) - 2)):
                return
            graph.absorb_before(step, before)
            step.path = f"{step.path} trans{'AB'[side]}".strip()


def _is_scale(step: Step) -> bool:
    constant = constant_operand(step.op) if step.name in ("Mul", "Div") else None
    if constant is None or len(step.reads) != 1 or constant.elements != 1:
        return False
    return step.name == "Mul" or step.op.inputs[1] is constant
