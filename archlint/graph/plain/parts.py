"""The ONNX nodes that stand for one node of a runtime."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

import numpy as np
import onnx
from onnx import helper, numpy_helper

__all__ = ["CONV", "ON_INTEGERS", "POOL", "TO_FIRST", "TO_LAST", "Parts", "Rewrite"]

CONV = ("auto_pad", "dilations", "group", "kernel_shape", "pads", "strides")
POOL = (
    "auto_pad", "ceil_mode", "count_include_pad", "dilations", "kernel_shape", "pads", "strides",
)  # fmt: skip
"""The attributes that a conv's and a pool's twin in ONNX has too, where they are given."""

TO_LAST, TO_FIRST = [0, 2, 3, 1], [0, 3, 1, 2]
"""Permutations that bring the channels of an image to the end and to the front."""

ON_INTEGERS = "on_integers"
"""The attribute of parts whose node computes with the integers themselves, whatever their sign."""

Value = int | float | str | Sequence[int] | Sequence[float]
_NONE: Mapping[str, Value] = MappingProxyType({})


class Parts:
    """Builds the nodes; reads the inputs and attributes of the node that they stand for.

    `opset` is the model's version of ONNX's own domain, `scalars` its constants of one number,
    `real` the type of its real numbers.  The first part keeps the node's name, the others have
    their operator type behind it.
    """

    def __init__(
        self,
        node: onnx.NodeProto,
        name: str,
        opset: int,
        scalars: Mapping[str, float],
        real: type[np.generic] = np.float32,
    ) -> None:
        self.node: onnx.NodeProto = node
        self.opset: int = opset
        self.real: type[np.generic] = real
        self._scalars = scalars
        self.nodes: list[onnx.NodeProto] = []
        self._name = name
        self._attributes = {each.name: each for each in node.attribute}
        self._tensors, self._has_first = 0, False

    def input(self, index: int) -> str:
        """The name of an input, "" where it is absent."""
        return self.node.input[index] if index < len(self.node.input) else ""

    def scalar(self, index: int) -> float | None:
        """The value of an input that is one constant number, else None."""
        return self._scalars.get(self.input(index))

    def output(self, index: int = 0) -> str:
        """The name of an output, "" where it is absent."""
        return self.node.output[index] if index < len(self.node.output) else ""

    def integer(self, name: str, default: int = 0) -> int:
        """An attribute of one integer."""
        each = self._attributes.get(name)
        return default if each is None else int(each.i)

    def number(self, name: str, default: float) -> float:
        """An attribute of one float."""
        each = self._attributes.get(name)
        return default if each is None else float(each.f)

    def numbers(self, name: str) -> list[float]:
        """An attribute of floats, empty where absent."""
        each = self._attributes.get(name)
        return [] if each is None else list(each.floats)

    def integers(self, name: str) -> list[int]:
        """An attribute of integers, empty where absent."""
        each = self._attributes.get(name)
        return [] if each is None else list(each.ints)

    def text(self, name: str) -> str:
        """An attribute of text, "" where absent."""
        each = self._attributes.get(name)
        return "" if each is None else each.s.decode("utf-8", "replace")

    def add(
        self,
        op_type: str,
        inputs: Sequence[str],
        outputs: Sequence[str] = (),
        keep: Sequence[str] = (),
        attributes: Mapping[str, Value] = _NONE,
        domain: str = "",
    ) -> str:
        """Add a node and return its first output, a new name unless `outputs` are given.

        `keep` are the attributes of the node itself that it has as well.
        """
        given = list(inputs)
        while given and not given[-1]:
            given.pop()
        name = f"{self._name}:{op_type}" if self._has_first else self._name
        self._has_first = True
        made = list(outputs) or [self._new()]
        node = helper.make_node(op_type, given, made, name=name, domain=domain)
        node.attribute.extend(helper.make_attribute(*each) for each in attributes.items())
        node.attribute.extend(self._attributes[each] for each in keep if each in self._attributes)
        node.metadata_props.extend(self.node.metadata_props)
        self.nodes.append(node)
        return made[0]

    def constant(self, values: Value, dtype: type[np.generic]) -> str:
        """A constant input of other parts."""
        tensor = numpy_helper.from_array(np.asarray(values, dtype))
        made = self._new()
        self.nodes.append(helper.make_node("Constant", [], [made], value=tensor))
        return made

    def zero(self, dtype: int) -> str:
        """A constant zero of a type of ONNX, which numpy may not have."""
        made = self._new()
        tensor = helper.make_tensor("", dtype, [], [0])
        self.nodes.append(helper.make_node("Constant", [], [made], value=tensor))
        return made

    def _new(self) -> str:
        self._tensors += 1
        base = next((each for each in self.node.output if each), self._name)
        return f"{base}/part{self._tensors}"


Rewrite = Callable[[Parts], bool]
"""Adds the parts that stand for a node; False where it is better left as it is."""
