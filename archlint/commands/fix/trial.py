"""Export a model with edited source and price it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from math import exp, fsum, log

import onnx

from archlint.errors import ModelError, UsageError
from archlint.linter.prepare import prepare
from archlint.linter.registry import find_pricers, select_rules
from archlint.linter.source import Loaded, SourceModel, load
from archlint.linter.view import Priced
from archlint.results.fix_report import Cost
from archlint.settings.options import Options

__all__ = ["OutputError", "Trial", "Trials", "cost_of", "is_less", "mean_ratio"]

Tell = Callable[[str], None]

_LEAST = 0.999
"""A predicted time that falls by less than this is the same time: prices are added up anew."""


class OutputError(ModelError):
    """An edit would change the shape of what the model gives."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A model that was exported with these edits, and what it costs."""

    edits: Mapping[str, str]
    loaded: Loaded
    cost: Cost
    titles: Mapping[str, str]


class Trials:
    """Exports of one model, counted; `tell` is told of each before it begins.

    The first is the model as it is.  Raises UsageError for unknown rules and targets.
    """

    def __init__(self, source: SourceModel, options: Options, tell: Tell | None) -> None:
        self.options: Options = replace(options, targets=source.targets or options.targets)
        self.count: int = 0
        self._source = source
        self._tell = tell
        self._given: list[str] | None = None
        self._unread: int | None = None
        self._pricers = find_pricers(self.options)
        select_rules(self.options)  # an unknown one is told before anything is exported

    def run(self, edits: Mapping[str, str], doing: str) -> Trial:
        """Export and price; raises ModelError where either fails.

        It raises OutputError where the model would give another shape: whoever takes that, the
        labels of a classifier or the network around a backbone, is not edited.
        """
        if self._tell is not None:
            self._tell(doing)
        self.count += 1
        source = replace(self._source, edits=edits)
        loaded = load(source, self.options, self._pricers)
        given = [_shape_text(each) for each in loaded.proto.graph.output]
        if self._given is None:
            self._given = given
        if given != self._given:
            was, now = ", ".join(self._given), ", ".join(given)
            raise OutputError(loaded.name, f"the model would give {now}, not {was}")
        try:
            prepared = prepare(loaded, self._pricers, self.options)
        except UsageError as fault:
            raise ModelError(loaded.name, str(fault)) from fault
        model, views = prepared.model, prepared.views
        if self._unread is None:
            self._unread = len(model.unread)
        if len(model.unread) > self._unread:
            # what has no shapes takes no time
            raise ModelError(loaded.name, "more operators would be without shapes")
        if not views:
            raise ModelError(loaded.name, prepared.why_not or "no target prices it")
        titles = {name: view.title for name, view in views.items()}
        return Trial(edits, loaded, cost_of(model.flops, views), titles)


def _shape_text(output: onnx.ValueInfoProto) -> str:
    dims = output.type.tensor_type.shape.dim
    return "x".join(each.dim_param or str(each.dim_value) for each in dims) or "a scalar"


def cost_of(flops: int, views: Mapping[str, Priced]) -> Cost:
    """The cost of a model that is priced."""
    return Cost(flops, {name: view.total.seconds for name, view in views.items()})


def is_less(after: Cost, before: Cost) -> bool:
    """Whether the predicted time falls on some target and rises on none."""
    ratios = _ratios(after, before)
    return all(each <= 1.0 for each in ratios) and any(each < _LEAST for each in ratios)


def mean_ratio(after: Cost, before: Cost) -> float:
    """After over before, the geometric mean of all targets."""
    ratios = _ratios(after, before)
    return exp(fsum(map(log, ratios)) / len(ratios)) if ratios else 1.0


def _ratios(after: Cost, before: Cost) -> list[float]:
    names = before.seconds.keys() & after.seconds.keys()
    return [after.seconds[name] / before.seconds[name] for name in sorted(names)]
