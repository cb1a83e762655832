"""A sum over stacked tensors: Adds need no copy of them."""

from __future__ import annotations

from collections.abc import Iterator

from archlint.plugin import Operator, Rewrite, Silence, Tensor, View
from archlint.rules.r1_redundant_work.candidate import Candidate
from archlint.rules.r1_redundant_work.pieces import added, axes_of, has_shapes

__all__ = ["find_stacked_sums"]


def find_stacked_sums(view: View) -> Iterator[Candidate | Silence]:
    """Every ReduceSum over the axis on which a Concat has laid tensors of one element each."""
    for total in view.model.operators:
        if total.op_type != "ReduceSum" or total.malformed or len(total.activations) != 1:
            continue
        if not has_shapes(total):
            continue
        maker = view.model.makers.get(total.activations[0].name)
        stack = None if maker is None else view.model.operators[maker]
        if stack is None or stack.op_type != "Concat" or not stack.output.shape or stack.malformed:
            continue
        axis = stack.attributes.get("axis")
        rank = len(stack.output.shape)
        if not isinstance(axis, int) or axes_of(total, rank) != {axis % rank}:
            continue
        if view.sole_reader(stack.index) is not total:
            yield Silence((total.index,), "the Concat before it is read elsewhere too")
            continue
        parts = _parts(view, stack, axis % rank, keeps=bool(total.attributes.get("keepdims", 1)))
        if parts is None:
            yield Silence((total.index,), "it sums within the inputs of the Concat")
            continue
        tensors, gone = parts
        yield Candidate(
            operators=(total.index, stack.index),
            what="sum of a stack",
            summary=f"a sum over {len(tensors)} stacked tensors",
            advice="add them: no copy of them has to be made",
            now="Concat, then ReduceSum",
            instead="Add" if len(tensors) == 2 else f"{len(tensors) - 1} Adds",
            rewrite=Rewrite(
                frozenset({total.index, stack.index, *gone}),
                tuple(added(total.index, tensors, total.output)),
            ),
        )


def _parts(
    view: View, stack: Operator, axis: int, *, keeps: bool
) -> tuple[list[Tensor], set[int]] | None:
    """The tensors to add, and the Unsqueezes that nobody else reads; None where that differs."""
    tensors: list[Tensor] = []
    gone: set[int] = set()
    for tensor in stack.inputs:
        if tensor is None or tensor.constant or not tensor.shape or tensor.shape[axis] != 1:
            return None
        if keeps:
            tensors.append(tensor)
            continue
        maker = view.model.makers.get(tensor.name)
        op = None if maker is None else view.model.operators[maker]
        if op is None or op.op_type not in ("Reshape", "Unsqueeze") or not op.activations:
            return None
        without = (*tensor.shape[:axis], *tensor.shape[axis + 1 :])
        if op.activations[0].shape != without:
            return None
        tensors.append(op.activations[0])
        if view.sole_reader(op.index) is stack:
            gone.add(op.index)
    return (tensors, gone) if len(tensors) > 1 else None
