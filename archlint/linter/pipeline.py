"""Lint models: read, price, check, judge, ignore."""

from __future__ import annotations

import traceback
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from archlint.baseline import Entry
from archlint.cost.pricer import Pricer
from archlint.errors import AbsentError, ModelError, TargetError, UsageError
from archlint.graph.model import Model
from archlint.linter.check_rule import PricedPlace, check_rule
from archlint.linter.decides import Decides
from archlint.linter.decisions import with_decisions
from archlint.linter.flips import mark_flips, usual_batch
from archlint.linter.folded_form import folded_form
from archlint.linter.ignores import Ignores, Places
from archlint.linter.judge import Found, judge
from archlint.linter.kept import Kept
from archlint.linter.known_places import Key, KnownPlaces, SeenPlace, seen_places, with_dearer
from archlint.linter.limited import limited
from archlint.linter.model_findings import ModelFindings
from archlint.linter.outcome import Outcome
from archlint.linter.prepare import prepare, prepare_model
from archlint.linter.reading import remarks_on
from archlint.linter.registry import (
    all_rules,
    broken_rules,
    find_pricers,
    rule_info,
    select_rules,
)
from archlint.linter.saved_together import saved_together
from archlint.linter.skipped import settled
from archlint.linter.source import Loaded, Source, SourceModel, build, load, name_of
from archlint.linter.spread import Progress, spread
from archlint.linter.told import told
from archlint.linter.unknown import malformed_lines, unknown_operators
from archlint.linter.view import Priced
from archlint.location import Location
from archlint.results.findings import (
    FindingAtBatch,
    IgnoredFinding,
    ModelReport,
    Report,
    Unpriced,
)
from archlint.rule import Rule
from archlint.settings.options import Options

if TYPE_CHECKING:
    from archlint.cost.nearest_rows import NearestRows

__all__ = ["Examined", "KnownEntries", "Progress", "examine", "lint"]

KnownEntries = Callable[[str], Sequence[Entry]]
"""The known places of a model that a report calls so."""


@dataclass(frozen=True, slots=True)
class Examined:
    """A model's report with what it came from: the model by target, the findings' places.

    `kept` are all places by rule, but for those that a comment ignores.  Where known places were
    asked for, `seen` are the same as they are known again, `entries` the numbers of the known
    ones that they are, by rule and key, and `stale` the numbers of those that none is.
    """

    report: ModelReport
    views: Mapping[str, Priced]
    found: tuple[Found, ...]
    kept: Mapping[type[Rule], Places] = field(default_factory=dict)
    locations: Mapping[int, Location] = field(default_factory=dict)
    seen: tuple[SeenPlace, ...] = ()
    entries: Mapping[tuple[str, Key], int] = field(default_factory=dict)
    stale: tuple[int, ...] = ()
    is_absent: bool = False
    """Whether there is no such model at all."""


def lint(
    models: Sequence[Source],
    options: Options,
    progress: Progress | None = None,
    known: KnownEntries | None = None,
    jobs: int | None = 1,
    cache: Path | None = None,
) -> Report:
    """Lint each model on each target; places that are known are no findings.

    A model that cannot be linted has its reason in `ModelReport.error`, and the others are
    linted all the same.  `jobs` are the processes to do it in, None for what is usual here,
    `cache` is a folder where outcomes are kept.
    Raises UsageError for unknown rules and targets.
    """
    run = _Run(options, known)
    kept = None if cache is None else Kept(cache, Decides(options, run.rules, known).key)
    return run.report(spread(lambda each: run.add(each)[1], models, options, jobs, progress, kept))


def examine(
    models: Sequence[Source],
    options: Options,
    progress: Progress | None = None,
    known: KnownEntries | None = None,
    excused: KnownEntries | None = None,
) -> tuple[tuple[Examined, ...], Report]:
    """Lint as `lint` does, and keep what each report came from.

    What is not `known`, or known as cheaper, `excused` may know.
    """
    run, found = _Run(options, known, excused), list[tuple[Examined, Outcome]]()
    for number, model in enumerate(models):
        if progress is not None:
            progress(number, len(models), name_of(model))
        found.append(run.add(model))
    report = run.report([outcome for _, outcome in found])
    pairs = zip(found, report.models, strict=True)
    return tuple(replace(a, report=b) for (a, _), b in pairs), report


