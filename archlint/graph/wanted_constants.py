"""Constants that are too large to keep, made where a shape depends on them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import onnx

from archlint.graph.data_dependent import DATA_DEPENDENT
from archlint.graph.evaluate import Array
from archlint.graph.fold import fold
from archlint.graph.node import Node
from archlint.graph.node_types import infer_outputs
from archlint.graph.reference import Value
from archlint.graph.shapes import TensorType, array_type, opset_of

__all__ = ["WantedConstants"]

_MOST_ELEMENTS = 2**16
_MOST_WORK = 2**20
"""Elements of all that is made for one model."""


@dataclass(slots=True)
class WantedConstants:
    """Nodes on constants by what they make, of which nothing is known but types.

    `values` and `sequences` are known, for they are small; `made` since, for they were wanted.
    """

    values: Mapping[str, Array]
    sequences: Mapping[str, list[Array]]
    makers: dict[str, Node] = field(default_factory=dict)
    made: dict[str, Value] = field(default_factory=dict)
    _work: int = 0

    def add(self, node: Node) -> None:
        """Remember a node."""
        for name in node.outputs:
            if name and self._value(name) is None:
                self.makers[name] = node

    def types(
        self, proto: onnx.ModelProto, node: Node, types: Mapping[str, TensorType]
    ) -> dict[str, TensorType]:
        """What follows for a node's outputs from constants that are made for it."""
        opset = opset_of(proto)
        larger = [name for name in node.inputs if name in self.makers or name in self.made]
        for name in larger:
            self._make(name, types, opset)
        if node.op_type in DATA_DEPENDENT and not node.domain:
            self._run(node, types, opset)
        arrays = {
            name: value
            for name in (*larger, *node.outputs)
            if (value := self.made.get(name)) is not None and not isinstance(value, list)
        }
        own = {name: array_type(arrays[name]) for name in node.outputs if name in arrays}
        if own or not arrays:
            return own
        return infer_outputs(proto, node, types, {**self.values, **arrays})

    def _value(self, name: str) -> Value | None:
        for known in (self.values, self.sequences, self.made):
            if name in known:
                return known[name]
        return None

    def _make(self, name: str, types: Mapping[str, TensorType], opset: int) -> None:
        waiting, tried = [name], set()
        while waiting:
            node = self.makers.get(waiting[-1])
            missing = [
                each
                for each in (node.inputs if node is not None else ())
                if each not in tried and each in self.makers and self._value(each) is None
            ]
            if missing and waiting[-1] not in tried:
                tried.add(waiting[-1])
                waiting.extend(missing)
                continue
            tried.add(waiting.pop())
            if node is not None:
                self._run(node, types, opset)

    def _run(self, node: Node, types: Mapping[str, TensorType], opset: int) -> None:
        if self._work > _MOST_WORK or any(name in self.made for name in node.outputs):
            return
        known = {name: value for name in node.inputs if (value := self._value(name)) is not None}
        values = fold(node, known, types, opset, _MOST_ELEMENTS)
        for name, value in zip(node.outputs, values, strict=False):
            self.made[name] = value
            self._work += len(value) if isinstance(value, list) else value.size
