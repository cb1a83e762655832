"""`archlint check`: lint models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from archlint.cli.completers import complete_model
from archlint.cli.parameters import After, Version
from archlint.cli.watch import WATCH
from archlint.errors import UsageError
from archlint.settings.asked import Asked
from archlint.settings.setting import Panel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archlint.linter.found_models import FoundModel
    from archlint.results.findings import Report
    from archlint.results.severity import Severity

__all__ = ["check"]

_FINDINGS = Panel.FINDINGS.value


def check(
    asked: Asked,
    paths: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="PATH",
            autocompletion=complete_model,
            help="Models, folders to search for *.onnx, - for a model on stdin, nets.py:Net or "
            "package.module:Net for a model of Python source, whose code is run; by default the "
            "configured models, or the working folder.",
            show_default=False,
        ),
    ] = None,
    add_ignores: Annotated[
        str | None,
        After("notes"),
        typer.Option(
            metavar="REASON",
            help="Instead of a report, write `# archlint: ignore[...] REASON` at the lines of all "
            "warnings and errors (with --notes of notes too).",
            rich_help_panel=_FINDINGS,
        ),
    ] = None,
    write_baseline: Annotated[
        str | None,
        After("baseline"),
        typer.Option(
            metavar="REASON",
            help="Instead of a report, write all that is found to the baseline; what it has "
            "keeps its reason.",
            rich_help_panel=_FINDINGS,
        ),
    ] = None,
    prune_baseline: Annotated[
        bool,
        After("write_baseline"),
        typer.Option(
            "--prune-baseline",
            help="Instead of a report, drop what is no more from the baseline.",
            rich_help_panel=_FINDINGS,
        ),
    ] = False,
    shard: Annotated[
        str | None,
        After("config_from"),
        typer.Option(
            metavar="K/N",
            help="Lint only the K-th of N parts of the models, for N jobs side by side; each model "
            "is in one part, by its path.  `archlint merge` puts their JSON reports together.",
            rich_help_panel=Panel.CONFIG.value,
        ),
    ] = None,
    statistics: Annotated[
        bool,
        After("output"),
        typer.Option(
            "--statistics",
            help="In the formats full and concise, instead of the findings: how many each rule "
            "has, by severity, and what they would save.",
            rich_help_panel=Panel.OUTPUT.value,
        ),
    ] = False,
    summary: Annotated[
        bool,
        After("statistics"),
        typer.Option(
            "--summary",
            help="In the formats full, concise, markdown and csv, instead of the findings: a "
            "table, networks by targets, with the times predicted and the rule that costs most.",
            rich_help_panel=Panel.OUTPUT.value,
        ),
    ] = False,
    show_files: Annotated[
        bool,
        After("exclude"),
        typer.Option(
            "--show-files",
            help="Instead of a report, the models that would be linted.",
            rich_help_panel=_FINDINGS,
        ),
    ] = False,
    show_settings: Annotated[
        bool,
        After("isolated"),
        typer.Option(
            "--show-settings",
            help="Instead of a report, what each option is set to, and by which file or flag.",
            rich_help_panel=Panel.CONFIG.value,
        ),
    ] = False,
    watch: Annotated[  # noqa: ARG001 - the program reads it from the words
        bool,
        After("jobs"),
        typer.Option(
            WATCH,
            help="Lint again whenever a model, a Python file or a configuration changes; "
            "Ctrl-C ends it.",
            rich_help_panel=Panel.OUTPUT.value,
        ),
    ] = False,
    version: Annotated[Version, After("isolated")] = False,  # noqa: ARG001 - typer's callback answers it
) -> int:
    """Lint models: find what costs more than its FLOPs."""
    from contextlib import ExitStack
    from dataclasses import replace

    from archlint.cli.another_device import tell_of_relatives
    from archlint.cli.cache_folder import cache_folder
    from archlint.cli.output import pair, refuse_links, screen, split, write_out
    from archlint.cli.progress import LINE
    from archlint.cli.reporting import in_place_of, with_entries, with_unread, write_report
    from archlint.cli.settings import sized
    from archlint.cli.shard import in_shard
    from archlint.linter import lint
    from archlint.linter.found_models import find_models
    from archlint.results.severity import Severity
    from archlint.results.shares import Sort
    from archlint.settings.described import settings_text

    if show_settings:
        write_out(settings_text(asked))
        return 0
    formats, files = split(asked.format)
    jobs = pair(formats, (*files, *asked.output))
    in_place = in_place_of([name for name, _ in jobs], statistics=statistics, summary=summary)
    untrusted = asked.untrusted
    if untrusted:
        refuse_links([goal for _, goal in jobs if goal is not None])
        refuse_links(asked.options.source_roots)
    found = find_models(
        paths or (),
        asked.models,
        asked.input_words,
        asked.kwargs,
        untrusted=untrusted,
        exclude=asked.exclude,
    )
    found = tuple(in_shard(found, shard))
    if show_files:
        return _show_files(found)
    # only the page shows the measured rows, and to find them takes reading all tables
    options = replace(sized(asked, found), tables="html" in formats)
    readable = [each.source for each in found if each.error is None]
    changing = write_baseline is not None or prune_baseline
    if changing and asked.elsewhere is not None:
        raise UsageError("a baseline of --config-from is not written")
    known = None
    with ExitStack() as stack:
        if changing or asked.baseline is not None:
            from archlint.cli.baseline import change_baseline, find_baseline, to_oneself

            if changing and asked.baseline is not None:
                stack.enter_context(to_oneself(asked.baseline))
            known = find_baseline(asked, may_be_absent=write_baseline is not None)
        if asked.quiet:
            LINE.end()
        if known is not None and changing:
            return change_baseline(known, readable, options, LINE.linting, found, write_baseline)
        of_model = None if known is None else known.of_model
        report = lint(readable, options, LINE.linting, of_model, asked.jobs, cache_folder(asked))
    report = replace(with_entries(with_unread(report, found), asked), shard=shard)
    if add_ignores is not None:
        return _add_ignores(report, add_ignores, Severity.NOTE if asked.notes else Severity.WARNING)
    style = screen(
        asked.color,
        # A note that fails the run must be seen.
        notes=asked.notes or options.fail_on is Severity.NOTE,
        top=asked.top,
        quiet=asked.quiet,
        verbose=asked.verbose,
        sort=asked.sort or Sort.TIME,
    )
    write_report(report, jobs, style, in_place)
    if not asked.quiet and any(name == "full" for name, _ in jobs):
        tell_of_relatives(options)
    return report.exit_code(None if asked.exit_zero else options.fail_on)


def _show_files(found: Sequence[FoundModel]) -> int:
    from archlint.cli.output import complain, write_out

    for each in found:
        if each.error is not None:
            complain(f"{each.path}: {each.error}")
    write_out("".join(f"{each.path}\n" for each in found if each.error is None))
    return 2 if any(each.error is not None for each in found) else 0


def _add_ignores(report: Report, reason: str, least: Severity) -> int:
    from archlint.cli.add_ignores import write_ignores
    from archlint.cli.output import complain

    for error in report.errors:
        complain(error)
    complain(write_ignores(report, reason, least))
    return report.exit_code(None)
