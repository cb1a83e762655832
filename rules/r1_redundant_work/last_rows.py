"""A product of which only some rows are used: those rows alone need to be multiplied."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from archlint.plugin import Operator, Rewrite, Silence, Tensor, View
from archlint.rules.r1_redundant_work.candidate import Candidate
from archlint.rules.r1_redundant_work.pieces import axes_of, has_shapes

__all__ = ["find_unused_rows"]


def find_unused_rows(view: View) -> Iterator[Candidate | Silence]:
    """Every product by constants that a Slice or a Gather of rows alone reads.

    Logits of all positions where one is used are of this kind, if the model itself takes it.
    """
    for op in view.model.operators:
        if op.op_type != "MatMul" or op.domain or op.malformed or op.weight is None:
            continue
        if not has_shapes(op):
            continue
        if len(op.activations) != 1 or op.inputs[0] is not op.activations[0]:
            continue
        if len(op.weight.shape or ()) != 2:
            continue  # each of several matrices has rows of its own
        reader = view.sole_reader(op.index)
        add = reader if reader is not None and _is_row_added(reader) else None
        taker = reader if add is None else view.sole_reader(add.index)
        if taker is None or taker.malformed or not _takes_rows(taker):
            continue
        if (taker.output.elements or 0) >= (op.output.elements or 0):
            continue
        yield _taken_first(op, add, taker)


def _is_row_added(op: Operator) -> bool:
    """Whether it adds one constant row to all rows."""
    rows = [each for each in op.inputs if each is not None and each.constant]
    return op.op_type == "Add" and len(op.inputs) == 2 and len(rows) == 1 and (
        len(rows[0].shape or ()) == 1
    )  # fmt: skip


def _takes_rows(op: Operator) -> bool:
    """Whether it takes whole rows: whatever axis it takes from, it is not the last."""
    if not op.inputs or op.inputs[0] is None or not op.inputs[0].shape or not op.output.shape:
        return False
    if op.output.shape[-1] != op.inputs[0].shape[-1] or not op.output.shape[-1]:
        return False
    rank = len(op.inputs[0].shape)
    if op.op_type == "Gather":
        axis = op.attributes.get("axis", 0)
        return len(op.activations) == 1 and isinstance(axis, int) and axis % rank < rank - 1
    if op.op_type != "Slice" or len(op.activations) != 1:
        return False
    axes = axes_of(op, rank, place=3)
    return bool(axes) and rank - 1 not in axes


def _taken_first(op: Operator, add: Operator | None, taker: Operator) -> Candidate:
    source, out = op.activations[0], taker.output
    taken = Tensor(
        f"{op.output.name}.taken", (*(out.shape or ())[:-1], (source.shape or ())[-1]), source.dtype
    )
    product = out if add is None else replace(out, name=f"{op.output.name}.product")
    made = [
        replace(taker, inputs=(source, *taker.inputs[1:]), outputs=(taken,)),
        replace(op, inputs=(taken, *op.inputs[1:]), outputs=(product,)),
    ]
    gone = {op.index, taker.index}
    if add is not None:
        inputs = tuple(each if each and each.constant else product for each in add.inputs)
        made.append(replace(add, inputs=inputs, outputs=(out,)))
        gone.add(add.index)
    rows, used = ((each.elements or 0) // (each.shape or (1,))[-1] for each in (op.output, out))
    return Candidate(
        operators=(op.index, taker.index),
        what="product of unused rows",
        summary=f"{rows} rows are multiplied, {used} used",
        advice=f"put the {taker.op_type} before the product",
        now=f"product of {rows} rows, then {taker.op_type}",
        instead=f"{taker.op_type}, then product of {used} rows",
        rewrite=Rewrite(frozenset(gone), tuple(made)),
    )
