"""Which rules and targets there are."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING

from archlint.cost.target import Target, list_targets, load_target
from archlint.did_you_mean import did_you_mean
from archlint.errors import ArchlintError, UsageError
from archlint.options import DEFAULT_TARGET, Options
from archlint.rule import Rule

if TYPE_CHECKING:
    from archlint.config import Known
    from archlint.summary import RulePage, TargetSummary

__all__ = [
    "all_rules",
    "find_targets",
    "known",
    "rule_page",
    "rules",
    "select_rules",
    "targets",
]


@cache
def all_rules() -> tuple[type[Rule], ...]:
    """Every rule of the entry-point group `archlint.rules`, by code.

    Raises ArchlintError if one cannot be loaded or two have the same code.
    """
    found: dict[str, type[Rule]] = {}
    for entry in entry_points(group="archlint.rules"):
        try:
            rule: type[Rule] = entry.load()
        except Exception as fault:
            raise ArchlintError(f"rule {entry.name} ({entry.value}): {fault}") from fault
        if found.setdefault(rule.code, rule) is not rule:
            raise ArchlintError(f"rule {entry.name} ({entry.value}): code {rule.code} is taken")
    return tuple(found[code] for code in sorted(found))


def _folder(rule: type[Rule]) -> Path:
    return Path(inspect.getfile(rule)).parent


@cache
def _roots() -> tuple[Path, ...]:
    return tuple(dict.fromkeys(_folder(rule).parent for rule in all_rules()))


@cache
def _target_files() -> dict[str, Path]:
    return list_targets(_roots())


@cache
def _load(name: str) -> Target:
    return load_target(_target_files()[name], _roots())


def known() -> Known:
    """The names that a configuration may use."""
    from archlint.config import Known

    return Known(
        rules={rule.code: rule.name for rule in all_rules()},
        rule_options={
            rule.code: {option.name: type(option.default) for option in rule.options}
            for rule in all_rules()
        },
        targets=tuple(_target_files()),
    )


def find_targets(names: Sequence[str]) -> tuple[Target, ...]:
    """The targets of these names, or the default; raises UsageError for an unknown one."""
    wanted = tuple(dict.fromkeys(names)) or (DEFAULT_TARGET,)
    _check(wanted, _target_files(), "target")
    return tuple(_load(name) for name in wanted)


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


def _page(rule: type[Rule]) -> RulePage:
    from archlint.summary import RulePage

    text = (_folder(rule) / "README.md").read_text(encoding="utf-8")
    return RulePage(rule.code, rule.name, rule.summary, text)


def rules() -> tuple[RulePage, ...]:
    """Every rule with its page."""
    return tuple(_page(rule) for rule in all_rules())


def rule_page(code_or_name: str) -> RulePage:
    """The page of one rule; raises UsageError if there is none of this code or name."""
    names = {rule.code: rule for rule in all_rules()} | {rule.name: rule for rule in all_rules()}
    wanted = code_or_name.upper() if code_or_name.upper() in names else code_or_name
    _check([wanted], names, "rule")
    return _page(names[wanted])


def targets() -> tuple[TargetSummary, ...]:
    """Every target with what it was measured on and how far it can be trusted."""
    return tuple(_summary(_load(name)) for name in _target_files())


def _summary(target: Target) -> TargetSummary:
    from archlint.summary import KindError, RuleRows, TargetSummary

    owner = {_folder(rule).name: rule.code for rule in all_rules()}
    low, high = target.batches
    return TargetSummary(
        target=target.name,
        device=target.device,
        runtime=target.runtime,
        dtype=target.dtype,
        threads=int(target.threads) if target.threads else None,
        batches=(low,) if low == high else (low, high),
        is_default=target.name == DEFAULT_TARGET,
        rows=tuple(
            RuleRows(owner.get(folder, "shared"), len(rows))
            for folder, rows in target.tables.items()
        ),
        errors=tuple(
            KindError(f"{owner.get(each.table, each.table)} rows", each.median, each.p90, each.rows)
            for each in target.calibration.errors
        ),
        band_coverage=target.calibration.coverage,
        date=target.measured,
        source=target.source,
        notes=target.notes,
    )
