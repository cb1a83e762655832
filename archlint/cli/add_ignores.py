"""`archlint --add-ignores`: comments for what is found, at the lines that it is found at."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

from archlint.errors import UsageError
from archlint.location import Certainty, Span
from archlint.results.findings import Report, Severity
from archlint.source.ignores import Wanted, add_ignores, is_reason
from archlint.source.ignores.text import read_source
from archlint.whole_file import write_whole

__all__ = ["write_ignores"]


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
    for code, spans in _places(report, least):
        here = [span for span in spans if _is_ours(span.path)]
        without += not here
        for span in here:
            wanted[span.path].add(Wanted(span.line, span.end_line, code))
    count = _write(wanted, text)
    line = f"{count} line{'s' * (count != 1)} in {len(wanted)} file{'s' * (len(wanted) != 1)}"
    left = (
        f"; {without} finding{'s' * (without != 1)} without a line of source here"
        if without
        else ""
    )
    return f"ignores written: {line}{left}"


def _places(report: Report, least: Severity) -> Iterator[tuple[str, list[Span]]]:
    """The code of each finding with the lines of its places."""
    for model in report.models:
        for finding in model.findings:
            if finding.severity.rank >= least.rank:
                locations = (place.location for place in finding.places)
                yield (
                    finding.code,
                    [
                        each.decision[-1]
                        for each in locations
                        if each is not None and each.certainty is Certainty.EXACT
                    ],
                )


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
