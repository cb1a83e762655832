"""Graphs under construction that OpenVINO can neither fold nor reorder: each part waits for one."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import onnx
from onnx import TensorProto, helper

from archlint.measure.onnxruntime.graph import Graph

__all__ = ["ChainedGraph"]

_MAP_RANK = 4
"""From so many dims on a tensor is a map of channels."""


class ChainedGraph(Graph):
    """One whose fresh tensors depend on an element of the last result.

    OpenVINO computes beforehand what depends on constants alone, leaves out what nothing reads and
    runs the rest in an order of its own.  Where `channels_last`, a conv leaves a fresh tensor, the
    channels last in memory, otherwise it lies in the order of its dims.
    """

    def __init__(self, seed: int) -> None:
        super().__init__(seed, block=1)
        self.channels_last: bool = False
        self._before = "start"

    def add(
        self, op: str, inputs: Sequence[str], domain: str = "", outputs: int = 1, **attributes: Any
    ) -> str:
        """Append a node that has the name of its (first) output."""
        output = super().add(op, inputs, domain, outputs, **attributes)
        self.nodes[-1].name = output
        return output

    def varied(self, *shape: int) -> str:
        """As `fresh`: its loops branch by no value."""
        return self.fresh(*shape)

    def fresh(self, *shape: int) -> str:
        """A tensor that a producer writes at every run, behind all that was made before."""
        rank = len(shape)
        if rank < _MAP_RANK:
            number = self.add("Reshape", [self._before, self.ints(*([1] * rank))])
            return self.add("Tile", [number, self.ints(*shape)]) if rank else number
        # of two dims no runtime changes the order
        number = self.add("Reshape", [self._before, self.ints(1, 1)])
        rows = self.add("Tile", [number, self.ints(prod(shape[:-1]), shape[-1])])
        made = self.add("Reshape", [rows, self.ints(*shape)])
        if not self.channels_last:
            return made
        weights = self.positive(shape[1], 1, *([1] * (rank - 2)))
        made = self.add("Conv", [made, weights], group=shape[1])
        # what reads it is fused into it where nothing else does
        self.wait_for(made, rank)
        return made

    def wait_for(self, tensor: str, rank: int) -> str:
        """Let what is made from now on depend on a tensor; returns what reads that."""
        number = len(self.nodes)
        if rank:
            first, end = self.ints(*([0] * rank)), self.ints(*([1] * rank))
            tensor = self.add("Slice", [tensor, first, end, self.ints(*range(rank))])
        one = self.add("Reshape", [self.add("Cast", [tensor], to=TensorProto.FLOAT), self.ints(1)])
        both = self.add("Concat", [one, self._before], axis=0)
        # between 0 and 1 whatever came out, and no code is made for it: that takes 20 ms
        tame = self.add("HardSigmoid", [both], alpha=1e-3, beta=0.5)
        self._before = self.add("Slice", [tame, self.ints(0), self.ints(1), self.ints(0)])
        return self.nodes[number].name

    def model(self, opset: int) -> onnx.ModelProto:
        """The whole: one number in, one out."""
        self.nodes.append(helper.make_node("Identity", [self._before], ["end"]))
        ends = [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in ("start", "end")
        ]
        made = helper.make_graph(self.nodes, "medley", ends[:1], ends[1:], self.initializers)
        opsets = [helper.make_opsetid("", opset)]
        return helper.make_model(made, opset_imports=opsets, ir_version=9)
