"""Run one rule on one model, as a lint run does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import onnx

from archlint.cost.pricer import Pricer
from archlint.cost.target import Target
from archlint.errors import TargetError
from archlint.linter.check_rule import PricedPlace, check_rule
from archlint.linter.judge import judge
from archlint.linter.prepare import prepare
from archlint.linter.registry import find_pricers
from archlint.linter.source import load
from archlint.linter.told import told
from archlint.results.findings import Finding
from archlint.rule import Place, Rule, Silence, View
from archlint.settings.options import DEFAULT_TARGET, Options, OptionValue
from archlint.testing.net import Net

__all__ = ["Checked", "check"]


@dataclass(frozen=True, slots=True)
class Checked:
    """What a rule says of a model, in its order, and the findings that its places make."""

    view: View
    said: tuple[PricedPlace | Silence, ...]
    findings: tuple[Finding, ...]

    @property
    def places(self) -> tuple[PricedPlace, ...]:
        """Where it has an alternative."""
        return tuple(each for each in self.said if isinstance(each, PricedPlace))

    @property
    def silences(self) -> tuple[Silence, ...]:
        """Where it considered one."""
        return tuple(each for each in self.said if isinstance(each, Silence))

    @property
    def place(self) -> PricedPlace:
        """The only place; raises AssertionError, with all that the rule says, if it is not one."""
        if len(self.places) != 1:
            raise AssertionError(f"{len(self.places)} places; the rule says: {self._words()}")
        return self.places[0]

    def names(self, said: Place | Silence) -> list[str]:
        """The names of the operators that a place or a silence is about."""
        return [self.view.model.operators[index].name for index in said.operators]

    def reason(self, operator: str) -> str:
        """All that the rule says about the operator of this name, if that is one silence.

        Raises AssertionError, with all that the rule says, if it is not.
        """
        found = [each for each in self.said if operator in self.names(each)]
        if len(found) == 1 and isinstance(found[0], Silence):
            return found[0].reason
        raise AssertionError(f"not one silence about {operator}; the rule says: {self._words()}")

    def _words(self) -> str:
        return "; ".join(
            f"{', '.join(self.names(each))}:"
            f" {each.reason if isinstance(each, Silence) else each.summary}"
            for each in self.said
        )


def check(
    rule: type[Rule],
    model: str | onnx.ModelProto | Net,
    *,
    target: str | Target | Pricer = DEFAULT_TARGET,
    batch: int | None = None,
    options: Mapping[str, OptionValue] = MappingProxyType({}),
    min_slowdown: float = 1.10,
) -> Checked:
    """Lower and price a model, run the rule and judge its places.

    `model` may be the path of an ONNX file.  `target` is one of `target_of`, or the name of one
    that archlint knows, at the default options of the rule but for `options`; a model whose batch
    it does not price is priced at the nearest that it does.  Raises ModelError,
    TargetError and UsageError as a lint run does, and whatever the rule raises.
    """
    if isinstance(target, str):
        (pricer,) = find_pricers(Options(targets=(target,)))
    else:
        pricer = target if isinstance(target, Pricer) else Pricer(target)
    asked = Options(batch=batch, allow_unknown=True)
    loaded = load(model.proto() if isinstance(model, Net) else model, asked, [pricer])
    prepared = prepare(loaded, [pricer], asked)
    if prepared.why_not is not None:
        raise TargetError(prepared.why_not)
    (priced,) = prepared.views.values()
    said = tuple(check_rule(rule, priced, options))
    places = [each for each in said if isinstance(each, PricedPlace)]
    name = pricer.target.name
    counted = told({name: places}, min_slowdown)
    found = judge(rule, counted, {name: priced}, Options(min_slowdown=min_slowdown))
    view = priced.for_rule(rule, options)
    return Checked(view, said, tuple(each.finding for each in found))
