"""The passes of a runtime that joins chains of element-wise operators, and fuses them into convs."""

from __future__ import annotations

from dataclasses import replace

from archlint.cost.kernels.ops import ACTIVATIONS, ELEMENTWISE, SLOW
from archlint.cost.lowering.pass_graph import PassGraph, Step
from archlint.cost.lowering.passes.fusion import constant_operand, is_by_channel
from archlint.cost.lowering.runtime_rules import RuntimeRules

__all__ = ["fuse_chains", "join_elementwise", "join_shuffles"]

_AFFINE = frozenset({"Add", "Div", "Mul", "Sub"})
_CONVS = frozenset({"Conv", "ConvTranspose"})
_PRODUCTS = frozenset({"Gemm", "MatMul"})


def fuse_chains(graph: PassGraph, lowering: RuntimeRules) -> None:
    """All that follows a kernel with constant weights element by element becomes its epilogue.

    Of convs one sum with another tensor too; where both are convs it is the later one's.
    """
    for step in graph:
        if step.op.weight is not None and (step.name in _CONVS or step.name in _PRODUCTS):
            while _take_next(graph, step, lowering):
                pass


def _take_next(graph: PassGraph, step: Step, lowering: RuntimeRules) -> bool:
    after = graph.only_reader(step.output)
    if after is None or after.reads[0].shape is None or after.shape != step.shape:
        return False
    if len(after.reads) == 1 and (after.name in lowering.fuse or _is_affine(after)):
        graph.absorb(step, after)
        if after.name in ACTIVATIONS:
            step.epilogue.append(after.name)
        return True
    if step.name == "Conv" and not step.epilogue and _sums(graph, step, after):
        graph.absorb(step, after)
        graph.move(step, after.rank)
        step.epilogue.append("Add")
        return True
    return False


def _is_affine(step: Step) -> bool:
    """Whether it adds or multiplies by one constant for each channel, or for all."""
    constant = constant_operand(step.op) if step.name in _AFFINE else None
    if constant is None:
        return False
    if constant.elements == 1 or is_by_channel(constant, step.shape):
        return True
    return (
        len(step.shape) < 4 and constant.elements == step.shape[-1] == (constant.shape or (0,))[-1]
    )


def _sums(graph: PassGraph, conv: Step, add: Step) -> bool:
    """Whether a conv adds up into the other tensor that an Add reads."""
    if add.name != "Add" or len(add.reads) != 2 or len(add.op.inputs) != 2:
        return False
    if any(each.shape != add.shape for each in add.reads):
        return False
    (other,) = (each for each in add.reads if each.name != conv.output.name)
    maker = graph.maker(other)
    if maker is None:
        return False
    rival = maker.name == "Conv" and maker.op.weight is not None and not maker.epilogue
    return not (rival and graph.uses(other) == 1 and maker.rank > conv.rank)


def join_elementwise(graph: PassGraph, _: RuntimeRules) -> None:
    """What only follows element by element runs in one loop: as what takes longest of it."""
    for step in graph:
        while _is_elementwise(step):
            after = graph.only_reader(step.output)
            if after is None or not _is_elementwise(after) or after.shape != step.shape:
                break
            graph.absorb(step, after)
            graph.move(step, after.rank)
            if not (step.name in SLOW and after.name not in SLOW):
                step.name = after.name
                step.op = replace(after.op, inputs=after.op.inputs)


def _is_elementwise(step: Step) -> bool:
    return step.name in ELEMENTWISE or step.name in ACTIVATIONS


_SHUFFLED = (0, 2, 1, 3, 4)


def join_shuffles(graph: PassGraph, _: RuntimeRules) -> None:
    """A Transpose of the groups of channels, between Reshapes, is one operator."""
    for step in graph:
        if step.name != "Transpose" or step.permutation != _SHUFFLED:
            continue
        before, after = graph.only_maker(step.reads[0]), graph.only_reader(step.output)
        if before is None or after is None or {before.name, after.name} != {"Reshape"}:
            continue
        if before.reads[0].shape != after.shape:
            continue
        graph.absorb_before(step, before)
        graph.absorb(step, after)
        step.path = "shuffle"
