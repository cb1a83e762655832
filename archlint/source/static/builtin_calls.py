"""Calls of Python's own functions and of what is outside the roots."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from archlint.source.static import containers
from archlint.source.static.expressions import truth
from archlint.source.static.items import at, counted, exact, flat, zipped
from archlint.source.static.values import (
    UNKNOWN,
    Arguments,
    Builtin,
    Class,
    Const,
    External,
    Item,
    Items,
    Made,
    Partial,
    Repeat,
    Series,
    Site,
    Table,
    Text,
    Value,
    alternatives,
    as_pattern,
    leaves,
    union,
)

if TYPE_CHECKING:
    from archlint.source.static.interpreter import Interpreter

__all__ = ["BUILTINS", "call_builtin", "call_external"]

_LONGEST_RANGE = 256
_SAME_ITEMS = frozenset({"list", "tuple", "set", "iter", "sorted", "frozenset"})
_TYPES: Mapping[str, type] = {"int": int, "float": float, "str": str, "bool": bool}
_Call = Callable[["Interpreter", Arguments], Value]


def call_builtin(interpreter: Interpreter, name: str, given: Arguments, site: Site | None) -> Value:
    """What one of Python's own functions gives."""
    level = interpreter.regions.level
    if name in _SAME_ITEMS:
        items = _items(interpreter, given, 0) if given.positional else []
        return Series(list(items), level)
    if name == "map":
        return _mapped(interpreter, given, site)
    if name == "dict":
        return _table(interpreter, given)
    if name == "super":
        return UNKNOWN
    found = _FUNCTIONS.get(name)
    return UNKNOWN if found is None else found(interpreter, given)


def call_external(
    interpreter: Interpreter, function: External, given: Arguments, site: Site | None
) -> Value:
    """What a function or class outside the roots gives: mostly something that it makes."""
    name = function.name
    if name in ("functools.partial", "functools.partialmethod") and given.positional:
        rest = Arguments(given.positional[1:], given.keywords, given.is_open)
        return Partial(_argument(given, 0), rest)
    if name == "collections.OrderedDict":
        return _table(interpreter, given)
    if name == "itertools.chain":
        parts = [_items(interpreter, given, n) for n in range(len(given.positional))]
        return Series([each for part in parts for each in part])
    if name == "itertools.chain.from_iterable":
        inner = leaves(_items(interpreter, given, 0))
        return Series([one for each in inner for one in containers.iterated(interpreter, each)])
    if name == "itertools.repeat":
        return _repeated(given)
    if name == "typing.cast":
        return _argument(given, 1)
    if function.last[:1].islower():
        # torch.nn.utils.weight_norm, copy.deepcopy, torch.compile: the module that they are given
        first = _argument(given, 0)
        passed = [each for each in alternatives(first) if isinstance(each, Made)]
        if passed:
            return union(*passed)
        if function.last in ("deepcopy", "copy"):
            return first
    return interpreter.made(function, given, site)


def _argument(given: Arguments, place: int) -> Value:
    return at(given.positional, Const(place)) if given.positional else UNKNOWN


def _items(interpreter: Interpreter, given: Arguments, place: int) -> Items:
    return containers.iterated(interpreter, _argument(given, place))


def _mapped(interpreter: Interpreter, given: Arguments, site: Site | None) -> Value:
    function, found = _argument(given, 0), Series([], interpreter.regions.level)
    from archlint.source.static.statements import Flow
    from archlint.source.static.values import Scope

    def turn(value: Value) -> Flow:
        result = interpreter.call(function, Arguments((value,)), site)
        interpreter.regions.append(found, result)
        return Flow.NEXT

    if site is not None:
        scope = Scope(site.file, site.inside)
        interpreter.statements.loop(list(_items(interpreter, given, 1)), turn, (), scope)
    return found


def _table(interpreter: Interpreter, given: Arguments) -> Table:
    pairs: list[Item] = list(containers.pairs_of(_argument(given, 0))) if given.positional else []
    pairs += [Series([Const(key), each]) for key, each in given.keywords.items()]
    if given.is_open:
        pairs.append(Repeat((Series([Text(".*"), UNKNOWN]),)))
    return Table(Series(pairs, interpreter.regions.level))


