"""ONNX nodes for kernels in int8, as ONNX Runtime's own optimised graphs hold them."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import Any

import numpy as np

from archlint.cost.kernels.kernel import SIGNED, Kernel
from archlint.measure.onnxruntime.graph import (
    CONTRIB,
    Graph,
    Made,
    Shape,
    Site,
    fitting,
    shape_of,
    windowed,
)
from archlint.measure.onnxruntime.movement import MOVERS, Maker

__all__ = ["QUANTISED"]

_SCALE, _ZERO = 0.05, 128
"""One scale and zero point for all activations: the time does not depend on them."""

_WEIGHT_SCALE = 0.001


def _step(graph: Graph) -> list[str]:
    """The scale and the zero point of an activation without a sign."""
    scale = graph.constant(np.array(_SCALE, dtype=np.float32))
    return [scale, graph.constant(np.array(_ZERO, dtype=np.uint8))]


def _signed_step(graph: Graph, scale: float) -> list[str]:
    step = graph.constant(np.array(scale, dtype=np.float32))
    return [step, graph.constant(np.array(0, dtype=np.int8))]


def _weight_step(graph: Graph) -> list[str]:
    return _signed_step(graph, _WEIGHT_SCALE)


def _data_step(site: Site, kernel: Kernel) -> list[str]:
    """Of an activation that has a sign if the kernel is for those."""
    is_signed = kernel.path.startswith(SIGNED)
    return _signed_step(site.graph, _SCALE) if is_signed else _step(site.graph)


def _bias(graph: Graph, channels: int) -> str:
    return graph.constant(np.zeros(channels, dtype=np.int32))


def _is_last(kernel: Kernel) -> bool:
    """Whether the channels come last."""
    return kernel.path.endswith("nhwc")


def _placed(kernel: Kernel, channels: int, sizes: Shape) -> Shape:
    """The shape of a tensor in the kernel's layout."""
    if _is_last(kernel):
        return kernel.batch, *sizes, channels
    return shape_of(kernel, sizes, channels)


