"""What expressions of a constructor can be."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import libcst as cst

from archlint.source.static import containers
from archlint.source.static.arithmetic import compared, operated
from archlint.source.static.items import exact, sliced
from archlint.source.static.module_containers import joined
from archlint.source.static.values import (
    UNKNOWN,
    Arguments,
    Bound,
    Builtin,
    Class,
    Const,
    Either,
    Function,
    Item,
    Made,
    Partial,
    Repeat,
    Scope,
    Series,
    Site,
    SuperOf,
    Table,
    Text,
    Union,
    Value,
    alternatives,
    leaves,
    union,
)

if TYPE_CHECKING:
    from archlint.source.static.interpreter import Interpreter

__all__ = ["Expressions", "likely", "truth"]

_NAMES = {"None": None, "True": True, "False": False}
_Comprehension = cst.ListComp | cst.SetComp | cst.GeneratorExp | cst.DictComp


def truth(value: Value) -> bool | None:
    """Whether a value is true; None where that is not told."""
    if isinstance(value, Const):
        return bool(value.value)
    if isinstance(value, Union):
        found = {truth(each) for each in value.values}
        return found.pop() if len(found) == 1 else None
    if isinstance(value, Series):
        known = exact(value.items)
        return bool(known) if known is not None else None
    if isinstance(value, Table):
        return truth(value.pairs)
    if isinstance(value, (Class, Function, Partial, Bound, Builtin)):
        return True
    return None


def likely(value: Value) -> bool | None:
    """Whether a value is true where what is not told of it, such as another default, is not."""
    known = [each for each in alternatives(value) if each is not UNKNOWN]
    return truth(union(*known)) if known else None


class Expressions:
    """Evaluates expressions."""

    def __init__(self, interpreter: Interpreter) -> None:
        self._interpreter = interpreter
        self._kinds: dict[type[cst.CSTNode], Callable[[object, Scope], Value]] = {}
        for name in dir(self):
            if name.startswith("_of_"):
                self._kinds[getattr(cst, name[4:])] = getattr(self, name)

    def value(self, node: cst.BaseExpression, scope: Scope) -> Value:
        """What an expression is; UNKNOWN where the source does not tell."""
        kind = self._kinds.get(type(node))
        return kind(node, scope) if kind is not None and self._interpreter.step() else UNKNOWN

    def operated(self, operator: cst.CSTNode, left: Value, right: Value) -> Value:
        """`left + right` and the like."""
        return operated(type(operator).__name__.removesuffix("Assign"), left, right)

    def index(self, node: cst.Subscript, scope: Scope) -> Value:
        """What stands in the brackets; UNKNOWN for a slice."""
        if len(node.slice) != 1:
            return UNKNOWN
        inner = node.slice[0].slice
        return self.value(inner.value, scope) if isinstance(inner, cst.Index) else UNKNOWN

    def _of_Name(self, node: cst.Name, scope: Scope) -> Value:  # noqa: N802
        if node.value in _NAMES:
            return Const(_NAMES[node.value])
        return self._interpreter.name(node.value, scope)

    def _of_Integer(self, node: cst.Integer, scope: Scope) -> Value:  # noqa: N802, ARG002
        return _literal(node.value)

    def _of_Float(self, node: cst.Float, scope: Scope) -> Value:  # noqa: N802, ARG002
        return _literal(node.value)

    def _of_SimpleString(self, node: cst.SimpleString, scope: Scope) -> Value:  # noqa: N802, ARG002
        return _literal(node.value)

    def _of_ConcatenatedString(  # noqa: N802
        self, node: cst.ConcatenatedString, scope: Scope
    ) -> Value:
        return operated("Add", self.value(node.left, scope), self.value(node.right, scope))

    def _of_FormattedString(self, node: cst.FormattedString, scope: Scope) -> Value:  # noqa: N802
        found: Value = Const("")
        for part in node.parts:
            if isinstance(part, cst.FormattedStringText):
                piece: Value = Const(part.value.replace("{{", "{").replace("}}", "}"))
            elif isinstance(part, cst.FormattedStringExpression):
                inner = self.value(part.expression, scope)
                plain = part.format_spec is None and part.conversion is None
                known = isinstance(inner, Const) and plain
                piece = (
                    Const(str(inner.value)) if known and isinstance(inner, Const) else Text(".*")
                )
            else:
                piece = Text(".*")
            found = operated("Add", found, piece)
        return found

    def _of_Attribute(self, node: cst.Attribute, scope: Scope) -> Value:  # noqa: N802
        return self._interpreter.attributes.of(self.value(node.value, scope), node.attr.value)

    def _of_Tuple(self, node: cst.Tuple, scope: Scope) -> Value:  # noqa: N802
        return self._series(node.elements, scope)

    def _of_List(self, node: cst.List, scope: Scope) -> Value:  # noqa: N802
        return self._series(node.elements, scope)

    def _of_Set(self, node: cst.Set, scope: Scope) -> Value:  # noqa: N802
        return self._series(node.elements, scope)

    def _series(self, elements: Sequence[cst.BaseElement], scope: Scope) -> Series:
        items: list[Item] = []
        for each in elements:
            found = self.value(each.value, scope)
            if isinstance(each, cst.StarredElement):
                items += containers.iterated(self._interpreter, found)
            else:
                items.append(found)
        return Series(items, self._interpreter.regions.level)

    def _of_Dict(self, node: cst.Dict, scope: Scope) -> Value:  # noqa: N802
        pairs: list[Item] = []
        for each in node.elements:
            found = self.value(each.value, scope)
            if isinstance(each, cst.DictElement):
                pairs.append(Series([self.value(each.key, scope), found]))
            else:
                pairs += containers.pairs_of(found)
        return Table(Series(pairs, self._interpreter.regions.level))

    def _of_ListComp(self, node: cst.ListComp, scope: Scope) -> Value:  # noqa: N802
        return self._comprehension(node, scope)

    def _of_SetComp(self, node: cst.SetComp, scope: Scope) -> Value:  # noqa: N802
        return self._comprehension(node, scope)

    def _of_GeneratorExp(self, node: cst.GeneratorExp, scope: Scope) -> Value:  # noqa: N802
        return self._comprehension(node, scope)

    def _of_DictComp(self, node: cst.DictComp, scope: Scope) -> Value:  # noqa: N802
        return Table(self._comprehension(node, scope))

    def _comprehension(self, node: _Comprehension, scope: Scope) -> Series:
        from archlint.source.static.statements import Flow

        found = Series([], self._interpreter.regions.level)
        inner = Scope(
            scope.file, scope.qualified, scope, {}, scope.caller, scope.owner, scope.self_value
        )

        def element() -> Value:
            if isinstance(node, cst.DictComp):
                return Series([self.value(node.key, inner), self.value(node.value, inner)])
            return self.value(node.elt, inner)

        def follow(part: cst.CompFor) -> None:
            values = self.value(part.iter, inner)

            def turn(value: Value) -> Flow:
                self._interpreter.statements.bind(part.target, value, inner)
                tests = [truth(self.value(each.test, inner)) for each in part.ifs]
                if False in tests:
                    return Flow.NEXT
                start = len(found.items)
                self._interpreter.regions.touch(found)
                if part.inner_for_in is not None:
                    follow(part.inner_for_in)
                else:
                    self._interpreter.regions.append(found, element())
                if None in tests and found.items[start:]:
                    found.items[start:] = [Either((tuple(found.items[start:]), ()))]
                return Flow.NEXT

            items = list(containers.iterated(self._interpreter, values))
            self._interpreter.statements.loop(items, turn, (), inner)

        follow(node.for_in)
        return found

    def _of_Lambda(self, node: cst.Lambda, scope: Scope) -> Value:  # noqa: N802
        qualified = self._interpreter.qualified("<lambda>", scope)
        around = None if scope.qualified == "<module>" else scope
        return Function(scope.file, node, qualified, around)

    def _of_IfExp(self, node: cst.IfExp, scope: Scope) -> Value:  # noqa: N802
        test = self.value(node.test, scope)
        told = truth(test)
        if told is not None:
            return self.value(node.body if told else node.orelse, scope)
        ways = (node.body, node.orelse) if likely(test) is not False else (node.orelse, node.body)
        return union(*(self.value(each, scope) for each in ways))

    def _of_BooleanOperation(self, node: cst.BooleanOperation, scope: Scope) -> Value:  # noqa: N802
        left = self.value(node.left, scope)
        told = truth(left)
        if told is None:
            stays = isinstance(node.operator, cst.Or)
            known = [each for each in alternatives(left) if truth(each) in (None, stays)]
            return union(*known, self.value(node.right, scope))
        ends = told if isinstance(node.operator, cst.Or) else not told
        return left if ends else self.value(node.right, scope)

    def _of_UnaryOperation(self, node: cst.UnaryOperation, scope: Scope) -> Value:  # noqa: N802
        value = self.value(node.expression, scope)
        if isinstance(node.operator, cst.Not):
            found = [truth(each) for each in alternatives(value)]
            return union(*(UNKNOWN if each is None else Const(not each) for each in found))
        if isinstance(node.operator, cst.Minus):
            return operated("Subtract", Const(0), value)
        return value if isinstance(node.operator, cst.Plus) else UNKNOWN

    def _of_BinaryOperation(self, node: cst.BinaryOperation, scope: Scope) -> Value:  # noqa: N802
        left, right = self.value(node.left, scope), self.value(node.right, scope)
        if isinstance(left, Made) and isinstance(node.operator, cst.Add):
            return joined(self._interpreter, left, right) or UNKNOWN
        return self.operated(node.operator, left, right)

    def _of_Comparison(self, node: cst.Comparison, scope: Scope) -> Value:  # noqa: N802
        left = self.value(node.left, scope)
        told: set[bool | None] = {True}
        for each in node.comparisons:
            right = self.value(each.comparator, scope)
            found = compared(type(each.operator).__name__, left, right)
            if found == {False}:
                return Const(False)
            told = found if told == {True} else {None}
            left = right
        return union(*(UNKNOWN if each is None else Const(each) for each in told))

    def _of_NamedExpr(self, node: cst.NamedExpr, scope: Scope) -> Value:  # noqa: N802
        value = self.value(node.value, scope)
        self._interpreter.statements.bind(node.target, value, scope)
        return value

    def _of_Await(self, node: cst.Await, scope: Scope) -> Value:  # noqa: N802
        return self.value(node.expression, scope)

    def _of_Yield(self, node: cst.Yield, scope: Scope) -> Value:  # noqa: N802
        if scope.yielded is None:
            return UNKNOWN
        if isinstance(node.value, cst.From):
            found = self.value(node.value.item, scope)
            items = containers.iterated(self._interpreter, found)
            self._interpreter.regions.append(scope.yielded, *items)
        elif node.value is not None:
            self._interpreter.regions.append(scope.yielded, self.value(node.value, scope))
        return UNKNOWN

    def _of_Subscript(self, node: cst.Subscript, scope: Scope) -> Value:  # noqa: N802
        owner = self.value(node.value, scope)
        if len(node.slice) == 1 and isinstance(node.slice[0].slice, cst.Slice):
            part = node.slice[0].slice
            ends = [
                Const(None) if each is None else self.value(each, scope)
                for each in (part.lower, part.upper, part.step)
            ]
            items = containers.iterated(self._interpreter, owner)
            if isinstance(owner, Made) and not owner.items.items:
                return UNKNOWN
            return Series(sliced(items, *ends), self._interpreter.regions.level)
        index = self.index(node, scope)
        found = [containers.item(self._interpreter, each, index) for each in alternatives(owner)]
        return union(*found)

    def _of_Call(self, node: cst.Call, scope: Scope) -> Value:  # noqa: N802
        function = self.value(node.func, scope)
        if function == Builtin("super"):
            return self._super(node, scope)
        positional: list[Item] = []
        keywords: dict[str, Value] = {}
        is_open = False
        for each in node.args:
            found = self.value(each.value, scope)
            if each.star == "*":
                positional += containers.iterated(self._interpreter, found)
            elif each.star == "**":
                for pair in containers.pairs_of(found):
                    known = list(leaves([pair]))
                    key = known[0] if len(known) == 1 else UNKNOWN
                    entry = key.items if isinstance(key, Series) else []
                    name = entry[0] if entry and not isinstance(pair, (Repeat, Either)) else UNKNOWN
                    value = entry[1] if len(entry) == 2 else UNKNOWN
                    if isinstance(name, Const) and not isinstance(value, (Repeat, Either)):
                        keywords[str(name.value)] = value
                    else:
                        is_open = True
            elif each.keyword is not None:
                keywords[each.keyword.value] = found
            else:
                positional.append(found)
        site = Site(scope.file, node, scope.qualified, scope.caller)
        return self._interpreter.call(
            function, Arguments(tuple(positional), keywords, is_open), site
        )

    def _super(self, node: cst.Call, scope: Scope) -> Value:
        inner: Scope | None = scope
        while inner is not None and (inner.self_value is None or inner.owner is None):
            inner = inner.around
        if inner is None or inner.self_value is None or inner.owner is None:
            return UNKNOWN
        owner = inner.owner
        if node.args:
            told = self.value(node.args[0].value, scope)
            owner = told if isinstance(told, Class) else owner
        return SuperOf(owner, inner.self_value)


def _literal(text: str) -> Value:
    try:
        found = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return UNKNOWN
    return Const(found) if isinstance(found, (int, float, str)) else UNKNOWN
