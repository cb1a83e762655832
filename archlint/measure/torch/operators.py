"""torch's functions for ONNX operators that compute: convs, products, pools, normalisations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from math import isclose, prod
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 - the field's own name for it

from archlint.measure.torch.functions import BINARY, REDUCERS, UNARY
from archlint.measure.torch.node import Bound, Node
from archlint.measure.torch.reshaping import RESHAPING

__all__ = ["bind"]


def bind(node: Node) -> Bound:
    """The function that runs a node; raises ValueError where there is none."""
    if node.op in _MAKERS:
        return _MAKERS[node.op](node)
    if node.op in REDUCERS:
        return _reduce(node)
    if node.op in UNARY:
        return Bound(UNARY[node.op])
    if node.op in BINARY:
        return _binary(node)
    raise ValueError(f"torch backend: no function for the operator {node.op}")


def _pads(node: Node, sizes: list[int], window: list[int], strides: list[int]) -> list[int]:
    """Begin of each dim, then end of each dim."""
    how, rank = node.attribute("auto_pad", "NOTSET"), len(sizes)
    if how in ("NOTSET", ""):
        return list(node.attribute("pads", [0] * 2 * rank))
    if how == "VALID":
        return [0] * 2 * rank
    totals = [
        max((-(-size // stride) - 1) * stride + reach - size, 0)
        for size, reach, stride in zip(sizes, window, strides, strict=True)
    ]
    small, large = [each // 2 for each in totals], [each - each // 2 for each in totals]
    return small + large if how == "SAME_UPPER" else large + small


def _far(pads: list[int]) -> list[int]:
    """ONNX's pads as `F.pad` takes them: from the last dim on, begin and end in turn."""
    rank = len(pads) // 2
    return [size for at in reversed(range(rank)) for size in (pads[at], pads[rank + at])]


def _padded(
    run: Callable[[torch.Tensor, list[int]], Any], pads: list[int], value: float = 0.0
) -> Callable[[torch.Tensor], Any]:
    """`run` with its own padding where that is the same on both sides, else after F.pad."""
    rank = len(pads) // 2
    if pads[:rank] == pads[rank:]:
        both = pads[:rank]
        return lambda x: run(x, both)
    far, none = _far(pads), [0] * rank
    return lambda x: run(F.pad(x, far, value=value), none)


def _conv(node: Node) -> Bound:
    weight, bias = node.packed(node[1]), node.get(2)
    window = list(weight.shape[2:])
    rank = len(window)
    strides = list(node.attribute("strides", [1] * rank))
    dilations = list(node.attribute("dilations", [1] * rank))
    groups = int(node.attribute("group", 1))
    reach = [(size - 1) * by + 1 for size, by in zip(window, dilations, strict=True)]
    pads = _pads(node, list(node[0].shape[2:]), reach, strides)
    if node.op == "ConvTranspose":
        more = list(node.attribute("output_padding", [0] * rank))
        if pads[:rank] != pads[rank:]:
            raise ValueError("torch backend: ConvTranspose with uneven pads")
        run = (torch.conv_transpose1d, torch.conv_transpose2d, torch.conv_transpose3d)[rank - 1]
        both = pads[:rank]
        return Bound(lambda x: run(x, weight, bias, strides, both, more, groups, dilations))
    conv: Any = (torch.conv1d, torch.conv2d, torch.conv3d)[rank - 1]
    return Bound(
        _padded(lambda x, both: conv(x, weight, bias, strides, both, dilations, groups), pads)
    )


def _gemm(node: Node) -> Bound:
    alpha, beta = node.attribute("alpha", 1.0), node.attribute("beta", 1.0)
    flip_a, flip_b = node.attribute("transA", 0), node.attribute("transB", 0)
    if flip_a or alpha != 1.0 or beta != 1.0 or not node.constant[1]:

        def general(a: torch.Tensor, b: torch.Tensor, *c: torch.Tensor) -> torch.Tensor:
            product = (a.t() if flip_a else a) @ (b.t() if flip_b else b) * alpha
            return product + beta * c[0] if c else product

        return Bound(general, node.present())
    weight = node[1].contiguous() if flip_b else node[1].t().contiguous()
    bias = node.get(2)
    if bias is None or bias.numel() == weight.shape[0]:
        bias = bias if bias is None else bias.flatten()
        return Bound(lambda x: F.linear(x, weight, bias))
    return Bound(lambda x, c: F.linear(x, weight) + c, (0, 2))