def _conv(site: Site, kernel: Kernel) -> Made:
    graph = site.graph
    weights = graph.bytes(kernel.c_out, kernel.c_in // kernel.groups, *kernel.window)
    step = _data_step(site, kernel)
    inputs = [site.read(*_placed(kernel, kernel.c_in, fitting(kernel))), *step]
    inputs += [weights, *_weight_step(graph), *step, _bias(graph, kernel.c_out)]
    shape = _placed(kernel, kernel.c_out, kernel.out_map)
    return site.made(
        shape, "QLinearConv", inputs, CONTRIB,
        **windowed(kernel) | {"group": kernel.groups, "channels_last": int(_is_last(kernel))},
    )  # fmt: skip


def _product(site: Site, kernel: Kernel) -> Made:
    rows, graph, step = prod(kernel.in_map), site.graph, _data_step(site, kernel)
    if kernel.constant:
        matrix = kernel.batch * rows, kernel.c_out
        inputs = [site.read(kernel.batch * rows, kernel.c_in), *step]
        inputs += [graph.bytes(kernel.c_in, kernel.c_out), *_weight_step(graph)]
        inputs += [_bias(graph, kernel.c_out), *step]
        return site.made(matrix, "QGemm", inputs, CONTRIB)
    fresh = graph.fresh_signed if kernel.path.startswith(SIGNED) else graph.fresh_bytes
    left = [site.read(kernel.batch, rows, kernel.c_in), *step]
    right = [fresh(kernel.batch, kernel.c_in, kernel.c_out), *step]
    shape = kernel.batch, rows, kernel.c_out
    return site.made(shape, "QLinearMatMul", [*left, *right, *step])


def _binary(site: Site, kernel: Kernel) -> Made:
    graph = site.graph
    shape = _placed(kernel, kernel.c_in, kernel.in_map)
    inputs = [site.read(*shape), *_step(graph)]
    if kernel.path.startswith("by channel"):
        ones = tuple(1 for _ in kernel.in_map)
        other = graph.fresh_bytes(*_placed(kernel, kernel.c_in, ones))
    elif kernel.path.startswith("by row"):
        other = graph.fresh_bytes(shape[-1])
    elif kernel.operands == 1:
        other = graph.fresh_bytes(1)
    else:
        other = graph.fresh_bytes(*shape)
    inputs += [other, *_step(graph), *_step(graph)]
    return site.made(shape, f"QLinear{kernel.op}", inputs, CONTRIB)


def _unary(site: Site, kernel: Kernel) -> Made:
    shape = shape_of(kernel)
    attributes: dict[str, Any] = {}
    if kernel.op == "Softmax":
        attributes = {"axis": -1, "opset": 13}
    inputs = [site.read(*shape), *_step(site.graph), *_step(site.graph)]
    return site.made(shape, f"QLinear{kernel.op}", inputs, CONTRIB, **attributes)


def _where(site: Site, kernel: Kernel) -> Made:
    shape, graph = shape_of(kernel), site.graph
    values = site.read(*shape)
    truth = graph.constant(np.random.default_rng(0).random(shape) < 0.5)
    lone = graph.constant(np.array(0, dtype=np.uint8))
    inputs = [truth, lone, *_step(graph), values, *_step(graph), *_step(graph)]
    return site.made(shape, "QLinearWhere", inputs, CONTRIB)


def _average_pool(site: Site, kernel: Kernel) -> Made:
    inputs = [site.read(*_placed(kernel, kernel.c_in, fitting(kernel)))]
    inputs += [*_step(site.graph), *_step(site.graph)]
    shape = _placed(kernel, kernel.c_in, kernel.out_map)
    return site.made(
        shape, "QLinearAveragePool", inputs, CONTRIB,
        **windowed(kernel) | {"channels_last": int(_is_last(kernel))},
    )  # fmt: skip


def _global_pool(site: Site, kernel: Kernel) -> Made:
    inputs = [site.read(*_placed(kernel, kernel.c_in, kernel.in_map))]
    inputs += [*_step(site.graph), *_step(site.graph)]
    shape = _placed(kernel, kernel.c_in, tuple(1 for _ in kernel.in_map))
    return site.made(
        shape, "QLinearGlobalAveragePool", inputs, CONTRIB, channels_last=int(_is_last(kernel))
    )


def _max_pool(site: Site, kernel: Kernel) -> Made:
    inputs = [site.read(*_placed(kernel, kernel.c_in, fitting(kernel)))]
    shape = _placed(kernel, kernel.c_in, kernel.out_map)
    if _is_last(kernel):
        return site.made(shape, "NhwcMaxPool", inputs, CONTRIB, **windowed(kernel))
    return site.made(shape, "MaxPool", inputs, **windowed(kernel))


def _concat(site: Site, kernel: Kernel) -> Made:
    graph = site.graph
    shape = _placed(kernel, kernel.c_out, kernel.out_map)
    last = _is_last(kernel) or kernel.path == "by row" or len(shape) == 3
    axis = len(shape) - 1 if last else 1
    parts = max(min(kernel.operands, shape[axis]), 1)
    step = shape[axis] // parts
    sizes = [step] * (parts - 1) + [shape[axis] - step * (parts - 1)]
    inputs = _step(graph)
    for size in sizes:
        inputs += [site.read(*shape[:axis], size, *shape[axis + 1 :]), *_step(graph)]
    return site.made(shape, "QLinearConcat", inputs, CONTRIB, axis=axis)


def _resize(site: Site, kernel: Kernel) -> Made:
    shape = _placed(kernel, kernel.c_in, kernel.out_map)
    source = _placed(kernel, kernel.c_in, kernel.in_map)
    scales = [out / size for size, out in zip(source, shape, strict=True)]
    factors = site.graph.constant(np.array(scales, dtype=np.float32))
    mode = "linear" if kernel.path.startswith("linear") else "nearest"
    return site.made(
        shape, "Resize", [site.read(*source), "", factors], mode=mode, nearest_mode="floor",
        coordinate_transformation_mode="asymmetric",
    )  # fmt: skip


def _cut(site: Site, kernel: Kernel) -> Made:
    """A Split or Slice, along the last dim where the channels are that."""
    if _is_last(kernel):
        rows, *rest = kernel.in_map
        kernel = kernel._replace(
            c_in=rows,
            c_out=rows,
            in_map=(*rest, kernel.c_in),
            path="by row",
            out_map=(*rest, kernel.c_out),
        )
    return MOVERS[kernel.op](site, kernel)


def _quantise(site: Site, kernel: Kernel) -> Made:
    shape = shape_of(kernel)
    inputs = [site.graph.fresh(*shape), *_step(site.graph)]
    return site.made(shape, "QuantizeLinear", inputs)


QUANTISED: Mapping[str, Maker] = {
    "Conv": _conv,
    "MatMul": _product,
    "Add": _binary,
    "Mul": _binary,
    "Sigmoid": _unary,
    "LeakyRelu": _unary,
    "Softmax": _unary,
    "Where": _where,
    "AveragePool": _average_pool,
    "GlobalAveragePool": _global_pool,
    "MaxPool": _max_pool,
    "Concat": _concat,
    "Resize": _resize,
    "Split": _cut,
    "Slice": _cut,
    "QuantizeLinear": _quantise,
}
"""What makes the node in int8, by operator; what only moves elements has the node of floats."""
