"""What `archlint measure` measures: the experiments of the rules, into which folder."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from archlint.cost.target import list_targets
from archlint.errors import UsageError
from archlint.linter.registry import folder_of, roots, select_rules
from archlint.linter.target_places import is_path, split_path, user_folder
from archlint.measure.plan.experiment import Experiment
from archlint.measure.runner import Request
from archlint.settings.options import Options

__all__ = ["make_request"]

_SHARED = "targets"
"""The folder of the rows that no rule owns."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def make_request(
    target: str, rules: Sequence[str], budget: float | None, out: Path | None = None
) -> Request:
    """The request to measure a target, given by name or as `folder/name`.

    With rules named, their experiments only; without an `out`, into the user's folder.  Raises
    UsageError for an unknown rule and for a name that cannot be had.
    """
    folder, name = (out or user_folder()), target
    if is_path(target):
        if out is not None:
            raise UsageError(f'--target "{target}" names a folder, and so does --out')
        folder, name = split_path(target)
    if not _NAME.fullmatch(name):
        raise UsageError(f'--target: expected letters, digits, "-", "_" and ".", found "{name}"')
    file, shipped = folder / "targets" / f"{name}.toml", list_targets(roots()).get(name)
    if shipped is not None and os.path.realpath(shipped) != os.path.realpath(file):
        raise UsageError(f'--target: archlint has a target "{name}" of its own: {shipped}')
    return Request(name, folder, _experiments(rules), budget)


def _experiments(rules: Sequence[str]) -> dict[str, Sequence[Experiment]]:
    found = {}
    for rule in select_rules(Options(select=tuple(rules))):
        found[folder_of(rule).name] = _of(rule.__module__.rpartition(".")[0])
    if not rules:
        found[_SHARED] = _of(f"archlint.rules.{_SHARED}")
    return {folder: experiments for folder, experiments in found.items() if experiments}


def _of(package: str) -> Sequence[Experiment]:
    """The experiments of a rule's package, none where it has no such module."""
    module = f"{package}.experiments"
    try:
        experiments: Sequence[Experiment] = import_module(module).EXPERIMENTS
    except ModuleNotFoundError as fault:
        if fault.name != module:
            raise
        return ()
    return experiments
