"""The pass of a runtime that orders what exporters write around the heads of attention."""

from __future__ import annotations

from dataclasses import replace

from archlint.cost.lowering.pass_graph import PassGraph, Step
from archlint.cost.lowering.runtime_rules import RuntimeRules
from archlint.graph.operator import Operator

__all__ = ["order_heads"]


def order_heads(graph: PassGraph, _: RuntimeRules) -> None:
    """What exporters write around attention: a key transposed as a matrix."""
    for step in graph:
        if step.name == "Reshape":
            _transpose_in_place(graph, step)
    for step in graph:
        before = graph.only_maker(step.reads[0]) if step.name == "Transpose" else None
        if before is not None and before.name == "Transpose":
            first, second = before.permutation, step.permutation
            if len(first) != len(second):
                continue  # what changed the dims between the two is imagined away
            perm = tuple(first[each] for each in second)
            if perm == tuple(range(len(perm))) and step.output.name not in graph.outputs:
                continue  # they cancel, which is seen to where Transposes are moved
            graph.absorb_before(step, before)
            _permute(step, perm)


def _transpose_in_place(graph: PassGraph, step: Step) -> None:
    """Reshape to matrices, transpose them, reshape back: a Transpose of the last two dims."""
    middle = graph.only_reader(step.output)
    last = graph.only_reader(middle.output) if middle is not None else None
    if middle is None or last is None or (middle.name, last.name) != ("Transpose", "Reshape"):
        return
    shape = step.reads[0].shape or ()
    if middle.permutation != (0, 2, 1) or len(shape) < 3 or step.shape[1:] != shape[-2:]:
        return
    turned = (shape[-1], shape[-2])
    if last.shape[-2:] != turned:
        return
    rank = len(last.shape)
    perm = (*range(rank - 2), rank - 1, rank - 2)
    before = graph.only_maker(step.reads[0])
    if before is not None and before.name == "Transpose":
        if last.shape == (*shape[:-2], *turned):
            graph.absorb_before(middle, step)
            graph.absorb(middle, last)
            _permute(middle, perm)
        return
    # only the transpose is moved to the end, where a product can take it
    back = replace(middle.output, shape=(*last.shape[:-2], *shape[-2:]))
    middle.name, middle.writes = "Reshape", [back]
    middle.op = replace(
        middle.op, op_type="Reshape", outputs=(back,), attributes=last.op.attributes
    )
    graph.makes(middle, back)
    last.name, last.reads = "Transpose", [back]
    _permute(last, perm)


def _permute(step: Step, perm: tuple[int, ...]) -> None:
    """Make a step the Transpose of what it reads now."""
    step.op = Operator(
        step.op.index, step.op.name, "Transpose", "",
        tuple(step.reads), tuple(step.writes), {"perm": perm},
    )  # fmt: skip
