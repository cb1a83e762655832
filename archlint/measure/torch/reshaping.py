"""torch's functions for ONNX operators that move data or only look at it otherwise.

What torch gives as a view with gaps is made contiguous at once, as its next reader would do it,
so that its cost is paid where it arises.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 - the field's own name for it
from onnx import TensorProto

from archlint.measure.torch.node import Bound, Node, to_torch

__all__ = ["RESHAPING"]

_BY_RANK = {("linear", 3): "linear", ("linear", 4): "bilinear", ("linear", 5): "trilinear",
            ("cubic", 4): "bicubic"}  # fmt: skip


def _constant(node: Node) -> Bound:
    for name in ("value", "value_float", "value_int", "value_ints", "value_floats"):
        value = node.attribute(name)
        if value is not None:
            break
    if isinstance(value, TensorProto):
        made = to_torch(value, "cpu", node.dtype)
    else:
        made = torch.tensor(value)
    return Bound(lambda: made, ())


def _shape(node: Node) -> Bound:
    shape = list(node[0].shape)
    start, end = node.attribute("start", 0), node.attribute("end")
    made = torch.tensor(shape[start:end], dtype=torch.int64)
    if node.op == "Size":
        made = torch.tensor(node[0].numel(), dtype=torch.int64)
    return Bound(lambda: made, ())


def _constant_of_shape(node: Node) -> Bound:
    value = node.attribute("value")
    fill = torch.zeros(1) if value is None else to_torch(value, "cpu", node.dtype)
    made = fill.expand(node.ints(0, "") or []).contiguous()
    return Bound(lambda: made, ())


def _range(node: Node) -> Bound:
    made = torch.arange(*(node[at].item() for at in range(3)), dtype=node[0].dtype)
    return Bound(lambda: made, ())


def _reshape(node: Node) -> Bound:
    shape = node.ints(1, "shape") or []
    if not node.attribute("allowzero", 0):
        shape = [node[0].shape[at] if size == 0 else size for at, size in enumerate(shape)]
    return Bound(lambda x: x.reshape(shape))


def _flatten(node: Node) -> Bound:
    axis = int(node.attribute("axis", 1))
    if axis == 1 and node[0].dim() > 1:
        return Bound(lambda x: torch.flatten(x, 1))
    first = node[0].shape[:axis].numel()
    return Bound(lambda x: x.reshape(first, -1))


def _squeeze(node: Node) -> Bound:
    axes = node.ints(1, "axes")
    if axes is None:
        return Bound(torch.squeeze)
    dims = tuple(axes)
    return Bound(lambda x: torch.squeeze(x, dims))


def _unsqueeze(node: Node) -> Bound:
    axes = node.ints(1, "axes") or []
    rank = node[0].dim() + len(axes)
    added = sorted(each % rank for each in axes)
    if len(added) == 1:
        return Bound(lambda x: torch.unsqueeze(x, added[0]))
    sizes = iter(node[0].shape)
    shape = [1 if at in added else next(sizes) for at in range(rank)]
    return Bound(lambda x: x.reshape(shape))


def _identity(_: Node) -> Bound:
    return Bound(lambda x: x)


def _transpose(node: Node) -> Bound:
    perm = list(node.attribute("perm", range(node[0].dim() - 1, -1, -1)))
    return Bound(lambda x: x.permute(perm).contiguous())


def _concat(node: Node) -> Bound:
    axis = int(node.attribute("axis"))
    return Bound(lambda *parts: torch.cat(parts, axis), node.present())


def _split(node: Node) -> Bound:
    axis, packed = int(node.attribute("axis", 0)), node.packed
    sizes = node.ints(1, "split")
    if sizes is None:
        step = -(-node[0].shape[axis] // node.outputs)
        return Bound(lambda x: [packed(each) for each in torch.split(x, step, axis)])
    return Bound(lambda x: [packed(each) for each in torch.split(x, sizes, axis)])


def _slice(node: Node) -> Bound:
    starts, ends = node.ints(1, "starts") or [], node.ints(2, "ends") or []
    axes = node.ints(3, "axes") or list(range(len(starts)))
    steps = node.ints(4, "steps") or [1] * len(starts)
    if min(steps) < 1:
        return _slice_backwards(node, starts, ends, axes, steps)
    where = [slice(None)] * node[0].dim()
    for axis, start, end, step in zip(axes, starts, ends, steps, strict=True):
        size = node[0].shape[axis]  # ONNX writes "to the end" as a huge number
        where[axis] = slice(max(start, -size), max(min(end, size), -size), step)
    index, packed = tuple(where), node.packed
    return Bound(lambda x: packed(x[index]))


def _slice_backwards(
    node: Node, starts: list[int], ends: list[int], axes: list[int], steps: list[int]
) -> Bound:
    picks = [
        (axis, torch.arange(node[0].shape[axis], device=node[0].device)[list(
            range(node[0].shape[axis])[slice(start, None if end < -(2**30) else end, step)]
        )])
        for axis, start, end, step in zip(axes, starts, ends, steps, strict=True)
    ]  # fmt: skip

    def run(x: torch.Tensor) -> torch.Tensor:
        for axis, where in picks:
            x = x.index_select(axis, where)
        return x

    return Bound(run)


def _pad(node: Node) -> Bound:
    pads, rank = node.ints(1, "pads") or [], node[0].dim()
    axes = node.ints(3, "") or list(range(rank))
    begin, end = [0] * rank, [0] * rank
    for at, axis in enumerate(axes):
        begin[axis], end[axis] = pads[at], pads[at + len(axes)]
    far = [size for axis in reversed(range(rank)) for size in (begin[axis], end[axis])]
    while len(far) > 2 and far[-2:] == [0, 0]:
        far = far[:-2]
    mode = {"edge": "replicate"}.get(node.attribute("mode", "constant"), node.attribute("mode"))
    if mode in (None, "constant"):
        value = node.number(2, "value") or 0.0
        return Bound(lambda x: F.pad(x, far, value=value))
    return Bound(lambda x: F.pad(x, far, mode=mode))


def _gather(node: Node) -> Bound:
    axis, where = int(node.attribute("axis", 0)), node[1]
    axis %= node[0].dim()
    if node.constant[1]:
        where = where % node[0].shape[axis]
        if where.dim() == 0:
            at = int(where)
            return Bound(lambda x: x.select(axis, at))
        if where.dim() == 1:
            return Bound(lambda x: x.index_select(axis, where))
    if axis == 0 and node[0].dim() == 2:
        return Bound(lambda x, index: F.embedding(index, x), (0, 1))
    before, after = node[0].shape[:axis], node[0].shape[axis + 1 :]

    def run(x: torch.Tensor, index: torch.Tensor) -> torch.Tensor:
        return x.index_select(axis, index.reshape(-1)).reshape(*before, *index.shape, *after)

    return Bound(run, (0, 1))


def _gather_elements(node: Node) -> Bound:
    axis = int(node.attribute("axis", 0))
    return Bound(lambda x, index: torch.gather(x, axis, index), (0, 1))


def _gather_nd(node: Node) -> Bound:
    if node.attribute("batch_dims", 0):
        raise ValueError("torch backend: GatherND with batch_dims")
    return Bound(lambda x, index: x[index.unbind(-1)], (0, 1))


def _resize(node: Node) -> Bound:
    rank = node[0].dim()
    sizes, scales = node.get(3), node.get(2 if node.op == "Resize" and node.opset > 10 else 1)
    if sizes is not None:
        out = [int(each) for each in sizes.tolist()][-(rank - 2) :]
    else:
        by = node.attribute("scales") if scales is None else scales.tolist()
        pairs = zip(node[0].shape, by, strict=True)
        out = [int(size * scale) for size, scale in pairs][2:]
    mode = str(node.attribute("mode", "nearest"))
    if mode == "nearest":
        return Bound(lambda x: F.interpolate(x, size=out, mode="nearest"))
    name = _BY_RANK[mode, rank]
    align = node.attribute("coordinate_transformation_mode", "half_pixel") == "align_corners"
    return Bound(lambda x: F.interpolate(x, size=out, mode=name, align_corners=align))


def _expand(node: Node) -> Bound:
    shape = torch.broadcast_shapes(tuple(node[0].shape), tuple(node.ints(1, "") or []))
    packed = node.packed
    return Bound(lambda x: packed(x.expand(shape)))


def _tile(node: Node) -> Bound:
    repeats = node.ints(1, "") or []
    return Bound(lambda x: x.repeat(repeats))


def _cast(node: Node) -> Bound:
    to: Any = _TYPES.get(int(node.attribute("to")), node.dtype)
    return Bound(lambda x: x.to(to))


_TYPES: Mapping[int, Any] = {
    TensorProto.BOOL: torch.bool, TensorProto.INT64: torch.int64, TensorProto.INT32: torch.int32,
    TensorProto.UINT8: torch.uint8, TensorProto.INT8: torch.int8, TensorProto.DOUBLE: torch.float64,
}  # fmt: skip


def _shuffle(node: Node) -> Bound:
    size = int(node.attribute("blocksize"))
    if node.op == "DepthToSpace" and node.attribute("mode", "DCR") == "CRD":
        return Bound(lambda x: torch.pixel_shuffle(x, size))
    batch, channels, height, width = node[0].shape
    if node.op == "DepthToSpace":
        inner = channels // size**2
        return Bound(
            lambda x: x.reshape(batch, size, size, inner, height, width)
            .permute(0, 3, 4, 1, 5, 2).reshape(batch, inner, height * size, width * size)
        )  # fmt: skip
    return Bound(
        lambda x: (
            x.reshape(batch, channels, height // size, size, width // size, size)
            .permute(0, 3, 5, 1, 2, 4)
            .reshape(batch, channels * size**2, height // size, width // size)
        )
    )


def _trilu(node: Node) -> Bound:
    diagonal = int(node.number(1, "") or 0)
    function = torch.triu if node.attribute("upper", 1) else torch.tril
    return Bound(lambda x: function(x, diagonal))


RESHAPING: Mapping[str, Callable[[Node], Bound]] = {
    "Constant": _constant, "Shape": _shape, "Size": _shape, "Range": _range,
    "ConstantOfShape": _constant_of_shape, "Reshape": _reshape, "Flatten": _flatten,
    "Squeeze": _squeeze, "Unsqueeze": _unsqueeze, "Identity": _identity, "Dropout": _identity,
    "Transpose": _transpose, "Concat": _concat, "Split": _split, "Slice": _slice, "Pad": _pad,
    "Gather": _gather, "GatherElements": _gather_elements, "GatherND": _gather_nd,
    "Resize": _resize, "Upsample": _resize, "Expand": _expand, "Tile": _tile, "Cast": _cast,
    "DepthToSpace": _shuffle, "SpaceToDepth": _shuffle, "Trilu": _trilu,
}  # fmt: skip
"""What binds each operator type."""
