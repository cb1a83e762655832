"""What `archlint measure` measures: the workloads of the rules, into which folder."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

from archlint.cost.pricing.table import SHARED
from archlint.cost.target_files import FILE, SHIPPED
from archlint.errors import ArchlintError, UsageError
from archlint.linter.registry import broken_rules, select_rules
from archlint.linter.target_places import is_path, old_folder, split_path, user_folder
from archlint.measure.plan.experiment import Experiment
from archlint.measure.plan.sampling import drawn
from archlint.measure.runner import Request
from archlint.measure.workloads.shared import SHARED_WORKLOADS
from archlint.settings.options import Options

__all__ = ["make_request"]

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def make_request(
    target: str,
    rules: Sequence[str],
    budget: float | None,
    out: Path | None = None,
    *,
    calibrating: bool = False,
) -> Request:
    """The request to measure a target, given by name or as `folder/name`.

    With rules named, their experiments only; without an `out`, into the user's folder.  Where it
    is `calibrating`, what tells how a base carries over, and no more.  Raises UsageError for an
    unknown rule and for a name that cannot be had.
    """
    folder, name = (out or user_folder()), target
    if is_path(target):
        if out is not None:
            raise UsageError(f'--target "{target}" names a folder, and so does --out')
        folder, name = split_path(target)
    if not _NAME.fullmatch(name):
        raise UsageError(f'--target: expected letters, digits, "-", "_" and ".", found "{name}"')
    shipped = SHIPPED / name
    is_taken = (shipped / FILE).is_file()
    if is_taken and os.path.realpath(shipped) != os.path.realpath(folder / name):
        raise UsageError(f'--target: archlint has a target "{name}" of its own: {shipped}')
    return Request(
        name,
        folder,
        _experiments(rules),
        budget,
        old_folder(folder),
        whole=not rules,
        calibrating=calibrating,
    )


def _experiments(rules: Sequence[str]) -> dict[str, Sequence[Experiment]]:
    """The experiments of these rules, or those of all and the ones that no rule asks for."""
    options = Options(select=tuple(rules))
    for line in broken_rules(options):
        raise ArchlintError(line)  # a target without its rows would be half a target
    found = {rule.code: rule.workloads() for rule in select_rules(options)}
    if not rules:
        found[SHARED] = SHARED_WORKLOADS
    return {rule: drawn(each) for rule, each in found.items() if each}