def _repeated(given: Arguments) -> Value:
    count = _argument(given, 1) if len(given.positional) > 1 else UNKNOWN
    if isinstance(count, Const) and isinstance(count.value, int) and count.value < _LONGEST_RANGE:
        return Series([_argument(given, 0)] * count.value)
    return Series([Repeat((_argument(given, 0),))])


def _range(interpreter: Interpreter, given: Arguments) -> Value:
    del interpreter
    known = [each.value for each in leaves(given.positional) if isinstance(each, Const)]
    numbers = [each for each in known if isinstance(each, int)]
    if len(numbers) == len(given.positional) and 1 <= len(numbers) <= 3 and numbers[2:] != [0]:
        found = range(*numbers)
        if abs(numbers[-1]) < 2**40 and len(found) <= _LONGEST_RANGE:
            return Series([Const(each) for each in found])
    return Series([Repeat((UNKNOWN,))])


def _len(interpreter: Interpreter, given: Arguments) -> Value:
    value = _argument(given, 0)
    if isinstance(value, Const) and isinstance(value.value, str):
        return Const(len(value.value))
    if isinstance(value, Made):
        interpreter.build(value)
        value = value.items if value.items.items else UNKNOWN
    value = value.pairs if isinstance(value, Table) else value
    known = exact(value.items) if isinstance(value, Series) else None
    return UNKNOWN if known is None else Const(len(known))


def _enumerate(interpreter: Interpreter, given: Arguments) -> Value:
    start = given.keywords.get("start", Const(0))
    start = _argument(given, 1) if len(given.positional) > 1 else start
    return Series(counted(_items(interpreter, given, 0), start))


def _zip(interpreter: Interpreter, given: Arguments) -> Value:
    return Series(zipped([_items(interpreter, given, n) for n in range(len(given.positional))]))


def _reversed(interpreter: Interpreter, given: Arguments) -> Value:
    items = [
        Repeat(tuple(each.items[::-1])) if isinstance(each, Repeat) else each
        for each in _items(interpreter, given, 0)
    ]
    return Series(items[::-1])


def _filter(interpreter: Interpreter, given: Arguments) -> Value:
    return Series([Repeat((flat(_items(interpreter, given, 1)),))])


def _isinstance(interpreter: Interpreter, given: Arguments) -> Value:
    wanted = _argument(given, 1)
    kinds = list(leaves(wanted.items)) if isinstance(wanted, Series) else [wanted]
    found = {
        _is_of(interpreter, each, kind)
        for each in alternatives(_argument(given, 0))
        for kind in kinds
    }
    if len(alternatives(_argument(given, 0))) == 1 and True in found:
        return Const(True)
    only = found.pop() if len(found) == 1 else None
    return UNKNOWN if only is None else Const(only)


def _is_of(interpreter: Interpreter, value: Value, kind: Value) -> bool | None:
    if isinstance(kind, Builtin):
        if isinstance(value, Const):
            known = _TYPES.get(kind.name)
            return known is not None and isinstance(value.value, known)
        if isinstance(value, Series):
            return None if kind.name in ("list", "tuple") else False
        if isinstance(value, (Table, Text)):
            return kind.name == ("dict" if isinstance(value, Table) else "str")
        return False if isinstance(value, Made) and isinstance(value.callee, Class) else None
    if isinstance(value, Made) and isinstance(value.callee, Class):
        lineage = interpreter.classes.lineage(value.callee)
        if isinstance(kind, Class):
            return any(each is kind for each in lineage)
        if isinstance(kind, External):
            return True if kind in lineage else None
    if isinstance(value, Const) and isinstance(kind, (Class, External)):
        return False
    return None


def _issubclass(interpreter: Interpreter, given: Arguments) -> Value:
    one, other = _argument(given, 0), _argument(given, 1)
    if isinstance(one, Class) and isinstance(other, (Class, External)):
        return Const(
            any(each is other or each == other for each in interpreter.classes.lineage(one))
        )
    return UNKNOWN


