"""`archlint targets` for a person."""

from __future__ import annotations

from collections.abc import Sequence

from archlint.report.page import Page, Part
from archlint.report.style import Style
from archlint.report.transfer_text import transfer_text
from archlint.report.units import counted, percent
from archlint.results.target_summary import KindError, TargetSummary

__all__ = ["render"]

_DIM = "dim"
_STRONG = "bold"
_LABEL = 10

_MAIN = 6
"""Kinds of kernel whose errors are shown unless all are asked for: those of the most rows."""


def render(targets: Sequence[TargetSummary], style: Style) -> str:
    """Each target: what it is, what was measured, how far its prices can be trusted."""
    page = Page(style.width, style.color)
    for number, target in enumerate(targets):
        if number:
            page.blank()
        _target(page, target, every_kind=style.verbose)
    return page.text()


def _target(page: Page, target: TargetSummary, *, every_kind: bool) -> None:
    page.line((target.target, _STRONG), (" (the default)", _DIM) if target.is_default else "")
    if target.folder is not None:
        _labelled(page, "folder", target.folder)
    _labelled(page, "device", ", ".join(_device(target)))
    _labelled(page, "dtype", target.dtype)
    _labelled(page, "batch", " to ".join(map(str, target.batches)))
    rows = [f"{each.rows} {each.rule}" for each in target.rows]
    added = [f"+ {counted(target.added, 'row')} of yours"] if target.added else []
    _labelled(page, "rows", ", ".join(rows + added) or "none")
    if target.carried is not None:
        carried = f"{counted(target.carried.rows, 'row')} of {transfer_text(target.carried)}"
        _labelled(page, "carried", carried)
    if target.marked:
        marked = f"{counted(target.marked, 'more row')} not used: their sessions differ too much"
        page.line(marked, indent=2 + _LABEL)
    if target.errors:
        _errors(page, target, every_kind=every_kind)
    shares = {"prices": target.price_coverage, "pairs": target.band_coverage}
    covered = [f"{percent(share)} of {what}" for what, share in shares.items() if share is not None]
    if covered:
        text = ", ".join(covered).replace(" of ", " of left-out ", 1)
        _labelled(page, "bands", f"cover {text} (aim: 80 %)")
    _labelled(page, "measured", ", ".join(filter(None, (target.date, target.source))))
    for note in target.notes:
        _labelled(page, "note", note)


def _errors(page: Page, target: TargetSummary, *, every_kind: bool) -> None:
    """The errors by kind of kernel, in their order if all are shown."""
    shown: Sequence[KindError] = target.errors
    if not every_kind and len(shown) > _MAIN + 1:
        shown = sorted(target.errors, key=lambda each: -each.rows)[:_MAIN]
    head: list[Part] = [(text, _DIM) for text in ("error of", "median", "90th pct", "rows")]
    lines: list[list[Part]] = [
        [each.kind, percent(each.median), percent(each.p90), str(each.rows)] for each in shown
    ]
    page.table([head, *lines], "<>>>", indent=2 + _LABEL)
    rest = [each for each in target.errors if each not in shown]
    if rest:
        medians = sorted(each.median for each in rest)
        span = f"medians {percent(medians[0])} to {percent(medians[-1])}"
        page.line(f"and {len(rest)} kinds of fewer rows, {span}:", indent=2 + _LABEL)
        page.line(f"archlint targets {target.target}", indent=4 + _LABEL)


def _device(target: TargetSummary) -> list[str]:
    threads = [] if target.threads is None else [counted(target.threads, "thread")]
    return [target.device, target.runtime, *threads]


def _labelled(page: Page, label: str, text: str) -> None:
    page.line((label.ljust(_LABEL), _DIM), text, indent=2, hang=_LABEL)
