"""Squeeze-excite: a global pool, layers on its 1x1 map, and a Mul with the tensor pooled."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from archlint.plugin import Decision, Kind, Nature, Operator, Place, Silence, Tensor, View
from archlint.rules.g4_elementwise.evidence import evidence_of
from archlint.rules.g4_elementwise.removal import Spot, remove

__all__ = ["find_squeeze_excites"]

LARGEST = 32
"""Operators that a squeeze-excite block has at most."""


def find_squeeze_excites(view: View) -> Iterator[Place | Silence]:
    """Every Mul with a gate per channel, against the network without the block."""
    spots: dict[int, Spot] = {}
    for number, placed in enumerate(view.lowered.kernels):
        op = view.main(placed)
        if placed.kernel.kind is not Kind.ELEMENTWISE or placed.kernel.op != "Mul":
            continue
        pair = _main_and_gate(op)
        if pair is None:
            continue
        main, gate = pair
        block = _block(view, op, main, gate)
        if block is None:
            yield Silence((op.index,), "its gate is not computed from a global pool of its input")
            continue
        decision = Decision("squeeze-excite")
        spots[number] = Spot(block, op.index, main, "squeeze-excite", decision)
    for (number, spot), removal in zip(
        spots.items(), remove(view, tuple(spots.values())), strict=True
    ):
        op, channels = view.model.operators[spot.last], view.lowered.kernels[number].kernel.c_out
        if isinstance(removal, str):
            yield Silence((op.index,), removal)
            continue
        yield Place(
            operators=(op.index, *sorted(spot.gone - {op.index})),
            decision=spot.decision,
            summary="squeeze-excite block",
            advice="keep squeeze-excite only where the accuracy needs it",
            now=f"{len(removal.own)} kernels around a pool of {channels} channels",
            instead="no squeeze-excite",
            evidence=evidence_of(
                view, "squeeze-excite", op.op_type, removal.own, removal.own_without
            ),
            kernels=removal.kernels,
            instead_kernels=removal.instead,
            nature=Nature.UPPER_BOUND,
        )


def _main_and_gate(op: Operator) -> tuple[Tensor, Tensor] | None:
    """The tensor with a map and the one without, of as many channels."""
    if len(op.activations) != 2:
        return None
    for main, gate in (op.activations, op.activations[::-1]):
        if main.shape is None or gate.shape is None or len(main.shape) < 4:
            continue
        if prod(main.shape[2:]) > 1 and gate.elements == prod(main.shape[:2]):
            return main, gate
    return None


def _block(view: View, last: Operator, main: Tensor, gate: Tensor) -> frozenset[int] | None:
    """The operators from the pool of `main` to the Mul, if the gate depends on it alone."""
    operators = view.model.operators
    block = {last.index}
    pending = [view.model.makers[gate.name]] if gate.name in view.model.makers else []
    while pending:
        op = operators[pending.pop()]
        if op.index in block:
            continue
        block.add(op.index)
        size, limit = op.output.elements, gate.elements
        if size is None or limit is None or size > limit or len(block) > LARGEST:
            return None
        if any(tensor.name == main.name for tensor in op.activations):
            continue
        if not op.activations:
            return None
        before = view.model.before(op.index)
        if not before:
            return None
        pending += before
    return frozenset(block) if len(block) > 2 else None
