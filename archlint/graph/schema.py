"""What ONNX says of its operators."""

from __future__ import annotations

from functools import cache
from math import inf

from onnx import defs

__all__ = ["least_inputs", "most_inputs", "schema_of"]


def schema_of(op_type: str, opset: int) -> defs.OpSchema | None:
    """An operator of ONNX's own domain at an opset (0: the latest), None where there is none."""
    latest = defs.onnx_opset_version()
    try:
        # what a damaged file says may be beyond what C++ takes
        return defs.get_schema(op_type, min(max(opset, 1), latest) if opset else latest, "")
    except defs.SchemaError:
        return None


@cache
def least_inputs(op_type: str, opset: int) -> int:
    """How many inputs an operator has at least."""
    schema = schema_of(op_type, opset)
    return 0 if schema is None else schema.min_input


@cache
def most_inputs(op_type: str, opset: int) -> float:
    """How many inputs an operator has at the most, at this opset or by its latest version."""
    found = (schema_of(op_type, each) for each in (opset, 0))
    return max([each.max_input for each in found if each is not None], default=inf)
