"""`archlint merge`: one report of several, as several jobs made them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from archlint.settings.asked import Asked

if TYPE_CHECKING:
    from archlint.results.findings import Report
    from archlint.settings.options import Options

__all__ = ["merge"]

_NEED_MORE = ("html", "model-explorer")
"""Formats that show each operator's time, which JSON has not."""


def merge(
    asked: Asked,
    reports: Annotated[
        list[str],
        typer.Argument(metavar="REPORT.json", help="What `archlint check --format json` wrote."),
    ],
) -> int:
    """Put JSON reports together, with the exit code of the whole."""
    from archlint.cli.output import pair, screen, split
    from archlint.cli.reporting import with_entries, write_report
    from archlint.errors import UsageError
    from archlint.results.severity import Severity
    from archlint.results.shares import Sort

    formats, files = split(asked.format)
    jobs = pair(formats, (*files, *asked.output))
    for name, _ in jobs:
        if name in _NEED_MORE:
            raise UsageError(f"--format {name}: JSON reports have no times of operators")
    report = with_entries(_merged([_read(each) for each in reports], asked.options), asked)
    fail_on = asked.options.fail_on
    style = screen(
        asked.color,
        notes=asked.notes or fail_on is Severity.NOTE,
        top=asked.top,
        quiet=asked.quiet,
        verbose=asked.verbose,
        sort=asked.sort or Sort.TIME,
    )
    write_report(report, jobs, style, {})
    return report.exit_code(fail_on)


def _read(path: str) -> Report:
    """One report; raises UsageError where there is none."""
    import json

    from archlint.errors import UsageError
    from archlint.limits.files import LARGEST_MESSAGE, read_bounded
    from archlint.report.from_json import report_of

    try:
        data = read_bounded(path, LARGEST_MESSAGE)
        return report_of(json.loads(data, parse_constant=_no_number))
    except OSError as fault:
        raise UsageError(f"{path}: {fault.strerror or fault}") from fault
    except json.JSONDecodeError as fault:
        raise UsageError(f"{path}: not JSON: {fault}") from fault
    except (RecursionError, ValueError) as fault:
        raise UsageError(f"{path}: {fault}") from fault


def _merged(reports: Sequence[Report], options: Options) -> Report:
    """The report of all models, by their paths.

    An ignore is unused where no report has a use for it.  Raises UsageError for a model that is
    twice there, and where a part of the models is missing.
    """
    from archlint.cli.shard import check_shards
    from archlint.errors import UsageError
    from archlint.linter.registry import rule_info, select_rules
    from archlint.results.findings import Report

    models = sorted((each for report in reports for each in report.models), key=lambda m: m.path)
    for path, count in Counter(each.path for each in models).items():
        if count > 1:
            raise UsageError(f"{path}: in {count} of the reports")
    check_shards([each.shard for each in reports if each.shard is not None])
    unused = [set(each.unused_ignores) for each in reports]
    return Report(
        tuple(models),
        tuple(each for each in reports[0].unused_ignores if all(each in some for some in unused)),
        tuple(dict.fromkeys(line for each in reports for line in each.problems)),
        tuple(dict.fromkeys(line for each in reports for line in each.comment_faults)),
        tuple(dict.fromkeys(line for each in reports for line in each.stale)),
        tuple(map(rule_info, select_rules(options))),
    )


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number of JSON")
