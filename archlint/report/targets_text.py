"""`archlint targets` for a person."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
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
_INDENT = "  "
_HERE, _YOURS, _MORE = "this machine", "yours", "others"
_HEAD = ("target", "device", "batch")
_TOLD = 28
"""Columns that a line needs besides: the gaps, and what its prices rest on."""


def render(targets: Sequence[TargetSummary], style: Style) -> str:
    """Each target in a line, this machine's and the reader's own first, then group by group.

    In a verbose style all of each.
    """
    page = Page(style.width, style.color)
    if not style.verbose:
        _list(page, targets, style.width)
        return page.text()
    for number, target in enumerate(targets):
        if number:
            page.blank()
        _target(page, target)
    return page.text()


def _list(page: Page, targets: Sequence[TargetSummary], width: int | None) -> None:
    sections: dict[str, list[TargetSummary]] = {_HERE: [], _YOURS: []}
    default = [group for each in targets if each.is_default for group in each.groups[:1]]
    groups = sorted({group for each in targets for group in each.groups})
    sections |= {group: [] for group in (*default, *groups)}
    of_device = {each.device: each.groups[0] for each in targets if each.groups}
    chosen = {each.device for each in targets if each.is_default}
    for each in sorted(targets, key=lambda each: (each.device not in chosen, _wanted(each))):
        sections.setdefault(_section(each, of_device), []).append(each)
    lines = {
        each.target: (_INDENT * _is_variant(each, of_device) + each.target, each.device,
                      _batches(each))
        for each in targets
    }  # fmt: skip
    widths = [max(map(len, column)) for column in zip(_HEAD, *lines.values(), strict=True)]
    if width is not None:
        # a line for each, also on a narrow terminal; a device's details have all of its name
        widths[1] = max(min(widths[1], width - _TOLD - widths[0] - widths[2]), len(_HEAD[1]))

    def put(cells: Iterable[str], *told: Part) -> None:
        padded = [_cut(cell, width).ljust(width) for cell, width in zip(cells, widths, strict=True)]
        page.line("  ".join([*padded, ""]), *told, indent=2, hang=widths[0] + 2)

    put(_HEAD, "rests on")
    for title, members in sections.items():
        if members:
            page.line((title, _STRONG))
        for each in members:
            put(lines[each.target], *_trust(each))
    page.blank()
    if not sections[_HERE]:
        page.line("None was measured on this machine: `archlint measure` makes one that is.")
    of_user = dict.fromkeys(str(Path(each.folder).parent) for each in targets if each.folder)
    if of_user:
        page.line(f"Yours lie in {', '.join(sorted(of_user))}.")
    page.line(
        (
            "`--target` takes a name, its beginning up to a dash (rtx4090), or a group (gpus), "
            "which has one of each device, those not indented; `archlint targets NAME` says how "
            "far one can be trusted.",
            _DIM,
        ),
    )


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 3].rstrip() + "..."


def _section(target: TargetSummary, of_device: Mapping[str, str]) -> str:
    if target.where is Where.HERE:
        return _HERE
    if target.folder is not None:
        return _YOURS
    return of_device.get(target.device, _MORE)


def _is_variant(target: TargetSummary, of_device: Mapping[str, str]) -> bool:
    """Whether another target stands in a group for the device, below which this one is listed."""
    return not target.groups and _section(target, of_device) not in (_HERE, _YOURS, _MORE)


def _wanted(target: TargetSummary) -> tuple[object, ...]:
    """What a reader looks for first: what is likest to this machine, and stands for a device."""
    return (
        target.where is not Where.NEAREST,
        target.device,
        not target.is_default,
        not target.groups,
        target.dtype != "float",
        target.threads or 0,
        target.target,
    )


def _trust(target: TargetSummary) -> list[Part]:
    """What its prices rest on, and what marks it among the others."""
    rows = sum(one.rows for one in target.rows)
    marks = {"default": target.is_default, "not finished": not target.is_finished}
    marks["nearest"] = target.where is Where.NEAREST
    marked = ", ".join(word for word, holds in marks.items() if holds)
    rests_on = counted(rows, "row") if rows or not target.is_inferred else "networks"
    return [rests_on, (f" ({marked})" if marked else "", _DIM)]


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
    _labelled(page, "batch", _batches(target))
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
    return " to ".join(map(str, target.batches))


def _labelled(page: Page, label: str, text: str) -> None:
    page.line((label.ljust(_LABEL), _DIM), text, indent=2, hang=_LABEL)
