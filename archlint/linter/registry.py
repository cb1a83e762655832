"""Which rules and targets there are."""

from __future__ import annotations

import inspect
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING

from archlint.cost.pricer import Pricer
from archlint.cost.pricing.table import SHARED, read_table
from archlint.cost.target import Target, load_target
from archlint.did_you_mean import did_you_mean
from archlint.errors import ArchlintError, UsageError
from archlint.limits.files import read_bounded
from archlint.linter.target_places import (
    FoundTarget,
    find_target_files,
    is_path,
    target_at,
)
from archlint.rule import Rule
from archlint.settings.options import DEFAULT_TARGET, Options

if TYPE_CHECKING:
    from archlint.results.target_summary import RulePage, TargetSummary
    from archlint.settings.known import Known

__all__ = [
    "Located",
    "all_rules",
    "find_pricers",
    "find_targets",
    "known",
    "locate",
    "locate_all",
    "page_of",
    "rule_named",
    "rule_page",
    "rules",
    "select_rules",
    "targets",
]


_NO_LINK = (
    f"{Path(__file__).parents[1] / 'rules'} is no folder: it is a symbolic link to ../rules, which "
    "some checkouts and archives lack; make it anew, or `pip install .` in the checkout"
)


@dataclass(frozen=True, slots=True)
class Located:
    """A target and where its file lies."""

    place: FoundTarget
    target: Target


@cache
def all_rules() -> tuple[type[Rule], ...]:
    """Every rule of the entry-point group `archlint.rules`, by code.

    Raises ArchlintError if one cannot be loaded, is no rule, or is called like another one.
    """
    found: dict[str, type[Rule]] = {}
    for entry in entry_points(group="archlint.rules"):
        try:
            rule: type[Rule] = entry.load()
        except ModuleNotFoundError as fault:
            reason = _NO_LINK if fault.name == "archlint.rules" else str(fault)
            raise ArchlintError(f"rule {entry.name} ({entry.value}): {reason}") from fault
        except (Exception, SystemExit) as fault:  # one that exits must not end archlint with 0
            reason = repr(fault) if isinstance(fault, SystemExit) else str(fault)
            raise ArchlintError(f"rule {entry.name} ({entry.value}): {reason}") from fault
        reason = _no_rule(rule) or _taken(rule, found.values())
        if reason:
            raise ArchlintError(f"rule {entry.name} ({entry.value}): {reason}")
        found[rule.code] = rule
    if not found:
        raise ArchlintError(
            "no rule is installed: `pip install .` in the checkout makes them known"
        )
    return tuple(found[code] for code in sorted(found))


def _no_rule(rule: object) -> str:
    """Why what an entry point names is no rule; "" for a rule."""
    if not (isinstance(rule, type) and issubclass(rule, Rule)):
        return "it is no subclass of archlint.plugin.Rule"
    for name in ("code", "name", "summary"):
        if not isinstance(getattr(rule, name, None), str):
            return f"it has no {name}"
    if inspect.isabstract(rule):
        return f"it has no {', '.join(sorted(rule.__abstractmethods__))}"
    if not re.fullmatch("[A-Z]+[0-9]+", rule.code):
        return f"code {rule.code!r} is not a letter and a number, as X1 is"
    if not re.fullmatch("[a-z][a-z0-9-]*", rule.name):
        return f"name {rule.name!r} is not small words with hyphens, as costly-elementwise is"
    return ""


def _taken(rule: type[Rule], others: Iterable[type[Rule]]) -> str:
    """What it is called that another one is called; "" for nothing."""
    for other in others:
        if other is not rule and other.code == rule.code:
            return f"code {rule.code} is taken"
        if other is not rule and other.name == rule.name:
            return f"name {rule.name} is taken by {other.code}"
    return ""


@cache
def _load(found: FoundTarget) -> Target:
    """A target; a shipped one with the rows that the user has added to it."""
    if not found.added:
        return load_target(found.files)
    target = load_target(replace(found.files, tables=(*found.files.tables, *found.added)))
    marked = sum(row.marked for table in found.added for row in read_table(table))
    return replace(target, marked=target.marked + marked)


def known() -> Known:
    """The names that a configuration may use."""
    from archlint.settings.known import Known

    return Known(
        rules={rule.code: rule.name for rule in all_rules()},
        rule_options={
            rule.code: {option.name: type(option.default) for option in rule.options}
            for rule in all_rules()
        },
        targets=tuple(find_target_files(())),
    )


def find_pricers(options: Options) -> tuple[Pricer, ...]:
    """A pricer for each target that the options name, or the default; see `locate`."""
    return tuple(map(_pricer, locate(options)))


_pricers: dict[FoundTarget, Pricer] = {}


def _pricer(located: Located) -> Pricer:
    """One for all models of a process: what is fitted for one serves the next."""
    known = _pricers.get(located.place)
    if known is None or known.target is not located.target:
        known = _pricers[located.place] = Pricer(located.target)
    return known


def find_targets(options: Options) -> tuple[Target, ...]:
    """The targets that the options name, or the default; see `locate`."""
    return tuple(each.target for each in locate(options))


