"""Activations that run on their own, or fused but dearer than a ReLU."""

from __future__ import annotations

from collections.abc import Iterator

from archlint.plugin import (
    ACTIVATIONS,
    REORDERS,
    Change,
    Decision,
    Difference,
    Kernel,
    Kind,
    OtherActivation,
    Place,
    Silence,
    View,
    differences,
    find_composites,
    lower,
    on_path,
    relower,
)
from archlint.rules.g4_elementwise.evidence import and_reorders, evidence_of
from archlint.rules.g4_elementwise.gates import is_gate

__all__ = ["find_activations"]

CHEAPEST = "Relu"
"""One comparison with zero: no activation that targets fuse is cheaper."""

_ADVICE = f"use {CHEAPEST}, which this target fuses into the kernel before it"


def find_activations(view: View) -> Iterator[Place | Silence]:
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
    others = {index: kind for index, kind in kinds.items() if kind != CHEAPEST}
    gates = tuple(index for index, kind in others.items() if is_gate(view, index, kind))
    if gates:
        yield Silence(gates, "a gate or an output, not an activation function between layers")
    left = {index: kind for index, kind in others.items() if index not in gates}
    if left and view.target.lowering.fusions is not None:
        yield from _relowered(view, left)
    elif left:
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


def _replaced(view: View, kinds: dict[int, str]) -> Iterator[Place]:
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
        yield Place(
            operators=tuple(indices),
            decision=Decision(f"activation {kind}"),
            summary=_summary(kind, is_alone=is_alone),
            advice=_ADVICE,
            now=f"{own.title} {'on its own' if is_alone else 'fused'}",
            instead=(
                f"{CHEAPEST} fused into the {placed.kernel.op} before it"
                if placed.kernel.epilogue
                else f"{CHEAPEST} on its own"
            ),
            evidence=evidence_of(view, "activation", kind, (own,)),
            kernels=tuple(sorted({view.lowered.home[each] for each in placed.operators})),
            instead_kernels=(placed.kernel,),
            remedy=OtherActivation(kind, CHEAPEST),
        )


def _summary(kind: str, *, is_alone: bool) -> str:
    if is_alone:
        return f"{kind} runs as a kernel of its own"
    return f"{kind} is fused, but dearer than {CHEAPEST}"


def _relowered(view: View, kinds: dict[int, str]) -> Iterator[Place | Silence]:
    """The same where the runtime changes the graph: a place may bring or save reorders."""
    change = Change(activations=dict.fromkeys(kinds, CHEAPEST))
    relowered = relower(view.model, view.target.lowering, view.lowered, change)
    members = {index: frozenset([index]) for index in kinds}
    for composite in find_composites(view.model):
        if composite.operators[-1] in kinds:
            members[composite.operators[-1]] = frozenset(composite.operators)
    indices = tuple(kinds)
    found = differences(view.model, view.lowered, relowered, [members[i] for i in indices])
    changed = {place for each in found for place in each.places}
    same = tuple(index for place, index in enumerate(indices) if place not in changed)
    if same:
        yield Silence(same, f"it runs as {CHEAPEST} would run there")
    for each in found:
        yield _alternative(view, each, tuple(indices[place] for place in each.places), kinds)


def _alternative(
    view: View, change: Difference, indices: tuple[int, ...], kinds: dict[int, str]
) -> Place:
    kind, number = kinds[indices[0]], view.lowered.home[indices[0]]
    kernel = view.lowered.kernels[number].kernel
    is_alone = not kernel.epilogue
    alone = Kernel(
        Kind.ELEMENTWISE, kind, kernel.c_out, kernel.c_out, kernel.out_map, kernel.out_map,
        kernel.batch, itemsize=kernel.itemsize,
    )  # fmt: skip
    fused = next((each for each in change.kernels if CHEAPEST in each.epilogue), None)
    own: tuple[Kernel, ...] = (kernel,)
    without: tuple[Kernel, ...] = (on_path(_bare(kernel), view.target.lowering),)
    if is_alone:
        # the kernels that nothing replaces: what computes it, and the reorders that it forces
        own = tuple(k for k in view.kernels(change.numbers) if k.kind in _APART)
        without = tuple(k for k in change.kernels if k.kind in _APART and k.op != CHEAPEST)
    reorders = sum(k.op in REORDERS for k in own) - sum(k.op in REORDERS for k in without)
    return Place(
        operators=indices,
        decision=Decision(f"activation {kind}"),
        summary=_summary(kind, is_alone=is_alone),
        advice=_ADVICE if fused is not None else f"use {CHEAPEST}, which computes less",
        now=f"{alone.title} {'on its own' if is_alone else 'fused'}" + and_reorders(reorders),
        instead=(
            f"{CHEAPEST} fused into the {fused.op} before it"
            if fused is not None
            else f"{CHEAPEST} on its own"
        ),
        evidence=evidence_of(view, "activation", kind, own, without),
        kernels=change.numbers,
        instead_kernels=change.kernels,
        remedy=OtherActivation(kind, CHEAPEST),
    )


_APART = frozenset({Kind.ELEMENTWISE, Kind.MOVEMENT})


def _bare(kernel: Kernel) -> Kernel:
    """The kernel without its activation, which is the last that is fused."""
    return kernel._replace(epilogue=kernel.epilogue[:-1])


def _own(view: View, index: int, kind: str) -> Kernel:
    """The activation's kernel, or its share of the kernel that it is fused into."""
    kernel = view.lowered.of(index)[0]
    return next((each for each in kernel.epilogues if each.op == kind), kernel)
