"""Another batch for a file that was made for one: the constants that hold it are rewritten."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import onnx
from onnx import helper, numpy_helper

from archlint.errors import ModelError
from archlint.graph.attributes import read_attribute
from archlint.graph.batch_place import Place, Shape, after_reshape
from archlint.graph.constants import Constants, find_constants
from archlint.graph.evaluate import Array
from archlint.graph.model import Model
from archlint.graph.node import Node, read_nodes
from archlint.graph.operator import Operator
from archlint.graph.operator_facts import Work
from archlint.graph.operator_table import facts_of, operators_that
from archlint.graph.order import in_topological_order
from archlint.graph.plain.rewrite import in_plain_onnx
from archlint.graph.shapes import TensorType, infer_types, tensor_type
from archlint.graph.sizes import Sizes

__all__ = ["rebatched", "unscaled"]

_STATES = ((4, 0), (5, 1), (6, 1))
"""The inputs of a recurrent operator that have the batch, with its axis."""
_RECURRENT = frozenset({"GRU", "LSTM", "RNN"})
_BROADCASTS = operators_that(Work.ELEMENTWISE) | {"MatMul", "Where"}
_PAIRED = frozenset({"GatherElements", "GridSample"})
"""Operators of two inputs that are as many, the one by the other."""
_MOST = 2**16
"""A batch beyond this is not followed: nobody runs it, and indices would fill the memory."""
_BY_BOXES = frozenset({"MaxRoiPool", "NonMaxSuppression", "RoiAlign"})
_GATHERS = frozenset({"Gather", "GatherND"})
_SHAPE_INPUT = {"Expand": 1, "Reshape": 1, "Resize": 3}


def rebatched(path: str, proto: onnx.ModelProto, own: Sizes, new: Sizes) -> onnx.ModelProto:
    """A copy that takes the sizes `new`, which differ from `own` in the batch.

    What holds the batch of `own` is replaced: shapes of Reshape, Expand and Resize, ends of whole
    Slices, indices of a flat Gather, constants that are joined with what carries the batch.
    Where nothing does, `proto` is returned.
    Raises ModelError, naming the operator, where one holds it otherwise.
    """
    if own.batch == new.batch or (new.batch or 1) > _MOST:
        return proto
    copy = onnx.ModelProto()
    copy.CopyFrom(in_plain_onnx(path, proto))
    nodes = in_topological_order(path, copy.graph, read_nodes(path, copy.graph))
    for node in nodes:
        node.proto.name = node.name  # else it is named by its position, which changes
    before = infer_types(copy, own)
    constants, _ = find_constants(copy, nodes, before, own.symbols)
    types = {each.name: tensor_type(each) for each in copy.graph.initializer}
    types |= {each.name: TensorType(before[each.name].dtype, each.sizes) for each in new.inputs}
    walk = _Walk(path, before, constants, types, (own.batch or 1, new.batch or 1), own.batched)
    # it takes the nodes one by one, and finds the types of each before it asks for the next
    find_constants(copy, walk.nodes(nodes), types, new.symbols)
    if not walk.made:
        return proto
    del copy.graph.node[:]
    copy.graph.node.extend(walk.written)
    return copy


def unscaled(own: Model, other: Model) -> Operator | None:
    """The first operator whose FLOPs are not as many times more as the batch.

    Those that have the same shapes at both do not carry the batch, those by boxes leave it.
    """
    old, new = own.batch or 1, other.batch or 1
    for one, operator in zip(own.operators, other.operators, strict=False):
        exact = (one.flops or 0) * new == (operator.flops or 0) * old
        if (
            one.name != operator.name
            or (one.flops is None) != (operator.flops is None)
            or (operator.malformed and not one.malformed)
            or not (exact or _shapes(one) == _shapes(operator) or _is_by_boxes(one, operator))
            or _keeps_the_old(one, operator)
        ):
            return operator
    return None


def _keeps_the_old(one: Operator, other: Operator) -> bool:
    """Whether it puts what carries the batch into what does not."""
    if facts_of(one.op_type).work is not Work.MOVEMENT or _shapes(one) == _shapes(other):
        return False
    return [each.shape for each in one.outputs] == [each.shape for each in other.outputs]


def _is_by_boxes(one: Operator, other: Operator) -> bool:
    shapes = [[each.shape for each in operator.outputs] for operator in (one, other)]
    return one.op_type in _BY_BOXES and shapes[0] == shapes[1]


def _shapes(operator: Operator) -> list[Shape | None]:
    return [each.shape if each else None for each in (*operator.inputs, *operator.outputs)]


class _Walk:
    """The way through a graph: `before` are the types at the file's batch, `types` at the new."""

    def __init__(
        self,
        path: str,
        before: dict[str, TensorType],
        constants: Constants,
        types: dict[str, TensorType],
        batches: tuple[int, int],
        batched: Mapping[str, int],
    ) -> None:
        self._path, self._before, self._constants, self._types = path, before, constants, types
        self._old, self._new = batches
        self._places = {name: Place(axis) for name, axis in batched.items()}
        self.made = 0
        self.written: list[onnx.NodeProto] = []

    def nodes(self, nodes: Sequence[Node]) -> Iterator[Node]:
        """Each node, after those that stand in for its constants."""
        for node in nodes:
            carries = any(name in self._places for name in node.inputs)
            if not carries or all(name in self._constants for name in node.outputs):
                self.written.append(_copied(node))
                yield node
                continue
            for index, axis in self._joined(node):
                yield from self._grown(node, index, axis)
            wanted = self._wanted(node)
            yield node
            if wanted is not None and self._shape(node.outputs[0]) != wanted:
                yield from self._held(node, wanted)
                for name in node.outputs:
                    self._types.pop(name, None)
                yield node
            self.written.append(_copied(node))
            self._follow(node)

    def _joined(self, node: Node) -> Iterator[tuple[int, int]]:
        """The constant inputs that have the batch as a size of their own, with its axis."""
        index, place = self._carrier(node)
        data = self._was(node.inputs[index])
        for other, name in enumerate(node.inputs):
            shape = self._was(name)
            if not shape or name not in self._constants:
                continue
            axis = None
            if node.op_type == "Concat":
                axis = place.axis
            elif node.op_type in _RECURRENT:
                axis = dict(_STATES).get(other)
            elif node.op_type in _BROADCASTS and self._old > 1:
                axis = place.axis + len(shape) - len(data or ())
            elif node.op_type in _PAIRED:
                axis = place.axis
            if axis is not None and 0 <= axis < len(shape) and shape[axis] == self._old:
                now = self._shape(name)
                if now is not None and now[axis] == self._old:
                    yield other, axis

    def _grown(self, node: Node, index: int, axis: int) -> Iterator[Node]:
        name, shape = node.inputs[index], self._was(node.inputs[index]) or ()
        values = self._constants.values.get(name)
        if values is not None and (values != values.take([0], axis)).any():
            raise self._fault(node, f"each of the {self._old} has constants of its own")
        if self._old > 1:
            cut = self._name(name)
            ends = [self._constant(np.array([each])) for each in (0, 1, axis)]
            yield from ends
            yield self._node("Slice", [name, *(each.outputs[0] for each in ends)], cut)
            name = cut
        size = self._constant(np.array(_with(shape, axis, self._new)))
        yield size
        grown = self._node("Expand", [name, size.outputs[0]], self._name(name))
        yield grown
        self._replace(node, index, grown.outputs[0])

    def _wanted(self, node: Node) -> Shape | None:
        """The shape that the first output has at the new batch, where a constant may say so."""
        index, place = self._carrier(node)
        result = self._was(node.outputs[0]) if node.outputs else None
        data = self._was(node.inputs[index])
        if index or data is None or not result:
            return None
        axis = place.axis
        if node.op_type == "Reshape":
            after = after_reshape(place, data, result, self._old)
            if after is None:
                raise self._fault(node, "tears the batch apart")
            self._places[node.outputs[0]] = after
            axis = after.axis
        elif node.op_type == "Expand":
            axis += len(result) - len(data)
            if axis < 0 or result[axis] != data[place.axis]:
                return None
        elif node.op_type in _GATHERS:
            if not self._picks_by_number(node, data):
                return None
            axis = 0
        elif node.op_type not in ("Resize", "Slice") or result[axis : axis + 1] != (data[axis],):
            return None
        return _with(result, axis, result[axis] * self._new // self._old)

    def _picks_by_number(self, node: Node, data: Shape) -> bool:
        """Whether constant indices count through the batch, which their first dim is.

        So exporters write strided views (of all elements in a row) and masks (of rows).
        """
        indices = self._was(node.inputs[1]) if len(node.inputs) > 1 else None
        at_front = self._places[node.inputs[0]] == Place(0) and not _along(node)
        if not indices or indices[0] != self._old or node.inputs[1] not in self._constants:
            return False
        if not at_front or (node.op_type == "Gather" and data[0] == self._old):
            return False
        if self._old == 1:
            return True
        values = self._constants.values.get(node.inputs[1])
        if values is None:
            return False
        offsets = _offsets(node, data[0] // self._old, indices, self._old)
        return bool((values.astype(np.int64) == values[:1].astype(np.int64) + offsets).all())

    def _held(self, node: Node, wanted: Shape) -> Iterator[Node]:
        """What replaces the input that holds the old batch."""
        index = _SHAPE_INPUT.get(node.op_type)
        if node.op_type in _GATHERS:
            data, name = self._was(node.inputs[0]) or (1,), node.inputs[1]
            offsets = _offsets(node, data[0] // self._old, self._was(name) or (), self._new)
            values, index = self._constants.values.get(name), 1
            if values is not None:
                held = self._constant(values[:1].astype(np.int64) + offsets, name)
            else:
                further = self._constant(offsets, name)
                yield further
                held = self._node("Add", [name, further.outputs[0]], self._name(name))
        elif node.op_type == "Slice" and len(node.inputs) > 2:
            ends, index = self._ends(node), 2
            if ends is None:
                return
            held = self._constant(ends, node.inputs[2])
        elif index is not None and index < len(node.inputs) and not _some_axes(node):
            held = self._constant(np.array(wanted))
        else:
            return
        yield held
        self._replace(node, index, held.outputs[0])

    def _ends(self, node: Node) -> Array | None:
        """The ends of a Slice, open at the batch; None where they are not known."""
        values, given = self._constants.values, node.inputs[2:4]
        if any(name not in values for name in given):
            return None
        ends, rank = np.array(values[given[0]]), len(self._was(node.inputs[0]) or ())
        axes = np.arange(ends.size)
        if len(given) > 1:
            axes = values[given[1]].astype(np.int64) % rank
        if axes.shape != ends.shape:
            return None
        ends[axes == self._places[node.inputs[0]].axis] = np.iinfo(np.int32).max
        return ends

    def _follow(self, node: Node) -> None:
        """Say where the batch is in the outputs."""
        found = False
        for name in node.outputs:
            was, now = self._was(name), self._shape(name)
            if not name or was is None:
                continue
            if now is None or len(now) != len(was):
                raise self._fault(node, f"fixes the batch to {self._old}")
            grown = [axis for axis, size in enumerate(was) if size != now[axis]]
            if len(grown) > 1 or any(now[i] * self._old != was[i] * self._new for i in grown):
                raise self._fault(node, f"fixes the batch to {self._old}")
            if grown:
                found = True
                self._places.setdefault(name, Place(grown[0], self._outer(node, was, grown[0])))
        if not found and any(self._was(name) for name in node.outputs):
            raise self._fault(node, f"keeps what a batch of {self._old} has only")

    def _outer(self, node: Node, shape: Shape, axis: int) -> int:
        for name in node.inputs:
            place = self._places.get(name)
            if place is not None and (self._was(name) or ())[place.axis] == shape[axis]:
                return place.outer
        return 1

    def _carrier(self, node: Node) -> tuple[int, Place]:
        """The first input with the batch, and where that has it."""
        return next((i, self._places[n]) for i, n in enumerate(node.inputs) if n in self._places)

    def _was(self, name: str) -> Shape | None:
        known = self._before.get(name)
        return known.shape if known else None

    def _shape(self, name: str) -> Shape | None:
        known = self._types.get(name)
        return known.shape if known else None

    def _fault(self, node: Node, reason: str) -> ModelError:
        return ModelError(self._path, f"operator {node.name} ({node.op_type}): {reason}")

    def _name(self, name: str) -> str:
        self.made += 1
        return f"{name}/batch{self.made}"

    def _constant(self, values: Array, like: str = "") -> Node:
        dtype = "int32" if like and self._before[like].dtype == "int32" else "int64"
        name = self._name("")
        value = numpy_helper.from_array(values.astype(dtype))
        return self._add(helper.make_node("Constant", [], [name], name=name, value=value))

    def _node(self, op_type: str, inputs: list[str], output: str) -> Node:
        return self._add(helper.make_node(op_type, inputs, [output], name=output))

    def _add(self, proto: onnx.NodeProto) -> Node:
        self.written.append(proto)
        return Node(proto, proto.name, proto.op_type, "", list(proto.input), list(proto.output))

    def _replace(self, node: Node, index: int, name: str) -> None:
        node.inputs[index] = node.proto.input[index] = name


def _with(shape: Shape, axis: int, size: int) -> Shape:
    return (*shape[:axis], size, *shape[axis + 1 :])


def _along(node: Node) -> bool:
    """Whether a Gather or GatherND keeps its first axis."""
    return any(each.name in ("axis", "batch_dims") and each.i for each in node.proto.attribute)


def _offsets(node: Node, step: int, indices: Shape, batch: int) -> npt.NDArray[np.int64]:
    """What indices are greater by for each further one of the batch."""
    numbers = np.arange(batch).reshape(batch, *[1] * (len(indices) - 1)) * step
    return numbers if node.op_type == "Gather" else numbers * (np.arange(indices[-1]) == 0)


def _some_axes(node: Node) -> bool:
    return any(each.name == "axes" and read_attribute(each) for each in node.proto.attribute)


def _copied(node: Node) -> onnx.NodeProto:
    copy = onnx.NodeProto()
    copy.CopyFrom(node.proto)
    return copy