class _Run:
    def __init__(
        self,
        options: Options,
        known: KnownEntries | None = None,
        excused: KnownEntries | None = None,
    ) -> None:
        self._options, self._known, self._excused = options, known, excused
        self._pricers = find_pricers(options)
        self.rules = select_rules(options)
        self._problems: list[str] = []
        self._stale: list[str] = []
        self._traces: list[str] = []
        names = {each.code: each.name for each in all_rules()}
        self._ignores = Ignores(options, names, self.rules)
        self._tables: dict[str, NearestRows] = {}

    def add(self, source: Source) -> tuple[Examined, Outcome]:
        """Lint one more model; what comes of it counts where the `report` is given it."""
        path = name_of(source)
        said = (self._problems, self._stale, self._traces)
        for each in said:
            each.clear()
        try:
            with limited(source, self._options):
                examined = self._lint(source, self._pricers_for(source))
        except ModelError as fault:
            examined = _unread(path, fault.reason, is_absent=isinstance(fault, AbsentError))
        except (TargetError, UsageError) as fault:
            examined = _unread(path, str(fault))
        except Exception as fault:  # no model may cost the others their report
            examined = _unread(path, self._internal(fault))
        problems, stale, traces = map(tuple, said)
        used = self._ignores.take_used()
        return examined, Outcome(examined.report, problems, stale, traces, used)

    def report(self, outcomes: Sequence[Outcome]) -> Report:
        """The report of models that were linted."""
        problems = chain(broken_rules(self._options), *(each.problems for each in outcomes))
        return Report(
            settled([each.report for each in outcomes], fail=self._options.fail_on_skipped),
            self._ignores.unused({number for each in outcomes for number in each.ignores}),
            tuple(dict.fromkeys(problems)),
            self._ignores.comment_faults(),
            tuple(chain.from_iterable(each.stale for each in outcomes)),
            tuple(map(rule_info, self.rules)),
            tuple(chain.from_iterable(each.traces for each in outcomes)),
        )

    def _internal(self, fault: BaseException) -> str:
        self._traces.append("".join(traceback.format_exception(fault)).rstrip())
        return f"internal error: {type(fault).__name__}: {fault}"

    def _pricers_for(self, source: Source) -> Sequence[Pricer]:
        if isinstance(source, SourceModel) and source.targets:
            return find_pricers(replace(self._options, targets=source.targets))
        return self._pricers

    def _lint(self, source: Source, pricers: Sequence[Pricer]) -> Examined:
        path, loaded = name_of(source), load(source, self._options, pricers)
        prepared = prepare(loaded, pricers, self._options)
        model, views, remarks = prepared.model, prepared.views, prepared.remarks
        entries = () if self._known is None else self._known(path)
        excused = () if self._excused is None else self._excused(path)
        known = None if self._known is None else KnownPlaces(entries, excused)
        here = self._find(loaded, model, views, known)
        found: Sequence[Found] = here.found
        flips: tuple[FindingAtBatch, ...] = ()
        on = [priced.view.target for priced in views.values()]
        assumed = model.batch or 1
        here_too = [
            each for each in pricers if each.target.name in views.keys() - prepared.rebatched
        ]
        batch = usual_batch(assumed, (each.target.batches for each in here_too))
        if batch is not None and model.batch_is_assumed:
            there, why_not = self._there(loaded, batch, here_too, known)
            if there is None:
                remarks = (*remarks, f"not judged at batch {batch} too: {why_not}")
            else:
                found, flips = mark_flips(found, there, assumed, batch)
        kept, ignored = self._ignores.sort_out(path, found)
        # what the configuration ignores is said to be ignored, known or not
        still_known, ignored_too = self._ignores.sort_out(path, [each for each, _ in here.known])
        reasons = {id(each): reason for each, reason in here.known}
        if self._options.tables:
            kept = self._with_tables(kept, views)
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
                priced.report(*saved_together(kept, priced), is_default=not self._options.targets)
                for priced in views.values()
            ),
            findings=tuple(each.finding for each in kept),
            ignored=(*ignored, *ignored_too, *here.commented),
            known=tuple(IgnoredFinding(each.finding, reasons[id(each)]) for each in still_known),
            assumptions=model.assumptions,
            remarks=(
                *loaded.remarks,
                *remarks,
                *remarks_on([(each.view.target, each.stored) for each in views.values()]),
                *(() if loaded.is_sized else folded_form(model, on)),
            ),
            flips=flips,
            shapeless=tuple(Unpriced(name, shapeless[name]) for name in sorted(shapeless)),
            malformed=malformed_lines(model),
            unknown_operators=unknown_operators(model),
            skipped=prepared.skipped,
            error=prepared.error,
            batch=model.batch,
        )
        stale = () if known is None else known.stale([each.code for each in here.kept], views)
        self._stale += [f"{path}: {entries[number].title}" for number in stale]
        return Examined(
            report, views, tuple(kept), here.kept, here.locations, here.seen, here.entries, stale
        )

    def _there(
        self, loaded: Loaded, batch: int, pricers: Sequence[Pricer], known: KnownPlaces | None
    ) -> tuple[Sequence[Found] | None, str]:
        """What is found at another batch, or why nothing can be: the report stands without it."""
        try:
            model = build(loaded, self._options, batch)
            prepared = prepare_model(model, pricers, self._options)
        except (ModelError, UsageError) as fault:
            return None, fault.reason if isinstance(fault, ModelError) else str(fault)
        except Exception as fault:  # it must not cost the first look its report, nor be hidden
            why = self._internal(fault)
            self._problems.append(f"{loaded.name}: batch {batch}: {why}")
            return None, why
        if not prepared.views:
            return None, prepared.why_not or ""
        return self._find(loaded, model, prepared.views, known).found, ""

    def _with_tables(self, found: Sequence[Found], views: Mapping[str, Priced]) -> list[Found]:
        """The findings with the measured rows that their prices rest on."""
        # few ask for it, and it reads all tables
        from archlint.cost.nearest_rows import NearestRows
        from archlint.linter.rests_on import rests_on

        for target, priced in views.items():
            self._tables.setdefault(target, NearestRows(priced.view.pricer))
        return [
            replace(
                each, finding=replace(each.finding, rests_on=rests_on(each, views, self._tables))
            )
            for each in found
        ]

    def _find(
        self, loaded: Loaded, model: Model, views: dict[str, Priced], known: KnownPlaces | None
    ) -> ModelFindings:
        located = loaded.locate(model) if loaded.locate is not None else {}
        here = ModelFindings(with_decisions(model, located))
        for rule in self.rules:
            if self._ignores.of_model(rule, loaded.name):
                continue
            try:
                self._apply(rule, views, known, here)
            except TargetError as fault:  # the rule is not to blame for what it is priced by
                self._problems.append(f"{loaded.name}: rule {rule.code}: {fault}")
            except (Exception, SystemExit) as fault:  # it is named, the others still run
                text = self._internal(fault).removeprefix("internal error")
                self._problems.append(f"{loaded.name}: rule {rule.code} crashed{text}")
        here.found.sort(key=_order)
        return here

    def _apply(
        self,
        rule: type[Rule],
        views: dict[str, Priced],
        known: KnownPlaces | None,
        here: ModelFindings,
    ) -> None:
        least, locations = self._options.min_slowdown, here.locations
        kept, silenced = self._ignores.part(rule, self._places(rule, views), locations)
        for match, places in silenced.items():
            judged = judge(rule, told(places, least, locations), views, self._options, locations)
            here.commented += self._ignores.commented(match, judged)
        here.kept[rule] = kept
        costly = told(kept, least, locations)
        if known is None:
            here.found += judge(rule, costly, views, self._options, locations)
            return
        seen = seen_places(rule.code, kept, costly, views)
        parts = known.sort(rule.code, seen, costly)
        here.seen += seen
        here.entries.update({(rule.code, key): n for key, n in parts.entries.items()})
        fresh = judge(rule, parts.fresh, views, self._options, locations)
        here.found += [with_dearer(each, parts.dearer) for each in fresh]
        for reason, places in parts.known.items():
            judged = judge(rule, places, views, self._options, locations)
            here.known += [(each, reason) for each in judged]

    def _places(self, rule: type[Rule], views: dict[str, Priced]) -> dict[str, list[PricedPlace]]:
        given = self._options.rule_options.get(rule.code, {})
        return {
            target: [
                each for each in check_rule(rule, priced, given) if isinstance(each, PricedPlace)
            ]
            for target, priced in views.items()
        }


def _unread(path: str, error: str, *, is_absent: bool = False) -> Examined:
    return Examined(ModelReport(path, error=error), {}, (), is_absent=is_absent)


def _order(found: Found) -> tuple[float, str, str]:
    return -found.finding.saving_share, found.finding.code, found.finding.fingerprint