def _matmul(node: Node) -> Bound:
    if node.constant[1] and node[1].dim() == 2:
        weight = node[1].t().contiguous()
        return Bound(lambda x: F.linear(x, weight))
    return Bound(torch.matmul, (0, 1))


def _pool(node: Node) -> Bound:
    window = list(node.attribute("kernel_shape"))
    rank = len(window)
    strides = list(node.attribute("strides", [1] * rank))
    dilations = list(node.attribute("dilations", [1] * rank))
    reach = [(size - 1) * by + 1 for size, by in zip(window, dilations, strict=True)]
    pads = _pads(node, list(node[0].shape[2:]), reach, strides)
    ceil_mode = bool(node.attribute("ceil_mode", 0))
    if node.op == "MaxPool":
        if node.outputs > 1:
            raise ValueError("torch backend: MaxPool with indices")
        pool: Any = (torch.max_pool1d, torch.max_pool2d, torch.max_pool3d)[rank - 1]
        lowest = float("-inf")
        return Bound(
            _padded(lambda x, p: pool(x, window, strides, p, dilations, ceil_mode), pads, lowest)
        )
    average: Any = (torch.avg_pool1d, F.avg_pool2d, F.avg_pool3d)[rank - 1]
    counts = bool(node.attribute("count_include_pad", 0))
    return Bound(_padded(lambda x, p: average(x, window, strides, p, ceil_mode, counts), pads))


def _global_pool(node: Node) -> Bound:
    rank = node[0].dim()
    dims = list(range(2, rank))
    if node.op == "GlobalMaxPool":
        return Bound(lambda x: torch.amax(x, dims, keepdim=True))
    if rank == 4:
        return Bound(lambda x: F.adaptive_avg_pool2d(x, 1))
    return Bound(lambda x: torch.mean(x, dims, keepdim=True))


def _batch_norm(node: Node) -> Bound:
    scale, bias, mean, variance = (node[at] for at in range(1, 5))
    epsilon = float(node.attribute("epsilon", 1e-5))
    return Bound(lambda x: F.batch_norm(x, mean, variance, scale, bias, False, 0.0, epsilon))


def _layer_norm(node: Node) -> Bound:
    axis = int(node.attribute("axis", -1)) % node[0].dim()
    sizes, epsilon = list(node[0].shape[axis:]), float(node.attribute("epsilon", 1e-5))
    scale, bias = node[1].reshape(sizes), node.get(2)
    bias = bias if bias is None else bias.reshape(sizes)
    return Bound(lambda x: F.layer_norm(x, sizes, scale, bias, epsilon))


