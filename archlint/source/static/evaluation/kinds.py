"""Whether a value is an instance of a class."""

from __future__ import annotations

from archlint.source.static.evaluation.classes import Classes
from archlint.source.static.evaluation.numbers import TYPES
from archlint.source.static.values import value as v
from archlint.source.static.values.items import argument
from archlint.source.static.values.unions import alternatives, leaves

__all__ = ["is_instance", "is_subclass"]


def is_instance(classes: Classes, given: v.Arguments) -> v.Value:
    """What `isinstance` says."""
    values, wanted = alternatives(argument(given, 0)), argument(given, 1)
    kinds = list(leaves(wanted.items)) if isinstance(wanted, v.Series) else [wanted]
    found = {_is_of(classes, each, kind) for each in values for kind in kinds}
    if len(values) == 1 and True in found:
        return v.Const(True)
    only = found.pop() if len(found) == 1 else None
    return v.UNKNOWN if only is None else v.Const(only)


def is_subclass(classes: Classes, given: v.Arguments) -> v.Value:
    """What `issubclass` says."""
    one, other = argument(given, 0), argument(given, 1)
    if isinstance(one, v.Class) and isinstance(other, (v.Class, v.External)):
        return v.Const(any(each is other or each == other for each in classes.lineage(one)))
    return v.UNKNOWN


def _is_of(classes: Classes, value: v.Value, kind: v.Value) -> bool | None:
    if isinstance(kind, v.Builtin):
        return _is_of_builtin(value, kind.name)
    if isinstance(value, v.Made) and isinstance(value.callee, v.Class):
        lineage = classes.lineage(value.callee)
        if isinstance(kind, v.Class):
            return any(each is kind for each in lineage)
        if isinstance(kind, v.External):
            return True if kind in lineage else None
    if isinstance(value, v.Const) and isinstance(kind, (v.Class, v.External)):
        return False
    return None


def _is_of_builtin(value: v.Value, name: str) -> bool | None:
    if isinstance(value, v.Const):
        return name in TYPES and isinstance(value.value, TYPES[name])
    if isinstance(value, v.Series):
        return None if name in ("list", "tuple") else False
    if isinstance(value, (v.Table, v.Text)):
        return name == ("dict" if isinstance(value, v.Table) else "str")
    return False if isinstance(value, v.Made) and isinstance(value.callee, v.Class) else None
