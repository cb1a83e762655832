"""The passes of a runtime around matrix products: bias, scale, transposes, skip connections."""

from __future__ import annotations

from dataclasses import replace

from archlint.cost.lowering.pass_graph import PassGraph, Step
from archlint.cost.lowering.passes.fusion import constant_operand
from archlint.graph.operator import Operator, Tensor

__all__ = ["fold_transposes_and_scales", "join_bias", "join_skips", "order_heads"]


def join_bias(draft: PassGraph) -> None:
    """A product with a constant matrix and an Add of a constant row is a Gemm.

    A Gemm has two dims: one of more is reshaped before and behind.
    """
    for step in draft:
        weight = step.op.weight
        if step.name != "MatMul" or weight is None or len(weight.shape or ()) != 2:
            continue
        if len(step.reads) != 1 or weight is not step.op.inputs[1]:
            continue
        after = draft.only_reader(step.output)
        bias = constant_operand(after.op) if after is not None and after.name == "Add" else None
        if after is None or bias is None:
            continue
        rank, width = len(step.shape), step.shape[-1]
        shapes = ((width,), (1, width)) if rank == 2 else ((width,),)
        if bias.shape in shapes and len(step.reads[0].shape or ()) == rank:
            draft.absorb(step, after)
            step.name, step.bias = "Gemm", True
            if rank > 2:
                _flatten(draft, step)


def _flatten(draft: PassGraph, step: Step) -> None:
    source, output = step.reads[0], step.output
    rows = (output.elements or 0) // max(step.shape[-1], 1)
    flat = replace(source, name=f"{output.name}/in", shape=(rows, (source.shape or (0,))[-1]))
    made = replace(output, name=f"{output.name}/out", shape=(rows, step.shape[-1]))
    draft.read_instead(step, source, flat)
    step.writes = [made]
    for name, tensors, place in (
        (f"{output.name}/flat", (source, flat), -1),
        (f"{output.name}/full", (made, output), 1),
    ):
        op = Operator(step.op.index, name, "Reshape", "", tensors[:1], tensors[1:])
        rank = (step.rank[0], step.rank[1] + place)
        draft.add(
            Step(op, "Reshape", rank, [], list(tensors[:1]), list(tensors[1:]), cause=step.op.index)
        )
    draft.makes(step, made)


def join_skips(draft: PassGraph) -> None:
    """An Add of two equal shapes that a normalisation alone reads is part of it."""
    for step in draft:
        if step.name != "LayerNormalization" or len(step.shape) != 3:
            continue
        if step.op.attributes.get("axis", -1) not in (-1, 2):
            continue
        add = draft.only_maker(step.reads[0])
        if add is None or add.name != "Add":
            continue
        shapes = {tensor.shape for tensor in add.op.inputs if tensor is not None}
        if shapes != {step.output.shape}:
            continue
        draft.absorb(add, step)
        add.name, add.op = "SkipLayerNormalization", step.op
        draft.move(add, step.rank)
        add.members.insert(0, add.members.pop(add.members.index(step.op.index)))
        bias = next((draft.only_maker(t) for t in add.reads), None)
        if bias is not None and bias.name == "Add" and len(bias.reads) == 1:
            constant = constant_operand(bias.op)
            if constant is not None and constant.shape == step.shape[-1:]:
                draft.absorb_before(add, bias)


def order_heads(draft: PassGraph) -> None:
    """What exporters write around attention: sliced heads, a key transposed as a matrix."""
    for step in draft:
        if step.name == "Transpose":
            _split_before(draft, step)
        elif step.name == "Reshape":
            _split_behind(draft, step)
        if step.name == "Reshape":
            _transpose_in_place(draft, step)
    for step in draft:
        before = draft.only_maker(step.reads[0]) if step.name == "Transpose" else None
        if before is not None and before.name == "Transpose":
            first, second = _perm(before), _perm(step)
            draft.absorb_before(step, before)
            _permute(step, tuple(first[each] for each in second))


def _split_behind(draft: PassGraph, step: Step) -> None:
    """Slices of a tensor become one Split."""
    slices = draft.readers(step.output)
    axis = _axis_cut(draft, step)
    if axis is None:
        return
    first = slices[0]
    for each in slices[1:]:
        draft.drop(each)
        draft.makes(first, each.output)
        first.members.extend(each.members)
        first.writes.append(each.output)
    first.name = "Split"
    first.op = Operator(
        first.op.index, first.op.name, "Split", "",
        tuple(first.reads), tuple(first.writes), {"axis": axis},
    )  # fmt: skip


