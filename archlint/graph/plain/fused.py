"""What ONNX Runtime's optimiser fuses: convs, products, activations, normalisations.

As its documentation of contributed operators has them (ContribOperators.md).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from archlint.graph.plain.activation import add_activation
from archlint.graph.plain.parts import CONV, Parts, Rewrite

__all__ = ["FUSED"]

_GEMM = ("alpha", "beta", "transA", "transB")
_SHARPNESS = 1.702
_SUM_TAKES_INPUTS = 13


def _conv(parts: Parts) -> bool:
    activation, joins = parts.text("activation"), parts.input(3)
    inputs = [parts.input(index) for index in range(3)]
    last = [] if activation or joins else [parts.output()]
    found = parts.add("Conv", inputs, last, keep=CONV)
    if joins:
        found = parts.add("Add", [found, joins], [] if activation else [parts.output()])
    if activation:
        add_activation(parts, found, activation, parts.numbers("activation_params"))
    return True


def _gemm(parts: Parts) -> bool:
    activation = parts.text("activation")
    inputs = [parts.input(index) for index in range(3)]
    found = parts.add("Gemm", inputs, [] if activation else [parts.output()], keep=_GEMM)
    if activation:
        given = [("activation_alpha", 0.0), ("activation_beta", 0.0)]
        add_activation(parts, found, activation, [parts.number(*each) for each in given])
    return True


def _gelu(parts: Parts) -> bool:
    """Gelu, FastGelu and BiasGelu: the latter two may add a bias first."""
    source = parts.input(0)
    if parts.input(1):
        source = parts.add("Add", [source, parts.input(1)])
    parts.add("Gelu", [source], [parts.output()])
    return True


def _quick_gelu(parts: Parts) -> bool:
    """The product of x and Sigmoid(alpha x)."""
    source, alpha = parts.input(0), parts.number("alpha", _SHARPNESS)
    scaled = source
    if alpha != 1.0:
        scaled = parts.add("Mul", [source, parts.constant(alpha, parts.real)])
    parts.add("Mul", [source, parts.add("Sigmoid", [scaled])], [parts.output()])
    return True


def _skip_normalisation(op_type: str, bias_at: int) -> Rewrite:
    """Add a skip and perhaps a bias, then normalise; the sum may be an output too."""

    def rewrite(parts: Parts) -> bool:
        if parts.output(1) or parts.output(2):
            return False
        bias, own_sum = parts.input(bias_at), [each for each in (parts.output(3),) if each]
        total = parts.add("Add", [parts.input(0), parts.input(1)], [] if bias else own_sum)
        if bias:
            total = parts.add("Add", [total, bias], own_sum)
        scales = [parts.input(index) for index in range(2, bias_at)]
        parts.add(
            op_type, [total, *scales], [parts.output()], keep=("epsilon",), attributes={"axis": -1}
        )
        return True

    return rewrite


def _embedding(parts: Parts) -> bool:
    """Add the embeddings of words, positions and segments, then normalise."""
    ids, segments, words, positions, kinds, scale, shift, mask, places = (
        parts.input(index) for index in range(9)
    )
    found = parts.add("Gather", [words, ids])
    if places:
        rows = parts.add("Gather", [positions, places])
    else:
        zero, one = (parts.constant([each], np.int64) for each in (0, 1))
        length = parts.add("Slice", [parts.add("Shape", [ids]), one, parts.constant([2], np.int64)])
        rows = parts.add("Slice", [positions, zero, length, zero])
    found = parts.add("Add", [found, rows], [] if kinds else parts.node.output[2:3])
    if kinds and segments:
        kind = parts.add("Gather", [kinds, segments])
        found = parts.add("Add", [found, kind], parts.node.output[2:3])
    parts.add(
        "LayerNormalization",
        [found, scale, shift],
        [parts.output()],
        keep=("epsilon",),
        attributes={"axis": -1},
    )
    if parts.output(1):
        _count_words(parts, ids, mask)
    return True


def _count_words(parts: Parts, ids: str, mask: str) -> None:
    """The second output: how many words of each row the mask leaves, zero without a mask."""
    made, zero, one = [parts.output(1)], *(parts.constant([each], np.int64) for each in (0, 1))
    if not mask:
        rows = parts.add("Slice", [parts.add("Shape", [ids]), zero, one, zero])
        parts.add("ConstantOfShape", [rows], made)
    elif parts.opset >= _SUM_TAKES_INPUTS:
        parts.add("ReduceSum", [mask, one], made, attributes={"keepdims": 0})
    else:
        parts.add("ReduceSum", [mask], made, attributes={"axes": [1], "keepdims": 0})


FUSED: Mapping[str, Rewrite] = {
    "BiasGelu": _gelu,
    "EmbedLayerNormalization": _embedding,
    "FastGelu": _gelu,
    "FusedConv": _conv,
    "FusedGemm": _gemm,
    "Gelu": _gelu,
    "QuickGelu": _quick_gelu,
    "SkipLayerNormalization": _skip_normalisation("LayerNormalization", 4),
    "SkipSimplifiedLayerNormalization": _skip_normalisation("SimplifiedLayerNormalization", 3),
}
"""Of the domain com.microsoft."""
