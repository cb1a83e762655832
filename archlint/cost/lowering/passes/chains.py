"""The passes of a runtime that joins chains of element-wise operators or fuses them into convs."""

from __future__ import annotations

from dataclasses import replace

from archlint.cost.kernels.ops import ACTIVATIONS, ELEMENTWISE, SLOW
from archlint.cost.lowering.pass_graph import PassGraph, Step
from archlint.cost.lowering.passes.fusion import constant_operand, is_by_channel
from archlint.cost.lowering.runtime_rules import RuntimeRules

__all__ = ["fuse_chains", "join_elementwise", "join_shuffles", "join_slices"]

_AFFINE = frozenset({"Add", "Div", "Mul", "Sub"})
_CONVS = frozenset({"Conv", "ConvTranspose"})
_PRODUCTS = frozenset({"Gemm", "MatMul"})
_MAP_RANK = 4


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
    if step.name == "BatchNormalization":
        return True
    constant = constant_operand(step.op) if step.name in _AFFINE else None
    if constant is None:
        return False
    if constant.elements == 1 or is_by_channel(constant, step.shape):
        return True
    is_row = len(step.shape) < _MAP_RANK and constant.elements == step.shape[-1]
    return is_row and constant.shape is not None and constant.shape[-1] == step.shape[-1]


def _sums(graph: PassGraph, conv: Step, add: Step) -> bool:
    """Whether a conv adds up into the other tensor that an Add reads.

    Nobody else may want that afterwards.
    """
    if add.name != "Add" or len(add.reads) != 2 or len(add.op.inputs) != 2:
        return False
    if any(each.shape != add.shape for each in add.reads):
        return False
    (other,) = (each for each in add.reads if each.name != conv.output.name)
    maker = graph.maker(other)
    if maker is None or other.name in graph.outputs:
        return False
    if maker.name == "Conv" and maker.op.weight is not None and graph.uses(other) == 1:
        return bool(maker.epilogue) or maker.rank < conv.rank
    waiting = {step.rank for step in graph.readers(other)} - {add.rank}
    return not waiting - _before(graph, conv, maker.rank)


def _before(graph: PassGraph, step: Step, since: tuple[int, int]) -> set[tuple[int, int]]:
    """The ranks of a step and of all that has to run before it, from one of them on."""
    found, queue = {step.rank}, [step]
    for each in queue:
        for tensor in each.reads:
            maker = graph.maker(tensor)
            if maker is not None and maker.rank > since and maker.rank not in found:
                found.add(maker.rank)
                queue.append(maker)
    return found


def join_elementwise(graph: PassGraph, _: RuntimeRules) -> None:
    """What only follows element by element runs in one loop.

    It is known by its operator that reads most tensors, of these by the one that takes longest.
    """
    for step in graph:
        while _is_elementwise(step):
            after = graph.only_reader(step.output)
            if after is None or not _is_elementwise(after) or after.shape != step.shape:
                break
            if len(after.reads) > 1 and _is_left_over(graph, step):
                break
            takes_over = _weight(after) >= _weight(step)
            graph.absorb(step, after)
            graph.move(step, after.rank)
            if takes_over:
                step.name = after.name
            step.op = replace(step.op, inputs=tuple(step.reads), outputs=tuple(step.writes))


def _is_left_over(graph: PassGraph, step: Step) -> bool:
    """Whether it is a sum that a conv could not take: it was kept out of the loops for that."""
    makers = map(graph.only_maker, step.reads) if step.op.op_type == "Add" else ()
    return any(each is not None and each.name == "Conv" and not each.epilogue for each in makers)


def _weight(step: Step) -> tuple[bool, bool, bool]:
    several = len(step.reads) > 1
    return several, step.name in SLOW, step.name not in ACTIVATIONS


def _is_elementwise(step: Step) -> bool:
    return step.name in ELEMENTWISE or step.name in ACTIVATIONS or step.name == "BatchNormalization"


def join_slices(graph: PassGraph, _: RuntimeRules) -> None:
    """Slices in a row are one."""
    for step in graph:
        while step.name == "Slice":
            after = graph.only_reader(step.output)
            if after is None or after.name != "Slice" or len(after.reads) != 1:
                break
            graph.absorb(step, after)
            step.op = replace(step.op, outputs=tuple(step.writes))


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
