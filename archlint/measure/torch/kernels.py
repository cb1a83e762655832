"""Kernels as calls of torch on tensors of their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from math import ceil, prod, sqrt
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 - the field's own name for it

from archlint.cost.kernels.kernel import Kernel
from archlint.cost.kernels.kind import Kind
from archlint.cost.kernels.window import padding_of, reach_of
from archlint.measure.torch.function_kernels import FUNCTIONS
from archlint.measure.torch.functions import BINARY, REDUCERS, UNARY
from archlint.measure.torch.movement import MOVERS
from archlint.measure.torch.tensors import Call, NoCallError, Shape, Tensors, in_shape, read

__all__ = ["can_call", "make_call"]


def can_call(kernel: Kernel) -> bool:
    """Whether torch has functions for this kernel that give an output of its size."""
    try:
        with torch.inference_mode():
            call = make_call(kernel, Tensors("meta", torch.float32))
            call.run(*call.inputs)
    except (NoCallError, RuntimeError, TypeError, ValueError, IndexError, NotImplementedError):
        return False
    return True


def make_call(kernel: Kernel, tensors: Tensors) -> Call:
    """The kernel's call; raises ValueError where there is none."""
    maker = _MAKERS.get(kernel.op, _BY_KIND.get(kernel.kind))
    refused = kernel.op in _WITHOUT_CALL or kernel.epilogue or kernel.path.startswith("nchwc")
    if maker is None or refused:
        raise NoCallError(f"torch has no call for {kernel.text}")
    return maker(kernel, tensors)


