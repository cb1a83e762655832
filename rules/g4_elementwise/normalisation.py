"""Normalisations that remain: BatchNormalization behind no layer, and shares of the rest."""

from __future__ import annotations

from collections.abc import Iterator

from archlint.plugin import Kind, Nature, Operator, Place, Silence, View
from archlint.rules.g4_elementwise.evidence import decision_of, evidence_of
from archlint.rules.g4_elementwise.removal import Spot, remove

__all__ = ["find_normalisations"]

_WEIGHTED = frozenset({"Conv", "ConvTranspose", "Gemm"})


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
        if _folds_by_hand(view, op):
            yield Silence((op.index,), "its layer's weights could hold it: see R1")
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


def _folds_by_hand(view: View, norm: Operator) -> bool:
    """Whether a layer's weights could hold it, which this runtime does not see to."""
    maker = view.model.makers.get(norm.activations[0].name)
    if view.target.lowering.folds_norms or maker is None or len(norm.activations) > 1:
        return False
    layer = view.model.operators[maker]
    is_alone = view.sole_reader(maker) is norm
    return is_alone and layer.op_type in _WEIGHTED and layer.weight is not None


def _share(view: View, name: str, numbers: list[int]) -> Silence:
    """What one kind takes of the model's time, at all the operators that run it."""
    placed = [view.lowered.kernels[number] for number in numbers]
    seconds = sum(view.pricer.seconds([each.kernel]) or 0.0 for each in placed)
    operators = tuple(index for each in placed for index in each.operators)
    share = f"{seconds / view.total:.1%} of the model's time" if seconds else "no price"
    return Silence(operators, f"{name}: {share}; no function like it is known to be cheaper")
