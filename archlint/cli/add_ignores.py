"""`archlint --add-ignores`: comments for what is found, at the lines that it is found at."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

from archlint.errors import UsageError
from archlint.location import Certainty, Span
from archlint.results.findings import Finding, Report, Severity
from archlint.source.ignores import Wanted, add_ignores, is_reason
from archlint.source.ignores.text import read_source
from archlint.whole_file import write_whole

__all__ = ["lines_of", "write_ignores"]


def write_ignores(report: Report, reason: str, least: Severity) -> str:
    """Write a comment for each finding from a severity on; says in one line what was done.

    Only files in the working folder are written, and none before all are known to be writable
    in their encoding; findings without a line of source there are counted.  Raises UsageError
    for a reason that is no line, and for a file that cannot be written.
    """
    text = reason.strip()
    if not is_reason(text):
        raise UsageError("--add-ignores: expected a reason, one line of text without a comment")
    wanted: dict[str, set[Wanted]] = defaultdict(set)
    without = 0
    for finding in _findings(report, least):
        here = lines_of(finding)
        without += not here
        for span in here:
            wanted[span.path].add(Wanted(span.line, span.end_line, finding.code))
    count = _write(wanted, text)
    line = f"{count} line{'s' * (count != 1)} in {len(wanted)} file{'s' * (len(wanted) != 1)}"
    left = (
        f"; {without} finding{'s' * (without != 1)} without a line of source here"
        if without
        else ""
    )
    return f"ignores written: {line}{left}"


def _findings(report: Report, least: Severity) -> Iterator[Finding]:
    for model in report.models:
        for finding in model.findings:
            if finding.severity.rank >= least.rank:
                yield finding


def lines_of(finding: Finding) -> list[Span]:
    """Where in the working folder a comment keeps a finding's places back."""
    locations = (place.location for place in finding.places)
    return [
        each.decision[-1]
        for each in locations
        if each is not None
        and each.certainty is Certainty.EXACT
        and _is_ours(each.decision[-1].path)
    ]


def _is_ours(path: str) -> bool:
    file, here = Path(path).resolve(), Path.cwd().resolve()
    return file.is_relative_to(here) and "site-packages" not in file.parts


def _write(wanted: Mapping[str, set[Wanted]], reason: str) -> int:
    count, made = 0, {}
    for path, its in sorted(wanted.items()):
        source = read_source(Path(path))
        if source is None:
            raise UsageError(f"--add-ignores: {path} cannot be read")
        try:
            lines = add_ignores(source.lines, its, reason)
            made[path] = source.encoded(lines)
        except ValueError as fault:
            raise UsageError(f"--add-ignores: {path} cannot be written: {fault}") from fault
        count += sum(new != old for new, old in zip(lines, source.lines, strict=True))
    for path, data in made.items():
        try:
            write_whole(Path(path).resolve(), data)
        except OSError as fault:
            raise UsageError(f"--add-ignores: {path} cannot be written: {fault}") from fault
    return count
