"""What the convs and products of a model compute in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from archlint.graph.model import Model
from archlint.graph.operator import Operator, Tensor
from archlint.graph.operator_facts import Reads
from archlint.graph.operator_table import OPERATORS, facts_of

__all__ = ["SIGNED", "model_dtype"]

_ON_INTEGERS = frozenset({"ConvInteger", "MatMulInteger"})
_EIGHT_BITS = frozenset({"int8", "uint8"})
_KEEPS_NUMBERS = frozenset({"Clip", "MaxPool", "Pad", "Relu"}) | frozenset(
    name
    for name, facts in OPERATORS.items()
    if facts.same_elements or facts.reads in (Reads.KEPT, Reads.PICKED)
)
"""Operators whose results are among the numbers that they read, or zero."""
SIGNED = "int8 with signed data"
_DEEPEST = 8  # operators between a product and the quantisation of its data

Makers = Mapping[str, Operator]


def model_dtype(model: Model) -> str:
    """What most of them compute in, "" without any.

    A dtype ("float", "int8"), or what a target that prices the dtype does not price: "dynamic
    int8" has its scales from the data of each run, "float with int4 weights" has only its
    weights quantised, "uint8 weights" are not those of "int8", and "uint16" is what the data
    of a model are in that is quantised to more than 8 bits.  "int8" has weights of int8 and data
    of uint8, as the tables have: on signed data ONNX Runtime runs much of a network in float on
    x86 (11 of ResNet-18's 20 convs, with 1.32.0), for it makes it unsigned only where a tensor
    has one reader.
    """
    makers = {tensor.name: op for op in model.operators for tensor in op.outputs}
    found = Counter(filter(None, (_dtype_of(op, makers) for op in model.operators)))
    return found.most_common(1)[0][0] if found else ""


def _dtype_of(op: Operator, makers: Makers) -> str:
    """A float weight may be wider than the data: PyTorch's exporter leaves folded weights so."""
    weight = op.weight
    if weight is None:
        return ""
    data = op.activations[0] if op.activations else None
    bits = op.attributes.get("bits", 4)
    if facts_of(op.op_type).packed:
        kind = " float" if op.op_type == "MatMulBnb4" else ""
        return f"{_name(data)} with {bits}-bit{kind} weights"
    if op.op_type in _ON_INTEGERS:
        dynamic = data is not None and _is_dynamic(data, makers)
        return f"dynamic {weight.dtype}" if dynamic else weight.dtype
    if not weight.quantised:
        return weight.dtype if "int" in weight.dtype else _name(data) or weight.dtype
    stored = _stored(data, makers)
    if stored is None:
        return f"{_name(data) or 'float'} with {weight.dtype} weights"
    if stored.dtype not in _EIGHT_BITS:
        return stored.dtype or weight.dtype
    if _is_dynamic(stored, makers):
        return f"dynamic {weight.dtype}"
    if weight.dtype != "int8":
        return f"{weight.dtype} weights"
    return SIGNED if stored.dtype == "int8" else weight.dtype


def _name(tensor: Tensor | None) -> str:
    return "" if tensor is None else tensor.dtype


def _stored(tensor: Tensor | None, makers: Makers) -> Tensor | None:
    """The integers that a float tensor comes from, None if it comes from none."""
    for _ in range(_DEEPEST):
        op = makers.get(tensor.name) if tensor is not None else None
        if op is None or not op.activations:
            return None
        tensor = op.activations[0]
        if op.op_type == "DequantizeLinear":
            return tensor
        if op.op_type not in _KEEPS_NUMBERS:
            return None
    return None


def _is_dynamic(stored: Tensor, makers: Makers) -> bool:
    maker = makers.get(stored.name)
    return maker is not None and maker.op_type == "DynamicQuantizeLinear"
