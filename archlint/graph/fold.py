"""The values of operators on constants, as far as they are small."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod

import numpy as np
from onnx import TensorProto, defs

from archlint.graph.data_dependent import DATA_DEPENDENT
from archlint.graph.evaluate import MOST_ELEMENTS, evaluate
from archlint.graph.node import Node
from archlint.graph.reference import Value, evaluate_by_reference
from archlint.graph.shapes import TensorType

__all__ = ["fold"]

_HANDS_ON = frozenset({
    "ConcatFromSequence", "SequenceAt", "SequenceConstruct", "SequenceEmpty", "SequenceErase",
    "SequenceInsert", "SplitToSequence",
})  # fmt: skip
"""What hands on no more than it takes."""

_OPTIONAL = frozenset({"Optional", "OptionalGetElement"})


def fold(
    node: Node,
    known: Mapping[str, Value],
    types: Mapping[str, TensorType],
    opset: int,
    most: int = MOST_ELEMENTS,
) -> Sequence[Value]:
    """The outputs of a node, none where they are not `known` from its inputs or not small.

    Small is what has at most so many elements.
    """
    if node.op_type in ("Shape", "Size"):
        return _sizes(node, types.get(node.inputs[0]))
    if node.domain or not all(name in known for name in node.inputs if name):
        return ()
    if any(each.t.data_location == TensorProto.EXTERNAL for each in node.proto.attribute):
        return ()  # no file beside a model is opened
    if node.op_type in _OPTIONAL:
        return [known[name] for name in node.inputs[:1]]
    inputs = [known[name] if name else None for name in node.inputs]
    arrays = [each for each in inputs if not isinstance(each, list | None)]
    if len(arrays) == len(inputs) and most == MOST_ELEMENTS:
        values = evaluate(node.proto, arrays)
        if values is not None:
            return (values,)
    if not _is_small(node, types, most):
        return ()
    made = evaluate_by_reference(node.proto, inputs, opset or defs.onnx_opset_version())
    return made if all(_size(each) <= most for each in made) else ()


def _sizes(node: Node, known: TensorType | None) -> Sequence[Value]:
    if known is None or known.shape is None:
        return ()
    if node.op_type == "Size":
        return (np.asarray(prod(known.shape), np.int64),)
    attributes = {each.name: each.i for each in node.proto.attribute}
    shape = known.shape[attributes.get("start", 0) : attributes.get("end")]
    return (np.asarray(shape, np.int64),)


def _size(value: Value) -> int:
    return sum(each.size for each in value) if isinstance(value, list) else value.size


def _is_small(node: Node, types: Mapping[str, TensorType], most: int) -> bool:
    """Whether all outputs are known to be small before they are made."""
    if node.op_type in _HANDS_ON:
        return True
    if node.op_type in DATA_DEPENDENT:
        return node.op_type != "NonMaxSuppression"  # the others keep no more than there is
    for name in node.outputs:
        known = types.get(name)
        if name and (known is None or known.shape is None or prod(known.shape) > most):
            return False
    return True
