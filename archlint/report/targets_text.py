"""`archlint targets` for a person."""

from __future__ import annotations

from collections.abc import Sequence

from archlint.report.page import Page, Part
from archlint.report.style import Style
from archlint.report.units import counted, percent
from archlint.summary import TargetSummary

__all__ = ["render"]

_DIM = "dim"
_STRONG = "bold"
_LABEL = 10


def render(targets: Sequence[TargetSummary], style: Style) -> str:
    """Each target: what it is, what was measured, how far its prices can be trusted."""
    page = Page(style.width, style.color)
    for number, target in enumerate(targets):
        if number:
            page.blank()
        _target(page, target)
    return page.text()


def _target(page: Page, target: TargetSummary) -> None:
    page.line((target.target, _STRONG), (" (the default)", _DIM) if target.is_default else "")
    _labelled(page, "device", ", ".join(_device(target)))
    _labelled(page, "dtype", target.dtype)
    _labelled(page, "batch", " to ".join(map(str, target.batches)))
    _labelled(page, "rows", ", ".join(f"{each.rows} {each.rule}" for each in target.rows) or "none")
    if target.errors:
        head: list[Part] = [(text, _DIM) for text in ("error of", "median", "90th pct", "rows")]
        rows: list[list[Part]] = [
            [each.kind, percent(each.median), percent(each.p90), str(each.rows)]
            for each in target.errors
        ]
        page.table([head, *rows], "<>>>", indent=2 + _LABEL)
    if target.band_coverage is not None:
        covered = f"covers {percent(target.band_coverage)} of left-out pairs (aim: 80 %)"
        _labelled(page, "band", covered)
    _labelled(page, "measured", ", ".join(filter(None, (target.date, target.source))))
    for note in target.notes:
        _labelled(page, "note", note)


def _device(target: TargetSummary) -> list[str]:
    threads = [] if target.threads is None else [counted(target.threads, "thread")]
    return [target.device, target.runtime, *threads]


def _labelled(page: Page, label: str, text: str) -> None:
    page.line((label.ljust(_LABEL), _DIM), text, indent=2, hang=_LABEL)
