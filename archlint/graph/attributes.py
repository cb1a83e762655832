"""Attributes of operators: their values, and whether they are of the kind that ONNX asks for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache

import onnx

from archlint.graph.operator import Attribute
from archlint.graph.schema import schema_of

__all__ = ["read_attribute", "type_fault"]

_UNDEFINED = onnx.AttributeProto.UNDEFINED
_WORDS: Mapping[int, str] = {
    onnx.AttributeProto.FLOAT: "a number",
    onnx.AttributeProto.FLOATS: "numbers",
    onnx.AttributeProto.INT: "an integer",
    onnx.AttributeProto.INTS: "integers",
    onnx.AttributeProto.STRING: "a text",
    onnx.AttributeProto.STRINGS: "texts",
    onnx.AttributeProto.TENSOR: "a tensor",
    onnx.AttributeProto.GRAPH: "a graph",
}


def read_attribute(attribute: onnx.AttributeProto) -> Attribute:
    """The value of an attribute; tensors and graphs are None."""
    kind = attribute.type
    if kind == onnx.AttributeProto.INT:
        return int(attribute.i)
    if kind == onnx.AttributeProto.INTS:
        return tuple(attribute.ints)
    if kind == onnx.AttributeProto.FLOAT:
        return float(attribute.f)
    if kind == onnx.AttributeProto.STRING:
        return attribute.s.decode("utf-8", "replace")
    if kind == onnx.AttributeProto.FLOATS:
        return tuple(attribute.floats)
    if kind == onnx.AttributeProto.STRINGS:
        return tuple(each.decode("utf-8", "replace") for each in attribute.strings)
    return None


def type_fault(op_type: str, opset: int, given: Iterable[onnx.AttributeProto]) -> str:
    """What attribute of an operator of ONNX is of another kind than it has to be, or ""."""
    expected = _kinds(op_type, opset)
    for each in given:
        kind, own = expected.get(each.name), each.type
        if kind is not None and own != kind and own != _UNDEFINED:
            found = _WORDS.get(own, "of another kind")
            return f"attribute {each.name} holds {found}, not {_WORDS.get(kind, 'that')}"
    return ""


@cache
def _kinds(op_type: str, opset: int) -> Mapping[str, int]:
    """The kinds of the attributes of an operator, none where ONNX does not know it."""
    schema = schema_of(op_type, opset)
    if schema is None:
        return {}
    # onnx's stubs lack the value of an enum
    return {name: int(each.type.value) for name, each in schema.attributes.items()}  # type: ignore[attr-defined]
