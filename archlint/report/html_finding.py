"""A finding on the page that `--format html` writes, with the measured rows behind it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from archlint.location import Location
from archlint.report.change_told import change_told
from archlint.report.html_parts import counted_list, table, text
from archlint.report.shown import place_of
from archlint.report.snippet import notes, snippet
from archlint.report.units import counted, figure, milliseconds, percent
from archlint.report.words import caveat_text, dearer_of, flips_of, sizes_text
from archlint.results.findings import (
    Finding,
    KernelPrice,
    MeasuredRow,
    ModelReport,
    PricedOn,
    RestsOn,
)

__all__ = ["finding_html"]

_WIDTH = 110
"""Columns of a line of source: a longer one is cut around what it is about."""

_PLACES = 50


def finding_html(anchor: str, model: ModelReport, finding: Finding) -> str:
    """The whole finding: where, what it costs, what to do instead, and what that rests on."""
    return (
        f'<section class="finding of-{finding.severity.value}" id="{anchor}">'
        f"{''.join(_parts(model, finding))}</section>"
    )


def _parts(model: ModelReport, finding: Finding) -> Iterator[str]:
    level = finding.severity.value
    mark = " (exact)" if finding.exact else " (upper bound)" if finding.upper_bound else ""
    yield (
        f'<h3><span class="{level}">{level} {text(finding.code)}</span> {text(finding.name)}:'
        f' {text(finding.message)}<span class="soft">{mark}</span></h3>'
    )
    yield f'<p class="where">{text(_where(model, finding))}</p>'
    if finding.location is not None:
        yield _source(finding.location)
    yield _prices(finding)
    yield counted_list(
        [
            *dearer_of(finding),
            *flips_of(model, finding),
            *_caveats(finding),
        ]
    )
    if finding.places:
        yield _change(finding)
    if finding.count > 1:
        yield _places(finding)
    for each in finding.rests_on:
        yield _rests_on(each, several=len(finding.rests_on) > 1)


def _where(model: ModelReport, finding: Finding) -> str:
    file = model.path
    if finding.location is not None:
        span = finding.location.span
        file = f"{span.path}:{span.line}:{span.column}"
    words = [f"{file}: {place_of(finding)}"]
    if finding.count > 1:
        words.append(counted(finding.count, "place"))
    return ", ".join(filter(None, [*words, sizes_text(finding.sizes)]))


def _source(location: Location) -> str:
    shown = snippet(location.span, _WIDTH)
    margin = " " * len(shown.number)
    lines = [f"{shown.number} | {shown.text}", f"{margin} | {shown.carets}"]
    lines += [f"{margin} = {each}" for each in notes(location)]
    return f"<pre>{chr(10).join(map(text, lines))}</pre>"


def _prices(finding: Finding) -> str:
    several = len(finding.prices) > 1
    rows = [
        (
            *(_on(each) if several else ()),
            milliseconds(each.now),
            milliseconds(each.instead),
            f"{each.slowdown:.2f}x ({each.slowdown_low:.2f} to {each.slowdown_high:.2f})",
            f"{_saving(finding, each)}, {percent(abs(each.saving_share))}",
            each.basis.value,
        )
        for each in finding.prices
    ]
    head = (*["target", ""] * several, "now", "instead", "slower", "saves", "basis")
    first = 2 * several
    return table(head, rows, numbers=range(first, first + 4))


def _on(price: PricedOn) -> tuple[str, str]:
    level = price.severity.value
    return text(price.target), f'<span class="{level}">{level}</span>'


def _saving(finding: Finding, price: PricedOn) -> str:
    if price.saving < 0:
        return f"costs {milliseconds(-price.saving)} more"
    return f"{'at most ' if finding.upper_bound else ''}{milliseconds(price.saving)}"


def _caveats(finding: Finding) -> list[str]:
    several = len(finding.prices) > 1
    return [
        f"{each.target}: {caveat}" if several else caveat
        for each in finding.prices
        if (caveat := caveat_text(each))
    ]


def _change(finding: Finding) -> str:
    told = [("costliest", finding.places[0].name)] if finding.count > 1 else []
    told += change_told(finding)
    items = "".join(f"<dt>{label}</dt><dd>{text(words)}</dd>" for label, words in told)
    return f"<dl>{items}</dl>"


def _places(finding: Finding) -> str:
    rows = [
        (
            text(each.name),
            text(each.now.text),
            text(each.instead.text),
            f"{price.slowdown:.2f}x",
            milliseconds(price.saving),
            *([text(price.target)] if len(finding.prices) > 1 else []),
        )
        for each in finding.places[:_PLACES]
        for price in each.prices
    ]
    head = ("place", "now", "instead", "slower", "saves", *["on"] * (len(finding.prices) > 1))
    title = f"All {counted(finding.count, 'place')}"
    if len(finding.places) > _PLACES:
        title = f"The costliest {_PLACES} of {counted(finding.count, 'place')}"
    made = table(head, rows, numbers={3, 4}, wide={0, 1, 2})
    return f"<details><summary>{title}</summary>{made}</details>"


def _rests_on(rests_on: RestsOn, *, several: bool) -> str:
    rows: list[Sequence[str]] = []
    for each in rests_on.kernels:
        rows.append(_kernel(each))
        rows += [_row(row) for row in each.rows]
    head = ("", "kernel, and the nearest rows", "time", "p10 to p90 (ms)", "basis", "table")
    on = f" on {text(rests_on.target)}" if several else ""
    title = f"The measured rows behind the costliest place{on}"
    made = table(head, rows, numbers={2, 3}, wide={1})
    return f"<details><summary>{title}</summary>{made}</details>"


def _kernel(kernel: KernelPrice) -> Sequence[str]:
    times = f"{kernel.count} x " if kernel.count > 1 else ""
    if kernel.seconds is None or kernel.low is None or kernel.high is None or kernel.basis is None:
        return (
            kernel.side,
            f"<strong>{times}{text(kernel.kernel)}</strong>",
            "no price",
            "",
            "",
            "",
        )
    return (
        f"<strong>{kernel.side}</strong>",
        f"<strong>{times}{text(kernel.kernel)}</strong>",
        f"<strong>{milliseconds(kernel.seconds)}</strong>",
        _band(kernel.low, kernel.high),
        kernel.basis.value,
        "",
    )


def _row(row: MeasuredRow) -> Sequence[str]:
    band = "" if row.p10 is None or row.p90 is None else _band(row.p10, row.p90)
    chain = "<br>".join(map(text, row.kernels.split("; ")))
    sessions = counted(row.sessions, "session")
    return (
        "",
        f'<span class="soft">{chain}</span>',
        milliseconds(row.median),
        band,
        f'<span class="soft">{text(sessions)}</span>',
        f'<span class="soft">{text(f"{row.rule}, {row.measured}")}</span>',
    )


def _band(low: float, high: float) -> str:
    return f"{figure(low * 1e3)} to {figure(high * 1e3)}"
