"""Which tensors share one channel width: what changes together when a width changes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod

from archlint.graph.model import Model
from archlint.graph.operator import Operator, Tensor
from archlint.graph.operator_facts import Work
from archlint.graph.operator_table import operators_that

__all__ = ["MODEL_INPUT", "Join", "Widths", "find_widths"]

MODEL_INPUT = "it is an input of the model"
"""Why the width of an input is pinned."""

_CONVS = operators_that(Work.CONV, Work.TRANSPOSED_CONV)
_PRODUCTS = operators_that(Work.PRODUCT)


@dataclass(frozen=True, slots=True)
class Join:
    """A concatenation of channels: the output's width is the sum of the inputs' widths.

    Or a Split: `output` is what it cuts, `inputs` are what it gives.
    """

    output: int
    inputs: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Widths:
    """The width groups of a model.

    `group` maps a tensor name to its group, `width` a group to its channels, `pinned` says why
    a group's width cannot be chosen, `joins_of` the joins that a group is in.  `splits_of` are
    the Splits, as joins of what they give: they pin too, but for those who change all parts of a
    Split together only the `fixed` groups are pinned.  `axis` is where the channels of a tensor
    lie.  `readers` and `writers` are the operators that read or write a tensor of the group,
    `shuffles` those of channel shuffles.
    """

    group: Mapping[str, int]
    width: Mapping[int, int]
    pinned: Mapping[int, str]
    joins_of: Mapping[int, tuple[Join, ...]]
    splits_of: Mapping[int, tuple[Join, ...]]
    fixed: frozenset[int]
    axis: Mapping[str, int]
    readers: Mapping[int, tuple[int, ...]]
    writers: Mapping[int, tuple[int, ...]]
    shuffles: frozenset[int]


def find_widths(model: Model) -> Widths:
    """Group the channel dims of all run-time tensors."""
    return _Finder(model).find()


class _Finder:
    def __init__(self, model: Model) -> None:
        self._model = model
        self._parent: list[int] = []
        self._node: dict[str, int] = {}
        self._axis: dict[str, int] = {}
        self._size: dict[str, int] = {}
        self._why: dict[int, str] = {}
        self._fixed: set[int] = set()
        self._joins: list[tuple[str, tuple[str, ...]]] = []
        self._splits: list[tuple[str, tuple[str, ...]]] = []
        self._shuffles = _shuffles(model)

    def find(self) -> Widths:
        for op in self._model.operators:
            for tensor in op.activations:
                if tensor.name not in self._node:
                    self._add(tensor, _channel_axis(tensor))
                    self._pin(tensor, MODEL_INPUT)
            self._relate(op)
        for op in self._model.operators:
            for tensor in op.outputs:
                if tensor.name in self._model.outputs:
                    self._pin(tensor, "it is an output of the model")
        return self._result()

    def _relate(self, op: Operator) -> None:
        source = op.activations[0] if op.activations else None
        axis = self._axis.get(source.name, 1) if source is not None else 1
        if op.op_type == "Transpose" and source is not None:
            perm = op.attributes.get("perm")
            if isinstance(perm, tuple) and axis in perm:
                axis = perm.index(axis)
        elif op.op_type in ("Flatten", "Reshape") and source is not None:
            axis = _axis_after(source.shape, op.output.shape, axis)
        elif op.op_type in _CONVS:
            axis = 1
        elif op.output.shape and (op.op_type in _PRODUCTS or _is_lookup(op)):
            axis = len(op.output.shape) - 1
        for tensor in op.outputs:
            self._add(tensor, axis)
        if source is None or _is_lookup(op):
            # the table of a lookup chooses the width
            return
        if op.index in self._shuffles:
            # inside a shuffle the channels are split in two dims, which together are the width
            start = self._shuffles[op.index]
            self._axis[op.output.name] = 1
            self._size[op.output.name] = self._size[start]
            self._unite(start, op.output.name)
            return
        if op.op_type in _PRODUCTS and len(op.activations) > 1:
            for tensor in (*op.activations, *op.outputs):
                self._pin(tensor, f"{op.name} multiplies it with a computed tensor")
        elif op.op_type == "Concat":
            self._relate_concat(op)
        elif op.op_type == "Split":
            self._relate_split(op, source)
        elif op.op_type not in _CONVS | _PRODUCTS or _is_depthwise(op):
            # convs and products choose their width, all else keeps it
            for tensor in op.activations:
                if tensor.elements == 1:
                    continue
                for output in op.outputs:
                    self._carry(op, tensor, output)

    def _carry(
        self, op: Operator, tensor: Tensor, output: Tensor, *, is_part: bool = False
    ) -> None:
        """The operator keeps the channels; where their number changes, both are pinned."""
        into, out = self._size.get(tensor.name), self._size.get(output.name)
        if into is not None and into == out:
            self._unite(tensor.name, output.name)
        elif tensor.elements is None or into is None or out is None or into > 1:
            why = f"{op.op_type} {op.name} ties it to another width"
            self._pin(tensor, why, fix=not is_part)
            self._pin(output, why, fix=not is_part)

    def _relate_concat(self, op: Operator) -> None:
        parts = [tensor.name for tensor in op.activations]
        whole = self._size.get(op.output.name)
        sizes = [self._size.get(name) for name in parts]
        if None not in sizes and whole == sum(size or 0 for size in sizes):
            self._joins.append((op.output.name, tuple(parts)))
        else:
            for tensor in op.activations:
                self._carry(op, tensor, op.output)

    def _relate_split(self, op: Operator, source: Tensor) -> None:
        parts = [tensor.name for tensor in op.outputs]
        sizes = [self._size.get(name) for name in parts]
        whole = self._size.get(source.name)
        adds_up = None not in sizes and len(parts) > 1 and whole == sum(size or 0 for size in sizes)
        if adds_up:
            self._splits.append((source.name, tuple(parts)))
        for output in op.outputs:
            self._carry(op, source, output, is_part=adds_up)

    def _add(self, tensor: Tensor, axis: int) -> None:
        self._node[tensor.name] = len(self._parent)
        self._parent.append(len(self._parent))
        self._axis[tensor.name] = axis
        if tensor.shape is not None and len(tensor.shape) > axis:
            self._size[tensor.name] = tensor.shape[axis]

    def _root(self, node: int) -> int:
        while self._parent[node] != node:
            self._parent[node] = self._parent[self._parent[node]]
            node = self._parent[node]
        return node

    def _unite(self, left: str, right: str) -> None:
        a, b = self._root(self._node[left]), self._root(self._node[right])
        if a != b:
            self._parent[b] = a

    def _pin(self, tensor: Tensor, why: str, *, fix: bool = True) -> None:
        self._why.setdefault(self._node[tensor.name], why)
        if fix:
            self._fixed.add(self._node[tensor.name])

    def _result(self) -> Widths:
        group = {name: self._root(node) for name, node in self._node.items()}
        width: dict[int, int] = {}
        for name, root in group.items():
            if name in self._size:
                width.setdefault(root, self._size[name])
        pinned: dict[int, str] = {}
        for node, why in self._why.items():
            pinned.setdefault(self._root(node), why)
        fixed = {self._root(node) for node in self._fixed}
        for root in group.values():
            if root not in width:
                pinned.setdefault(root, "its width is not known")
                fixed.add(root)
        readers: dict[int, list[int]] = defaultdict(list)
        writers: dict[int, list[int]] = defaultdict(list)
        for op in self._model.operators:
            for found in dict.fromkeys(group[tensor.name] for tensor in op.activations):
                readers[found].append(op.index)
            for found in dict.fromkeys(group[tensor.name] for tensor in op.outputs):
                writers[found].append(op.index)
        return Widths(
            group=group,
            width=width,
            pinned=pinned,
            joins_of=_by_group(self._joins, group),
            splits_of=_by_group(self._splits, group),
            fixed=frozenset(fixed),
            axis=self._axis,
            readers={key: tuple(value) for key, value in readers.items()},
            writers={key: tuple(value) for key, value in writers.items()},
            shuffles=frozenset(self._shuffles),
        )


def _by_group(
    sums: Sequence[tuple[str, tuple[str, ...]]], group: Mapping[str, int]
) -> dict[int, tuple[Join, ...]]:
    found: dict[int, list[Join]] = defaultdict(list)
    for whole, parts in sums:
        join = Join(group[whole], tuple(group[name] for name in parts))
        for each in dict.fromkeys((join.output, *join.inputs)):
            found[each].append(join)
    return {key: tuple(value) for key, value in found.items()}


def _axis_after(before: tuple[int, ...] | None, after: tuple[int, ...] | None, axis: int) -> int:
    """Where an axis lies after a reshape that leaves it whole, else the same axis."""
    if before is None or after is None or axis >= len(before):
        return axis
    outside = prod(before[:axis])
    same = (
        at for at, size in enumerate(after) if size == before[axis] and prod(after[:at]) == outside
    )
    return next(same, axis)


def _channel_axis(tensor: Tensor) -> int:
    return 2 if tensor.shape is not None and len(tensor.shape) == 3 else 1


def _is_lookup(op: Operator) -> bool:
    """Whether it takes rows of a constant table, as an embedding does."""
    if op.op_type != "Gather" or len(op.activations) != 1 or len(op.inputs) < 2:
        return False
    table, rows = op.inputs[0], op.inputs[1]
    return table is not None and rows is not None and rows.name == op.activations[0].name


def _is_depthwise(op: Operator) -> bool:
    weight = op.weight.shape if op.weight is not None else None
    fits = weight is not None and len(weight) > 1 and weight[1] == 1
    return op.op_type == "Conv" and op.groups > 1 and fits


def _shuffles(model: Model) -> dict[int, str]:
    """Operators of channel shuffles (Reshape, Transpose of dims 1 and 2, Reshape back).

    Each maps to the name of the tensor that enters the shuffle.
    """
    found: dict[int, str] = {}
    for op in model.operators:
        if op.op_type != "Transpose" or not op.activations:
            continue
        perm, inner = op.attributes.get("perm"), op.activations[0].shape
        if not isinstance(perm, tuple) or perm[:3] != (0, 2, 1) or inner is None or len(inner) < 5:
            continue
        before, after = model.before(op.index), model.after(op.index)
        if len(before) != 1 or len(after) != 1:
            continue
        first, last = model.operators[before[0]], model.operators[after[0]]
        if first.op_type != "Reshape" or last.op_type != "Reshape" or not first.activations:
            continue
        start = first.activations[0]
        same = start.shape is not None and last.output.shape == start.shape
        if same and start.shape is not None and start.shape[1] == prod(inner[1:3]):
            found |= dict.fromkeys((first.index, op.index, last.index), start.name)
    return found
