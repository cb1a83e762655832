"""Where PyTorch copies a tensor: it hands on views by their strides as long as it can."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import prod

from archlint.cost.kernels.ops import ACTIVATIONS, ELEMENTWISE, POOLS, RESHAPES
from archlint.cost.lowering.pass_graph import PassGraph, Step
from archlint.cost.lowering.runtime_rules import RuntimeRules
from archlint.graph.operator import Tensor

__all__ = ["copy_where_strides_ask"]

Sizes = tuple[int, ...]

_KEEPS = ACTIVATIONS | ELEMENTWISE | {"BatchNormalization", "Cast", "Pad"}
"""What writes its result in the order in which its input lies."""
_MAPS = POOLS | {"Conv", "ConvTranspose", "Resize", "GroupNormalization", "InstanceNormalization"}
"""What takes a map channels first or channels last, and hands it on so."""
_WHOLE = frozenset({"LayerNormalization", "RMSNormalization", "Softmax", "LogSoftmax"})
"""What copies all that does not lie in the order of its dims."""
_WEIGHTED = frozenset({"Conv", "ConvTranspose"})
_MULTIPLIED = frozenset({"MatMul", "Gemm"})
LAST = "channels last"
"""The path of what runs on a map whose channels lie side by side."""


def copy_where_strides_ask(graph: PassGraph, lowering: RuntimeRules) -> None:
    """Transposes and cuts cost nothing; what cannot read their result as it lies copies it.

    By the rules of `aten`: a view wherever strides can tell it (`computeStride`), element-wise
    kernels in the order of their input, convs channels last where their input is.
    """
    strides: dict[str, Sizes] = {}
    for step in graph:
        _Strided(graph, strides, lowering).run(step)


class _Strided:
    """One step among tensors whose `strides` are known; those that are not lie in order."""

    def __init__(self, graph: PassGraph, strides: dict[str, Sizes], rules: RuntimeRules) -> None:
        self._graph, self._strides = graph, strides
        self._last, self._first = rules.channels_last, rules.channels_first

    def run(self, step: Step) -> None:
        """Note how the results lie, after the copies that the step asks for."""
        shape = step.reads[0].shape if step.reads else None
        if shape is None or step.output.shape is None:
            return
        source, strides = step.reads[0], self._of(step.reads[0])
        name = step.name
        if name == "Transpose":
            step.launched = False
            self._lies(step, tuple(strides[axis] for axis in step.permutation))
        elif name in RESHAPES:
            seen = viewed(shape, strides, step.shape)
            if seen is None:
                self._copy(step, source)
            self._lies(step, seen or _in_order(step.shape))
        elif name in ("Split", "Slice", "Dropout", "Identity"):
            step.launched = False
            self._lies(step, strides)
        elif name == "Expand":
            step.launched = False
            grown = (0,) * (len(step.shape) - len(shape)) + strides
            sizes = (1,) * (len(step.shape) - len(shape)) + shape
            pairs = zip(grown, sizes, step.shape, strict=True)
            self._lies(step, tuple(0 if size != wide else each for each, size, wide in pairs))
        elif name == "Gather" and shape and _picks_one(step):
            step.launched = False
            axis = int(str(step.op.attributes.get("axis", 0))) % len(shape)
            rest = strides[:axis] + strides[axis + 1 :]
            self._lies(step, rest if len(rest) == len(step.shape) else strides)
        elif name in _WHOLE:
            self._in_order(step, source)
        elif name in _MAPS:
            self._map(step, source)
        elif name in _MULTIPLIED:
            self._multiplied(step)
        elif name == "Attention" and len(step.shape) == 4:
            # row by row, all heads of one side by side
            _, heads, rows, depth = step.shape
            self._lies(step, (heads * rows * depth, depth, heads * depth, 1))
        elif name in _KEEPS:
            self._kept(step)
        elif name == "Concat" and all(
            _is_last(each.shape or (), self._of(each)) for each in step.reads
        ):
            self._lies(step, _last(step.shape))

    def _of(self, tensor: Tensor) -> Sizes:
        shape = tensor.shape or ()
        if self._last and self._graph.maker(tensor) is None and len(shape) == 4:
            return _last(shape)
        return self._strides.get(tensor.name, _in_order(shape))

    def _lies(self, step: Step, strides: Sizes) -> None:
        for tensor in step.writes:
            if tensor.shape is not None and len(tensor.shape) == len(strides):
                self._strides[tensor.name] = strides

    def _map(self, step: Step, source: Tensor) -> None:
        """Channels last where the input lies so, or else the weights of a conv do."""
        shape = source.shape or ()
        is_last = _is_last(shape, self._of(source)) and len(step.shape) == len(shape)
        if self._first and step.name in _WEIGHTED:
            is_last = False
        if self._last and not is_last and step.name in _WEIGHTED and len(step.shape) == 4:
            self._copy(step, source, last=True)
            is_last = True
        if is_last:
            step.path = step.path or LAST
            self._lies(step, _last(step.shape))
        else:
            self._in_order(step, source)

    def _kept(self, step: Step) -> None:
        """In the order of the first; to read another one across is as slow as to copy it."""
        full = [tensor for tensor in step.reads if tensor.shape == step.shape]
        if full:
            order = _dense(step.shape, self._of(full[0]))
            for other in full[1:]:
                if not _alike(step.shape, _dense(step.shape, self._of(other)), order):
                    self._copy(step, other)
            self._lies(step, order)

    def _in_order(self, step: Step, tensor: Tensor) -> None:
        shape = tensor.shape or ()
        if viewed(shape, self._of(tensor), (prod(shape),)) is None:
            self._copy(step, tensor)

    def _multiplied(self, step: Step) -> None:
        """Rows of matrices that lie evenly apart, each either way round."""
        for tensor in step.reads:
            shape = tensor.shape or ()
            if len(shape) < 2:
                continue
            # of constant weights all rows are one matrix
            kept = 1 if len(step.reads) == 1 else 2
            seen = viewed(shape, self._of(tensor), (prod(shape[:-kept]), *shape[-kept:]))
            if seen is None or 1 not in seen[-2:]:
                self._copy(step, tensor)

    def _copy(self, step: Step, tensor: Tensor, *, last: bool = False) -> None:
        """A kernel that brings a tensor into order, or its channels last, in front of the step."""
        shape, strides = tensor.shape or (), self._of(tensor)
        if last:  # as long a way as the other one
            shape = (shape[0], *shape[2:], shape[1])
            strides = (strides[0], *strides[2:], strides[1])
        lies = sorted(range(len(shape)), key=lambda axis: (-strides[axis], axis))
        turned = tuple(lies.index(axis) for axis in range(len(shape)))
        in_memory = replace(tensor, shape=tuple(shape[axis] for axis in lies))
        made = replace(tensor, name=f"{tensor.name}/copy{step.op.index}")
        if turned == tuple(range(len(shape))):
            self._graph.insert("Slice", step, -1, tensor, made)
        else:
            self._graph.insert("Transpose", step, -1, in_memory, made, perm=turned)


def viewed(shape: Sizes, strides: Sizes, wanted: Sizes) -> Sizes | None:
    """The strides under which the same elements have another shape, None where none can tell."""
    if 0 in (*shape, *wanted):
        return _in_order(wanted)
    # runs of dims that lie as one: elements and the stride of the innermost
    runs: list[tuple[int, int]] = []
    for size, stride in zip(shape, strides, strict=True):
        if size == 1:
            continue
        if runs and runs[-1][1] == size * stride:
            runs[-1] = runs[-1][0] * size, stride
        else:
            runs.append((size, stride))
    found: list[int] = []
    for size in reversed(wanted):
        if size == 1:
            found.append(1)
            continue
        if not runs or runs[-1][0] % size:
            return None
        count, stride = runs.pop()
        found.append(stride)
        if count > size:
            runs.append((count // size, stride * size))
    return None if runs else tuple(reversed(found))


def _in_order(shape: Sequence[int]) -> Sizes:
    strides, step = [], 1
    for size in reversed(shape):
        strides.append(step)
        step *= size
    return tuple(reversed(strides))


def _last(shape: Sizes) -> Sizes:
    """The strides of a map whose channels lie side by side."""
    inner = _in_order((shape[0], *shape[2:], shape[1]))
    return inner[0], inner[-1], *inner[1:-1]


def _is_last(shape: Sizes, strides: Sizes) -> bool:
    if len(shape) != 4 or min(shape[1], shape[2] * shape[3]) == 1:
        return False
    return _alike(shape, strides, _last(shape))


def _alike(shape: Sizes, one: Sizes, other: Sizes) -> bool:
    """Whether two say the same of where elements lie: of a dim of 1 strides say nothing."""
    return all(a == b for size, a, b in zip(shape, one, other, strict=True) if size > 1)


def _dense(shape: Sizes, like: Sizes) -> Sizes:
    """Without gaps, in the order in which another tensor lies."""
    if 0 in like:
        return _in_order(shape)
    order = sorted(range(len(shape)), key=lambda axis: (-like[axis], axis))
    inner = _in_order([shape[axis] for axis in order])
    return tuple(inner[order.index(axis)] for axis in range(len(shape)))


def _picks_one(step: Step) -> bool:
    indices = step.op.inputs[1] if len(step.op.inputs) > 1 else None
    return indices is not None and indices.constant and indices.elements == 1
