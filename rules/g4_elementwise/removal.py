"""Kernels before and after operators are passed by."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from archlint.cost.kernel import Kernel
from archlint.cost.kind import Kind
from archlint.cost.ops import VIEWS
from archlint.graph.operator import Tensor
from archlint.rule import View

__all__ = ["Removal", "nearest_input", "remove"]


@dataclass(frozen=True, slots=True)
class Removal:
    """The removed kernels, the numbers of all kernels now, and what is there instead.

    The last two include the neighbour.
    """

    own: tuple[Kernel, ...]
    kernels: tuple[int, ...]
    instead: tuple[Kernel, ...]


def remove(view: View, gone: Collection[int], last: int, through: Tensor) -> Removal | None:
    """Pass the operators `gone` by: what reads `last`'s output reads `through` instead.

    The kernel that makes `through` takes over what was fused behind `last`, where the target
    can fuse it there and nothing else reads `through`; else that runs on its own.  At the
    start of a model the first kernel that reads the output stands for the neighbour.  None
    where there is no neighbour at all.
    """
    lowered = view.lowered
    numbers = sorted({lowered.home[index] for index in gone if index in lowered.home})
    own = tuple(lowered.kernels[number].kernel for number in numbers)
    ending = lowered.kernels[lowered.home[last]].kernel
    maker, is_sole_reader = _maker_of(view, gone, last, through)
    neighbour = maker if maker is not None else _reader_of(view, last)
    if neighbour is None or neighbour in numbers:
        return None
    kernel = lowered.kernels[neighbour].kernel
    rest: tuple[Kernel, ...] = (kernel,)
    if ending.epilogue:
        fuses = kernel.kind in view.target.lowering.fuse_into
        if maker is not None and is_sole_reader and fuses:
            rest = (replace(kernel, epilogue=kernel.epilogue + ending.epilogue),)
        else:
            rest = (kernel, _alone(ending))
    return Removal(own, tuple(sorted((neighbour, *numbers))), rest)


def nearest_input(view: View, index: int) -> Tensor:
    """The input of an operator that is made last."""
    latest = max(
        (edge for edge in view.model.graph.in_edges(index, data="tensor")),
        key=lambda edge: edge[0],
        default=None,
    )
    found: Tensor = view.model.operators[index].activations[0] if latest is None else latest[2]
    return found


def _maker_of(
    view: View, gone: Collection[int], last: int, through: Tensor
) -> tuple[int | None, bool]:
    """The kernel behind a tensor, across views, and whether only `gone` reads what it makes."""
    graph, operators = view.model.graph, view.model.operators
    outputs = frozenset(view.model.outputs)
    readers, reader, tensor, is_sole = frozenset(gone), last, through, True
    while True:
        makers = [i for i, _, t in graph.in_edges(reader, data="tensor") if t.name == tensor.name]
        if not makers:
            return None, False
        op = operators[makers[0]]
        is_sole = is_sole and readers.issuperset(graph.successors(op.index))
        is_sole = is_sole and not any(each.name in outputs for each in op.outputs)
        if op.index in view.lowered.home:
            return view.lowered.home[op.index], is_sole
        if op.op_type not in VIEWS or not op.activations:
            return None, False
        readers, reader, tensor = readers | {op.index}, op.index, op.activations[0]


def _reader_of(view: View, index: int) -> int | None:
    """The first kernel that reads an operator's output, across views."""
    pending, seen = [index], {index}
    while pending:
        for reader in sorted(view.model.graph.successors(pending.pop())):
            if reader in view.lowered.home:
                return view.lowered.home[reader]
            if reader not in seen:
                seen.add(reader)
                pending.append(reader)
    return None


def _alone(kernel: Kernel) -> Kernel:
    """What was fused into a kernel, as a kernel of its own."""
    first, *others = kernel.epilogue
    return replace(
        kernel,
        kind=Kind.ELEMENTWISE,
        op=first,
        c_in=kernel.c_out,
        in_map=kernel.out_map,
        operands=1,
        epilogue=tuple(others),
    )
