"""`--write-baseline` and `--prune-baseline`: the file of known places, brought up to date."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from tempfile import gettempdir
from typing import TYPE_CHECKING

from archlint.baseline import Baseline, Entry, WrittenFor, baseline_text, read_baseline
from archlint.cli.output import complain, write_file
from archlint.cli.reporting import with_unread
from archlint.errors import UsageError
from archlint.linter import examine
from archlint.linter.registry import find_places
from archlint.report.units import counted

if TYPE_CHECKING:
    from archlint.linter import Examined
    from archlint.linter.found_models import FoundModel
    from archlint.linter.pipeline import Progress
    from archlint.linter.source import Source
    from archlint.settings.asked import Asked
    from archlint.settings.options import Options

__all__ = ["change_baseline", "find_baseline", "to_oneself"]

_PATIENCE = 600.0
"""Seconds to wait for another process that lints and then writes."""


def find_baseline(asked: Asked, *, may_be_absent: bool) -> Baseline:
    """The baseline that is asked for; raises UsageError where none is named.

    Says in a line where it was written for another batch or other targets.
    """
    if asked.baseline is None:
        raise UsageError("no baseline is named: --baseline FILE, or baseline in the configuration")
    path = Path(asked.baseline)
    if asked.elsewhere is None:
        baseline = read_baseline(path, may_be_absent=may_be_absent)
    else:
        # models are named from where it lies in the working tree
        read = read_baseline(asked.elsewhere.of(path), may_be_absent=may_be_absent)
        baseline = replace(read, path=path)
    written_for = baseline.written_for
    differs = written_for.mismatch(_asked_for(asked.options)) if written_for is not None else ""
    if differs:
        complain(f"{baseline.path}: {differs}")
    return baseline


def _asked_for(options: Options) -> WrittenFor:
    return WrittenFor(tuple(sorted(each.name for each in find_places(options))), options.batch)


def change_baseline(
    baseline: Baseline,
    readable: Sequence[Source],
    options: Options,
    progress: Progress | None,
    found: Iterable[FoundModel],
    reason: str | None,
) -> int:
    """Lint, and bring the file up to date in place of a report; without a reason only prune."""
    examined, report = examine(readable, options, progress, baseline.of_model)
    report = with_unread(report, found)
    for error in report.errors:
        complain(error)
    complain(
        _prune(baseline, examined)
        if reason is None
        else _write(baseline, examined, reason, _asked_for(options))
    )
    return report.exit_code(None)


@contextmanager
def to_oneself(path: str) -> Iterator[None]:
    """Keep other processes from changing the file of known places; wait for one that does.

    Raises UsageError where that takes too long.  The lock is one of sixteen files among the
    temporary ones, which stay: beside the baseline it would be one more to keep out of a
    repository, and to take it away while others wait for it is no lock.
    """
    from filelock import FileLock, Timeout

    name = sha256(os.fsencode(os.path.realpath(path))).hexdigest()[:1]
    user = os.getuid() if hasattr(os, "getuid") else 0  # whose file no other user can lock
    lock = FileLock(Path(gettempdir(), f"archlint-{user}-{name}.lock"))
    try:
        try:
            lock.acquire(timeout=0)
        except Timeout:
            complain(f"{path}: waiting for another process that writes a baseline")
            lock.acquire(timeout=_PATIENCE)
    except Timeout as fault:
        raise UsageError(f"{path}: another process writes a baseline") from fault
    except OSError as fault:
        raise UsageError(f"{path}: cannot be locked: {fault.strerror or fault}") from fault
    try:
        yield
    finally:
        lock.release()


def _put(baseline: Baseline, text: str) -> None:
    """Write the file unless it is not any more what was read, for all the locks there are."""
    if read_baseline(baseline.path, may_be_absent=True).source != baseline.source:
        raise UsageError(f"{baseline.path} has changed meanwhile: nothing is written")
    write_file(str(baseline.path), text, "--baseline")


def _write(
    baseline: Baseline, examined: Sequence[Examined], reason: str, asked_for: WrittenFor
) -> str:
    """Write all that was found, and say in a line what became of the file.

    What was known keeps its reason, and what was not looked at stays.  Raises UsageError for a
    reason that is no line of text and for a file that cannot be written.
    """
    text = reason.strip()
    if not text or not text.isprintable():
        raise UsageError("--write-baseline: expected a reason, one line of text")
    new = [entry for each in examined for entry in _found(baseline, each, text)]
    old = _left(baseline, examined)
    known = sum(len(set(each.entries.values())) for each in examined)
    written_for = asked_for.with_targets(baseline.written_for)
    _put(baseline, baseline_text([*old, *new], written_for))
    return (
        f"{baseline.path}: {counted(len(old) + len(new), 'place')}, {len(new) - known} of them new;"
        f" {counted(_stale(examined), 'stale one')} dropped"
    )


def _prune(baseline: Baseline, examined: Sequence[Examined]) -> str:
    """Drop the places that are no more, and say in a line how many."""
    linted = {each.report.path: each for each in examined}
    gone = {
        id(entries[number])
        for path, each in linted.items()
        for entries in (baseline.of_model(path),)
        for number in each.stale
    }
    left = [each for each in baseline.entries if id(each) not in gone]
    _put(baseline, baseline_text(left, baseline.written_for))
    return (
        f"{baseline.path}: {counted(len(left), 'place')}; {counted(len(gone), 'stale one')} dropped"
    )


def _found(baseline: Baseline, examined: Examined, reason: str) -> Iterator[Entry]:
    """An entry for each place that is told and that nothing ignores."""
    path = examined.report.path
    known = baseline.of_model(path)
    models = (priced.view.model for priced in examined.views.values())
    operators = {op.index: op.name for model in models for op in model.operators}
    ignored = {
        (each.finding.code, place.operators)
        for each in examined.report.ignored
        for place in each.finding.places
    }
    for each in examined.seen:
        rule = each.place.rule
        names = {tuple(operators[index] for index in indices) for indices, _ in each.keys}
        if not each.is_told or all((rule, every) in ignored for every in names):
            continue
        number = examined.entries.get((rule, each.keys[0]))
        before = None if number is None else known[number]
        yield each.place.entry(baseline.name_of(path), reason, before)


def _left(baseline: Baseline, examined: Sequence[Examined]) -> list[Entry]:
    """The entries that this run says nothing about."""
    told: set[int] = set()
    for each in examined:
        known = baseline.of_model(each.report.path)
        told.update(id(known[number]) for number in (*each.entries.values(), *each.stale))
    return [each for each in baseline.entries if id(each) not in told]


def _stale(examined: Sequence[Examined]) -> int:
    return sum(len(each.stale) for each in examined)
