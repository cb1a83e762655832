"""Kernels before and after operators are passed by."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from archlint.plugin import (
    REORDERS,
    VIEWS,
    Change,
    Decision,
    Difference,
    Kernel,
    Kind,
    Tensor,
    View,
    differences,
    relower,
)

__all__ = ["Removal", "Spot", "nearest_input", "remove"]

LONELY = "no kernel with a price stands next to it"


@dataclass(frozen=True, slots=True)
class Spot:
    """Operators to pass by: what reads `last`'s output reads `through` instead.

    `sort` is what sort of source it is: spots of one sort are passed by together, which is
    quicker than one by one; those of different sorts are not, for each has its own saving.
    """

    gone: frozenset[int]
    last: int
    through: Tensor
    sort: str
    decision: Decision


@dataclass(frozen=True, slots=True)
class Removal:
    """The removed kernels, the numbers of all kernels now, and what is there instead.

    The last two include the neighbour.  `own_without` is what stays of the removed kernels:
    those that the removed operators were fused into.
    """

    own: tuple[Kernel, ...]
    kernels: tuple[int, ...]
    instead: tuple[Kernel, ...]
    own_without: tuple[Kernel, ...] = ()

    @property
    def reorders(self) -> int:
        """How many reorders go with the operators that force them."""
        return sum(each.op in REORDERS for each in self.own) - sum(
            each.op in REORDERS for each in self.own_without
        )


def remove(view: View, spots: Sequence[Spot]) -> Iterator[Removal | str]:
    """What passing each of the spots by removes, or why that tells nothing.

    Where the runtime changes the graph, the model is lowered again without them; else the
    kernels around them say it.
    """
    if view.target.lowering.fusions is None:
        for spot in spots:
            yield _remove(view, spot.gone, spot.last, spot.through) or LONELY
        return
    found: dict[int, Removal | str] = {}
    for sort in dict.fromkeys(spot.sort for spot in spots):
        numbers = [n for n, spot in enumerate(spots) if spot.sort == sort]
        found.update(zip(numbers, _relowered(view, [spots[n] for n in numbers]), strict=True))
    for number in range(len(spots)):
        yield found[number]


def _relowered(view: View, spots: Sequence[Spot]) -> Sequence[Removal | str]:
    change = Change(
        bypass=frozenset().union(*(spot.gone for spot in spots)),
        through={spot.last: spot.through.name for spot in spots},
    )
    relowered = relower(view.model, view.target.lowering, view.lowered, change)
    found: list[Removal | str] = ["no kernel goes with it"] * len(spots)
    places = [spot.gone for spot in spots]
    for each in differences(view.model, view.lowered, relowered, places):
        first, *others = each.places
        found[first] = _removal(view, spots[first], each)
        for place in others:
            name = view.model.operators[spots[first].last].name
            found[place] = f"it is removed together with {name}"
    return found


def _removal(view: View, spot: Spot, change: Difference) -> Removal | str:
    own = view.kernels(change.numbers)
    before, after = view.pricer.seconds(own), view.pricer.seconds(change.kernels)
    if before is not None and before <= (after or 0.0):
        return "the kernels without it are not faster"
    numbers, instead = change.numbers, change.kernels
    if not instead:
        maker, _ = _maker_of(view, spot.gone, spot.through)
        neighbour = maker if maker is not None else _reader_of(view, spot.last)
        if neighbour is None or neighbour in numbers:
            return LONELY
        numbers = tuple(sorted((neighbour, *numbers)))
        instead = view.kernels([neighbour])
    return Removal(own, numbers, instead, change.kernels)


def _remove(view: View, gone: Collection[int], last: int, through: Tensor) -> Removal | None:
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
    maker, is_sole_reader = _maker_of(view, gone, through)
    neighbour = maker if maker is not None else _reader_of(view, last)
    if neighbour is None or neighbour in numbers:
        return None
    kernel = lowered.kernels[neighbour].kernel
    rest: tuple[Kernel, ...] = (kernel,)
    if ending.epilogue:
        lowering = view.target.lowering
        fuses = all(lowering.fuses(kernel.kind, act) for act in ending.epilogue)
        if maker is not None and is_sole_reader and fuses:
            rest = (kernel._replace(epilogue=kernel.epilogue + ending.epilogue),)
        else:
            rest = (kernel, _alone(ending))
    return Removal(own, tuple(sorted((neighbour, *numbers))), rest)


def nearest_input(view: View, index: int) -> Tensor:
    """The input of an operator that is made last."""
    makers = view.model.makers
    return max(view.model.operators[index].activations, key=lambda t: makers.get(t.name, -1))


def _maker_of(view: View, gone: Collection[int], through: Tensor) -> tuple[int | None, bool]:
    """The kernel behind a tensor, across views, and whether only `gone` reads what it makes."""
    operators = view.model.operators
    outputs = frozenset(view.model.outputs)
    readers, tensor, is_sole = frozenset(gone), through, True
    while True:
        maker = view.model.makers.get(tensor.name)
        if maker is None:
            return None, False
        op = operators[maker]
        is_sole = is_sole and readers.issuperset(view.model.after(op.index))
        is_sole = is_sole and not any(each.name in outputs for each in op.outputs)
        if op.index in view.lowered.home:
            return view.lowered.home[op.index], is_sole
        if op.op_type not in VIEWS or not op.activations:
            return None, False
        readers, tensor = readers | {op.index}, op.activations[0]


def _reader_of(view: View, index: int) -> int | None:
    """The first kernel that reads an operator's output, across views."""
    pending, seen = [index], {index}
    while pending:
        for reader in sorted(view.model.after(pending.pop())):
            if reader in view.lowered.home:
                return view.lowered.home[reader]
            if reader not in seen:
                seen.add(reader)
                pending.append(reader)
    return None


def _alone(kernel: Kernel) -> Kernel:
    """What was fused into a kernel, as a kernel of its own."""
    first, *others = kernel.epilogue
    return kernel._replace(
        kind=Kind.ELEMENTWISE,
        op=first,
        c_in=kernel.c_out,
        in_map=kernel.out_map,
        operands=1,
        epilogue=tuple(others),
    )
