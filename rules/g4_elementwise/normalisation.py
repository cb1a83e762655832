"""Normalisations that remain: BatchNormalization that cannot fold, and shares of the rest."""

from __future__ import annotations

from collections.abc import Iterator

from archlint.plugin import Kind, Nature, Place, Silence, View
from archlint.rules.g4_elementwise.evidence import decision_of, evidence_of
from archlint.rules.g4_elementwise.removal import Spot, remove

__all__ = ["find_normalisations"]


def find_normalisations(view: View) -> Iterator[Place | Silence]:
    """A place for each BatchNormalization left, a silence with the share for other kinds."""
    shared: dict[str, list[int]] = {}
    spots: dict[int, Spot] = {}
    for number, placed in enumerate(view.lowered.kernels):
        op = view.main(placed)
        if placed.kernel.kind not in (Kind.NORMALISATION, Kind.SOFTMAX):
            continue
        if placed.kernel.op != "BatchNormalization" or not op.activations:
            shared.setdefault(placed.kernel.op, []).append(number)
            continue
        decision = decision_of("normalisation", op.op_type, op.module)
        spots[number] = Spot(
            frozenset([op.index]), op.index, op.activations[0], op.op_type, decision
        )
    for (number, spot), removal in zip(
        spots.items(), remove(view, tuple(spots.values())), strict=True
    ):
        op = view.model.operators[spot.last]
        if isinstance(removal, str):
            yield Silence((op.index,), removal)
            continue
        yield Place(
            operators=(op.index,),
            decision=spot.decision,
            summary="BatchNormalization that folds into no layer",
            advice="normalise right after a conv, so that it folds into the conv's weights",
            now=f"{view.lowered.kernels[number].kernel.title} on its own",
            instead="no kernel for it",
            evidence=evidence_of(
                view, "normalisation", op.op_type, removal.own, removal.own_without
            ),
            kernels=removal.kernels,
            instead_kernels=removal.instead,
            nature=Nature.UPPER_BOUND,
        )
    for name, numbers in shared.items():
        yield _share(view, name, numbers)


def _share(view: View, name: str, numbers: list[int]) -> Silence:
    """What one kind takes of the model's time, at all the operators that run it."""
    placed = [view.lowered.kernels[number] for number in numbers]
    seconds = sum(view.pricer.seconds([each.kernel]) or 0.0 for each in placed)
    operators = tuple(index for each in placed for index in each.operators)
    share = f"{seconds / view.total:.1%} of the model's time" if seconds else "no price"
    return Silence(operators, f"{name}: {share}; no function like it is known to be cheaper")
