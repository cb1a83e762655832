"""What becomes of an input's axes: the batch of images, their sides, channels, rows, time."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from math import prod

import onnx

from archlint.graph.attributes import read_attribute
from archlint.graph.operator import Attribute
from archlint.graph.operator_facts import Work
from archlint.graph.operator_table import OPERATORS, operators_that
from archlint.graph.tensor_values import array_of

__all__ = ["AxisUses", "Dim", "Use", "axis_uses"]

Dim = int | str | None
"""A size, a symbol, or open."""


class Use(Enum):
    """What an axis is to the first operator that treats it otherwise than the others."""

    BATCH = "computed one by one"
    ROWS = "rows, points or steps of time, which come together"
    SIDE = "a side of a map"


AxisUses = Mapping[tuple[str, int], Use | int]
"""By input and axis; an int is the size that a weight asks for."""

_FAR = 400
"""So many tensors behind an input are looked at, which is the first blocks of a network."""
_MOST_READERS = 4 * _FAR
_MOST_INTS = 32
"""As many as there are axes, and more."""
_KEEPS_AXES = operators_that(Work.ACTIVATION, Work.ELEMENTWISE) | {"Concat"}
_FIRST_KEEPS_AXES = operators_that(Work.IDENTITY) | {
    "Cast", "CastLike", "DequantizeLinear", "LayerNormalization", "LpNormalization", "Pad",
    "QuantizeLinear", "RMSNormalization", "SimplifiedLayerNormalization", "Slice", "Split", "Tile",
}  # fmt: skip
_RECASTS = {name for name, facts in OPERATORS.items() if facts.recasts} | {"Identity"}
_OF_MAPS = operators_that(Work.POOL) | {
    "BatchNormalization", "ConvTranspose", "DepthToSpace", "GlobalAveragePool", "GlobalMaxPool",
    "GridSample", "GroupNormalization", "InstanceNormalization", "LRN", "Resize", "RoiAlign",
    "SpaceToDepth", "Upsample",
}  # fmt: skip
_REDUCES = {name for name in operators_that(Work.REDUCTION) if name.startswith("Reduce")}
_ALONG = operators_that(Work.SCAN, Work.SOFTMAX) | {"ArgMax", "ArgMin", "TopK"}


@dataclass(frozen=True, slots=True)
class _At:
    """An axis of a tensor of so many."""

    name: str
    axis: int
    rank: int


@dataclass(slots=True)
class _Call:
    """A node that reads the axis by its input `index`."""

    node: onnx.NodeProto
    index: int
    at: _At
    size: Dim
    constants: _Constants
    attributes: dict[str, Attribute] = field(default_factory=dict)

    def attribute(self, name: str, default: int) -> int:
        found = self.attributes.get(name, default)
        return found if isinstance(found, int) else default

    def shape(self, index: int) -> tuple[int, ...] | None:
        """The dims of an input that is a weight."""
        inputs = self.node.input
        return self.constants.shapes.get(inputs[index]) if index < len(inputs) else None

    def ints(self, index: int, name: str) -> list[int] | None:
        """Whole numbers that are an attribute or, in later opsets, an input."""
        given = self.attributes.get(name)
        if isinstance(given, tuple):
            return [each for each in given if isinstance(each, int)]
        inputs = self.node.input
        return self.constants.ints.get(inputs[index]) if index < len(inputs) else None


@dataclass(slots=True)
class _Constants:
    shapes: dict[str, tuple[int, ...]] = field(default_factory=dict)
    ints: dict[str, list[int]] = field(default_factory=dict)

    def add(self, name: str, tensor: onnx.TensorProto) -> None:
        self.shapes[name] = tuple(tensor.dims)
        whole = tensor.data_type in (onnx.TensorProto.INT64, onnx.TensorProto.INT32)
        if not whole or len(tensor.dims) > 1 or prod(tensor.dims) > _MOST_INTS:
            return
        values = array_of(tensor)
        if values is not None:
            self.ints[name] = [int(each) for each in values.ravel().tolist()]


def axis_uses(graph: onnx.GraphProto, declared: Mapping[str, Sequence[Dim] | None]) -> AxisUses:
    """The uses of the axes of inputs, as far as they are plain.

    Nothing is known of shapes yet: an axis is followed as long as an operator says where it goes.
    """
    constants = _Constants()
    for tensor in graph.initializer:
        constants.add(tensor.name, tensor)
    readers: defaultdict[str, list[tuple[onnx.NodeProto, int]]] = defaultdict(list)
    for node in graph.node:
        if node.op_type == "Constant":
            for each in node.attribute:
                if each.name == "value":
                    constants.add(node.output[0], each.t)
        elif node.op_type in _RECASTS and node.output and node.input:
            shape = constants.shapes.get(node.input[0])
            if shape is not None:
                constants.shapes[node.output[0]] = shape
        for index, name in enumerate(node.input):
            readers[name].append((node, index))
    return {
        (name, axis): use
        for name, dims in declared.items()
        for axis, size in enumerate(dims or ())
        if axis < 2 or not isinstance(size, int)
        if (use := _use(_At(name, axis, len(dims or ())), size, readers, constants)) is not None
    }


def _use(
    start: _At,
    size: Dim,
    readers: Mapping[str, Sequence[tuple[onnx.NodeProto, int]]],
    constants: _Constants,
) -> Use | int | None:
    seen, waiting = {start}, deque([start])
    left = _MOST_READERS
    while waiting and len(seen) < _FAR:
        at = waiting.popleft()
        for node, index in readers.get(at.name, ())[:left]:
            left -= 1
            if node.domain not in ("", "ai.onnx") or not node.output:
                continue
            call = _Call(node, index, at, size, constants)
            call.attributes = {each.name: read_attribute(each) for each in node.attribute}
            found = _step(call)
            if found is None:
                continue
            if isinstance(found, Use | int):
                return found
            axis, rank = found
            for name in node.output if node.op_type == "Split" else node.output[:1]:
                after = _At(name, axis, rank)
                if after not in seen:
                    seen.add(after)
                    waiting.append(after)
    return None


_Found = Use | int | tuple[int, int] | None
"""A use, or the axis and the rank of the output."""


def _step(call: _Call) -> _Found:
    op_type, at = call.node.op_type, call.at
    special = _SPECIAL.get(op_type)
    if special is not None:
        return special(call)
    if op_type in _KEEPS_AXES:
        ranks = [len(call.shape(index) or ()) for index in range(len(call.node.input))]
        longer = max(0, max(ranks, default=0) - at.rank)
        return at.axis + longer, at.rank + longer
    if op_type in _OF_MAPS:
        return _of_maps(call)
    if call.index:
        return None
    if op_type in _FIRST_KEEPS_AXES:
        return at.axis, at.rank
    if op_type in _ALONG:
        default = -1 if op_type in ("TopK", "Softmax", "LogSoftmax", "Hardmax") else 0
        along = call.attribute("axis", default)
        if op_type in ("CumSum", "CumProd"):
            along = (call.ints(1, "axis") or [0])[0]
        return Use.ROWS if along % at.rank == at.axis else (at.axis, at.rank)
    # a damaged type is bytes, and of no set
    return _reduced(call) if op_type in _REDUCES else None


def _of_maps(call: _Call) -> _Found:
    at = call.at
    if call.index:
        return Use.ROWS if call.node.op_type == "RoiAlign" and at.axis == 0 else None
    if at.rank < 3:
        return at.axis, at.rank
    if at.axis == 0:
        return Use.BATCH
    if at.axis > 1:
        return Use.SIDE if at.rank == 4 else Use.ROWS
    shape = call.shape(1) if call.node.op_type in ("BatchNormalization", "ConvTranspose") else None
    return shape[0] if shape else None


def _conv(call: _Call) -> _Found:
    shape = call.shape(1)
    if call.index == 0 and call.at.axis == 1 and shape and len(shape) > 1:
        return shape[1] * call.attribute("group", 1)
    return _of_maps(call)


def _product(call: _Call) -> _Found:
    """By a weight rows stay rows; of two activations they meet the rows of the other."""
    at, weight = call.at, call.shape(1)
    if call.node.op_type == "Gemm" and (call.index or call.attribute("transA", 0)):
        return None
    if call.index == 0 and weight is not None:
        if at.axis < at.rank - 1:
            return at.axis, at.rank
        taken = -1 if call.attribute("transB", 0) else 0
        return weight[taken] if len(weight) == 2 else None
    if at.rank < 2 or call.shape(0) is not None:
        return None
    return Use.ROWS if at.axis >= at.rank - 2 else Use.BATCH


def _recurrent(call: _Call) -> _Found:
    axis, last = call.at.axis, call.attribute("layout", 0)
    if call.index == 0:
        weight = call.shape(1)
        if axis == 2:
            return weight[2] if weight and len(weight) == 3 else None
        return Use.BATCH if axis != last else Use.ROWS
    of_batch = 0 if call.index == 4 else 1 - last
    return Use.BATCH if call.index > 3 and axis == of_batch else None


def _gather(call: _Call) -> _Found:
    at, along = call.at, call.attribute("axis", 0)
    if call.index:
        data = call.shape(0)
        return (along + at.axis, at.rank + len(data) - 1) if data and along >= 0 else None
    indices = call.shape(1)
    if along % at.rank == at.axis:
        # one of several is picked, or those that another input names
        return Use.ROWS if indices is None or (indices == () and call.size != 1) else None
    if indices is None:
        return None
    shift = len(indices) - 1
    return at.axis + shift * (along % at.rank < at.axis), at.rank + shift


def _transpose(call: _Call) -> _Found:
    perm, at = call.ints(len(call.node.input), "perm"), call.at
    order = perm or list(reversed(range(at.rank)))
    return (order.index(at.axis), at.rank) if at.axis in order else None


def _unsqueeze(call: _Call) -> _Found:
    axes, at = call.ints(1, "axes"), call.at
    if axes is None or call.index:
        return None
    rank = at.rank + len(axes)
    new = {each % rank for each in axes}
    old = [axis for axis in range(rank) if axis not in new]
    return (old[at.axis], rank) if at.axis < len(old) else None


def _squeeze(call: _Call) -> _Found:
    axes, at = call.ints(1, "axes"), call.at
    if axes is None or call.index:
        return None
    gone = {each % at.rank for each in axes}
    left = [axis for axis in range(at.rank) if axis not in gone]
    return (left.index(at.axis), len(left)) if at.axis in left else None


def _reduced(call: _Call) -> _Found:
    axes, at = call.ints(1, "axes"), call.at
    gone = {each % at.rank for each in axes} if axes else set(range(at.rank))
    if at.axis in gone:
        # a loss is over all axes, the batch too
        return Use.ROWS if len(gone) < at.rank and call.size != 1 else None
    if call.attribute("keepdims", 1):
        return at.axis, at.rank
    return at.axis - sum(each < at.axis for each in gone), at.rank - len(gone)


def _reshape(call: _Call) -> _Found:
    """The first axis alone is followed: its place is as it was, or says that it is what is left."""
    target = call.ints(1, "shape")
    if call.index or call.at.axis or not target or target[0] not in (0, -1, call.size):
        return None
    return 0, len(target)


def _flatten(call: _Call) -> _Found:
    return (0, 2) if call.at.axis == 0 and call.attribute("axis", 1) == 1 else None


def _boxes(call: _Call) -> _Found:
    return Use.BATCH if call.index < 2 and call.at.axis == 0 else None


_SPECIAL: Mapping[str, Callable[[_Call], _Found]] = {
    **dict.fromkeys(("GRU", "LSTM", "RNN"), _recurrent),
    "Conv": _conv,
    "Flatten": _flatten,
    "Gather": _gather,
    "Gemm": _product,
    "MatMul": _product,
    "NonMaxSuppression": _boxes,
    "Reshape": _reshape,
    "Squeeze": _squeeze,
    "Transpose": _transpose,
    "Unsqueeze": _unsqueeze,
}
