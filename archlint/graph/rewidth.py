"""A model with other channel widths: the shapes that its tensors and weights then have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from archlint.graph.flops import cost_of
from archlint.graph.model import Model
from archlint.graph.operator import Operator, Tensor
from archlint.graph.operator_facts import Work
from archlint.graph.operator_table import facts_of, operators_that
from archlint.graph.widths import Widths

__all__ = ["with_widths"]

_CONVS = operators_that(Work.CONV)
_TRANSPOSED = operators_that(Work.TRANSPOSED_CONV)
_PRODUCTS = operators_that(Work.PRODUCT)
_WHOLE = frozenset({"int64", "int32", "bool"})
"""Of constants: shapes, axes and indices, which no cost is told by."""


def with_widths(model: Model, widths: Widths, new: Mapping[int, int]) -> Model | None:
    """The model whose width groups have these channels; the others keep theirs.

    Depthwise convs have as many groups as channels again; constants follow what they are joined
    with.  What the model says of all its weights together is as before.  None where the groups of
    a conv or of a channel shuffle do not divide a width.
    """
    changed = _Changed(model, widths, new)
    try:
        operators = tuple(map(changed.operator, model.operators))
    except _IndivisibleError:
        return None
    return replace(model, operators=operators)


class _IndivisibleError(Exception):
    pass


class _Changed:
    def __init__(self, model: Model, widths: Widths, new: Mapping[int, int]) -> None:
        self._widths, self._new = widths, new
        self._in_shuffles: dict[str, int] = {}
        for index in widths.shuffles:
            # of the two dims that the channels are split in, the one that holds a group's
            op = model.operators[index]
            if len(op.output.shape or ()) > 4:
                self._in_shuffles[op.output.name] = 1 if op.op_type == "Transpose" else 2

    def operator(self, op: Operator) -> Operator:
        """The operator at the new widths."""
        tensors = (*op.activations, *op.outputs)
        if not any(self._widths.group.get(each.name) in self._new for each in tensors):
            return op
        outputs = tuple(map(self._tensor, op.outputs))
        attributes = dict(op.attributes)
        constants: dict[str, Tensor] = {}
        has_weight = op.weight is not None and op.activations
        if has_weight and op.op_type in _CONVS | _TRANSPOSED:
            groups = self._groups(op)
            if "group" in attributes:
                attributes["group"] = groups
            constants = self._of_conv(op, groups)
        elif has_weight and op.op_type in _PRODUCTS:
            constants = self._of_product(op)
        else:
            constants = self._beside(op)
        inputs = tuple(
            None if each is None else constants.get(each.name) or self._tensor(each)
            for each in op.inputs
        )
        weight = op.weight and constants.get(op.weight.name, op.weight)
        flops, mac = op.flops, op.mac
        if flops is not None:
            flops, mac = cost_of(op.op_type, op.domain, inputs, outputs, attributes)
        return replace(
            op, inputs=inputs, outputs=outputs, attributes=attributes, weight=weight,
            flops=flops, mac=mac,
        )  # fmt: skip

    def _tensor(self, tensor: Tensor) -> Tensor:
        width = self._new.get(self._widths.group.get(tensor.name, -1))
        if tensor.constant or width is None or tensor.shape is None:
            return tensor
        axis = self._in_shuffles.get(tensor.name)
        if axis is None:
            return _with(tensor, self._widths.axis[tensor.name], width)
        return _with(tensor, axis, _divided(width, tensor.shape[3 - axis]))

    def _width(self, tensor: Tensor) -> int:
        """The channels of a run-time tensor at the new widths."""
        group = self._widths.group.get(tensor.name, -1)
        return self._new.get(group, self._widths.width.get(group, 0))

    def _old(self, tensor: Tensor) -> int | None:
        return self._widths.width.get(self._widths.group.get(tensor.name, -1))

    def _groups(self, op: Operator) -> int:
        source = op.activations[0]
        is_depthwise = op.groups == self._old(source)
        return self._width(source) if is_depthwise and op.groups > 1 else op.groups

    def _of_conv(self, op: Operator, groups: int) -> dict[str, Tensor]:
        """Its weight, outputs or inputs first, and its bias."""
        c_in, c_out = self._width(op.activations[0]), self._width(op.output)
        own, other = (c_out, c_in) if op.op_type in _CONVS else (c_in, c_out)
        _divided(own, groups)
        found = {}
        for each in op.inputs:
            if each is None or not each.constant or not each.shape:
                continue
            if op.weight is not None and each.name == op.weight.name:
                found[each.name] = replace(
                    each, shape=(own, _divided(other, groups), *each.shape[2:])
                )
            elif len(each.shape) == 1 and each.shape[0] > 1:
                found[each.name] = _with(each, 0, c_out)
        return found

    def _of_product(self, op: Operator) -> dict[str, Tensor]:
        """Its weight, inputs first but where it is transposed, and its bias."""
        weight, source = op.weight, op.activations[0]
        if weight is None or len(weight.shape or ()) < 2:
            return {}
        ends = (op.output, source) if op.attributes.get("transB") else (source, op.output)
        found = {weight.name: weight}
        for axis, tensor in zip((-2, -1), ends, strict=True):
            shape = found[weight.name].shape or ()
            if shape[axis] == self._old(tensor):
                found[weight.name] = _with(
                    found[weight.name], len(shape) + axis, self._width(tensor)
                )
        for each in op.inputs:
            if each is not None and each.constant and each.shape == (self._old(op.output),):
                found[each.name] = _with(each, 0, self._width(op.output))
        return found

    def _beside(self, op: Operator) -> dict[str, Tensor]:
        """Constants that have a value for each channel."""
        output = op.activations[0] if op.activations else op.output
        old = self._old(output)
        rank, axis = len(output.shape or ()), self._widths.axis.get(output.name, 1)
        is_norm = facts_of(op.op_type).work is Work.NORMALISATION
        found = {}
        for each in op.inputs:
            if each is None or not each.constant or not each.shape or each.dtype in _WHOLE:
                continue
            place = 0 if is_norm and len(each.shape) == 1 else axis - rank + len(each.shape)
            if 0 <= place < len(each.shape) and each.shape[place] == old:
                found[each.name] = _with(each, place, self._width(output))
        return found


def _with(tensor: Tensor, axis: int, size: int) -> Tensor:
    shape = tensor.shape or ()
    return replace(tensor, shape=(*shape[:axis], size, *shape[axis + 1 :]))


def _divided(width: int, groups: int) -> int:
    if width % groups:
        raise _IndivisibleError
    return width // groups
