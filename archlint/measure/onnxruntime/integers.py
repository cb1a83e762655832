"""ONNX nodes of products of integers whose scales come with the data, and of packed weights."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod

import numpy as np

from archlint.cost.kernels.kernel import PACKED, Kernel
from archlint.measure.onnxruntime.graph import CONTRIB, Graph, Made, Site, fitting, windowed
from archlint.measure.onnxruntime.movement import Maker

__all__ = ["INTEGERS"]

BLOCK = 32
"""Weights that share a scale, as quantisers pack them unless told otherwise."""

_FLOATS = 64
"""The same of those packed as floats of 4 bits."""

_AS_INTEGERS = 4
"""MatMulNBits' attribute that lets it multiply bytes."""


def _number(graph: Graph, value: float, dtype: type[np.generic]) -> str:
    return graph.constant(np.array(value, dtype=dtype))


def _conv(site: Site, kernel: Kernel) -> Made:
    graph = site.graph
    inputs = [graph.fresh_bytes(kernel.batch, kernel.c_in, *fitting(kernel))]
    weights = kernel.c_out, kernel.c_in // kernel.groups, *kernel.window
    inputs += [graph.bytes_unsigned(*weights)]
    inputs += [_number(graph, 128, np.uint8) for _ in range(2)]
    shape = kernel.batch, kernel.c_out, *kernel.out_map
    return site.made(shape, kernel.op, inputs, **windowed(kernel) | {"group": kernel.groups})


def _product(site: Site, kernel: Kernel) -> Made:
    """Three that differ in what is around the product: nothing, a scale, a quantisation."""
    graph, rows = site.graph, kernel.batch * prod(kernel.in_map)
    source = rows, kernel.c_in
    weights = graph.bytes(kernel.c_in, kernel.c_out)
    zeros = [_number(graph, 128, np.uint8), _number(graph, 0, np.int8)]
    shape = rows, kernel.c_out
    if kernel.op == "MatMulInteger":
        return site.made(shape, kernel.op, [graph.fresh_bytes(*source), weights, *zeros])
    scales = [_number(graph, 0.05, np.float32), _number(graph, 0.001, np.float32)]
    bias = graph.weights(kernel.c_out)
    if kernel.op == "DynamicQuantizeMatMul":
        inputs = [site.read(*source), weights, scales[1], zeros[1], bias]
    else:
        inputs = [graph.fresh_bytes(*source), weights, *scales, *zeros, bias]
    return site.made(shape, kernel.op, inputs, CONTRIB)


def _packed(site: Site, kernel: Kernel) -> Made:
    packed = PACKED.match(kernel.path)
    bits, graph = int(packed[1]) if packed else 4, site.graph
    blocks = -(-kernel.c_in // BLOCK)
    rows = kernel.batch * prod(kernel.in_map)
    inputs = [site.read(rows, kernel.c_in)]
    inputs.append(graph.bytes_unsigned(kernel.c_out, blocks, BLOCK * bits // 8))
    inputs.append(graph.positive(kernel.c_out * blocks))
    return site.made(
        (rows, kernel.c_out), kernel.op, inputs, CONTRIB,
        K=kernel.c_in, N=kernel.c_out, bits=bits, block_size=BLOCK,
        accuracy_level=_AS_INTEGERS if kernel.path.endswith("in int8") else 0,
    )  # fmt: skip


def _packed_floats(site: Site, kernel: Kernel) -> Made:
    """NF4, in blocks of 64, as bitsandbytes has it."""
    graph, rows = site.graph, kernel.batch * prod(kernel.in_map)
    count = kernel.c_in * kernel.c_out
    inputs = [site.read(rows, kernel.c_in), graph.bytes_unsigned(-(-count // 2))]
    inputs.append(graph.positive(-(-count // _FLOATS)))
    return site.made(
        (rows, kernel.c_out), kernel.op, inputs, CONTRIB,
        K=kernel.c_in, N=kernel.c_out, block_size=_FLOATS, quant_type=1,
    )  # fmt: skip


def _quantise(site: Site, kernel: Kernel) -> Made:
    shape = kernel.batch * max(prod(kernel.in_map), 1), kernel.c_in
    return site.made(shape, kernel.op, [site.read(*shape)], outputs=3)


INTEGERS: Mapping[str, Maker] = {
    "ConvInteger": _conv,
    "DynamicQuantizeLinear": _quantise,
    "DynamicQuantizeMatMul": _product,
    "MatMulBnb4": _packed_floats,
    "MatMulInteger": _product,
    "MatMulIntegerToFloat": _product,
    "MatMulNBits": _packed,
}
"""By operator type."""
