"""Which rules and targets there are."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING

from archlint.cost.pricer import Pricer
from archlint.cost.pricing.table import read_table
from archlint.cost.target import Target, load_target
from archlint.cost.target_words import targets_meant, unknown_target
from archlint.did_you_mean import did_you_mean
from archlint.doing import doing
from archlint.errors import ArchlintError, TargetError, UsageError
from archlint.limits.files import read_bounded
from archlint.linter.checked_tables import check_once
from archlint.linter.target_places import (
    FoundTarget,
    find_target_files,
    is_path,
    target_at,
    target_called,
)
from archlint.linter.why_no_rule import why_no_rule
from archlint.rule import Rule
from archlint.settings.options import DEFAULT_TARGET, Options
from archlint.version import HOME

if TYPE_CHECKING:
    from archlint.results.findings import RuleInfo
    from archlint.results.target_summary import RulePage
    from archlint.settings.known import Known

__all__ = [
    "Located",
    "all_rules",
    "broken_rules",
    "find_places",
    "find_pricers",
    "find_targets",
    "known",
    "load_found",
    "locate",
    "locate_all",
    "named",
    "page_of",
    "rule_info",
    "rule_named",
    "rule_page",
    "rules",
    "select_rules",
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


class Rules(tuple[type[Rule], ...]):
    """Rules by code; `broken` are the entry points of others, each with why it gives none."""

    broken: Sequence[tuple[str, str]]


@cache
def all_rules() -> Rules:
    """Every rule of the entry-point group `archlint.rules`.

    One that cannot be loaded, is no rule, or is called like another one, costs nobody the others.
    Raises ArchlintError where there is none at all.
    """
    found: dict[str, type[Rule]] = {}
    broken: list[tuple[str, str]] = []
    for entry in entry_points(group="archlint.rules"):
        try:
            rule = entry.load()
            reason = why_no_rule(rule, found.values())
        except ModuleNotFoundError as fault:
            reason = _NO_LINK if fault.name == "archlint.rules" else str(fault)
        except (Exception, SystemExit) as fault:  # one that exits must not end archlint with 0
            reason = repr(fault) if isinstance(fault, SystemExit) else str(fault)
            reason = " ".join(reason.split()) or type(fault).__name__
        if reason:
            broken.append((entry.name, f"rule {entry.name} ({entry.value}): {reason}"))
        else:
            found[rule.code] = rule
    if not found:
        none = "no rule is installed: `pip install .` in the checkout makes them known"
        raise ArchlintError(broken[0][1] if broken else none)
    rules = Rules(found[code] for code in sorted(found))
    rules.broken = broken
    return rules


def broken_rules(options: Options | None = None) -> tuple[str, ...]:
    """Why rules that are installed do not run, a line each: of all, or of those selected.

    Such a rule goes by the name of its entry point.
    """
    select, ignore = ((), ()) if options is None else (options.select, options.ignore)
    return tuple(
        line
        for name, line in all_rules().broken
        if (not select or name in select) and name not in ignore
    )


@cache
def load_found(found: FoundTarget) -> Target:
    """A target, its rows looked at; a shipped one with the rows that the user has added to it.

    Raises TargetError where it is broken.
    """
    doing(f"reading {found.name}")
    target = load_target(replace(found.files, tables=(*found.files.tables, *found.added)))
    # until it is, its rows and what is told of them come one after the other
    if target.is_finished and found.files.tables:
        check_once(target, found.files)
    if found.added:
        marked = sum(row.marked for table in found.added for row in read_table(table))
        target = replace(target, marked=target.marked + marked)
    if found.former_name:
        now = f"{found.former_name} is called {found.name} now"
        target = replace(target, remark="; ".join(filter(None, [now, target.remark])))
    return target


def known() -> Known:
    """The names that a configuration may use."""
    from archlint.settings.known import Known

    broken = [name for name, _ in all_rules().broken]
    return Known(
        rules={**{name: name for name in broken}, **{each.code: each.name for each in all_rules()}},
        rule_options={
            rule.code: {option.name: type(option.default) for option in rule.options}
            for rule in all_rules()
        },
        targets={name: each.files for name, each in find_target_files(()).items()},
        broken=frozenset(broken) - {rule.code for rule in all_rules()},
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
    targets = tuple(Located(place, load_found(place)) for place in find_places(options))
    for each in targets:
        if not each.target.is_finished:
            raise UsageError(
                f'target "{each.target.name}" is not measured to its end: '
                "the `archlint measure` that began it goes on"
            )
        if not each.place.files.tables:
            raise UsageError(f'target "{each.target.name}" has no rows beside {each.place.file}')
    return targets


def find_places(options: Options) -> tuple[FoundTarget, ...]:
    """Where the targets lie that the options name, or the default; each once.

    Raises UsageError for an unknown one.
    """
    found: dict[str, FoundTarget] = {}
    for place in named(
        options.targets or (DEFAULT_TARGET,), find_target_files(options.target_paths)
    ):
        other = found.setdefault(place.name, place)
        if other.file != place.file:
            raise UsageError(f'target "{place.name}" is there twice: {other.file}, {place.file}')
    return tuple(found.values())


def named(wanted: Sequence[str], files: Mapping[str, FoundTarget]) -> tuple[FoundTarget, ...]:
    """The targets of these names, also of former and short ones, of these groups and paths.

    Raises UsageError.
    """
    found, unknown = list[FoundTarget](), list[str]()
    for word in dict.fromkeys(wanted):
        called = target_at(word, files) if is_path(word) else target_called(word, files)
        if called is not None:
            found.append(called)
            continue
        every = {name: each.files for name, each in files.items()}
        meant = targets_meant(word, every)
        found += [files[name] for name in meant]
        if not meant:
            unknown.append(unknown_target(word, every))
    if unknown:
        raise UsageError("\n".join(unknown))
    return tuple(found)


def locate_all(paths: Sequence[str]) -> tuple[Located, ...]:
    """Every target that can be priced for; `paths` are folders with targets of the user's.

    One that is broken is none: whoever asks for it by name is told why.
    """
    found = []
    for each in find_target_files(paths).values():
        with suppress(TargetError):
            found.append(Located(each, load_found(each)))
    return tuple(each for each in found if each.target.is_finished)


def select_rules(options: Options) -> tuple[type[Rule], ...]:
    """The rules that the options select, of those that can be loaded (see `broken_rules`).

    Raises UsageError for an unknown code or name.
    """
    names = {rule.code: rule.code for rule in all_rules()}
    names |= {rule.name: rule.code for rule in all_rules()}
    broken = [name for name, _ in all_rules().broken]
    _check((*options.select, *options.extend_select, *options.ignore), [*names, *broken], "rule")
    wanted = (*options.select, *options.extend_select) if options.select else names
    chosen = {names[each] for each in wanted if each in names}
    chosen -= {names[each] for each in options.ignore if each in names}
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


def _page(rule: type[Rule]) -> RulePage:
    from archlint.results.target_summary import RulePage

    return RulePage(rule.code, rule.name, rule.summary, page_of(rule))


def rule_info(rule: type[Rule]) -> RuleInfo:
    """What a report says of a rule that ran."""
    from archlint.results.findings import RuleInfo

    shipped = rule.__module__.removeprefix("archlint.rules.")
    is_ours = shipped != rule.__module__
    url = f"{HOME}/blob/main/rules/{shipped.partition('.')[0]}/README.md" if is_ours else ""
    return RuleInfo(rule.code, rule.name, rule.summary, page_of(rule), url)


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
    """One rule; raises UsageError if there is none of this code or name, or it is broken."""
    names = {rule.code: rule for rule in all_rules()} | {rule.name: rule for rule in all_rules()}
    wanted = code_or_name.upper() if code_or_name.upper() in names else code_or_name
    for name, line in all_rules().broken if wanted not in names else ():
        if name == wanted:
            raise UsageError(line)
    _check([wanted], names, "rule")
    return names[wanted]