def locate(options: Options) -> tuple[Located, ...]:
    """The targets that the options name, or the default, with the places of their files.

    Raises UsageError for an unknown one, for one without a table of rows, and for one whose
    measuring has not come to its end.
    """
    wanted = options.targets or (DEFAULT_TARGET,)
    files = find_target_files(options.target_paths)
    _check([name for name in wanted if not is_path(name)], files, "target")
    found: dict[str, FoundTarget] = {}
    for name in wanted:
        place = target_at(name, files) if is_path(name) else files[name]
        other = found.setdefault(place.name, place)
        if other.file != place.file:
            raise UsageError(f'target "{place.name}" is there twice: {other.file}, {place.file}')
    targets = tuple(Located(place, _load(place)) for place in found.values())
    for each in targets:
        if not each.target.families:
            raise UsageError(
                f'target "{each.target.name}" is not measured to its end: '
                "the `archlint measure` that began it goes on"
            )
        if not each.place.files.tables:
            raise UsageError(f'target "{each.target.name}" has no rows beside {each.place.file}')
    return targets


def locate_all(paths: Sequence[str]) -> tuple[Located, ...]:
    """Every target that can be priced for; `paths` are folders with targets of the user's."""
    every = (Located(each, _load(each)) for each in find_target_files(paths).values())
    return tuple(each for each in every if each.target.families)


def select_rules(options: Options) -> tuple[type[Rule], ...]:
    """The rules that the options select; raises UsageError for an unknown code or name."""
    names = {rule.code: rule.code for rule in all_rules()}
    names |= {rule.name: rule.code for rule in all_rules()}
    _check((*options.select, *options.ignore), names, "rule")
    chosen = {names[each] for each in options.select} or set(names.values())
    chosen -= {names[each] for each in options.ignore}
    return tuple(rule for rule in all_rules() if rule.code in chosen)


def _check(wanted: Iterable[str], names: Iterable[str], what: str) -> None:
    every = list(names)
    unknown = [each for each in wanted if each not in every]
    lines = [
        f'unknown {what} "{each}"' + (did_you_mean(each, every) or f" (known: {', '.join(every)})")
        for each in unknown
    ]
    if lines:
        raise UsageError("\n".join(lines))


_UNFINISHED = "Not measured to its end: nothing can be priced for it yet."


def _page(rule: type[Rule]) -> RulePage:
    from archlint.results.target_summary import RulePage

    return RulePage(rule.code, rule.name, rule.summary, page_of(rule))


def page_of(rule: type[Rule]) -> str:
    """A rule's docs page, in Markdown; of a rule without one what it says of itself.

    Raises ArchlintError where the page that it names cannot be read.
    """
    page = rule.page
    folder = Path(inspect.getfile(rule)).parent
    if page is None and "." in rule.__module__:  # else the README is that of all that lies there
        page = folder / "README.md" if (folder / "README.md").is_file() else None
    if page is None:
        return f"# {rule.code} {rule.name}\n\n{rule.summary}\n"
    if isinstance(page, str):
        return page
    try:
        return read_bounded(folder / page).decode()
    except (OSError, ValueError) as fault:
        raise ArchlintError(f"rule {rule.code}: its page cannot be read: {fault}") from fault


def rules() -> tuple[RulePage, ...]:
    """Every rule with its page."""
    return tuple(_page(rule) for rule in all_rules())


def rule_page(code_or_name: str) -> RulePage:
    """The page of one rule; raises UsageError if there is none of this code or name."""
    return _page(rule_named(code_or_name))


def rule_named(code_or_name: str) -> type[Rule]:
    """One rule; raises UsageError if there is none of this code or name."""
    names = {rule.code: rule for rule in all_rules()} | {rule.name: rule for rule in all_rules()}
    wanted = code_or_name.upper() if code_or_name.upper() in names else code_or_name
    _check([wanted], names, "rule")
    return names[wanted]


def targets(paths: Sequence[str] = (), names: Sequence[str] = ()) -> tuple[TargetSummary, ...]:
    """Every target, or those named, with what it was measured on and how far it can be trusted.

    `paths` are folders with targets of the user's, beside their own folder.  Raises UsageError
    for an unknown name.
    """
    files = find_target_files(paths)
    _check([name for name in names if not is_path(name)], files, "target")
    found = {name: target_at(name, files) if is_path(name) else files[name] for name in names}
    return tuple(_summary(each) for each in (found or files).values())


def _summary(found: FoundTarget) -> TargetSummary:
    from archlint.results.target_summary import KindError, RuleRows, TargetSummary

    target = _load(found)
    rows = Counter(row.rule for row in target.rows)
    low, high = target.batches
    notes = [*target.notes, *filter(None, [target.remark])]
    return TargetSummary(
        target=target.name,
        device=target.device,
        runtime=target.runtime,
        dtype=target.dtype,
        threads=int(target.threads) if target.threads else None,
        batches=(low,) if low == high else (low, high),
        is_default=target.name == DEFAULT_TARGET,
        rows=tuple(
            RuleRows(rule, rows[rule])
            for rule in sorted(rows, key=lambda each: (each == SHARED, each))
        ),
        errors=tuple(
            KindError(
                f"{each.table} rows" if each.table in rows else each.table,
                each.median,
                each.p90,
                each.rows,
            )
            for each in target.calibration.errors
        ),
        band_coverage=target.calibration.coverage,
        price_coverage=target.calibration.price_coverage,
        date=target.measured,
        source=target.source,
        notes=tuple(notes if target.families else (*notes, _UNFINISHED)),
        folder=None if found.is_shipped else str(found.file.parent),
        marked=target.marked,
        added=sum(len(read_table(table)) for table in found.added),
    )
