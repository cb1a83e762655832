"""The types of what language models are exported with for ONNX Runtime, which no schema tells."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import onnx

from archlint.graph.shapes import TensorType

__all__ = ["infer_contributed"]

Types = Sequence[TensorType]
Attributes = Mapping[str, int]


def infer_contributed(
    node: onnx.NodeProto, types: Mapping[str, TensorType]
) -> dict[str, TensorType] | None:
    """The types of the outputs, {} where the inputs do not tell them; None of other operators."""
    count, infer = _INFERRED.get(node.op_type, (0, None))
    if infer is None:
        return None
    given = [types.get(name) for name in node.input[:count]]
    known = [each for each in given if each is not None and each.shape is not None]
    if len(known) < count:
        return {}
    made = infer(known, {each.name: each.i for each in node.attribute})
    return {name: each for name, each in zip(node.output, made, strict=False) if name}


def _like(*places: int) -> Callable[[Types, Attributes], Types]:
    return lambda inputs, _: [inputs[place] for place in places]


def _gathered(inputs: Types, attributes: Attributes) -> Types:
    """Rows of a packed table, of the dtype of its scales."""
    data, indices, scales = inputs
    axis = attributes.get("gather_axis", 0)
    sizes = list(data.shape or ())
    if not sizes or not -len(sizes) <= axis < len(sizes):
        return ()
    if data.dtype == "uint8":
        sizes[-1] *= 8 // max(attributes.get("bits", 4), 1)
    axis %= len(sizes)
    picked = (*sizes[:axis], *(indices.shape or ()), *sizes[axis + 1 :])
    return (TensorType(scales.dtype, picked),)


def _linear_attention(inputs: Types, attributes: Attributes) -> Types:
    """All rows, and the state after the last: a matrix for each head of keys."""
    heads, shared = attributes.get("q_num_heads", 0), attributes.get("kv_num_heads", 0)
    query, key, value = (each.shape or () for each in inputs)
    if heads < 1 or shared < 1 or not len(query) == len(key) == len(value) == _SIDE_BY_SIDE:
        return ()
    depth, dtype = value[2] // shared, inputs[0].dtype
    state = (query[0], shared, key[2] // shared, depth)
    return TensorType(dtype, (*query[:2], heads * depth)), TensorType(dtype, state)


def _causal_conv(inputs: Types, attributes: Attributes) -> Types:
    """As long as its input, and the rows that the next call looks back at."""
    x, weight = (each.shape or () for each in inputs)
    if attributes.get("channels_last") or len(x) != len(weight) or len(x) < _SIDE_BY_SIDE:
        return (inputs[0],)
    return inputs[0], TensorType(inputs[0].dtype, (*x[:-1], weight[-1] - 1))


_SIDE_BY_SIDE = 3
"""Dims of N x rows x all heads."""

_INFERRED: Mapping[str, tuple[int, Callable[[Types, Attributes], Types]]] = {
    "CausalConvWithState": (2, _causal_conv),
    "GatherBlockQuantized": (3, _gathered),
    "LinearAttention": (3, _linear_attention),
    "PagedAttention": (5, _like(0, 3, 4)),
    "SparseAttention": (5, _like(0, 3, 4)),
}
"""How many inputs tell the types, and how."""
