"""Sizes that constants in the graph contradict, such as a Reshape with batch 1 baked in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from operator import itemgetter

import onnx

from archlint.errors import ModelError
from archlint.graph.malformed import fault_of
from archlint.graph.operator import Operator, Tensor
from archlint.graph.operator_facts import Reads
from archlint.graph.operator_table import facts_of
from archlint.graph.shapes import TensorType, infer_types, opset_of, strict_faults
from archlint.graph.sizes import MOST, Sizes

__all__ = ["ContradictionError", "asked_sizes", "check_sizes"]


class ContradictionError(ModelError):
    """The model does not fit the sizes; `batch` is another one that `operator` holds, or None."""

    def __init__(self, path: str, reason: str, batch: int | None, operator: str) -> None:
        self.batch: int | None = batch
        self.operator: str = operator
        super().__init__(path, reason)


_SHAPE_INPUT: Mapping[str, int] = {"Expand": 1, "Reshape": 1, "Resize": 3}


def check_sizes(
    path: str,
    proto: onnx.ModelProto,
    names: Sequence[str],
    sizes: Sizes,
    operators: Sequence[Operator],
) -> None:
    """Raise ContradictionError if the graph cannot take sizes that are not the file's own.

    `names` are those of the nodes.  Three signs count: an operator that is malformed at these
    sizes and not at the file's own; one that inference accepts at the file's own and refuses
    at these; a first output that loses the batch.  Where a Reshape or Resize before the sign
    holds the file's batch as a constant, it is the one to name; the third sign needs one, or
    a Gather that picks as many elements as before.
    """
    if not (sizes.overridden or sizes.open):
        return
    signs = [
        each
        for each in (_malformed(proto, operators), _refused(proto, names, sizes, operators))
        if each
    ]
    found = ""
    if signs:
        at, reason = min(signs, key=itemgetter(0))
        found = _fixed_batch(operators[:at], sizes) or reason
    elif _loses_batch(proto, operators, sizes):
        found = _fixed_batch(operators, sizes) or _batch_lost_at(proto, operators)
    if not found:
        return
    before = operators[: min(signs, key=itemgetter(0))[0] + 1] if signs else operators
    reason = f"cannot take {asked_sizes(sizes)}: {found}"
    raise ContradictionError(path, reason, *_baked_batch(before, sizes))


def _baked_batch(operators: Sequence[Operator], sizes: Sizes) -> tuple[int | None, str]:
    """Another batch than that of `sizes` that a constant shape holds, and the operator's name."""
    for operator in operators:
        index = _SHAPE_INPUT.get(operator.op_type)
        if index is None or index >= len(operator.inputs):
            continue
        shape = operator.inputs[index]
        if shape is not None and shape.values and 0 < shape.values[0] <= MOST:
            baked = int(shape.values[0])
            if baked != sizes.batch:
                return baked, operator.name
    return None, ""


def _malformed(proto: onnx.ModelProto, operators: Sequence[Operator]) -> tuple[int, str] | None:
    own: Mapping[str, TensorType] | None = None
    for operator in operators:
        if not operator.malformed:
            continue
        if own is None:
            own = infer_types(proto, None)
        inputs = [each and _retyped(each, own) for each in operator.inputs]
        kind, outputs = operator.op_type, len(operator.outputs)
        if not fault_of(kind, opset_of(proto), inputs, operator.attributes, outputs):
            return operator.index, _at(operator, operator.malformed)
    return None


def _refused(
    proto: onnx.ModelProto, names: Sequence[str], sizes: Sizes, operators: Sequence[Operator]
) -> tuple[int, str] | None:
    faults = strict_faults(proto, names, sizes)
    if not faults:
        return None
    own = {each.name for each in strict_faults(proto, names, None)}
    new = {each.name: each.reason for each in faults if each.name not in own}
    for operator in operators:
        if operator.name in new:
            return operator.index, _at(operator, new[operator.name])
    return None


def _fixed_batch(operators: Sequence[Operator], sizes: Sizes) -> str:
    """The first operator whose constant shape holds the file's batch where another is asked."""
    new, old = _batch(sizes)
    for operator in operators:
        index = _SHAPE_INPUT.get(operator.op_type)
        if index is None or index >= len(operator.inputs):
            continue
        data, shape = operator.inputs[0], operator.inputs[index]
        if data is None or shape is None or not data.shape or not shape.values:
            continue
        if data.shape[0] == new != shape.values[0] == (old or 1):
            return _at(operator, f"fixes the batch to {int(shape.values[0])}")
    return ""


def _loses_batch(proto: onnx.ModelProto, operators: Sequence[Operator], sizes: Sizes) -> bool:
    new, old = _batch(sizes)
    output = proto.graph.output[0] if proto.graph.output else None
    dims = output.type.tensor_type.shape.dim if output is not None else ()
    if output is None or not dims:
        return False
    followed = dims[0].dim_value == old if old else bool(dims[0].dim_param)
    for operator in reversed(operators):
        for each in operator.outputs:
            if each.name == output.name:
                return followed and each.shape is not None and each.shape[:1] not in ((), (new,))
    return False


def _batch_lost_at(proto: onnx.ModelProto, operators: Sequence[Operator]) -> str:
    """The first Gather from a tensor that has grown to one that has not."""
    own = infer_types(proto, None)
    for operator in operators:
        if facts_of(operator.op_type).reads is Reads.PICKED and operator.inputs[0] is not None:
            before = _retyped(operator.inputs[0], own), _retyped(operator.output, own)
            grown = operator.inputs[0].elements != before[0].elements is not None
            if grown and operator.output.elements == before[1].elements:
                return _at(operator, "picks the elements of the file's own batch only")
    return ""


def _batch(sizes: Sizes) -> tuple[int | None, int | None]:
    """The batch as asked and as the file has it (None: open or symbolic)."""
    for each in sizes.inputs:
        if each.name in sizes.batched and each.sizes and each.declared:
            axis = sizes.batched[each.name]
            old = each.declared[axis]
            return each.sizes[axis], old if isinstance(old, int) else None
    return None, None


def _retyped(tensor: Tensor, types: Mapping[str, TensorType]) -> Tensor:
    if tensor.constant:
        return tensor
    known = types.get(tensor.name)
    return replace(tensor, shape=known.shape if known else None)


def _at(operator: Operator, reason: str) -> str:
    return f"operator {operator.name} ({operator.op_type}): {reason}"


def asked_sizes(sizes: Sizes) -> str:
    """The sizes that are not the file's own."""
    return ", ".join(
        f"input {each.name} = {'x'.join(map(str, each.sizes))}{' (assumed)' * bool(each.assumed)}"
        for each in sizes.inputs
        if each.sizes is not None and each.sizes != each.declared
    )
