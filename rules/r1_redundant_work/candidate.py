"""A rewrite that a model allows, before it is priced."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from archlint.plugin import (
    Decision,
    Difference,
    Limit,
    Nature,
    Place,
    Remedy,
    Rewrite,
    Silence,
    View,
    rewrite_differences,
    unnumbered,
)

__all__ = ["Candidate", "places_of"]


@dataclass(frozen=True, slots=True)
class Candidate:
    """Operators with another form of the same outputs; the telling operator comes first.

    `what` names the rewrite, the same for all places of its sort; with `whole_model` they are one
    decision.  One that is an upper bound gives fewer outputs, so that nothing could be compared.
    """

    operators: tuple[int, ...]
    what: str
    summary: str
    advice: str
    now: str
    instead: str
    rewrite: Rewrite
    nature: Nature = Nature.EXACT
    remedy: Remedy | None = None
    limit: Limit | None = None
    whole_model: bool = False


def places_of(view: View, candidates: Sequence[Candidate]) -> Iterator[Place | Silence]:
    """What the candidates of one sort change among the kernels that the target runs.

    The model is lowered again with all of them.  Of two that touch one operator the first is
    taken; a rewrite that changes no kernel is one that the runtime makes itself.
    """
    taken: set[int] = set()
    chosen: list[Candidate] = []
    for each in candidates:
        if len({view.model.operators[index].repeats for index in each.rewrite.gone}) > 1:
            yield Silence(each.operators, "one of its operators is in a loop, another is not")
        elif taken.isdisjoint(each.rewrite.gone):
            taken |= each.rewrite.gone
            chosen.append(each)
        else:
            yield Silence(each.operators, "its operators are rewritten with others")
    found = rewrite_differences(
        view.model, view.target.lowering, view.lowered, [each.rewrite for each in chosen]
    )
    changed = {place for each in found for place in each.places}
    for place, each in enumerate(chosen):
        if place not in changed:
            yield Silence(each.operators, "the target runs it so already")
    for change in found:
        yield _place(view, [chosen[place] for place in change.places], change)


def _place(view: View, candidates: Sequence[Candidate], change: Difference) -> Place | Silence:
    first = candidates[0]
    rewrite = first.rewrite
    for each in candidates[1:]:
        rewrite |= each.rewrite
    operators = tuple(index for each in candidates for index in each.operators)
    if not change.numbers:
        return Silence(operators, "it would only add kernels")
    numbers, kernels = change.numbers, change.kernels
    if not kernels:
        # a price needs a kernel on both sides: one that stays, as near as there is one
        stays = _beside(view, operators, numbers)
        if stays is None:
            return Silence(operators, "no kernel stands next to it")
        numbers, kernels = tuple(sorted((stays, *numbers))), view.kernels([stays])
    where = "" if first.whole_model else unnumbered(view.module_of(*first.operators))
    return Place(
        operators=operators,
        decision=Decision(first.what, where),
        summary=first.summary,
        advice=first.advice,
        now=first.now,
        instead=first.instead,
        kernels=numbers,
        instead_kernels=kernels,
        nature=first.nature,
        limit=first.limit,
        remedy=first.remedy,
        rewrite=rewrite if first.nature is Nature.EXACT else None,
    )


def _beside(view: View, operators: Sequence[int], numbers: Collection[int]) -> int | None:
    """A kernel of these operators that is not among the numbers, or of those next to them."""
    graph, home = view.model.graph, view.lowered.home
    near = [each for at in operators for each in (*graph.pred[at], *graph.succ[at])]
    kernels = (home[each] for each in (*operators, *near) if each in home)
    return next((each for each in kernels if each not in numbers), None)
