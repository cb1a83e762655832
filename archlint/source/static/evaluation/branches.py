"""Bodies that run once, any number of times, or perhaps."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import Enum
from functools import partial

from archlint.source.static.files.parsed import names_bound
from archlint.source.static.values import value as v
from archlint.source.static.values.regions import Outcome, Regions

__all__ = ["Body", "Flow", "branches", "loop", "repeat"]

_MOST_TURNS = 300  # of a loop whose number is known


class Flow(Enum):
    """What comes after a statement."""

    NEXT = "next"
    BREAK = "break"
    CONTINUE = "continue"
    RETURN = "return"
    RAISE = "raise"


Body = Callable[[], Flow]
_Turn = Callable[[v.Value], Flow]


def branches(regions: Regions, bodies: Iterable[Body]) -> Flow:
    """Run bodies of which one runs; after one that may leave, the rest is run all the same."""
    outcomes: list[tuple[Flow, Outcome]] = []
    for body in bodies:
        found: list[Outcome] = []
        with regions.branch(found):
            flow = body()
        outcomes.append((flow, found[0]))
    going = [each for flow, each in outcomes if flow is Flow.NEXT]
    if going:
        # what a branch that ends here has done to its own names is of no more use
        regions.merge(going)
        return Flow.NEXT
    left = [(flow, each) for flow, each in outcomes if flow is not Flow.RAISE]
    regions.merge([each for _, each in left])
    return left[0][0] if left else Flow.RAISE


def loop(
    regions: Regions, items: v.Items, turn: _Turn, scope: v.Scope, changed: Sequence[ast.AST] = ()
) -> Flow:
    """Do something with each value; what comes how often is followed by what it makes.

    `changed` is what a turn runs: the names that it sets are not known after one.
    """
    if len(items) > _MOST_TURNS:
        items = [v.Repeat(tuple(items))]
    for each in items:
        if isinstance(each, v.Repeat):
            repeat(regions, partial(loop, regions, each.items, turn, scope), scope, changed)
        elif isinstance(each, v.Either):
            choose = partial(_choice, regions, turn, scope, changed)
            branches(regions, [partial(choose, one) for one in each.choices])
        else:
            flow = turn(each)
            if flow in (Flow.BREAK, Flow.RETURN, Flow.RAISE):
                return flow
    return Flow.NEXT


def _choice(
    regions: Regions, turn: _Turn, scope: v.Scope, changed: Sequence[ast.AST], items: v.Items
) -> Flow:
    flow = loop(regions, items, turn, scope, changed)
    return Flow.NEXT if flow in (Flow.BREAK, Flow.CONTINUE) else flow


def repeat(regions: Regions, body: Body, scope: v.Scope, changed: Sequence[ast.AST]) -> Flow:
    """Run a body that runs any number of times."""
    with regions.repeated():
        for name in {name for each in changed for name in _names_set(each)}:
            if isinstance(scope.names.get(name), (v.Const, v.Text)):
                regions.assign(scope.names, name, v.UNKNOWN)
        body()
    return Flow.NEXT


def _names_set(node: ast.AST) -> Iterator[str]:
    """The names that a target or a statement sets, those inside it too."""
    if isinstance(node, ast.expr):
        yield from names_bound(node)
    elif isinstance(node, ast.Assign):
        for target in node.targets:
            yield from names_bound(target)
    elif isinstance(node, (ast.AugAssign, ast.AnnAssign, ast.For)):
        yield from names_bound(node.target)
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.stmt):
            yield from _names_set(child)
