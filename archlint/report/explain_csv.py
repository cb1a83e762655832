"""`archlint explain --format csv`: a row for each operator on each target, for a spreadsheet."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from io import StringIO

from archlint.report.escape import visible
from archlint.report.json_text import rounded
from archlint.report.units import shape
from archlint.results.explanation import (
    ExplainedOperator,
    ExplainedPlace,
    ExplainedPrice,
    Explanation,
)

__all__ = ["render"]

_HEAD = (
    "operator", "op_type", "module", "kernel", "inputs", "outputs", "weight", "parameters", "flops",
    "mac_bytes", "target", "ms", "low_ms", "high_ms", "share", "basis", "bound", "live_bytes",
    "fired",
)  # fmt: skip
_FORMULA = ("=", "+", "-", "@")


def render(explanation: Explanation) -> str:
    """The operators in their order; what is not known is empty."""
    text = StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(_HEAD)
    for operator in explanation.operators:
        for price in operator.prices or (None,):
            rows.writerow(_row(operator, price))
    return text.getvalue()


def _row(operator: ExplainedOperator, price: ExplainedPrice | None) -> Iterator[object]:
    yield from map(_cell, (operator.name, operator.op_type, operator.module, operator.kernel))
    for shapes in (operator.input_shapes, operator.output_shapes):
        yield " ".join(map(shape, shapes))
    yield "" if operator.weight_shape is None else shape(operator.weight_shape)
    yield from (operator.parameters, operator.flops, operator.mac_bytes)
    if price is None:
        yield from [""] * 8
    else:
        yield price.target
        yield from map(rounded, (price.ms, price.low_ms, price.high_ms, price.share))
        yield price.basis.value
        yield "" if price.bound is None else price.bound.value
        yield price.live_bytes
    fired = (each for each in operator.rules if isinstance(each, ExplainedPlace) and each.fired)
    yield " ".join(dict.fromkeys(each.code for each in fired))


def _cell(text: str) -> str:
    """Text that no spreadsheet takes for a formula: names are of whoever made the file."""
    shown = visible(text)
    return f"'{shown}" if shown.startswith(_FORMULA) else shown
