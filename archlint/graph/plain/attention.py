"""Attention as ONNX Runtime fuses it, taken apart into products and a Softmax."""

from __future__ import annotations

from collections.abc import Mapping
from math import sqrt

import numpy as np

from archlint.graph.plain.parts import Parts, Rewrite

__all__ = ["ATTENTION"]

_SPLIT_TAKES_INPUTS, _NUMBERED_SPLIT = 13, 18
_HEADS, _KEYS = [0, 2, 1, 3], [0, 2, 3, 1]
"""To heads x rows and back; keys with their rows last."""


def _attention(parts: Parts) -> bool:
    """Attention of com.microsoft: one product for query, key and value."""
    heads = parts.integer("num_heads")
    if not heads or parts.input(4) or parts.output(1):
        return False  # with a cache of past keys
    found = parts.add("MatMul", [parts.input(0), parts.input(1)])
    if parts.input(2):
        found = parts.add("Add", [found, parts.input(2)])
    split = [f"{parts.output()}/{each}" for each in ("query", "key", "value")]
    sizes = parts.integers("qkv_hidden_sizes")
    if not sizes:
        _split_equally(parts, found, split)
    elif parts.opset >= _SPLIT_TAKES_INPUTS:
        parts.add("Split", [found, parts.constant(sizes, np.int64)], split, attributes={"axis": -1})
    else:
        parts.add("Split", [found], split, attributes={"axis": -1, "split": sizes})
    _attend(parts, split, heads, parts.input(5))
    return True


def _split_equally(parts: Parts, source: str, made: list[str]) -> None:
    """Three equal parts, which Split's older versions take from the number of outputs."""
    equal = {"num_outputs": 3} if parts.opset >= _NUMBERED_SPLIT else {}
    parts.add("Split", [source], made, attributes={"axis": -1, **equal})


def _multi_head(parts: Parts) -> bool:
    """MultiHeadAttention of com.microsoft where query, key and value come apart.

    Their biases are one constant.  What masks words takes part in the scores in the kernel.
    """
    heads, given = parts.integer("num_heads"), [parts.input(index) for index in range(3)]
    if not heads or not all(given) or parts.input(6) or parts.input(7) or parts.output(1):
        return False  # with a cache of past keys
    if parts.input(3):
        biases = [f"{parts.output()}/{each}" for each in ("query_bias", "key_bias", "value_bias")]
        _split_equally(parts, parts.input(3), biases)
        given = [parts.add("Add", list(each)) for each in zip(given, biases, strict=True)]
    _attend(parts, given, heads, parts.input(5))
    return True


def _attend(parts: Parts, sources: list[str], heads: int, bias: str) -> None:
    """Softmax(query keys / sqrt(depth) + bias) values, head by head."""
    by_head = parts.constant([0, 0, heads, -1], np.int64)
    query, key, value = (
        parts.add("Transpose", [parts.add("Reshape", [each, by_head])], attributes={"perm": perm})
        for each, perm in zip(sources, (_HEADS, _KEYS, _HEADS), strict=True)
    )
    scores = parts.add("MatMul", [query, key])
    scale = parts.number("scale", 0.0) or 1 / sqrt(64)  # any number takes as long
    scores = parts.add("Mul", [scores, parts.constant(scale, parts.real)])
    if bias:
        scores = parts.add("Add", [scores, bias])
    found = parts.add("MatMul", [parts.add("Softmax", [scores], attributes={"axis": -1}), value])
    found = parts.add("Transpose", [found], attributes={"perm": _HEADS})
    parts.add("Reshape", [found, parts.constant([0, 0, -1], np.int64)], [parts.output()])


ATTENTION: Mapping[str, Rewrite] = {"Attention": _attention, "MultiHeadAttention": _multi_head}
"""Of the domain com.microsoft."""
