"""Two versions of models, held against each other: findings, times, and the graph."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from archlint.baseline import Entry
from archlint.changes import changes
from archlint.cost.kernels.kernel import Kernel
from archlint.linter.judge import judge
from archlint.linter.known_places import Key, SeenPlace, key_of
from archlint.linter.pipeline import Examined, KnownEntries, Progress, examine
from archlint.linter.skipped import settled
from archlint.linter.source import Source
from archlint.linter.told import told
from archlint.linter.view import Priced
from archlint.results.findings import Finding, ModelReport
from archlint.results.model_diff import DiffReport, Gate, ModelDiff, TargetDiff
from archlint.settings.options import Options

__all__ = ["Versions", "diff"]


@dataclass(frozen=True, slots=True)
class Versions:
    """A model before and after; None where it is not there.

    With `may_be_new` it may turn out only on loading that there was no such model before.
    `excused` are places of the model after that are not new though they were not there before.
    `unread` says why the model before, which is there, cannot be read.
    """

    name: str
    before: Source | None
    after: Source | None
    may_be_new: bool = False
    excused: tuple[Entry, ...] = ()
    unread: ModelReport | None = None


def diff(
    models: Sequence[Versions], options: Options, gate: Gate, progress: Progress | None = None
) -> DiffReport:
    """What is new, gone and unchanged in each model, and what it costs now.

    Findings are matched place by place, by what the places are.  Raises UsageError for unknown
    rules and targets.
    """
    fail, options = options.fail_on_skipped, replace(options, fail_on_skipped=False)
    befores = [each.before for each in models if each.before is not None]
    examined, report = examine(befores, options, progress, lambda _: ())
    before = iter(examined)
    problems = [*report.problems]
    diffs = []
    for each in models:
        old = next(before) if each.before is not None else None
        if old is not None and old.is_absent and each.may_be_new:
            old = None
        new = None
        if each.after is not None:
            known, excused = _always(_entries(old)), _always(each.excused)
            (new,), report = examine([each.after], options, progress, known, excused)
            problems += report.problems
        if each.unread is not None and new is not None:
            diffs.append(ModelDiff(each.name, each.unread, new.report, is_alone=True))
        else:
            diffs.append(_compared(each.name, old, new, options))
    return DiffReport(
        _settled(diffs, fail=fail), tuple(dict.fromkeys(problems)), report.rules, gate
    )


def _settled(diffs: Sequence[ModelDiff], *, fail: bool | None) -> tuple[ModelDiff, ...]:
    """The diffs; where skipping fails, what is skipped is an error.

    It always fails where the other version is priced: nothing can be said of such a change.
    """
    if fail is None:
        fail = not any(each.targets for one in diffs for each in _versions(one))
    return tuple(_settled_one(each, fail=fail) for each in diffs)


def _settled_one(diff: ModelDiff, *, fail: bool) -> ModelDiff:
    fail = fail or len({_targets(each) for each in _versions(diff)}) > 1
    before, after = (
        None if each is None else settled([each], fail=fail)[0]
        for each in (diff.before, diff.after)
    )
    return replace(diff, before=before, after=after)


def _versions(diff: ModelDiff) -> list[ModelReport]:
    return [each for each in (diff.before, diff.after) if each is not None]


def _targets(model: ModelReport) -> frozenset[str]:
    return frozenset(each.target for each in model.targets)


def _always(entries: Sequence[Entry]) -> KnownEntries:
    return lambda _: entries


def _entries(examined: Examined | None) -> tuple[Entry, ...]:
    return () if examined is None else tuple(Entry("", each.place, "") for each in _seen(examined))


def _seen(examined: Examined) -> list[SeenPlace]:
    """All places, told ones first.

    What is too small to be told is known too: no drift of a price makes it new.
    """
    return sorted(examined.seen, key=lambda each: not each.is_told)


def _compared(
    name: str, before: Examined | None, after: Examined | None, options: Options
) -> ModelDiff:
    if before is None or after is None:
        return ModelDiff(
            name,
            None if before is None else before.report,
            None if after is None else after.report,
        )
    if before.report.error is not None and not before.views and not before.is_absent:
        return ModelDiff(name, before.report, after.report, is_alone=True)
    targets = tuple(
        each
        for target, old in before.views.items()
        if target in after.views
        for each in [_on_target(old, after.views[target])]
        if each is not None
    )
    gone = tuple(_gone(before, after, options)) if after.report.error is None else ()
    words = _words(before, after)
    return ModelDiff(name, before.report, after.report, words, targets, gone)


def _words(before: Examined, after: Examined) -> tuple[str, ...]:
    """How the graph changed; nothing where a version could not be linted."""
    models = [view.view.model for each in (before, after) for view in [*each.views.values()][:1]]
    return tuple(each.text for each in changes(*models)) if len(models) == 2 else ()


def _on_target(before: Priced, after: Priced) -> TargetDiff | None:
    compared = before.view.pricer.compare(_kernels(after), _kernels(before))
    if compared is None:
        return None
    return TargetDiff(
        target=after.view.target.name,
        title=after.title,
        before=compared.instead.seconds,
        after=compared.now.seconds,
        slowdown=compared.slowdown,
        low=compared.low,
        high=compared.high,
        basis=compared.basis,
    )


def _kernels(priced: Priced) -> Counter[Kernel]:
    """The kernels that have a price, each as often as it runs."""
    kernels: Counter[Kernel] = Counter()
    for placed in priced.view.lowered.kernels:
        if priced.view.pricer.covers(placed.kernel):
            kernels[placed.kernel] += placed.repeats
    return kernels


def _gone(before: Examined, after: Examined, options: Options) -> list[Finding]:
    """The findings that are made of the places which are no more."""
    seen = _seen(before)
    numbers = [seen[number] for number in after.stale]
    keys: set[tuple[str, Key]] = {
        (each.place.rule, key) for each in numbers if each.is_told for key in each.keys
    }
    gone = []
    for rule, places in before.kept.items():
        costly = told(places, options.min_slowdown, before.locations)
        left = {
            target: [place for place in each if (rule.code, key_of(place)) in keys]
            for target, each in costly.items()
        }
        found = judge(rule, left, before.views, options, before.locations)
        gone += [each.finding for each in found]
    return gone
