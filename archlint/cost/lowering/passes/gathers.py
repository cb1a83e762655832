"""The pass of a runtime that cuts a tensor once where it is read slice by slice."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

from archlint.cost.lowering.pass_graph import PassGraph, Step
from archlint.cost.lowering.runtime_rules import RuntimeRules
from archlint.graph.operator import Operator, Tensor

__all__ = ["split_gathers"]


def split_gathers(graph: PassGraph, _: RuntimeRules) -> None:
    """Gathers that take all of a tensor, one index each, become one Split.

    An index without dims leaves a Squeeze.  A Transpose before them that nothing else reads is
    done behind, on each part alone.
    """
    by_source: defaultdict[str, list[Step]] = defaultdict(list)
    for step in graph:
        if step.name == "Gather" and len(step.reads) == 1 and _index(step.op) is not None:
            by_source[step.reads[0].name].append(step)
    for gathers in by_source.values():
        source = gathers[0].reads[0]
        axis = _axis_taken(gathers, source.shape or ())
        if axis is None:
            continue
        before = graph.maker(source)
        is_alone = graph.uses(source) == len(gathers)
        if before is not None and before.name == "Transpose" and is_alone:
            _split_before(graph, before, gathers, axis)
        else:
            _split(graph, source, gathers, axis)


def _index(op: Operator) -> float | None:
    """The only index that a Gather takes, None where it takes several or a run-time one."""
    indices = op.inputs[1] if len(op.inputs) == 2 else None
    if indices is None or indices.values is None or indices.dtype != "int64":
        return None
    return indices.values[0] if indices.shape in ((), (1,)) else None


def _axis_taken(gathers: list[Step], shape: tuple[int, ...]) -> int | None:
    """The axis of which each index is taken once, None if that is not so."""
    axes = {int(str(step.op.attributes.get("axis", 0))) % max(len(shape), 1) for step in gathers}
    if len(axes) != 1 or not shape or len(gathers) < 2:
        return None
    (axis,) = axes
    taken = sorted((_index(step.op) or 0) % shape[axis] for step in gathers)
    return axis if taken == list(range(shape[axis])) else None


def _split(graph: PassGraph, source: Tensor, gathers: list[Step], axis: int) -> None:
    """The first Gather becomes the Split; what it leaves of the others are views."""
    first, *others = gathers
    for each in others:
        first.members.extend(each.members)
        graph.drop(each)
    parts = []
    for each in gathers:
        part = each.output
        if _squeezes(each, source):
            part = _part(each, source, axis)
            graph.insert("Squeeze", each, 1, part, each.output)
        parts.append(part)
    _become_split(graph, first, source, parts, axis)


def _split_before(graph: PassGraph, before: Step, gathers: list[Step], axis: int) -> None:
    """The Transpose becomes the Split; each Gather becomes the Transpose of its part."""
    perm, source = before.permutation, before.reads[0]
    parts = []
    for each in gathers:
        part = _part(each, source, perm[axis])
        parts.append(part)
        kept, order = part, perm
        if _squeezes(each, before.output):
            sizes = [size for at, size in enumerate(part.shape or ()) if at != perm[axis]]
            kept = replace(part, name=f"{part.name}/flat", shape=tuple(sizes))
            graph.insert("Squeeze", each, -1, part, kept)
            left = [at for at in perm if at != perm[axis]]
            order = tuple(at - (at > perm[axis]) for at in left)
        graph.read_instead(each, before.output, kept)
        each.name = "Transpose"
        each.op = replace(each.op, op_type="Transpose", inputs=(kept,), attributes={"perm": order})
    _become_split(graph, before, source, parts, perm[axis])


def _squeezes(gather: Step, source: Tensor) -> bool:
    return len(gather.shape) < len(source.shape or ())


def _part(gather: Step, source: Tensor, axis: int) -> Tensor:
    """What a Split along this axis hands to a Gather."""
    shape = list(source.shape or ())
    shape[axis] = 1
    return Tensor(f"{gather.output.name}/part", tuple(shape), source.dtype)


def _become_split(
    graph: PassGraph, step: Step, source: Tensor, parts: list[Tensor], axis: int
) -> None:
    step.name, step.writes = "Split", parts
    step.op = replace(
        step.op,
        op_type="Split",
        inputs=(source,),
        outputs=tuple(parts),
        attributes={"axis": axis},
    )
    for part in parts:
        graph.makes(step, part)
