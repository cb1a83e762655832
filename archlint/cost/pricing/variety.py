"""Varieties: kernels of one kind on one path, which share a fit and a residual."""

from __future__ import annotations

import re
from math import prod

from archlint.cost.kernels.kernel import SIGNED, Kernel
from archlint.cost.kernels.kind import Kind
from archlint.cost.kernels.ops import KINDS, REORDERS
from archlint.cost.pricing.moves import swap_of
from archlint.graph.operator_table import facts_of

__all__ = ["sort_of", "variety_of"]

_WINDOWED = frozenset({Kind.CONV, Kind.GROUP_CONV})
_MULTIPLIED = frozenset({*_WINDOWED, Kind.DEPTHWISE, Kind.PRODUCT})
_INDEXED = frozenset({
    "GatherElements", "GatherND", "MaxUnpool", "OneHot", "Scatter", "ScatterElements", "ScatterND",
})  # fmt: skip
"""What reads or writes element by element where another tensor says."""

_COPIES = frozenset({
    "Concat", "Gather", "Pad", "Resize", "ReverseSequence", "Slice", "Split", "TensorScatter",
})  # fmt: skip
_TOLD = _COPIES | {"Transpose"}
_PLACED = frozenset({Kind.CONV, Kind.GROUP_CONV, Kind.DEPTHWISE, Kind.POOL, Kind.SAMPLING})
_IN_INT8 = frozenset({Kind.ELEMENTWISE, Kind.PRODUCT, Kind.SOFTMAX})
"""What computes on bytes by other kernels, which no path tells."""

_BY_OPERATOR = frozenset({Kind.ATTENTION, Kind.FUNCTION, Kind.NORMALISATION, Kind.RECURRENCE})
_USUAL = frozenset({"Conv", "MatMul"})
"""Of what multiplies: the others are of integers, each with a fit of its own."""

_POINTWISE = re.compile(r" k1(x1)*(?! s)\b")
_ROWS = re.compile(r" b| @(?!1(x1)*( |>|$))")


def variety_of(kernel: Kernel) -> str:
    """The kernel's variety, as target files and error tables name it: "conv 1x1 nchwc"."""
    words = [kernel.kind.value]
    if kernel.kind in _MULTIPLIED and kernel.op not in _USUAL:
        return f"{KINDS[kernel.op].value} {kernel.op}"
    if kernel.kind in _WINDOWED:
        pointwise = prod(kernel.window) == 1 and prod(kernel.strides) == 1
        words.append("1x1" if pointwise else "kxk")
    if kernel.kind is Kind.DEPTHWISE and prod(kernel.window) == 1:
        # what becomes of a normalisation: a scale of each channel
        words.append("1x1")
    if kernel.kind is Kind.PRODUCT:
        if not kernel.constant:
            words.append("of activations")
        elif kernel.batch * prod(kernel.in_map) == 1:
            words.append("of one row")
    if kernel.kind in _IN_INT8 and kernel.itemsize == 1 and not facts_of(kernel.op).gives_truth:
        words.append("in signed int8" if kernel.path.startswith(SIGNED) else "in int8")
    if kernel.kind in _BY_OPERATOR:
        words.append(kernel.op)
    if kernel.kind is Kind.MOVEMENT:
        if kernel.op in REORDERS:
            words = ["reorder"]
        elif kernel.op == "Transpose":
            words = ["transpose", "of runs" if swap_of(kernel)[-1] > 1 else "of elements"]
        else:
            name = "indexed" if kernel.op in _INDEXED else "copy"
            words = [kernel.op.lower() if kernel.op in _COPIES else name]
    if kernel.path and (kernel.kind in _PLACED or kernel.op == "Resize"):
        words.append(kernel.path)
    return " ".join(words)


def sort_of(text: str) -> str:
    """What a kernel's text tells of its variety at a glance, as text that is quicker to have.

    Kernels of one variety are of one sort.
    """
    op = text.split(" ", 1)[0]
    kind = KINDS.get(op)
    if kind in _MULTIPLIED and op not in _USUAL:
        return op
    if kind is Kind.CONV or kind is Kind.POOL:
        # which groups are depthwise, and so their windows, takes more than a glance
        grouped = " g" in text
        pointwise = not grouped and _POINTWISE.search(text) is not None
        return f"{kind.value} {grouped} {pointwise} {text[text.find('(') : text.find(')')]}"
    if kind is Kind.PRODUCT:
        return "activations" if " run-time" in text else f"rows {_ROWS.search(text) is not None}"
    if kind is Kind.MOVEMENT:
        return "reorder" if op in REORDERS else op if op in _TOLD else "copy"
    return "" if kind is None else kind.value
