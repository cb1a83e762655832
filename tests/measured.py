"""The measured rows on the rules' pages: a telling selection for every target.

They stand between two marks in a page; `python -m tests.docs` writes them anew.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from archlint.cost.kernels.kernel import Chain, Kernel
from archlint.cost.kernels.kind import Kind
from archlint.cost.pricing.table import Row
from archlint.cost.target import Target, load_target
from archlint.cost.target_files import SHIPPED, list_targets
from archlint.report.units import amount, counted, figure
from tests.fires import FIRES, fires_table
from tests.measured_rows import (
    activations,
    boundaries,
    by_flops,
    fragment_case,
    fragments,
    groups,
    kernel_of,
    ratio_of,
    unit_case,
    widths,
)

__all__ = ["MARKED", "measured_tables", "with_tables"]

_BEGIN, _END = "<!-- measured: from archlint/targets, by python -m tests.docs -->", "<!-- end -->"
MARKED = re.compile(f"(?<={re.escape(_BEGIN)}\n).*?(?={re.escape(_END)})", re.DOTALL)
"""What stands between the marks of a page."""

_DTYPES = {"float": "fp32", "float16": "fp16", "bfloat16": "bf16", "qdq": "int8"}


@dataclass(frozen=True, slots=True)
class _Shown:
    """How a rule's rows are shown.

    `published` names the case of a chain of a paper's, `base` the one that the others are
    compared with.  `series` picks the rows of single kernels to show, `case` names what is
    different in them and `last` gives the last column, from a row and the first of its series.
    """

    head: str
    published: Callable[[Chain], str]
    base: str
    head_of_kernels: str
    series: Callable[[Sequence[Row]], list[list[Row]]]
    case: Callable[[Kernel], str]
    head_of_last: str
    last: Callable[[Row, Row], str]


def measured_tables(rule: str) -> str:
    """The rows of a rule, a heading for each target that can be priced for.

    Of those alone that have rows to be compared: published ones of single kernels may not.
    """
    parts = []
    for files in list_targets(SHIPPED).values():
        target = load_target(files)
        rows = [row for row in target.rows if row.rule == rule and not row.carried]
        if not rows or not target.is_finished:
            continue
        if _is_published(rows) or any(_SHOWN[rule].series(rows)):
            parts.append(_part(target, rows, _SHOWN[rule]))
    return "\n".join(parts)


def _is_published(rows: Sequence[Row]) -> bool:
    """Whether rows are chains of a paper."""
    return any(len(row.chain) > 1 or row.chain[0][0] > 1 for row in rows)


def with_tables(page: Path) -> str:
    """The text of a rule's page, in a folder that begins with its code, as the rows are now."""
    rule = page.parent.name.partition("_")[0].upper()
    tables, fires = measured_tables(rule), fires_table(rule)
    text = MARKED.sub(lambda _: f"\n{tables}\n", page.read_text(encoding="utf-8"))
    return FIRES.sub(lambda _: f"\n{fires}\n", text)


def _part(target: Target, rows: Sequence[Row], shown: _Shown) -> str:
    is_published = _is_published(rows)
    table = _published(rows, shown) if is_published else _single(rows, shown)
    return f"**{target.name}**: {_provenance(target, rows, is_published)}\n\n{table}"


def _provenance(target: Target, rows: Sequence[Row], is_published: bool) -> str:
    threads = [counted(int(target.threads), "thread")] if target.threads else []
    device = [target.device, target.runtime, _DTYPES.get(target.dtype, target.dtype), *threads]
    if is_published:
        return f"{', '.join(device)}. {counted(len(rows), 'row')}; {target.source}."
    dates = sorted({row.measured for row in rows})
    date = " to ".join(dict.fromkeys((dates[0], dates[-1])))
    sessions = sorted({row.sessions for row in rows})
    span = " to ".join(map(str, dict.fromkeys((sessions[0], sessions[-1]))))
    medians = f"{counted(len(rows), 'row')}, medians of {span} sessions"
    return f"{', '.join(device)}. {medians}, {date}, {target.source}; some of them:"


def _published(rows: Sequence[Row], shown: _Shown) -> str:
    """One line per case, one column per series: the slow-down against the series' base."""
    series: dict[str, dict[str, float]] = defaultdict(dict)
    for row in rows:
        series[row.series].setdefault(shown.published(row.chain), row.median_s)
    columns = list(series.values())
    lines = [[shown.base, *(f"1 ({_time(each[shown.base])})" for each in columns)]]
    lines += [
        [case, *(f"{each[case] / each[shown.base]:.2f}" for each in columns)]
        for case in columns[0]
        if case != shown.base
    ]
    return _markdown([shown.head, *(name.split(" ", 1)[1] for name in series)], lines)


def _single(rows: Sequence[Row], shown: _Shown) -> str:
    """One line per kernel."""
    lines = []
    for series in shown.series(rows):
        for row in series:
            kernel = kernel_of(row)
            low, high = (_time(each or row.median_s) for each in (row.p10_s, row.p90_s))
            last = shown.last(row, series[0])
            lines.append(
                [shown.case(kernel), kernel.title, _time(row.median_s), f"{low} to {high}", last]
            )
    head = [shown.head_of_kernels, "kernel", "time", "10th to 90th percentile"]
    return _markdown([*head, shown.head_of_last], lines)


def _time(seconds: float) -> str:
    return f"{figure(seconds * 1e6)} us" if seconds < 1e-3 else f"{figure(seconds * 1e3)} ms"


def _slowdown(row: Row, first: Row) -> str:
    return "1" if row is first else f"{row.median_s / first.median_s:.2f}"


def _rate(row: Row, _: Row) -> str:
    kernel = kernel_of(row)
    if kernel.kind is Kind.CONV:
        return amount(kernel.flops / row.median_s, "FLOPs/s")
    return amount(kernel.mac / row.median_s, "B/s")


def _slower_by_flops(row: Row, first: Row) -> str:
    return "1" if row is first else f"{by_flops(row) / by_flops(first):.2f}"


def _markdown(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    text = [head, ["---"] * len(head), *lines]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in text)


_SHOWN = {
    "A1": _Shown(
        head="channels",
        published=lambda chain: str(chain[0][1].c_out),
        base="64",
        head_of_kernels="channels",
        series=boundaries,
        case=lambda kernel: str(kernel.c_out),
        head_of_last="time for its FLOPs",
        last=_slower_by_flops,
    ),
    "G1": _Shown(
        head="ratio",
        published=lambda chain: f"1:{round(ratio_of(chain[0][1]))}",
        base="1:1",
        head_of_kernels="ratio",
        series=widths,
        case=lambda kernel: f"1:{float(ratio_of(kernel)):.2g}",
        head_of_last="slow-down",
        last=_slowdown,
    ),
    "G2": _Shown(
        head="groups",
        published=lambda chain: str(chain[0][1].groups),
        base="1",
        head_of_kernels="groups",
        series=groups,
        case=lambda kernel: str(kernel.groups),
        head_of_last="slow-down",
        last=_slowdown,
    ),
    "G3": _Shown(
        head="fragments",
        published=fragment_case,
        base="1",
        head_of_kernels="what",
        series=fragments,
        case=lambda kernel: "conv" if kernel.kind is Kind.CONV else f"join of {kernel.operands}",
        head_of_last="rate",
        last=_rate,
    ),
    "G4": _Shown(
        head="unit with",
        published=unit_case,
        base="neither",
        head_of_kernels="activation",
        series=activations,
        case=lambda kernel: kernel.op,
        head_of_last="slow-down",
        last=_slowdown,
    ),
}
