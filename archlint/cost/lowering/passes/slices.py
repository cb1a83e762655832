"""The pass of a runtime that cuts a tensor once where all of its parts are taken one by one."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from archlint.cost.lowering.pass_graph import PassGraph, Step
from archlint.cost.lowering.runtime_rules import RuntimeRules
from archlint.graph.operator import Operator, Tensor

__all__ = ["split_gathers", "split_slices"]

_SINCE = 13
"""The opset from which on ONNX Runtime joins them."""


class _Part(NamedTuple):
    """What a step takes of a tensor along an axis."""

    axis: int
    start: int
    size: int


def split_gathers(graph: PassGraph, _: RuntimeRules) -> None:
    """Gathers and Slices that together take all of a tensor, each element once, become one Split.

    A Gather by an index without dims leaves a Squeeze.
    """
    _split_all(graph, "Gather")


def split_slices(graph: PassGraph, _: RuntimeRules) -> None:
    """The same of Slices, whose constants the runtime knows once Transposes are moved."""
    _split_all(graph, "Slice")


def _split_all(graph: PassGraph, among: str) -> None:
    if graph.opset < _SINCE:
        return
    seen = set()
    for step in graph:
        if step.name == among and _takes(step) and step.reads[0].name not in seen:
            seen.add(step.reads[0].name)
            _split(graph, step.reads[0])


def _split(graph: PassGraph, source: Tensor) -> None:
    steps = [each for each in graph.readers(source) if _takes(each) and _reads(each, source)]
    maker = graph.maker(source)
    if len(steps) < 2 or (maker is not None and len(maker.writes) > 1):
        return
    parts = sorted(part for step in steps if (part := _part(step, source)) is not None)
    axis, end = parts[0].axis if parts else 0, 0
    for part in parts:
        if (part.axis, part.start) != (axis, end):
            return
        end += part.size
    if len(parts) == len(steps) and end == (source.shape or ())[axis]:
        _become_split(graph, source, steps, axis)


def _become_split(graph: PassGraph, source: Tensor, steps: list[Step], axis: int) -> None:
    first, *others = sorted(steps, key=lambda step: step.rank)
    for each in others:
        first.members.extend(each.members)
        graph.drop(each)
    first.writes = [_made(graph, each, source, axis) for each in (first, *others)]
    for tensor in first.writes:
        graph.makes(first, tensor)
    first.name = "Split"
    first.op = Operator(
        first.op.index, first.op.name, "Split", "",
        (source,), tuple(first.writes), {"axis": axis},
    )  # fmt: skip


def _made(graph: PassGraph, step: Step, source: Tensor, axis: int) -> Tensor:
    """What the Split makes instead of a step, with a Squeeze behind where a dim is gone."""
    rank = len(source.shape or ())
    if len(step.shape) == rank:
        return step.output
    shape = (*step.shape[:axis], 1, *step.shape[axis:])
    made = replace(step.output, name=f"{step.output.name}/part", shape=shape)
    graph.insert("Squeeze", step, 1, made, step.output, axes=(axis,))
    return made


def _takes(step: Step) -> bool:
    """Whether it takes a part of what another step makes, and is no part of a function."""
    first = step.op.inputs[0] if step.name in ("Slice", "Gather") else None
    return first is not None and not first.constant


def _reads(step: Step, source: Tensor) -> bool:
    """Whether this is the tensor that it takes a part of, not the one that says which."""
    return step.reads[0].name == source.name


def _part(step: Step, source: Tensor) -> _Part | None:
    """The part that a step takes, None where it is none in one piece."""
    shape = source.shape or ()
    if step.name == "Gather":
        return _gathered(step.op, shape)
    steps = _constant(step.op, 4)
    starts = step.op.attributes.get("starts") or _constant(step.op, 1)
    if steps not in ((), (1.0,)) or not isinstance(starts, tuple) or len(starts) != 1:
        return None
    if len(step.shape) != len(shape):
        return None
    cut = [i for i, (part, whole) in enumerate(zip(step.shape, shape, strict=True)) if part < whole]
    if len(cut) != 1:
        return None
    (axis,) = cut
    return _Part(axis, int(starts[0]) % shape[axis], step.shape[axis])


def _gathered(op: Operator, shape: tuple[int, ...]) -> _Part | None:
    indices = op.inputs[1] if len(op.inputs) > 1 else None
    if indices is None or indices.dtype != "int64" or indices.shape not in ((), (1,)):
        return None
    at, axis = _constant(op, 1), op.attributes.get("axis", 0)
    if not at or not isinstance(axis, int) or not shape:
        return None
    axis %= len(shape)
    return _Part(axis, int(at[0]) % max(shape[axis], 1), 1)


def _constant(op: Operator, place: int) -> tuple[float, ...]:
    """The values of a constant input, () where there are none."""
    tensor = op.inputs[place] if len(op.inputs) > place else None
    return (tensor.values or ()) if tensor is not None else ()