def _padding(kernel: Kernel) -> tuple[list[int], list[int]]:
    """The same padding on both sides, and what has to follow it on the far side alone."""
    both, beyond = [], []
    for size, out, reach, stride, needed in zip(
        kernel.in_map, kernel.out_map, reach_of(kernel), kernel.strides, padding_of(kernel),
        strict=True,
    ):  # fmt: skip
        fits = (size + 2 * ceil(needed / 2) - reach) // stride + 1 == out
        both.append(ceil(needed / 2) if fits else needed // 2)
        beyond.append(0 if fits else needed % 2)
    return both, beyond


def _fitting(kernel: Kernel, both: list[int], beyond: list[int]) -> Shape:
    """The map to read: smaller than the kernel's where its window leaves out a part of it."""
    fitting, reach = [], reach_of(kernel)
    for at, (size, out) in enumerate(zip(kernel.in_map, kernel.out_map, strict=True)):
        room = size + 2 * both[at] + beyond[at] - reach[at]
        extra = room // kernel.strides[at] + 1 - out
        fitting.append(size - max(extra, 0) * kernel.strides[at])
    return tuple(fitting)


def _conv(kernel: Kernel, tensors: Tensors) -> Call:
    rank = len(kernel.window)
    if rank not in _CONVS or kernel.itemsize == 1:
        raise NoCallError(kernel.text)
    both, beyond = _padding(kernel)
    fan_in = kernel.c_in // kernel.groups
    weight = tensors.weights(
        kernel.c_out, fan_in, *kernel.window, spread=sqrt(1 / max(fan_in * prod(kernel.window), 1))
    )
    bias = tensors.weights(kernel.c_out)
    source = tensors.activation(kernel.batch, kernel.c_in, *_fitting(kernel, both, beyond))
    strides, groups, conv = list(kernel.strides), kernel.groups, _CONVS[rank]
    apart = list(kernel.dilations) or 1
    if not any(beyond):
        return Call(lambda x: conv(x, weight, bias, strides, both, apart, groups), (source,))
    far = [size for each in reversed(beyond) for size in (0, each)]
    return Call(
        lambda x: conv(F.pad(x, far), weight, bias, strides, both, apart, groups), (source,)
    )


_CONVS: Mapping[int, Callable[..., Any]] = {1: torch.conv1d, 2: torch.conv2d, 3: torch.conv3d}


def _transposed(kernel: Kernel, tensors: Tensors) -> Call:
    rank = len(kernel.window)
    if rank not in _TRANSPOSED:
        raise NoCallError(kernel.text)
    padding, more = [], []
    for size, out, window, stride in zip(
        kernel.in_map, kernel.out_map, kernel.window, kernel.strides, strict=True
    ):
        excess = (size - 1) * stride + window - out
        padding.append(max(ceil(excess / 2), 0))
        more.append(2 * padding[-1] - excess)
    weight = tensors.weights(kernel.c_in, kernel.c_out // kernel.groups, *kernel.window)
    bias = tensors.weights(kernel.c_out)
    source = tensors.activation(kernel.batch, kernel.c_in, *kernel.in_map)
    conv, strides, groups = _TRANSPOSED[rank], list(kernel.strides), kernel.groups
    return Call(lambda x: conv(x, weight, bias, strides, padding, more, groups), (source,))


_TRANSPOSED: Mapping[int, Callable[..., Any]] = {
    1: torch.conv_transpose1d, 2: torch.conv_transpose2d, 3: torch.conv_transpose3d
}  # fmt: skip


def _product(kernel: Kernel, tensors: Tensors) -> Call:
    rows = prod(kernel.in_map)
    if kernel.itemsize == 1:
        raise NoCallError(kernel.text)
    if kernel.constant:
        weight = tensors.weights(kernel.c_out, kernel.c_in, spread=sqrt(1 / kernel.c_in))
        return Call(lambda x: F.linear(x, weight), (tensors.activation(*in_shape(kernel)),))
    # four dims, as attention has them: batch entries and heads
    left = tensors.activation(1, kernel.batch, rows, kernel.c_in)
    right = tensors.activation(1, kernel.batch, kernel.c_in, kernel.c_out)
    return Call(torch.matmul, (left.contiguous(), right.contiguous()))


def _pool(kernel: Kernel, tensors: Tensors) -> Call:
    rank = len(kernel.window)
    pools = {"MaxPool": _MAX_POOLS, "AveragePool": _AVERAGE_POOLS}.get(kernel.op, {})
    if rank not in pools:
        raise NoCallError(kernel.text)
    both, beyond = _padding(kernel)
    source = tensors.activation(
        kernel.batch, kernel.c_in, *_fitting(kernel, both, beyond), itemsize=kernel.itemsize
    )
    pool = partial(pools[rank], kernel_size=kernel.window, stride=kernel.strides)
    if any(beyond):
        return Call(partial(pool, padding=[0] * rank, ceil_mode=True), (source,))
    return Call(partial(pool, padding=both), (source,))


# max_pool1d reads rows as channels; the layout of three dims does not say which is which
_MAX_POOLS: Mapping[int, Callable[..., Any]] = {2: torch.max_pool2d, 3: torch.max_pool3d}
_AVERAGE_POOLS: Mapping[int, Callable[..., Any]] = {2: F.avg_pool2d, 3: F.avg_pool3d}


def _elementwise(kernel: Kernel, tensors: Tensors) -> Call:
    first = read(kernel, tensors)
    if kernel.op in UNARY:
        return Call(UNARY[kernel.op], (first,))
    if kernel.op not in BINARY:
        raise NoCallError(kernel.text)
    function = BINARY[kernel.op]
    if kernel.operands > 2:
        rest = tuple(read(kernel, tensors) for _ in range(kernel.operands - 1))
        return Call(partial(_chain, function), (first, *rest))
    if kernel.operands == 2:
        return Call(function, (first, read(kernel, tensors)))
    if kernel.path == "by channel":
        ones = (1 for _ in kernel.in_map)
        vector = tensors.activation(kernel.batch, kernel.c_in, *ones, itemsize=kernel.itemsize)
        return Call(function, (first, vector))
    constant = tensors.weights(first.shape[-1] if kernel.path == "by row" else 1, about=1.0)
    other = constant.to(first.dtype)
    return Call(lambda x: function(x, other), (first,))


def _chain(function: Callable[..., Any], first: torch.Tensor, *rest: torch.Tensor) -> Any:
    for each in rest:
        first = function(first, each)
    return first


def _where(kernel: Kernel, tensors: Tensors) -> Call:
    truth = tensors.activation(*in_shape(kernel), itemsize=1)
    full = tuple(read(kernel, tensors) for _ in range(min(kernel.operands, 3) - 1))
    scalar = read(kernel, tensors).flatten()[:1].clone()
    if len(full) == 2:
        return Call(torch.where, (truth, *full))
    if full:
        return Call(lambda condition, x: torch.where(condition, x, scalar), (truth, *full))
    return Call(lambda condition: torch.where(condition, scalar, scalar), (truth,))


def _prelu(kernel: Kernel, tensors: Tensors) -> Call:
    weight = tensors.weights(kernel.c_in)
    return Call(lambda x: F.prelu(x, weight), (tensors.activation(*in_shape(kernel)),))


def _batch_norm(kernel: Kernel, tensors: Tensors) -> Call:
    channels = kernel.c_in
    scale, bias = tensors.weights(channels, about=1.0), tensors.weights(channels)
    mean, variance = tensors.weights(channels), tensors.weights(channels, about=1.0).abs()
    source = tensors.activation(kernel.batch, channels, *kernel.in_map)
    return Call(lambda x: F.batch_norm(x, mean, variance, scale, bias, False, 0.0, 1e-5), (source,))


def _layer_norm(kernel: Kernel, tensors: Tensors) -> Call:
    source = tensors.activation(*in_shape(kernel))
    sizes = [source.shape[-1]]
    scale, bias = tensors.weights(*sizes, about=1.0), tensors.weights(*sizes)
    if kernel.op == "SkipLayerNormalization":
        return Call(
            lambda x, skip: F.layer_norm(x + skip, sizes, scale, bias),
            (source, tensors.activation(*in_shape(kernel))),
        )
    return Call(lambda x: F.layer_norm(x, sizes, scale, bias), (source,))


def _rms_norm(kernel: Kernel, tensors: Tensors) -> Call:
    source = tensors.activation(*in_shape(kernel))
    sizes, scale = [source.shape[-1]], tensors.weights(source.shape[-1], about=1.0)
    return Call(lambda x: F.rms_norm(x, sizes, scale), (source,))


def _group_norm(kernel: Kernel, tensors: Tensors) -> Call:
    groups = kernel.c_in if kernel.op == "InstanceNormalization" else kernel.groups
    scale, bias = tensors.weights(kernel.c_in, about=1.0), tensors.weights(kernel.c_in)
    source = tensors.activation(kernel.batch, kernel.c_in, *kernel.in_map)
    return Call(lambda x: F.group_norm(x, groups, scale, bias), (source,))


def _softmax(kernel: Kernel, tensors: Tensors) -> Call:
    function = torch.log_softmax if kernel.op == "LogSoftmax" else torch.softmax
    return Call(lambda x: function(x, -1), (tensors.activation(*in_shape(kernel)),))


def _reduce(kernel: Kernel, tensors: Tensors) -> Call:
    source = read(kernel, tensors)
    rank = source.dim()
    if kernel.op in ("ArgMax", "ArgMin"):
        along = kernel.path.startswith("axes ")
        axis = int(kernel.path.removeprefix("axes ")) if along else rank - 1
        function = torch.argmax if kernel.op == "ArgMax" else torch.argmin
        return Call(lambda x: function(x, axis, keepdim=True), (source,))
    by_row = kernel.path == "row" or rank < 4
    dims = [rank - 1] if by_row else list(range(2, rank))
    if kernel.op == "GlobalAveragePool" and rank == 4:
        return Call(lambda x: F.adaptive_avg_pool2d(x, 1), (source,))
    global_pools = {"GlobalAveragePool": "ReduceMean", "GlobalMaxPool": "ReduceMax"}
    name = global_pools.get(kernel.op, kernel.op)
    if name not in REDUCERS:
        raise NoCallError(kernel.text)
    reducer = REDUCERS[name]
    return Call(lambda x: reducer(x, dims, True), (source,))


def _view(kernel: Kernel, tensors: Tensors) -> Call:
    source = read(kernel, tensors)
    return Call(lambda x: x.reshape(-1), (source,))


_WITHOUT_CALL = frozenset({
    "ConvInteger", "DynamicQuantizeMatMul", "Hardmax", "MatMulInteger", "MatMulIntegerToFloat",
    "MatMulNBits",
})  # fmt: skip
"""What another operator's call would stand for."""

_BY_KIND: Mapping[Kind, Callable[[Kernel, Tensors], Call]] = {
    Kind.CONV: _conv,
    Kind.GROUP_CONV: _conv,
    Kind.DEPTHWISE: _conv,
    Kind.TRANSPOSED_CONV: _transposed,
    Kind.PRODUCT: _product,
    Kind.POOL: _pool,
    Kind.ELEMENTWISE: _elementwise,
    Kind.SOFTMAX: _softmax,
    Kind.REDUCTION: _reduce,
    Kind.VIEW: _view,
}

_MAKERS: Mapping[str, Callable[[Kernel, Tensors], Call]] = {
    **MOVERS,
    "Where": _where,
    "PRelu": _prelu,
    "BatchNormalization": _batch_norm,
    "LayerNormalization": _layer_norm,
    "SkipLayerNormalization": _layer_norm,
    "RMSNormalization": _rms_norm,
    "GroupNormalization": _group_norm,
    "InstanceNormalization": _group_norm,
    **FUNCTIONS,
}
"""Where the operator type, not its kind, says what makes the call."""
