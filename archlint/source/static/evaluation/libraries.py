"""Calls of what is outside the roots."""

from __future__ import annotations

from archlint.source.static.evaluation.containers import iterated
from archlint.source.static.evaluation.tables import table_of
from archlint.source.static.evaluation.torch_containers import TorchContainers
from archlint.source.static.values import value as v
from archlint.source.static.values.environment import Environment
from archlint.source.static.values.items import argument
from archlint.source.static.values.unions import alternatives, leaves, union

__all__ = ["call_external"]

_MOST_COPIES = 256


def call_external(
    environment: Environment,
    containers: TorchContainers,
    function: v.External,
    given: v.Arguments,
    site: v.Site | None,
) -> v.Value:
    """What a function or class outside the roots gives: mostly something that it makes."""
    name, first = function.name, argument(given, 0)
    if name in ("functools.partial", "functools.partialmethod") and given.positional:
        return v.Partial(first, v.Arguments(given.positional[1:], given.keywords, given.is_open))
    if name == "collections.OrderedDict":
        return table_of(environment, given)
    if name == "itertools.chain":
        places = range(len(given.positional))
        parts = [iterated(environment, argument(given, place)) for place in places]
        return v.Series([each for part in parts for each in part])
    if name == "itertools.chain.from_iterable":
        inner = leaves(iterated(environment, first))
        return v.Series([one for each in inner for one in iterated(environment, each)])
    if name == "itertools.repeat":
        count = argument(given, 1)
        number = count.value if isinstance(count, v.Const) else None
        if isinstance(number, int) and number < _MOST_COPIES:
            return v.Series([first] * number)
        return v.Series([v.Repeat((first,))])
    if name == "typing.cast":
        return argument(given, 1)
    if function.last[:1].islower():
        # torch.nn.utils.weight_norm, copy.deepcopy, torch.compile: the module that they are given
        passed = [each for each in alternatives(first) if isinstance(each, v.Made)]
        if passed:
            return union(*passed)
        if function.last in ("deepcopy", "copy"):
            return first
    return containers.new(function, given, site)
