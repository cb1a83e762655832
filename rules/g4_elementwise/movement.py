"""Data movement that remains: channel shuffles, Concat, Split, Slice, Transpose, Gather."""

from __future__ import annotations

from collections.abc import Iterator

from archlint.plugin import Kernel, Kind, Nature, Operator, Place, Silence, View
from archlint.rules.g4_elementwise.evidence import and_reorders, decision_of, evidence_of
from archlint.rules.g4_elementwise.removal import Spot, nearest_input, remove

__all__ = ["find_movement"]

_PURE = frozenset({"Concat", "Gather", "Slice", "Split", "Transpose"})

_ADVICE = {
    "channel shuffle": "shuffle less often, or where the map is small",
    "Concat": "join branches by fewer Concats",
    "Transpose": "keep one layout from layer to layer",
}


def find_movement(view: View) -> Iterator[Place | Silence]:
    """Every kernel that only moves data, against the network without it."""
    spots: dict[int, Spot] = {}
    for number, placed in enumerate(view.lowered.kernels):
        op = view.main(placed)
        if placed.kernel.kind is not Kind.MOVEMENT or view.lowered.home.get(op.index) != number:
            continue
        guard = _guard(op, placed.kernel)
        if guard:
            yield Silence((op.index,), guard)
            continue
        spots[number] = _spot(view, op)
    for (number, spot), removal in zip(
        spots.items(), remove(view, tuple(spots.values())), strict=True
    ):
        placed = view.lowered.kernels[number]
        op = view.main(placed)
        if isinstance(removal, str):
            yield Silence((op.index,), removal)
            continue
        name = _name(view, op)
        yield Place(
            operators=(op.index,),
            decision=spot.decision,
            summary=f"{name} only moves data",
            advice=_ADVICE.get(name, f"avoid the {name}: it copies what it hands on"),
            now=_words(op, placed.kernel) + and_reorders(removal.reorders),
            instead=f"no {name}",
            evidence=evidence_of(view, "movement", name, removal.own, removal.own_without),
            kernels=removal.kernels,
            instead_kernels=removal.instead,
            nature=Nature.UPPER_BOUND,
        )


def _words(op: Operator, kernel: Kernel) -> str:
    """The kernel, and the operator too where the runtime runs another one for it."""
    return kernel.title if kernel.op == op.op_type else f"{op.op_type}, run as {kernel.title}"


def _name(view: View, op: Operator) -> str:
    return "channel shuffle" if op.index in view.widths.shuffles else op.op_type


def _spot(view: View, op: Operator) -> Spot:
    """The operator; where the model is lowered again, the Reshapes of a channel shuffle too."""
    sort = _name(view, op)
    decision = decision_of("movement", sort, op.module)
    if view.target.lowering.fusions is not None and op.index in view.widths.shuffles:
        (before,), (after,) = view.model.before(op.index), view.model.after(op.index)
        first = view.model.operators[before]
        gone = frozenset([before, op.index, after])
        return Spot(gone, after, first.activations[0], sort, decision)
    return Spot(frozenset([op.index]), op.index, nearest_input(view, op.index), sort, decision)


def _guard(op: Operator, kernel: Kernel) -> str:
    """Why this is no movement that a network could do without, else ""."""
    if op.op_type not in _PURE:
        return f"{op.op_type} does more than move data"
    if not op.activations or op.activations[0].shape is None:
        return "it moves constants"
    if op.op_type == "Gather" and op.inputs[0] is not None and op.inputs[0].constant:
        return "it looks up constants"
    if op.output.dtype.startswith(("int", "uint", "bool")):
        return "it moves indices or sizes"
    if kernel.activation_bytes == 0:
        return "it moves nothing"
    if op.op_type == "Transpose" and _keeps_order(op):
        return "it only moves dims of size 1"
    return ""


def _keeps_order(op: Operator) -> bool:
    """Whether the elements lie in memory after the Transpose as before it."""
    shape = op.activations[0].shape or ()
    perm = op.attributes.get("perm")
    order = perm if isinstance(perm, tuple) and perm else tuple(reversed(range(len(shape))))
    if sorted(map(int, order)) != list(range(len(shape))):
        return False
    moved = [axis for axis in map(int, order) if shape[axis] != 1]
    return moved == sorted(moved)
