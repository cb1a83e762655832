"""Activations that run on their own, or fused but dearer than a ReLU."""

from __future__ import annotations

from collections.abc import Iterator

from archlint.cost.kernel import Kernel
from archlint.cost.kind import Kind
from archlint.cost.lower import Change, lower
from archlint.cost.ops import ACTIVATIONS
from archlint.graph.composites import find_composites
from archlint.rule import Silence, View
from archlint.rules.g4_elementwise.alternative import Alternative

__all__ = ["find_activations"]

CHEAPEST = "Relu"
"""One comparison with zero: no activation that targets fuse is cheaper."""

_GATES = frozenset({"Sigmoid", "HardSigmoid"})


def find_activations(view: View) -> Iterator[Alternative | Silence]:
    """Every activation against a fused ReLU."""
    kinds = _activations(view)
    if not kinds:
        return
    if CHEAPEST not in view.target.lowering.fuse:
        yield Silence(tuple(kinds), f"{view.target.name} fuses no {CHEAPEST}")
        return
    cheapest = tuple(index for index, kind in kinds.items() if kind == CHEAPEST)
    if cheapest:
        yield Silence(cheapest, f"{CHEAPEST} is the cheapest activation already")
    gates = tuple(index for index, kind in kinds.items() if _is_gate(view, index, kind))
    if gates:
        yield Silence(gates, "a gate or an output, not an activation function between layers")
    left = {index: kind for index, kind in kinds.items() if kind != CHEAPEST}
    for index in gates:
        del left[index]
    if left:
        yield from _replaced(view, left)


def _activations(view: View) -> dict[int, str]:
    """The last operator of each activation that runs, with its kind."""
    composites = find_composites(view.model)
    inside = {index for composite in composites for index in composite.operators}
    kinds = {each.operators[-1]: each.kind for each in composites if each.kind in ACTIVATIONS}
    for op in view.model.operators:
        if op.op_type in ACTIVATIONS and op.index not in inside:
            kinds[op.index] = op.op_type
    return {index: kinds[index] for index in sorted(kinds) if index in view.lowered.home}


def _is_gate(view: View, index: int, kind: str) -> bool:
    """Whether it scales another tensor or makes an output of the model."""
    op = view.model.operators[index]
    readers = [view.model.operators[each] for each in view.model.graph.successors(index)]
    is_output = op.output.name in view.model.outputs
    return kind in _GATES and (is_output or all(each.op_type == "Mul" for each in readers))


def _replaced(view: View, kinds: dict[int, str]) -> Iterator[Alternative]:
    """One lowering with all of them replaced; each place is what changed around it."""
    relowered = lower(
        view.model, view.target.lowering, Change(activations=dict.fromkeys(kinds, CHEAPEST))
    )
    by_kernel: dict[int, list[int]] = {}
    for index in kinds:
        by_kernel.setdefault(relowered.home[index], []).append(index)
    for number, indices in by_kernel.items():
        placed = relowered.kernels[number]
        kind, last = kinds[indices[0]], indices[0]
        own = _own(view, last, kind)
        is_alone = own.kind is not Kind.EPILOGUE
        yield Alternative(
            source="activation",
            op=kind,
            operators=tuple(indices),
            decision=f"activation {kind}",
            summary=(
                f"{kind} runs as a kernel of its own"
                if is_alone
                else f"{kind} is fused, but dearer than {CHEAPEST}"
            ),
            advice=f"use {CHEAPEST}, which this target fuses into the kernel before it",
            now=f"{own.text} {'on its own' if is_alone else 'fused'}",
            instead=(
                f"{CHEAPEST} fused into the {placed.kernel.op} before it"
                if placed.kernel.epilogue
                else f"{CHEAPEST} on its own"
            ),
            own=(own,),
            kernels=tuple(sorted({view.lowered.home[each] for each in placed.operators})),
            instead_kernels=(placed.kernel,),
        )


def _own(view: View, index: int, kind: str) -> Kernel:
    """The activation's kernel, or its share of the kernel that it is fused into."""
    kernel = view.lowered.of(index)[0]
    return next((each for each in kernel.epilogues if each.op == kind), kernel)
