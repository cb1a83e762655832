"""Which targets there are, and what each has to do with this machine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from archlint.cost.pricing.table import SHARED, read_table
from archlint.cost.target import Target
from archlint.errors import TargetError
from archlint.linter.carried_rows import carried_rows
from archlint.linter.registry import load_found, named
from archlint.linter.target_places import FoundTarget, find_target_files
from archlint.measure.cpu import gpu_names, this_cpu
from archlint.results.target_summary import KindError, RuleRows, TargetSummary, Where
from archlint.settings.options import DEFAULT_TARGET

__all__ = ["broken_targets", "targets"]

_UNFINISHED = "Not measured to its end: nothing can be priced for it yet."


def targets(paths: Sequence[str] = (), names: Sequence[str] = ()) -> tuple[TargetSummary, ...]:
    """Every target, or those named, with what it was measured on and how far it can be trusted.

    `paths` are folders with targets of the user's, beside their own folder.  Those that are broken
    are left out: see `broken_targets`.  Raises UsageError for an unknown name.
    """
    nearest = _nearest(paths)
    found = ((each, _tried(each)) for each in _asked_for(paths, names))
    return tuple(
        _summary(place, target, nearest) for place, target in found if isinstance(target, Target)
    )


def broken_targets(paths: Sequence[str] = (), names: Sequence[str] = ()) -> tuple[str, ...]:
    """Why some of these targets cannot be read, a line each."""
    found = map(_tried, _asked_for(paths, names))
    return tuple(each for each in found if isinstance(each, str))


def _asked_for(paths: Sequence[str], names: Sequence[str]) -> Iterable[FoundTarget]:
    files = find_target_files(paths)
    return named(names, files) or files.values()


def _tried(found: FoundTarget) -> Target | str:
    """A target, or why it cannot be read."""
    try:
        return load_found(found)
    except TargetError as fault:
        return str(fault)


def _nearest(paths: Sequence[str]) -> str:
    """Which device of a target is not this one, but of its CPU's vendor, and likest to it."""
    here = this_cpu()
    likeness = {
        target.device: here.cpu.likeness(target.cpu)
        for target in map(_tried, find_target_files(paths).values())
        if isinstance(target, Target) and target.cpu and target.device != here.device
    }
    of_vendor = [device for device in likeness if likeness[device][0]]
    return max(of_vendor, key=likeness.__getitem__, default="")


def _where(target: Target, nearest: str) -> Where:
    if target.device == this_cpu().device if target.threads else target.device in gpu_names():
        return Where.HERE
    return Where.NEAREST if target.device == nearest else Where.ELSEWHERE


def _summary(found: FoundTarget, target: Target, nearest: str) -> TargetSummary:
    """What is to be said of a target."""
    rows = Counter(row.rule for row in target.rows if not row.carried)
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
        notes=tuple(notes if target.is_finished else (*notes, _UNFINISHED)),
        folder=None if found.is_shipped else str(found.file.parent),
        marked=target.marked,
        added=sum(len(read_table(table)) for table in found.added),
        is_finished=target.is_finished,
        where=_where(target, nearest),
        cpu=target.cpu,
        caches=tuple(filter(None, (target.machine.near, target.machine.far))),
        carried=carried_rows(target),
        groups=found.files.groups,
        is_inferred=target.is_inferred,
    )
