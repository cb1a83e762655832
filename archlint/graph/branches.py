"""Which branch of an If is taken, and how often the body of a Loop or a Scan runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

__all__ = ["BRANCHES", "Decision", "Facts", "Part", "decide"]

BRANCHES = ("then_branch", "else_branch")
_MOST_TRIPS = 2**31 - 1  # exporters write a larger one for a loop that a condition ends


class Facts(Protocol):
    """What is known of a graph with all its branches: shapes, constants, costs."""

    def shape(self, name: str) -> tuple[int, ...] | None:
        """The shape of a tensor, None where unknown."""

    def value(self, name: str) -> float | None:
        """The value of a constant of one element, else None."""

    def cost(self, part: str) -> tuple[int, int, int]:
        """FLOPs, memory access and count of the operators directly in this part."""


@dataclass(slots=True)
class Part:
    """An operator with subgraphs: where it is, its parts, and what tells how often it runs.

    `limit` is the tensor with the most trips, `goes_on` that with the last condition, `over`
    the one whose first axis is walked along.
    """

    kind: str
    name: str
    inside: str
    condition: str = ""
    limit: str = ""
    goes_on: str = ""
    over: tuple[str, int] | None = None
    stacked: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Decision:
    """The branch taken or the trips made, a line on it, and the shapes of what is stacked."""

    branch: str = ""
    trips: int = 1
    note: str = ""
    stacked: Mapping[str, tuple[int, ...]] = field(default_factory=dict)


def decide(parts: Iterable[Part], facts: Facts) -> dict[str, Decision]:
    """Inner parts first, for a branch costs what its own parts cost as they are taken."""
    decisions: dict[str, Decision] = {}
    costs: dict[str, list[tuple[int, int, int]]] = {}
    for part in reversed(list(parts)):
        inner = {}
        for each in BRANCHES if part.kind == "If" else ("body",):
            where = f"{part.name}/{each}"
            inner[each] = _sum([facts.cost(where), *costs.get(where, ())])
        if part.kind == "If":
            decision = _branch(part, facts, inner)
            cost = inner[decision.branch]
        else:
            decision = _trips(part, facts)
            flops, access, count = inner["body"]
            cost = flops * decision.trips, access * decision.trips, count
        decisions[part.name] = decision
        costs.setdefault(part.inside, []).append(cost)
    return decisions


def _sum(costs: Iterable[tuple[int, int, int]]) -> tuple[int, int, int]:
    flops, access, count = (sum(each) for each in zip(*costs, strict=True))
    return flops, access, count


def _branch(part: Part, facts: Facts, costs: Mapping[str, tuple[int, int, int]]) -> Decision:
    known = facts.value(part.condition)
    if known is not None:
        return Decision(BRANCHES[0] if known else BRANCHES[1])
    dearer = max(BRANCHES, key=lambda each: costs[each])
    return Decision(dearer, note=f"{part.name}: its dearer branch, {dearer} (assumed)")


def _trips(part: Part, facts: Facts) -> Decision:
    trips: int | None = None
    if part.over is not None:
        shape, axis = facts.shape(part.over[0]), part.over[1]
        if shape and -len(shape) <= axis < len(shape):
            trips = shape[axis]
    else:
        limit, goes_on = facts.value(part.limit), facts.value(part.goes_on)
        if goes_on is not None and not goes_on:
            trips = 1
        elif goes_on and limit is not None and 0 <= limit <= _MOST_TRIPS:
            trips = int(limit)
    stacked = {}
    for made, each in part.stacked.items():
        shape = facts.shape(each)
        if shape is not None:
            stacked[made] = (trips or 1, *shape)
    if trips is None:
        note = f"{part.name}: 1 trip (assumed, the file does not tell how many)"
        return Decision(trips=1, note=note, stacked=stacked)
    note = f"{part.name}: {trips} trip{'s' * (trips != 1)}"
    return Decision(trips=trips, note=note, stacked=stacked)
