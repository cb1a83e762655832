"""Small constants computed by onnx's own reference evaluator, which knows every operator."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np
import numpy.typing as npt
import onnx
from onnx import helper

__all__ = ["Value", "evaluate_by_reference"]

Array = npt.NDArray[np.generic]
Value = Array | list[Array]
"""A tensor or a sequence of them."""

_NOT_BOUNDED = frozenset(
    """
AffineGrid Attention AveragePool Bernoulli BlackmanWindow Col2Im Conv ConvInteger ConvTranspose DFT
DeformConv FlexAttention GRU GlobalAveragePool GlobalLpPool GlobalMaxPool GridSample
HammingWindow HannWindow If ImageDecoder LSTM Loop LpPool MaxPool MaxRoiPool MaxUnpool
MelWeightMatrix Multinomial QLinearConv RNN RandomNormal RandomNormalLike RandomUniform
RandomUniformLike RegexFullMatch Resize RoiAlign RotaryEmbedding STFT Scan SequenceMap
StringNormalizer TfIdfVectorizer Upsample
""".split()
)
"""Operators whose work is not bounded by the sizes of their inputs and outputs, or is random."""


_MOST_STEPS = 2**20


def evaluate_by_reference(
    node: onnx.NodeProto, inputs: Sequence[Value | None], opset: int
) -> tuple[Value, ...]:
    """All outputs of a node of ONNX's own domain, None for an absent input; () where it fails.

    The caller sees to it that inputs and outputs are small.
    """
    if node.op_type in _NOT_BOUNDED or any(each.g.node or each.graphs for each in node.attribute):
        return ()
    if node.op_type == "Einsum" and _steps_of_einsum(inputs) > _MOST_STEPS:
        return ()
    from onnx.reference import ReferenceEvaluator  # half a second, and few models need it

    alone = onnx.NodeProto()
    alone.CopyFrom(node)
    names = [name for name in node.input if name]
    graph = helper.make_graph(
        [alone],
        "constant",
        [onnx.ValueInfoProto(name=name) for name in dict.fromkeys(names)],
        [onnx.ValueInfoProto(name=name) for name in node.output if name],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)])
    given = {name: each for name, each in zip(node.input, inputs, strict=True) if name}
    try:
        with np.errstate(all="raise"):
            made = ReferenceEvaluator(model).run(None, given)
    except Exception:
        return ()
    return tuple(
        list(map(np.asarray, each)) if isinstance(each, list) else np.asarray(each) for each in made
    )


def _steps_of_einsum(inputs: Sequence[Value | None]) -> int:
    """No more than there are combinations of elements."""
    return prod(each.size for each in inputs if isinstance(each, np.ndarray))