def _group_norm(node: Node) -> Bound:
    channels, epsilon = node[0].shape[1], float(node.attribute("epsilon", 1e-5))
    groups = int(node.attribute("num_groups", channels))
    scale, bias = node[1], node[2]
    if scale.numel() != channels:
        scale = scale.repeat_interleave(channels // groups)
        bias = bias.repeat_interleave(channels // groups)
    return Bound(lambda x: F.group_norm(x, groups, scale, bias, epsilon))


def _local_norm(node: Node) -> Bound:
    size, alpha = int(node.attribute("size")), float(node.attribute("alpha", 1e-4))
    beta, bias = float(node.attribute("beta", 0.75)), float(node.attribute("bias", 1.0))
    return Bound(lambda x: F.local_response_norm(x, size, alpha, beta, bias))


def _softmax(node: Node) -> Bound:
    function = torch.log_softmax if node.op == "LogSoftmax" else torch.softmax
    shape = list(node[0].shape)
    axis = int(node.attribute("axis", -1 if node.opset >= 13 else 1)) % max(len(shape), 1)
    if node.opset >= 13 or axis == len(shape) - 1:
        return Bound(lambda x: function(x, axis))
    flat = [prod(shape[:axis]), prod(shape[axis:])]
    return Bound(lambda x: function(x.reshape(flat), 1).reshape(shape))


def _reduce(node: Node) -> Bound:
    reducer, rank = REDUCERS[node.op], node[0].dim()
    dims = node.ints(1, "axes")
    if not dims:
        if node.attribute("noop_with_empty_axes", 0):
            return Bound(lambda x: x)
        dims = list(range(rank))
    dims, keep = [each % rank for each in dims], bool(node.attribute("keepdims", 1))
    return Bound(lambda x: reducer(x, dims, keep))


def _arg_reduce(node: Node) -> Bound:
    function = torch.argmax if node.op == "ArgMax" else torch.argmin
    axis, keep = int(node.attribute("axis", 0)), bool(node.attribute("keepdims", 1))
    return Bound(lambda x: function(x, axis, keepdim=keep))


def _binary(node: Node) -> Bound:
    function, reads = BINARY[node.op], node.present()
    if len(reads) == 2 and node.op != "Mean":
        if node.op == "Div" and not node[0].is_floating_point():
            return Bound(partial(torch.div, rounding_mode="trunc"), reads)
        return Bound(function, reads)

    def chain(first: torch.Tensor, *rest: torch.Tensor) -> torch.Tensor:
        for each in rest:
            first = function(first, each)
        return first

    count = len(reads)
    return Bound((lambda *all_: chain(*all_) / count) if node.op == "Mean" else chain, reads)


def _clip(node: Node) -> Bound:
    low, high = node.number(1, "min"), node.number(2, "max")
    return Bound(lambda x: torch.clamp(x, low, high))


def _hard_sigmoid(node: Node) -> Bound:
    alpha, beta = float(node.attribute("alpha", 0.2)), float(node.attribute("beta", 0.5))
    if isclose(alpha, 1 / 6, rel_tol=1e-4) and beta == 0.5:
        return Bound(F.hardsigmoid)
    return Bound(lambda x: torch.clamp(alpha * x + beta, 0.0, 1.0))


def _leaky(node: Node) -> Bound:
    function = F.leaky_relu if node.op == "LeakyRelu" else F.elu
    alpha = float(node.attribute("alpha", 0.01 if node.op == "LeakyRelu" else 1.0))
    return Bound(lambda x: function(x, alpha))


def _prelu(node: Node) -> Bound:
    slope = node[1].flatten()
    return Bound(lambda x: F.prelu(x, slope))


def _gelu(node: Node) -> Bound:
    approximate = str(node.attribute("approximate", "none"))
    return Bound(lambda x: F.gelu(x, approximate=approximate))


def _where(_: Node) -> Bound:
    return Bound(torch.where, (0, 1, 2))


_MAKERS: Mapping[str, Callable[[Node], Bound]] = {
    **RESHAPING,
    "Conv": _conv,
    "ConvTranspose": _conv,
    "Gemm": _gemm,
    "MatMul": _matmul,
    "MaxPool": _pool,
    "AveragePool": _pool,
    "GlobalAveragePool": _global_pool,
    "GlobalMaxPool": _global_pool,
    "BatchNormalization": _batch_norm,
    "LayerNormalization": _layer_norm,
    "GroupNormalization": _group_norm,
    "InstanceNormalization": _group_norm,
    "LRN": _local_norm,
    "Softmax": _softmax,
    "LogSoftmax": _softmax,
    "ArgMax": _arg_reduce,
    "ArgMin": _arg_reduce,
    "Clip": _clip,
    "HardSigmoid": _hard_sigmoid,
    "LeakyRelu": _leaky,
    "Elu": _leaky,
    "PRelu": _prelu,
    "Gelu": _gelu,
    "Where": _where,
}
