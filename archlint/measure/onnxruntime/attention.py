"""ONNX nodes of attention and of what turns its queries and keys by their positions."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import Any

import numpy as np

from archlint.cost.kernels.kernel import Kernel
from archlint.measure.onnxruntime.graph import CONTRIB, Graph, Made, Shape, Site, shape_of
from archlint.measure.onnxruntime.movement import Maker

__all__ = ["ATTENTION"]


def _attention(site: Site, kernel: Kernel) -> Made:
    """ONNX's own: heads first, or by row with the heads side by side."""
    words = kernel.path.split(" ")
    queries, keys, values, result = _shapes(kernel, by_row="rows" in words)
    graph = site.graph
    inputs = [site.read(*queries), graph.fresh(*keys), graph.fresh(*values)]
    if "masked" in words:
        inputs.append(graph.weights(prod(kernel.out_map), prod(kernel.in_map)))
    attributes: dict[str, Any] = {"is_causal": int("causal" in words)}
    if "rows" in words:
        attributes["q_num_heads"] = kernel.batch
        attributes["kv_num_heads"] = kernel.batch // kernel.groups
    return site.made(result, "Attention", inputs, **attributes)


def _multi_head(site: Site, kernel: Kernel) -> Made:
    words = kernel.path.split(" ")
    queries, keys, values, result = _shapes(kernel, by_row=True)
    graph = site.graph
    inputs = [site.read(*queries), graph.fresh(*keys), graph.fresh(*values)]
    if "masked" in words:
        mask = graph.weights(1, 1, prod(kernel.out_map), prod(kernel.in_map))
        inputs += ["", "", mask]
    return site.made(
        result, kernel.op, inputs, CONTRIB,
        num_heads=kernel.batch, unidirectional=int("causal" in words),
    )  # fmt: skip


def _grouped(site: Site, kernel: Kernel) -> Made:
    """New rows behind those of a cache, of which there are none where all keys are new."""
    graph, depth, heads = site.graph, kernel.c_in, kernel.batch // kernel.groups
    new, known = prod(kernel.out_map), prod(kernel.in_map)
    queries, *_, result = _shapes(kernel, by_row=True)
    inputs = [site.read(*queries)]
    inputs += [graph.fresh(1, new, heads * depth) for _ in range(2)]
    past = known - new
    inputs += [graph.fresh(1, heads, past, depth) if past else "" for _ in range(2)]
    inputs.append(graph.constant(np.array([known - 1], dtype=np.int32)))
    inputs.append(graph.constant(np.array(known, dtype=np.int32)))
    attributes: dict[str, Any] = {"num_heads": kernel.batch, "kv_num_heads": heads}
    if kernel.path == "rotary":
        inputs += _positions(graph, known, depth)
        attributes["do_rotary"] = 1
    return site.made(result, kernel.op, inputs, CONTRIB, outputs=3, **attributes)


def _rotary(site: Site, kernel: Kernel) -> Made:
    shape = shape_of(kernel)
    depth, rows = (shape[-1] // kernel.groups, shape[-2])
    positions = site.graph.ints(0)
    inputs = [site.read(*shape), positions, *_positions(site.graph, rows, depth)]
    return site.made(
        shape, kernel.op, inputs, CONTRIB, interleaved=int(kernel.path == "interleaved")
    )


def _positions(graph: Graph, rows: int, depth: int) -> list[str]:
    """Cosines and sines of each position."""
    return [graph.weights(rows, depth // 2) for _ in range(2)]


def _shapes(kernel: Kernel, *, by_row: bool) -> tuple[Shape, Shape, Shape, Shape]:
    """Of queries, keys, values and the result, of one image with all heads."""
    heads, shared = kernel.batch, kernel.batch // kernel.groups
    rows, keys = prod(kernel.out_map), prod(kernel.in_map)

    def placed(some: int, count: int, depth: int) -> Shape:
        return (1, count, some * depth) if by_row else (1, some, count, depth)

    return (
        placed(heads, rows, kernel.c_in), placed(shared, keys, kernel.c_in),
        placed(shared, keys, kernel.c_out), placed(heads, rows, kernel.c_out),
    )  # fmt: skip


ATTENTION: Mapping[str, Maker] = {
    "Attention": _attention,
    "GroupQueryAttention": _grouped,
    "MultiHeadAttention": _multi_head,
    "RotaryEmbedding": _rotary,
}
"""By operator type."""
