"""Data movement as calls of torch.

What torch gives as a view is made contiguous where it is not, as its next reader would.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 - the field's own name for it

from archlint.cost.kernels.kernel import Kernel
from archlint.measure.torch.tensors import (
    Call,
    NoCallError,
    Shape,
    Tensors,
    in_shape,
    out_shape,
    read,
)

__all__ = ["MOVERS"]

_FLOATS_FROM = {2: torch.float32, 4: torch.int32, 8: torch.int32, 1: torch.float32}


def _axis(kernel: Kernel, shape: Shape) -> int:
    if kernel.path.startswith("axis "):
        return int(kernel.path.removeprefix("axis "))
    return len(shape) - 1 if kernel.path == "by row" or len(shape) == 3 else 1


def _parts(whole: int, count: int) -> list[int]:
    """About equal parts, none empty."""
    count = min(max(count, 2), max(whole, 1))
    step = whole // count
    return [step] * (count - 1) + [whole - step * (count - 1)]


def _with(shape: Shape, axis: int, size: int) -> Shape:
    return *shape[:axis], size, *shape[axis + 1 :]


def _activation(kernel: Kernel, tensors: Tensors, shape: Shape) -> torch.Tensor:
    return tensors.activation(*shape, itemsize=kernel.itemsize)


def _transpose(kernel: Kernel, tensors: Tensors) -> Call:
    shape = in_shape(kernel)
    if not kernel.path.startswith("perm "):
        raise NoCallError(f"{kernel.text}: no permutation")
    perm = [int(each) for each in kernel.path.removeprefix("perm ").split("-")]
    if len(perm) != len(shape):
        # the shape of a tensor of fewer dims than a layout has
        shape = (kernel.batch, kernel.c_in, *kernel.in_map)[-len(perm) :]
    source = _activation(kernel, tensors, shape).contiguous()
    return Call(lambda x: x.permute(perm).contiguous(), (source,))


def _concat(kernel: Kernel, tensors: Tensors) -> Call:
    shape = out_shape(kernel)
    axis = _axis(kernel, shape)
    given = [
        _activation(kernel, tensors, _with(shape, axis, each))
        for each in _parts(shape[axis], kernel.operands)
    ]
    return Call(lambda *parts: torch.cat(parts, axis), tuple(given))


def _split(kernel: Kernel, tensors: Tensors) -> Call:
    shape = in_shape(kernel)
    axis = _axis(kernel, shape)
    counts, packed = _parts(shape[axis], 2), tensors.packed
    return Call(
        lambda x: [packed(each) for each in torch.split(x, counts, axis)], (read(kernel, tensors),)
    )


def _slice(kernel: Kernel, tensors: Tensors) -> Call:
    shape = in_shape(kernel)
    axis, packed = _axis(kernel, shape), tensors.packed
    wider = _activation(kernel, tensors, _with(shape, axis, shape[axis] + 1))
    return Call(lambda x: packed(x.narrow(axis, 1, shape[axis])), (wider,))


def _pad(kernel: Kernel, tensors: Tensors) -> Call:
    shape = list(out_shape(kernel))
    pads: list[int] = []
    for axis in range(len(shape) - 1, max(len(shape) - 3, -1), -1):
        more = int(shape[axis] > 1)
        shape[axis] -= more
        pads += [0, more]
    return Call(lambda x: F.pad(x, pads), (_activation(kernel, tensors, tuple(shape)),))


def _gather(kernel: Kernel, tensors: Tensors) -> Call:
    shape = out_shape(kernel)
    rows = prod(shape[:-1])
    table = _activation(kernel, tensors, (max(2 * rows, 2), shape[-1]))
    where = tensors.indices(rows, table.shape[0]).reshape(shape[:-1])
    return Call(lambda x: F.embedding(where, x), (table,))


def _gather_elements(kernel: Kernel, tensors: Tensors) -> Call:
    """Along the dim between those before it and those behind it."""
    (rows,), (count,) = kernel.in_map, kernel.out_map
    source = _activation(kernel, tensors, (kernel.batch, rows, kernel.c_in))
    shape = kernel.batch, count, kernel.c_in
    where = tensors.indices(prod(shape), rows).reshape(shape)
    return Call(lambda x: torch.gather(x, 1, where), (source,))


def _resize(kernel: Kernel, tensors: Tensors) -> Call:
    source = read(kernel, tensors)
    if source.dim() < 4:
        raise NoCallError(kernel.text)
    sizes = list(kernel.out_map)
    modes = {4: "bilinear", 5: "trilinear"}
    mode = modes.get(source.dim(), "") if kernel.path == "linear" else "nearest"
    return Call(lambda x: F.interpolate(x, size=sizes, mode=mode), (source,))


def _expand(kernel: Kernel, tensors: Tensors) -> Call:
    shape, packed = out_shape(kernel), tensors.packed
    source = _activation(kernel, tensors, (*(1 for _ in shape[1:]), shape[-1]))
    return Call(lambda x: packed(x.expand(shape)), (source,))


def _shuffle(kernel: Kernel, tensors: Tensors) -> Call:
    small, large = sorted((kernel.in_map[0], kernel.out_map[0]))
    function: Callable[..., Any] = torch.pixel_unshuffle
    if kernel.op == "DepthToSpace":
        function = torch.pixel_shuffle
    return Call(lambda x: function(x, large // small), (read(kernel, tensors),))


def _tile(kernel: Kernel, tensors: Tensors) -> Call:
    pairs = zip(in_shape(kernel), out_shape(kernel), strict=True)
    repeats = [out // size for size, out in pairs]
    return Call(lambda x: x.repeat(repeats), (read(kernel, tensors),))


def _cast(kernel: Kernel, tensors: Tensors) -> Call:
    to = {8: torch.int64, 1: torch.bool}.get(kernel.itemsize, tensors.dtype)
    source = read(kernel, tensors).to(_FLOATS_FROM.get(kernel.itemsize, torch.int32))
    return Call(lambda x: x.to(to), (source,))


def _trilu(kernel: Kernel, tensors: Tensors) -> Call:
    return Call(torch.tril, (read(kernel, tensors),))


MOVERS: Mapping[str, Callable[[Kernel, Tensors], Call]] = {
    "Transpose": _transpose,
    "Concat": _concat,
    "Split": _split,
    "Slice": _slice,
    "Pad": _pad,
    "Gather": _gather,
    "GatherElements": _gather_elements,
    "Resize": _resize,
    "Upsample": _resize,
    "Expand": _expand,
    "Tile": _tile,
    "DepthToSpace": _shuffle,
    "SpaceToDepth": _shuffle,
    "Cast": _cast,
    "Trilu": _trilu,
}
"""What makes the call of each operator type; the others have none."""
