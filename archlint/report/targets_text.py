"""`archlint targets` for a person."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

from archlint.report.page import Page, Part
from archlint.report.style import Style
from archlint.report.transfer_text import transfer_text
from archlint.report.units import counted, percent
from archlint.results.target_summary import TargetSummary, Where

__all__ = ["render"]

_DIM = "dim"
_STRONG = "bold"
_LABEL = 10

_ORDER = tuple(Where)


def render(targets: Sequence[TargetSummary], style: Style) -> str:
    """Each target in a line, by device, this machine first; in a verbose style all of each."""
    page = Page(style.width, style.color)
    if not style.verbose:
        _list(page, sorted(targets, key=_wanted))
        return page.text()
    for number, target in enumerate(targets):
        if number:
            page.blank()
        _target(page, target)
    return page.text()


def _wanted(target: TargetSummary) -> tuple[object, ...]:
    """What a reader looks for first: this machine, what is near, targets of the reader's own."""
    return (
        _ORDER.index(target.where),
        target.folder is None,
        target.device,
        target.dtype != "float",
        target.threads or 0,
        target.target,
    )


def _list(page: Page, targets: Sequence[TargetSummary]) -> None:
    width = max((len(each.target) for each in targets), default=0)
    for (device, where), of_device in groupby(targets, key=lambda each: (each.device, each.where)):
        page.line((device, _STRONG), _mark(where))
        for each in of_device:
            rows = sum(one.rows for one in each.rows)
            told = [each.runtime, each.dtype, *_threads(each), _batches(each), counted(rows, "row")]
            marks = {"the default": each.is_default, "not finished": not each.is_finished}
            marks["yours"] = each.folder is not None
            marked = ", ".join(word for word, holds in marks.items() if holds)
            name = each.target.ljust(width)
            page.line(
                f"{name}  {', '.join(told)}", (f" ({marked})" if marked else "", _DIM),
                indent=2, hang=width + 2,
            )  # fmt: skip
        page.blank()
    if not any(each.where is Where.HERE for each in targets):
        page.line("None was measured on this machine: `archlint measure` makes one that is.")
    of_user = dict.fromkeys(str(Path(each.folder).parent) for each in targets if each.folder)
    if of_user:
        page.line(f"Yours lie in {', '.join(sorted(of_user))}.")
    page.line(("`archlint targets NAME` says how far one can be trusted.", _DIM))


def _mark(where: Where) -> Part:
    words = {Where.HERE: " (this machine)", Where.NEAREST: " (nearest to this machine)"}
    return words.get(where, ""), _DIM


def _target(page: Page, target: TargetSummary) -> None:
    page.line((target.target, _STRONG), (" (the default)", _DIM) if target.is_default else "")
    if target.folder is not None:
        _labelled(page, "folder", target.folder)
    device = ", ".join([target.device, target.runtime, *_threads(target)])
    _labelled(page, "device", f"{device}{_mark(target.where)[0]}")
    if told := ", ".join(_cpu(target)):
        _labelled(page, "cpu", told)
    _labelled(page, "dtype", target.dtype)
    _labelled(page, "batch", _batches(target).removeprefix("batch "))
    rows = [f"{each.rows} {each.rule}" for each in target.rows]
    added = [f"+ {counted(target.added, 'row')} of yours"] if target.added else []
    _labelled(page, "rows", ", ".join(rows + added) or "none")
    if target.carried is not None:
        carried = f"{counted(target.carried.rows, 'row')} of {transfer_text(target.carried)}"
        _labelled(page, "carried", carried)
    if target.marked:
        marked = f"{counted(target.marked, 'more row')} whose sessions differ too much for a price"
        page.line(marked, indent=2 + _LABEL)
    if target.errors:
        head: list[Part] = [(text, _DIM) for text in ("error of", "median", "90th pct", "rows")]
        lines: list[list[Part]] = [
            [each.kind, percent(each.median), percent(each.p90), str(each.rows)]
            for each in target.errors
        ]
        page.table([head, *lines], "<>>>", indent=2 + _LABEL)
    shares = {"prices": target.price_coverage, "pairs": target.band_coverage}
    covered = [f"{percent(share)} of {what}" for what, share in shares.items() if share is not None]
    if covered:
        text = ", ".join(covered).replace(" of ", " of left-out ", 1)
        _labelled(page, "bands", f"cover {text} (aim: 80 %)")
    _labelled(page, "measured", ", ".join(filter(None, (target.date, target.source))))
    for note in target.notes:
        _labelled(page, "note", note)


def _cpu(target: TargetSummary) -> Iterator[str]:
    """What the CPU tells of itself beside its name."""
    cpu = target.cpu
    if cpu is not None:
        numbers = {"family": cpu.family, "model": cpu.model, "stepping": cpu.stepping}
        known = [f"{word} {each}" for word, each in numbers.items() if each not in (None, "")]
        yield " ".join(filter(None, [cpu.vendor, *known]))
        yield from cpu.extensions
    if target.caches:
        sizes = [
            f"{each >> 20} MiB" if each >> 20 else f"{each >> 10} KiB" for each in target.caches
        ]
        yield f"{' and '.join(sizes)} of cache"
    if cpu is not None and cpu.governor:
        yield f"governor {cpu.governor}"
    if cpu is not None and cpu.hypervisor:
        yield "in a virtual machine"


def _threads(target: TargetSummary) -> list[str]:
    return [] if target.threads is None else [counted(target.threads, "thread")]


def _batches(target: TargetSummary) -> str:
    return f"batch {' to '.join(map(str, target.batches))}"


def _labelled(page: Page, label: str, text: str) -> None:
    page.line((label.ljust(_LABEL), _DIM), text, indent=2, hang=_LABEL)
