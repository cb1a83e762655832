"""Lint models: read, price, check, judge, ignore."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from archlint.cost.pricer import Pricer
from archlint.errors import DtypeError, ModelError, TargetError, UsageError
from archlint.findings import (
    Finding,
    IgnoredFinding,
    ModelReport,
    Report,
    Severity,
    Unpriced,
)
from archlint.graph.model import Model
from archlint.graph.widths import find_widths
from archlint.linter.flips import mark_flips, usual_batch
from archlint.linter.judge import Found, judge, saving_of
from archlint.linter.registry import find_pricers, locate_all, select_rules
from archlint.linter.source import Loaded, Source, SourceModel, build, load, name_of
from archlint.linter.time_limit import TimeUp, at_most
from archlint.linter.view import Priced, look
from archlint.location import Location
from archlint.options import Options
from archlint.rule import Place, Rule

__all__ = ["Examined", "examine", "lint", "prepare"]

Tell = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True)
class Examined:
    """A model's report with what it came from: the model by target, the findings' places."""

    report: ModelReport
    views: Mapping[str, Priced]
    found: tuple[Found, ...]


def lint(models: Sequence[Source], options: Options, progress: Tell | None = None) -> Report:
    """Lint each model on each target.

    A model that cannot be linted has its reason in `ModelReport.error`, and the others are
    linted all the same.  Raises UsageError for unknown rules and targets.
    """
    run = _Run(options)
    for number, model in enumerate(models):
        if progress is not None:
            progress(number, len(models), name_of(model))
        run.add(model)
    return run.report()


def examine(
    models: Sequence[Source], options: Options, progress: Tell | None = None
) -> tuple[tuple[Examined, ...], Report]:
    """Lint as `lint` does, and keep what each report came from."""
    run, examined = _Run(options), []
    for number, model in enumerate(models):
        if progress is not None:
            progress(number, len(models), name_of(model))
        examined.append(run.add(model))
    return tuple(examined), run.report()


def prepare(
    model: Model, pricers: Sequence[Pricer], options: Options
) -> tuple[dict[str, Priced], tuple[str, ...]]:
    """The model on each target that fits it, and why the others do not.

    Where its dtype is the reason, the targets that price it are named.
    """
    widths = find_widths(model)
    views: dict[str, Priced] = {}
    refusals = []
    dtype = ""
    for pricer in pricers:
        try:
            views[pricer.target.name] = look(model, pricer, widths)
        except DtypeError as refusal:
            dtype = refusal.dtype
            refusals.append(str(refusal))
        except TargetError as refusal:
            refusals.append(str(refusal))
    if dtype and not views:
        every = (each.target for each in locate_all(options.target_paths))
        fitting = [each.name for each in every if each.dtype == dtype]
        refusals.append(
            f"for {dtype}: {', '.join(fitting)}" if fitting else f"no target for {dtype}"
        )
    return views, tuple(refusals)


class _Run:
    def __init__(self, options: Options) -> None:
        self._options = options
        self._pricers = find_pricers(options)
        self._rules = select_rules(options)
        self._models: list[ModelReport] = []
        self._problems: list[str] = []
        self._used: Counter[int] = Counter()

    def add(self, source: Source) -> Examined:
        """Lint one more model."""
        path = name_of(source)
        try:
            with at_most(self._options.timeout):
                examined = self._lint(load(source, self._options), self._pricers_for(source))
        except TimeUp:
            examined = _unread(path, f"took longer than {self._options.timeout:g} s")
        except ModelError as fault:
            examined = _unread(path, fault.reason)
        except UsageError as fault:
            examined = _unread(path, str(fault))
        except Exception as fault:  # no model may cost the others their report
            examined = _unread(path, f"internal error: {type(fault).__name__}: {fault}")
        self._models.append(examined.report)
        return examined

    def report(self) -> Report:
        """What was linted so far."""
        unused = tuple(
            f'{ignore.origin}: rule "{ignore.rule}", model "{ignore.model}", place "{ignore.place}"'
            for number, ignore in enumerate(self._options.ignores)
            if not self._used[number]
        )
        return Report(tuple(self._models), unused, tuple(dict.fromkeys(self._problems)))

    def _pricers_for(self, source: Source) -> Sequence[Pricer]:
        if isinstance(source, SourceModel) and source.targets:
            return find_pricers(replace(self._options, targets=source.targets))
        return self._pricers

    def _lint(self, loaded: Loaded, pricers: Sequence[Pricer]) -> Examined:
        path = loaded.name
        model = build(loaded, self._options, self._options.batch)
        views, refusals = prepare(model, pricers, self._options)
        found = self._find(loaded, model, views)
        flips: tuple[str, ...] = ()
        ranges = [priced.view.target.batches for priced in views.values()]
        batch = usual_batch(model.batch or 1, ranges) if model.batch_is_assumed else None
        if batch is not None:
            at_batch = build(loaded, self._options, batch)
            other, _ = prepare(at_batch, pricers, self._options)
            found, flips = mark_flips(found, self._find(loaded, at_batch, other), batch)
        kept, ignored = self._sort_out(path, found)
        shapeless = Counter(op.op_type for op in model.operators if op.output.shape is None)
        report = ModelReport(
            path=path,
            opset=model.opset,
            inputs=model.inputs,
            operators=len(model.operators),
            flops=model.flops,
            mac=model.mac,
            parameters=model.parameters,
            targets=tuple(
                priced.report(*_together(kept, priced), is_default=not self._options.targets)
                for priced in views.values()
            ),
            findings=tuple(each.finding for each in kept),
            ignored=ignored,
            assumptions=model.assumptions,
            remarks=loaded.remarks,
            flips=flips,
            shapeless=tuple(Unpriced(name, shapeless[name]) for name in sorted(shapeless)),
            malformed=tuple(
                f"{op.op_type} {op.name}: {op.malformed}" for op in model.operators if op.malformed
            ),
            error="; ".join(refusals) or None,
        )
        return Examined(report, views, tuple(kept))

    def _find(self, loaded: Loaded, model: Model, views: dict[str, Priced]) -> list[Found]:
        locations = loaded.locate(model) if loaded.locate is not None else {}
        found: list[Found] = []
        for rule in self._rules:
            if not self._ignored_for_model(rule, loaded.name):
                found += self._check(rule, loaded.name, views, locations)
        return sorted(found, key=_order)

    def _check(
        self,
        rule: type[Rule],
        path: str,
        views: dict[str, Priced],
        locations: Mapping[int, Location],
    ) -> list[Found]:
        given = self._options.rule_options.get(rule.code, {})
        try:
            places = {
                target: [
                    each
                    for each in rule().check(priced.for_rule(rule, given))
                    if isinstance(each, Place)
                ]
                for target, priced in views.items()
            }
            return judge(rule, places, views, self._options.min_slowdown, locations)
        except Exception as fault:  # a rule that crashes is named, the others still run
            self._problems.append(
                f"{path}: rule {rule.code} crashed: {type(fault).__name__}: {fault}"
            )
            return []

    def _ignored_for_model(self, rule: type[Rule], path: str) -> bool:
        return any(
            rule.code in codes or rule.name in codes
            for pattern, codes in self._options.per_model_ignores.items()
            if fnmatchcase(path, pattern)
        )

    def _sort_out(
        self, path: str, found: Sequence[Found]
    ) -> tuple[list[Found], tuple[IgnoredFinding, ...]]:
        kept, ignored = [], []
        for each in found:
            reason = self._reason(path, each.finding)
            if reason is None:
                kept.append(each)
            else:
                ignored.append(IgnoredFinding(each.finding, reason))
        return kept, tuple(ignored)

    def _reason(self, path: str, finding: Finding) -> str | None:
        for number, ignore in enumerate(self._options.ignores):
            named = {finding.module, *(place.module for place in finding.places)}
            named |= {name for place in finding.places for name in place.operators}
            if (
                (fnmatchcase(finding.code, ignore.rule) or fnmatchcase(finding.name, ignore.rule))
                and fnmatchcase(path, ignore.model)
                and any(fnmatchcase(name, ignore.place) for name in named)
            ):
                self._used[number] += 1
                return ignore.reason
        return None


def _unread(path: str, error: str) -> Examined:
    return Examined(ModelReport(path, error=error), {}, ())


def _order(found: Found) -> tuple[float, str, str]:
    best = max(price.saving_share for price in found.finding.prices)
    return -best, found.finding.code, found.finding.fingerprint


def _together(found: Sequence[Found], priced: Priced) -> tuple[float, int]:
    """What all findings of warning and above save together, and how many these are."""
    name = priced.view.target.name
    counted = [
        each
        for each in found
        for price in each.finding.prices
        if price.target == name and price.severity is not Severity.NOTE
    ]
    places = [place for each in counted for place in each.places.get(name, ())]
    return sum(saving_of(places, priced)), len(counted)