def _axis_cut(draft: PassGraph, step: Step) -> int | None:
    """The axis along which nothing but slices take all of a tensor, None if that is not so."""
    slices, sizes = draft.readers(step.output), step.shape
    if len(slices) < 2 or any(each.name != "Slice" for each in slices):
        return None
    axes = {
        axis
        for each in slices
        for axis, (size, whole) in enumerate(zip(each.shape, sizes, strict=True))
        if size != whole
    }
    if len(axes) != 1 or step.output.name in draft.outputs:
        return None
    (axis,) = axes
    return axis if sum(each.shape[axis] for each in slices) == sizes[axis] else None


def _split_before(draft: PassGraph, step: Step) -> None:
    """Slices of a transposed tensor become one Split, each part transposed alone."""
    slices = draft.readers(step.output)
    axis = _axis_cut(draft, step)
    if axis is None:
        return
    perm = _perm(step)
    source = step.reads[0]
    parts = []
    for each in slices:
        shape = list(source.shape or ())
        shape[perm[axis]] = each.shape[axis]
        part = Tensor(f"{each.output.name}/part", tuple(shape), source.dtype)
        parts.append(part)
        draft.read_instead(each, step.output, part)
        each.name = "Transpose"
        _permute(each, perm)
    step.name, step.writes = "Split", parts
    step.op = Operator(
        step.op.index, step.op.name, "Split", "", (source,), tuple(parts), {"axis": perm[axis]}
    )
    for part in parts:
        draft.makes(step, part)


def _transpose_in_place(draft: PassGraph, step: Step) -> None:
    """Reshape to matrices, transpose them, reshape back: a Transpose of the last two dims."""
    middle = draft.only_reader(step.output)
    last = draft.only_reader(middle.output) if middle is not None else None
    if middle is None or last is None or (middle.name, last.name) != ("Transpose", "Reshape"):
        return
    shape = step.reads[0].shape or ()
    if _perm(middle) != (0, 2, 1) or len(shape) < 3 or step.shape[1:] != shape[-2:]:
        return
    if last.shape != (*shape[:-2], shape[-1], shape[-2]):
        return
    perm = (*range(len(shape) - 2), len(shape) - 1, len(shape) - 2)
    before = draft.only_maker(step.reads[0])
    if before is not None and before.name == "Transpose":
        draft.absorb_before(middle, step)
        draft.absorb(middle, last)
        _permute(middle, perm)
        return
    # only the transpose is moved to the end, where a product can take it
    back = replace(middle.output, shape=shape)
    middle.name, middle.writes = "Reshape", [back]
    middle.op = replace(middle.op, op_type="Reshape", outputs=(back,))
    draft.makes(middle, back)
    last.name, last.reads = "Transpose", [back]
    _permute(last, perm)


def fold_transposes_and_scales(draft: PassGraph) -> None:
    """A product takes a transpose of its matrices and a scale, before or behind it."""
    for step in draft:
        if step.name == "MatMul":
            for side, tensor in enumerate(step.op.inputs):
                if tensor is not None and not tensor.constant:
                    _fold_operand(draft, step, side)
            after = draft.only_reader(step.output)
            if after is not None and _is_scale(after):
                draft.absorb(step, after)
        elif step.name == "Gemm" and step.op.op_type == "Gemm" and step.reads:
            before = draft.only_maker(step.reads[0])
            if before is not None and before.name == "Transpose" and len(before.shape) == 2:
                draft.absorb_before(step, before)
                step.path = "transA"


def _fold_operand(draft: PassGraph, step: Step, side: int) -> None:
    """Take in what stands before one operand of a product."""
    place = min(side, len(step.reads) - 1)
    for _ in range(2):
        before = draft.only_maker(step.reads[place])
        if before is None or len(before.reads) != 1:
            return
        if _is_scale(before):
            draft.absorb_before(step, before)
        elif before.name == "Transpose" and _perm(before)[-2:] == (
            len(before.shape) - 1,
            len(before.shape) - 2,
        ):
            if _perm(before)[:-2] != tuple(range(len(before.shape) - 2)):
                return
            draft.absorb_before(step, before)
            step.path = f"{step.path} trans{'AB'[side]}".strip()


def _is_scale(step: Step) -> bool:
    constant = constant_operand(step.op) if step.name in ("Mul", "Div") else None
    if constant is None or len(step.reads) != 1 or constant.elements != 1:
        return False
    return step.name == "Mul" or step.op.inputs[1] is constant


def _perm(step: Step) -> tuple[int, ...]:
    perm = step.op.attributes.get("perm")
    if isinstance(perm, tuple) and perm:
        return tuple(int(each) for each in perm)
    return tuple(reversed(range(len(step.shape))))


def _permute(step: Step, perm: tuple[int, ...]) -> None:
    """Make a step the Transpose of what it reads now."""
    step.op = Operator(
        step.op.index, step.op.name, "Transpose", "",
        tuple(step.reads), tuple(step.writes), {"perm": perm},
    )  # fmt: skip
