"""The pass of a runtime that cuts a tensor once where it is sliced into all of its parts."""

from __future__ import annotations

from archlint.cost.lowering.pass_graph import PassGraph, Step
from archlint.cost.lowering.runtime_rules import RuntimeRules
from archlint.graph.operator import Operator, Tensor

__all__ = ["join_slices"]


def join_slices(graph: PassGraph, _: RuntimeRules) -> None:
    """Slices that together take all of a tensor, each element once, become one Split."""
    for step in graph:
        if step.name == "Slice" and step.alive:
            _join(graph, step.reads[0])


def _join(graph: PassGraph, source: Tensor) -> None:
    slices = [each for each in graph.readers(source) if each.name == "Slice"]
    axes = {_axis_cut(each, source) for each in slices}
    axis = axes.pop()
    if axis is None or axes or len(slices) < 2:
        return
    size = (source.shape or ())[axis]
    starts = {_start(each.op) % size: each.shape[axis] for each in slices}
    end = 0
    for start in sorted(starts):
        if start != end:
            return
        end += starts[start]
    if end != size or len(starts) != len(slices):
        return
    first = slices[0]
    for each in slices[1:]:
        graph.drop(each)
        graph.makes(first, each.output)
        first.members.extend(each.members)
        first.writes.append(each.output)
    first.name = "Split"
    first.op = Operator(
        first.op.index, first.op.name, "Split", "",
        (source,), tuple(first.writes), {"axis": axis},
    )  # fmt: skip


def _axis_cut(step: Step, source: Tensor) -> int | None:
    """The only axis along which a Slice takes a part, in one piece; None if that is not so."""
    op, shape = step.op, source.shape or ()
    steps = op.inputs[4].values if len(op.inputs) > 4 and op.inputs[4] is not None else (1.0,)
    if steps != (1.0,) or len(step.shape) != len(shape) or _starts(op) is None:
        return None
    cut = [i for i, (part, whole) in enumerate(zip(step.shape, shape, strict=True)) if part < whole]
    return cut[0] if len(cut) == 1 else None


def _starts(op: Operator) -> tuple[float, ...] | None:
    """Where a Slice of one axis begins, of either kind of opsets."""
    starts: object = op.attributes.get("starts")
    if starts is None and len(op.inputs) > 1 and op.inputs[1] is not None:
        starts = op.inputs[1].values
    return starts if isinstance(starts, tuple) and len(starts) == 1 else None


def _start(op: Operator) -> int:
    return int((_starts(op) or (0,))[0])
