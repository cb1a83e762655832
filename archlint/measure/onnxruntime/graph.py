"""Graphs of ONNX nodes under construction, and the shapes that kernels read and write."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import ceil, prod
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from archlint.cost.kernels.kernel import Kernel
from archlint.cost.kernels.window import padding_of, reach_of

__all__ = [
    "CONTRIB",
    "NCHWC",
    "Graph",
    "Made",
    "Shape",
    "Site",
    "fitting",
    "padded",
    "shape_of",
    "windowed",
]

NCHWC = "com.microsoft.nchwc"
CONTRIB = "com.microsoft"

Shape = tuple[int, ...]

_VARIED = 1 << 16
"""Elements that no branch predictor learns."""

_ALIKE = 4
"""How many of the values drawn are in each: the sign changes at every fifth or so."""

_SPREAD = 0.05
"""Of weights, about as networks have them."""


class Graph:
    """A graph under construction: nodes, weights from a pool of random values, and its size."""

    def __init__(self, seed: int, block: int) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.initializers: list[onnx.TensorProto] = []
        self.weight_bytes: int = 0
        self.block = block
        self._random = np.random.default_rng(seed)
        pool = self._random.standard_normal(_VARIED, dtype=np.float32)
        self._pool = pool * np.float32(_SPREAD)
        self._count = 0

    def name(self) -> str:
        """A name that no other tensor has."""
        self._count += 1
        return f"t{self._count}"

    def add(
        self,
        op: str,
        inputs: Sequence[str],
        domain: str = "",
        outputs: int = 1,
        **attributes: Any,
    ) -> str:
        """Append a node; returns its (first) output."""
        names = [self.name() for _ in range(outputs)]
        self.nodes.append(helper.make_node(op, list(inputs), names, domain=domain, **attributes))
        return names[0]

    def constant(self, values: NDArray[np.generic]) -> str:
        """A constant tensor."""
        name = self.name()
        self.initializers.append(numpy_helper.from_array(values, name))
        self.weight_bytes += values.nbytes
        return name

    def ints(self, *values: int) -> str:
        """A constant vector of integers."""
        return self.constant(np.array(values, dtype=np.int64))

    def weights(self, *shape: int) -> str:
        """Random weights."""
        return self.constant(self._draw(prod(shape)).reshape(shape))

    def positive(self, *shape: int) -> str:
        """Random weights about 1."""
        return self.constant(np.abs(self._draw(prod(shape)).reshape(shape)) + np.float32(1))

    def fresh(self, *shape: int) -> str:
        """A tensor that a producer writes at every run, just before its reader."""
        return self.add("Expand", [self.weights(_row(shape)), self.ints(*shape)])

    def varied(self, *shape: int) -> str:
        """The same of values about as large as 1 that differ all over it, as a network's do.

        Neighbours are alike, as on a map (each is the mean of four that are not), for what
        branches by the sign of each takes twice as long where nothing tells of the next one.
        """
        at = next((at for at in range(len(shape), 0, -1) if prod(shape[at:]) >= _VARIED), 0)
        drawn = self._draw(prod(shape[at:])) / np.float32(_SPREAD)
        rolled = np.array([np.roll(drawn, by) for by in range(_ALIKE)])
        values = rolled.sum(axis=0) / np.sqrt(np.float32(_ALIKE))
        return self.add("Expand", [self.constant(values.reshape(shape[at:])), self.ints(*shape)])

    def bytes(self, *shape: int) -> str:
        """Random weights of one byte each, with a sign."""
        return self.constant((self._draw(prod(shape)) * 640).astype(np.int8).reshape(shape))

    def bytes_unsigned(self, *shape: int) -> str:
        """Random weights of one byte each, without a sign."""
        return self.constant((self._draw(prod(shape)) * 640 + 128).astype(np.uint8).reshape(shape))

    def fresh_bytes(self, *shape: int) -> str:
        """A tensor of bytes without a sign that a producer writes at every run."""
        return self.add("Expand", [self.bytes_unsigned(_row(shape)), self.ints(*shape)])

    def fresh_signed(self, *shape: int) -> str:
        """A tensor of bytes with a sign that a producer writes at every run."""
        return self.add("Expand", [self.bytes(_row(shape)), self.ints(*shape)])

    def _draw(self, count: int) -> NDArray[np.float32]:
        start = int(self._random.integers(len(self._pool)))
        repeated = np.resize(np.roll(self._pool, -start), count)
        return repeated.astype(np.float32, copy=False)


def _row(shape: Shape) -> int:
    return max(shape[-1] if shape else 1, 1)


class Made:
    """What a kernel became: the nodes that it is, and its output with its shape."""

    __slots__ = ("nodes", "output", "shape")

    def __init__(self, nodes: tuple[int, ...], output: str, shape: Shape) -> None:
        self.nodes: tuple[int, ...] = nodes
        self.output: str = output
        self.shape: Shape = shape


class Site:
    """Where a kernel is made: hands out its first input from the kernel before it.

    `fresh` makes one where none is given, of the type that the kernel reads.
    """

    def __init__(
        self, graph: Graph, given: tuple[str, Shape] | None, fresh: Callable[..., str]
    ) -> None:
        self.graph = graph
        self._given = given
        self._fresh = fresh

    def read(self, *shape: int) -> str:
        """A tensor of this shape: the one given if it fits, once, else a fresh one."""
        if self._given is not None and self._given[1] == shape:
            name, self._given = self._given[0], None
            return name
        return self._fresh(*shape)

    def made(
        self, shape: Shape, op: str, inputs: Sequence[str], domain: str = "", outputs: int = 1,
        **attributes: Any,
    ) -> Made:  # fmt: skip
        """Append a node as the kernel's own."""
        output = self.graph.add(op, inputs, domain, outputs, **attributes)
        return Made((len(self.graph.nodes) - 1,), output, shape)


def shape_of(kernel: Kernel, sizes: Shape | None = None, channels: int | None = None) -> Shape:
    """The ONNX shape of a tensor of the kernel: its input, or with these sizes and channels."""
    sizes = kernel.in_map if sizes is None else sizes
    channels = kernel.c_in if channels is None else channels
    if len(sizes) == 0:
        return kernel.batch, channels
    if len(sizes) == 1:
        return kernel.batch, sizes[0], channels
    return kernel.batch, channels, *sizes


def padded(channels: int, block: int) -> int:
    """Channels in whole blocks."""
    return ceil(channels / block) * block


def _pads(kernel: Kernel) -> list[int]:
    totals = padding_of(kernel)
    return [total // 2 for total in totals] + [total - total // 2 for total in totals]


def fitting(kernel: Kernel) -> Shape:
    """The map to read: smaller than the kernel's where its window leaves out a part of it."""
    pads, rank, reach = _pads(kernel), len(kernel.in_map), reach_of(kernel)
    fitting = []
    for at, (size, out) in enumerate(zip(kernel.in_map, kernel.out_map, strict=True)):
        room = size + pads[at] + pads[at + rank] - reach[at]
        extra = room // kernel.strides[at] + 1 - out
        fitting.append(size - max(extra, 0) * kernel.strides[at])
    return tuple(fitting)


def windowed(kernel: Kernel) -> dict[str, Any]:
    """The attributes of a conv or a pool."""
    return {
        "kernel_shape": list(kernel.window),
        "strides": list(kernel.strides),
        "pads": _pads(kernel),
    } | ({"dilations": list(kernel.dilations)} if kernel.dilations else {})
