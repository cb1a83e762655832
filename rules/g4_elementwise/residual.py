"""Shortcuts: an Add of what went through layers and of what went around them."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from archlint.plugin import (
    Kernel,
    Kind,
    Nature,
    Operator,
    Place,
    PlacedKernel,
    Silence,
    Tensor,
    View,
)
from archlint.rules.g4_elementwise.evidence import decision_of, evidence_of
from archlint.rules.g4_elementwise.gates import is_of_boxes
from archlint.rules.g4_elementwise.removal import Spot, remove

__all__ = ["find_residuals"]

FARTHEST = 256
"""Operators looked at on the way back from an Add: no shortcut spans more."""

PROJECTION = 4
"""Operators that a shortcut's projection may have: pool, conv, normalisation, activation."""

_UPSAMPLING = frozenset({"Resize", "Upsample", "ConvTranspose", "DepthToSpace"})


def find_residuals(view: View) -> Iterator[Place | Silence]:
    """Every Add of computed tensors that joins a shortcut, against the layers without it."""
    spots: dict[int, Spot] = {}
    for number, placed in enumerate(view.lowered.kernels):
        for index in _adds_of(view, placed):
            op = view.model.operators[index]
            main = _main_path(view, op)
            if isinstance(main, str):
                yield Silence((index,), main)
            elif number not in spots:
                decision = decision_of("residual", op.op_type, op.module)
                spots[number] = Spot(frozenset([index]), index, main, "residual", decision)
    for (number, spot), removal in zip(
        spots.items(), remove(view, tuple(spots.values())), strict=True
    ):
        op, kernel = view.model.operators[spot.last], view.lowered.kernels[number].kernel
        if isinstance(removal, str):
            yield Silence((op.index,), removal)
            continue
        yield Place(
            operators=(op.index,),
            decision=spot.decision,
            summary=f"the {op.op_type} of a shortcut",
            advice="use fewer shortcuts, or join them where the map is small",
            now=f"{_words(kernel)} of a shortcut",
            instead="the same layers without the shortcut",
            evidence=evidence_of(view, "residual", op.op_type, removal.own, removal.own_without),
            kernels=removal.kernels,
            instead_kernels=removal.instead,
            nature=Nature.UPPER_BOUND,
        )


def _adds_of(view: View, placed: PlacedKernel) -> tuple[int, ...]:
    """The operators that add two tensors in this kernel: its own, or one that is fused into it."""
    kernel = placed.kernel
    if kernel.kind is Kind.ELEMENTWISE and kernel.op in ("Add", "Sum"):
        return placed.operators[:1]
    if "Add" not in kernel.epilogue:
        return ()
    operators = view.model.operators
    return tuple(
        index
        for index in placed.operators
        if operators[index].op_type in ("Add", "Sum") and len(operators[index].activations) > 1
    )


def _words(kernel: Kernel) -> str:
    if "Add" not in kernel.epilogue:
        return kernel.title
    alone = Kernel(
        Kind.ELEMENTWISE, "Add", kernel.c_out, kernel.c_out, kernel.out_map, kernel.out_map,
        kernel.batch, operands=2, itemsize=kernel.itemsize,
    )  # fmt: skip
    return f"{alone.title}, fused,"


def _main_path(view: View, op: Operator) -> Tensor | str:
    """The input that went through the layers, or why this joins no shortcut."""
    if len(op.inputs) != 2 or len(op.activations) != 2:
        return "it adds a constant" if len(op.activations) < 2 else "it adds more than two tensors"
    if op.activations[0].shape != op.activations[1].shape:
        return "its operands differ in shape"
    if is_of_boxes(op):
        return "it refines boxes or points"
    makers = view.model.makers
    ordered = sorted(op.activations, key=lambda each: makers.get(each.name, -1))
    for skip, main in (ordered, ordered[::-1]):
        if main.name not in makers:
            continue
        around = _goes_around(view, skip, makers.get(skip.name, -1), makers[main.name])
        if around is None:
            continue
        if any(_upsamples(view.model.operators[index]) for index in around):
            return "it merges maps of a pyramid"
        return main
    return "it joins branches, not a shortcut with the layers that it goes around"


def _goes_around(
    view: View, skip: Tensor, skip_maker: int, main_maker: int
) -> frozenset[int] | None:
    """The main path's operators, if it starts where the skip does and has more layers.

    The skip is the start itself, or a projection of it by at most one layer with weights.
    """
    starts, first, has_layer = [skip.name], skip_maker, False
    for _ in range(PROJECTION):
        if first < 0:
            break
        op = view.model.operators[first]
        if not op.activations or (has_layer and op.weight is not None):
            break
        has_layer = has_layer or op.weight is not None
        starts.append(op.activations[0].name)
        first = _maker(view, op)
    back = _layers_back(view, main_maker, first, starts)
    if back is None:
        return None
    start, count, path = back
    return path if count >= (1 if start == skip.name else 2) else None


def _layers_back(
    view: View, index: int, earliest: int, starts: list[str]
) -> tuple[str, int, frozenset[int]] | None:
    """Which of `starts` the operators from `index` back to `earliest` read, their layers, and them.

    Of several the first in `starts`; a layer is an operator with weights.
    """
    operators, makers = view.model.operators, view.model.makers
    pending, seen, layers = [index], {index}, 0
    read: set[str] = set()
    wanted = frozenset(starts)
    while pending and len(seen) <= FARTHEST:
        op = operators[pending.pop()]
        layers += op.weight is not None
        for tensor in op.activations:
            if tensor.name in wanted:
                read.add(tensor.name)
                continue
            before = makers.get(tensor.name, -1)
            if before > earliest and before not in seen:
                seen.add(before)
                pending.append(before)
    if pending:
        return None
    return next(((name, layers, frozenset(seen)) for name in starts if name in read), None)


def _upsamples(op: Operator) -> bool:
    """Whether it makes a greater map of a smaller one."""
    if op.op_type not in _UPSAMPLING or not op.activations:
        return False
    before, after = op.activations[0].shape, op.output.shape
    return before is None or after is None or prod(after[2:]) > prod(before[2:])


def _maker(view: View, op: Operator) -> int:
    return view.model.makers.get(op.activations[0].name, -1)
