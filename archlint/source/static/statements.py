"""What statements do to names and objects."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING

import libcst as cst

from archlint.source.static import containers
from archlint.source.static.expressions import likely, truth
from archlint.source.static.items import at, replaced, sliced
from archlint.source.static.module_containers import is_dict
from archlint.source.static.parsed import Statement, statements_of
from archlint.source.static.regions import Outcome
from archlint.source.static.values import (
    UNKNOWN,
    Const,
    Either,
    Items,
    Made,
    Repeat,
    Scope,
    Series,
    Table,
    Text,
    Union,
    Value,
    alternatives,
)

if TYPE_CHECKING:
    from archlint.source.static.interpreter import Interpreter

__all__ = ["Flow", "Statements"]

_MOST_TURNS = 300  # of a loop whose number is known


class Flow(Enum):
    """What comes after a statement."""

    NEXT = "next"
    BREAK = "break"
    CONTINUE = "continue"
    RETURN = "return"
    RAISE = "raise"


_Body = Callable[[], Flow]
_Turn = Callable[[Value], Flow]


class Statements:
    """Runs bodies of functions; branches and loops that are not decided run as regions."""

    def __init__(self, interpreter: Interpreter) -> None:
        self._interpreter = interpreter
        self._regions = interpreter.regions

    def run(self, body: cst.BaseSuite, scope: Scope) -> Flow:
        """Run a body; after a branch that may leave it, the rest is run all the same."""
        return self._run(list(statements_of(body)), scope)

    def _run(self, statements: Sequence[Statement], scope: Scope) -> Flow:
        for each in statements:
            if not self._interpreter.step():
                return Flow.NEXT
            flow = self._statement(each, scope)
            if flow is not Flow.NEXT:
                return flow
        return Flow.NEXT

    def _statement(self, node: Statement, scope: Scope) -> Flow:
        value = self._interpreter.expressions.value
        if isinstance(node, cst.Expr):
            value(node.value, scope)
        elif isinstance(node, (cst.Assign, cst.AnnAssign)):
            self.assign(node, scope)
        elif isinstance(node, cst.AugAssign):
            self._augment(node, scope)
        elif isinstance(node, cst.Return):
            scope.results.append(Const(None) if node.value is None else value(node.value, scope))
            return Flow.RETURN
        elif isinstance(node, cst.If):
            return self._if(node, scope)
        elif isinstance(node, cst.For):
            return self._for(node, scope)
        elif isinstance(node, cst.While):
            return self._repeat(lambda: self.run(node.body, scope), [node.body], scope)
        elif isinstance(node, (cst.FunctionDef, cst.ClassDef)):
            found = self._interpreter.defined(node, scope)
            self._regions.assign(scope.names, node.name.value, found)
        elif isinstance(node, cst.With):
            for each in node.items:
                found = value(each.item, scope)
                if each.asname is not None:
                    self.bind(each.asname.name, found, scope)
            return self.run(node.body, scope)
        elif isinstance(node, (cst.Try, cst.TryStar)):
            return self._try(node, scope)
        elif isinstance(node, cst.Match):
            value(node.subject, scope)
            return self._branches([partial(self.run, each.body, scope) for each in node.cases])
        elif isinstance(node, (cst.Import, cst.ImportFrom)):
            self._import(node, scope)
        elif isinstance(node, cst.Break):
            return Flow.BREAK
        elif isinstance(node, cst.Continue):
            return Flow.CONTINUE
        elif isinstance(node, cst.Raise):
            return Flow.RAISE
        return Flow.NEXT

    def assign(self, node: cst.Assign | cst.AnnAssign, scope: Scope) -> None:
        """Bind the targets of an assignment."""
        if node.value is None:
            return
        value = self._interpreter.expressions.value(node.value, scope)
        if isinstance(node, cst.AnnAssign):
            self.bind(node.target, value, scope)
            return
        for each in node.targets:
            self.bind(each.target, value, scope)

    def bind(self, target: cst.BaseExpression, value: Value, scope: Scope) -> None:
        """Put a value to a target."""
        interpreter = self._interpreter
        if isinstance(target, cst.Name):
            self._regions.assign(scope.names, target.value, value)
        elif isinstance(target, cst.Attribute):
            owner = interpreter.expressions.value(target.value, scope)
            interpreter.attributes.put(owner, target.attr.value, value)
        elif isinstance(target, cst.Subscript):
            owner = interpreter.expressions.value(target.value, scope)
            index = interpreter.expressions.index(target, scope)
            for each in alternatives(owner):
                self._put(each, index, value, surely=not isinstance(owner, Union))
        elif isinstance(target, (cst.Tuple, cst.List)):
            self._unpack(target.elements, value, scope)

    def _put(self, owner: Value, index: Value, value: Value, *, surely: bool) -> None:
        surely = surely and not self._regions.level
        if isinstance(owner, Made):
            self._interpreter.build(owner)
            if isinstance(index, Const) and isinstance(index.value, str):
                self._interpreter.attributes.put(owner, index.value, value)
            elif isinstance(index, Text) or is_dict(self._interpreter, owner):
                self._interpreter.attributes.put_named(owner, index, value)
            else:
                replaced(owner.items, index, value, surely=surely)
        elif isinstance(owner, Series):
            replaced(owner, index, value, surely=surely)
        elif isinstance(owner, Table):
            containers.put(self._interpreter, owner, index, value)

    def _unpack(self, elements: Sequence[cst.BaseElement], value: Value, scope: Scope) -> None:
        stars = [n for n, each in enumerate(elements) if isinstance(each, cst.StarredElement)]
        behind = len(elements) - stars[0] - 1 if stars else 0
        items = containers.iterated(self._interpreter, value)
        for place, each in enumerate(elements):
            if isinstance(each, cst.StarredElement):
                end = Const(-behind if behind else None)
                rest = sliced(items, Const(place), end, Const(None))
                found: Value = Series(rest, self._regions.level)
            elif stars and place > stars[0]:
                found = at(items, Const(place - len(elements)))
            else:
                found = at(items, Const(place))
            self.bind(each.value, found, scope)

    def _augment(self, node: cst.AugAssign, scope: Scope) -> None:
        old = self._interpreter.expressions.value(node.target, scope)
        new = self._interpreter.expressions.value(node.value, scope)
        if isinstance(node.operator, cst.AddAssign):
            done = False
            for each in alternatives(old):
                if isinstance(each, (Series, Made)):
                    items = containers.iterated(self._interpreter, new)
                    series = each if isinstance(each, Series) else each.items
                    self._regions.append(series, *items)
                    done = True
            if done:
                return
        result = self._interpreter.expressions.operated(node.operator, old, new)
        self.bind(node.target, result, scope)

    def _if(self, node: cst.If, scope: Scope) -> Flow:
        test = self._interpreter.expressions.value(node.test, scope)
        told = truth(test)
        rest = node.orelse

        def otherwise() -> Flow:
            if isinstance(rest, cst.If):
                return self._if(rest, scope)
            return self.run(rest.body, scope) if rest is not None else Flow.NEXT

        if told is not None:
            return self.run(node.body, scope) if told else otherwise()

        def body() -> Flow:
            return self.run(node.body, scope)

        guess = likely(test)
        if guess is None:
            return self._branches([body, otherwise])
        return self._likely_branches(*((body, otherwise) if guess else (otherwise, body)), scope)

    def _likely_branches(self, first: _Body, second: _Body, scope: Scope) -> Flow:
        """Branches of which the first is the likely one; what the other returns comes last."""

        def unlikely() -> Flow:
            start = len(scope.results)
            flow = second()
            scope.unlikely_results += scope.results[start:]
            del scope.results[start:]
            return flow

        return self._branches([first, unlikely])

    def _branches(self, bodies: Sequence[_Body]) -> Flow:
        outcomes: list[tuple[Flow, Outcome]] = []
        for body in bodies:
            found: list[Outcome] = []
            with self._regions.branch(found):
                flow = body()
            outcomes.append((flow, found[0]))
        going = [each for flow, each in outcomes if flow is Flow.NEXT]
        if going:
            # what a branch that ends here has done to its own names is of no more use
            self._regions.merge(going)
            return Flow.NEXT
        left = [each for flow, each in outcomes if flow is not Flow.RAISE]
        self._regions.merge(left)
        flows = [flow for flow, _ in outcomes if flow is not Flow.RAISE]
        return flows[0] if flows else Flow.RAISE

    def _try(self, node: cst.Try | cst.TryStar, scope: Scope) -> Flow:
        flow = self.run(node.body, scope)
        if flow is Flow.RAISE and node.handlers:
            flow = self._branches([partial(self.run, each.body, scope) for each in node.handlers])
        elif flow is Flow.NEXT and node.orelse is not None:
            flow = self.run(node.orelse.body, scope)
        if node.finalbody is not None:
            last = self.run(node.finalbody.body, scope)
            flow = flow if last is Flow.NEXT else last
        return flow

    def _import(self, node: cst.Import | cst.ImportFrom, scope: Scope) -> None:
        if isinstance(node.names, cst.ImportStar):
            return
        for alias in node.names:
            bound: cst.BaseExpression = alias.asname.name if alias.asname else alias.name
            while isinstance(bound, cst.Attribute):
                bound = bound.value
            if isinstance(bound, cst.Name):
                found = self._interpreter.globals.imported(node, scope.file, bound.value)
                self._regions.assign(scope.names, bound.value, found)

    def _for(self, node: cst.For, scope: Scope) -> Flow:
        found = self._interpreter.expressions.value(node.iter, scope)
        items = list(containers.iterated(self._interpreter, found))

        def turn(value: Value) -> Flow:
            self.bind(node.target, value, scope)
            return self.run(node.body, scope)

        flow = self.loop(items, turn, [node.target, node.body], scope)
        if flow is Flow.NEXT and node.orelse is not None:
            return self.run(node.orelse.body, scope)
        return Flow.NEXT if flow is Flow.BREAK else flow

    def loop(
        self,
        items: Items,
        turn: _Turn,
        changed: Sequence[cst.CSTNode],
        scope: Scope,
    ) -> Flow:
        """Do something with each value; what comes how often is followed by what it makes."""
        if len(items) > _MOST_TURNS:
            items = [Repeat(tuple(items))]
        for each in items:
            if isinstance(each, Repeat):
                self._repeat(partial(self.loop, each.items, turn, (), scope), changed, scope)
            elif isinstance(each, Either):
                self._branches(
                    [partial(self._choice, one, turn, changed, scope) for one in each.choices]
                )
            else:
                flow = turn(each)
                if flow in (Flow.BREAK, Flow.RETURN, Flow.RAISE):
                    return flow
        return Flow.NEXT

    def _choice(
        self, items: Items, turn: _Turn, changed: Sequence[cst.CSTNode], scope: Scope
    ) -> Flow:
        flow = self.loop(items, turn, changed, scope)
        return Flow.NEXT if flow in (Flow.BREAK, Flow.CONTINUE) else flow

    def _repeat(self, body: _Body, changed: Sequence[cst.CSTNode], scope: Scope) -> Flow:
        with self._regions.repeated():
            for name in {name for each in changed for name in _set_in(each)}:
                if isinstance(scope.names.get(name), (Const, Text)):
                    self._regions.assign(scope.names, name, UNKNOWN)
            body()
        return Flow.NEXT


def _set_in(node: cst.CSTNode) -> list[str]:
    """The names that are set somewhere in a body."""
    found: list[str] = []
    targets: list[cst.BaseExpression] = []
    if isinstance(node, cst.Assign):
        targets = [each.target for each in node.targets]
    elif isinstance(node, (cst.AugAssign, cst.AnnAssign, cst.For)):
        targets = [node.target]
    elif isinstance(node, cst.Name):
        return [node.value]  # the target of the loop itself
    for each in targets:
        names = [each] if isinstance(each, cst.Name) else []
        if isinstance(each, (cst.Tuple, cst.List)):
            names = [one.value for one in each.elements if isinstance(one.value, cst.Name)]
        found += [one.value for one in names]
    if isinstance(node, (cst.BaseStatement, cst.BaseSuite, cst.Else, cst.SimpleStatementLine)):
        for child in node.children:
            found += _set_in(child) if not isinstance(child, cst.BaseExpression) else []
    return found