def _getattr(interpreter: Interpreter, given: Arguments) -> Value:
    owner, name = _argument(given, 0), _argument(given, 1)
    default = _argument(given, 2) if len(given.positional) > 2 else None
    if isinstance(name, Const) and isinstance(name.value, str):
        found = interpreter.attributes.of(owner, name.value)
        return default if found is UNKNOWN and default is not None else found
    if isinstance(owner, Made):
        interpreter.build(owner)
        pattern = as_pattern(name)
        known = [each for key, each in owner.names.items() if re.fullmatch(pattern, key)]
        known += [each for key, each in owner.patterns.items() if key == pattern]
        return union(*known)
    return UNKNOWN


def _setattr(interpreter: Interpreter, given: Arguments) -> Value:
    interpreter.attributes.put_named(_argument(given, 0), _argument(given, 1), _argument(given, 2))
    return Const(None)


def _hasattr(interpreter: Interpreter, given: Arguments) -> Value:
    owner, name = _argument(given, 0), _argument(given, 1)
    if isinstance(owner, Made) and isinstance(name, Const):
        found = interpreter.attributes.of(owner, str(name.value))
        return UNKNOWN if found is UNKNOWN else Const(True)
    return UNKNOWN


def _next(interpreter: Interpreter, given: Arguments) -> Value:
    return at(_items(interpreter, given, 0), Const(0))


def _number(name: str) -> _Call:
    def number(interpreter: Interpreter, given: Arguments) -> Value:
        del interpreter
        value = _argument(given, 0)
        if not isinstance(value, Const) or len(given.positional) != 1:
            return Const("") if name == "str" and not given.positional else UNKNOWN
        try:
            return Const(_TYPES[name](value.value))
        except (TypeError, ValueError, OverflowError):
            return UNKNOWN

    return number


def _extreme(name: str) -> _Call:
    def extreme(interpreter: Interpreter, given: Arguments) -> Value:
        items = given.positional
        if len(items) == 1:
            items = _items(interpreter, given, 0)
        values = [each.value for each in items if isinstance(each, Const)]
        numbers = [each for each in values if isinstance(each, (int, float))]
        if len(numbers) != len(items) or not numbers or given.keywords:
            return UNKNOWN
        if name == "sum":
            return Const(sum(numbers))
        return Const(max(numbers) if name == "max" else min(numbers))

    return extreme


def _all_or_any(name: str) -> _Call:
    def found(interpreter: Interpreter, given: Arguments) -> Value:
        told = {truth(each) for each in leaves(_items(interpreter, given, 0))}
        if exact(_items(interpreter, given, 0)) is not None and (name == "any") in told:
            return Const(name == "any")
        return UNKNOWN if told - {name == "all"} else Const(name == "all")

    return found


def _abs(interpreter: Interpreter, given: Arguments) -> Value:
    del interpreter
    value = _argument(given, 0)
    if isinstance(value, Const) and isinstance(value.value, (int, float)):
        return Const(abs(value.value))
    return UNKNOWN


def _type(interpreter: Interpreter, given: Arguments) -> Value:
    del interpreter
    value = _argument(given, 0)
    known = isinstance(value, Made) and isinstance(value.callee, (Class, External))
    return value.callee if known and isinstance(value, Made) else UNKNOWN


_FUNCTIONS: Mapping[str, _Call] = {
    "range": _range, "len": _len, "enumerate": _enumerate, "zip": _zip, "reversed": _reversed,
    "filter": _filter, "isinstance": _isinstance, "issubclass": _issubclass, "getattr": _getattr,
    "setattr": _setattr, "hasattr": _hasattr, "next": _next, "abs": _abs, "type": _type,
    "int": _number("int"), "float": _number("float"), "str": _number("str"),
    "bool": _number("bool"), "max": _extreme("max"), "min": _extreme("min"),
    "sum": _extreme("sum"), "any": _all_or_any("any"), "all": _all_or_any("all"),
}  # fmt: skip
BUILTINS = frozenset(_FUNCTIONS) | _SAME_ITEMS | {"map", "dict", "super"}
