"""Attention that projects as well, as ONNX Runtime fuses it: its products, and attention itself."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from archlint.graph.plain.parts import Parts, Rewrite

__all__ = ["ATTENTION"]

_SPLIT_TAKES_INPUTS, _NUMBERED_SPLIT = 13, 18


def _attention(parts: Parts) -> bool:
    """One product for query, key and value."""
    if not parts.integer("num_heads") or parts.input(4) or parts.output(1):
        return False  # with a cache of past keys
    product = parts.add("MatMul", [parts.input(0), parts.input(1)])
    _attend(parts, product, mask=3, bias=5)
    return True


def _of_integers(parts: Parts) -> bool:
    """QAttention: the same of bytes, with a scale of each and perhaps a zero point."""
    if not parts.integer("num_heads") or parts.input(8) or parts.output(1):
        return False
    data, weight = (
        parts.add(
            "DequantizeLinear", [parts.input(at), parts.input(at + 3), parts.input(at + 6)],
            attributes={"axis": 1},
        )
        for at in (0, 1)
    )  # fmt: skip
    _attend(parts, parts.add("MatMul", [data, weight]), mask=5, bias=-1)
    return True


def _attend(parts: Parts, product: str, mask: int, bias: int) -> None:
    """Cut what was projected, and attend with all heads."""
    if parts.input(2):
        product = parts.add("Add", [product, parts.input(2)])
    split = [f"{parts.output()}/{each}" for each in ("query", "key", "value")]
    sizes = parts.integers("qkv_hidden_sizes")
    if not sizes:
        # in equal parts, which Split's older versions take from the number of outputs
        equal = {"num_outputs": 3} if parts.opset >= _NUMBERED_SPLIT else {}
        parts.add("Split", [product], split, attributes={"axis": -1, **equal})
    elif parts.opset >= _SPLIT_TAKES_INPUTS:
        counts = parts.constant(sizes, np.int64)
        parts.add("Split", [product, counts], split, attributes={"axis": -1})
    else:
        parts.add("Split", [product], split, attributes={"axis": -1, "split": sizes})
    added = parts.input(bias) if bias >= 0 else ""
    parts.add(
        "MultiHeadAttention", [*split, "", parts.input(mask), added], [parts.output()],
        keep=("num_heads", "scale", "unidirectional"), domain=parts.node.domain,
    )  # fmt: skip


ATTENTION: Mapping[str, Rewrite] = {"Attention": _attention, "QAttention": _of_integers}
"""Of the domain com.microsoft."""
