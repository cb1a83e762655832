"""A model, built operator by operator."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import onnx
from onnx import TensorProto, helper

from archlint.graph import Model, read_model

__all__ = ["Net"]


class Net:
    """Each method adds an operator and returns the name of the tensor that it makes.

    A weight is called `<name>.weight`, so that its operator has this name as its module path;
    weights have no values.  Maps are batch x channels x height x width.
    """

    def __init__(self, dtype: int = TensorProto.FLOAT) -> None:
        self._dtype = dtype
        self._nodes: list[onnx.NodeProto] = []
        self._inputs: list[onnx.ValueInfoProto] = []
        self._weights: list[onnx.TensorProto] = []
        self._channels: dict[str, int] = {}

    def input(self, *shape: int, name: str = "x") -> str:
        """An input of the model."""
        self._inputs.append(helper.make_tensor_value_info(name, self._dtype, list(shape)))
        self._channels[name] = shape[1] if len(shape) > 1 else 0
        return name

    def conv(
        self,
        x: str,
        c_out: int,
        kernel: int = 1,
        *,
        stride: int = 1,
        groups: int = 1,
        name: str = "",
    ) -> str:
        """A conv of a square window, padded so that stride 1 keeps the map."""
        name = name or self._next("conv")
        weight = self.weight(f"{name}.weight", c_out, self._channels[x] // groups, kernel, kernel)
        y = self.op(
            "Conv", x, weight, name=name,
            group=groups, strides=[stride] * 2, pads=[kernel // 2] * 4,
        )  # fmt: skip
        self._channels[y] = c_out
        return y

    def depthwise(self, x: str, *, stride: int = 1, name: str = "") -> str:
        """A 3x3 conv of each channel."""
        channels = self._channels[x]
        return self.conv(x, channels, 3, stride=stride, groups=channels, name=name)

    def dense(self, x: str, rows: int, columns: int, name: str = "") -> str:
        """A MatMul with a weight of `rows` x `columns`."""
        name = name or self._next("fc")
        y = self.op("MatMul", x, self.weight(f"{name}.weight", rows, columns), name=name)
        self._channels[y] = columns
        return y

    def norm(self, x: str) -> str:
        """A BatchNormalization."""
        name = self._next("bn")
        channels = self._channels[x]
        weights = [self.weight(f"{name}.{n}", channels) for n in range(4)]
        return self.op("BatchNormalization", x, *weights, name=name)

    def shuffle(self, x: str, shape: Sequence[int], groups: int) -> str:
        """The channel shuffle of a map of this shape: two Reshapes around a Transpose."""
        batch, channels, height, width = shape
        split = self.op(
            "Reshape", x, self.constant([batch, groups, channels // groups, height, width])
        )
        mixed = self.op("Transpose", split, perm=[0, 2, 1, 3, 4])
        y = self.op("Reshape", mixed, self.constant(list(shape)))
        self._channels[y] = channels
        return y

    def concat(self, *xs: str) -> str:
        """A Concat of channels."""
        y = self.op("Concat", *xs, axis=1)
        self._channels[y] = sum(self._channels[x] for x in xs)
        return y

    def split(self, x: str, *widths: int, name: str = "") -> tuple[str, ...]:
        """A Split of channels; the names of its parts."""
        name = name or self._next("split")
        parts = tuple(f"{name}.{at}" for at in range(len(widths)))
        self._nodes.append(
            helper.make_node("Split", [x, self.constant(widths)], parts, name=name, axis=1)
        )
        self._channels |= dict(zip(parts, widths, strict=True))
        return parts

    def op(
        self,
        op_type: str,
        *inputs: str,
        name: str = "",
        domain: str = "",
        **attributes: Any,
    ) -> str:
        """Any operator with one output; its channels are those of its first input."""
        name = name or self._next(op_type.lower())
        self._nodes.append(
            helper.make_node(op_type, inputs, [name], name=name, domain=domain, **attributes)
        )
        self._channels[name] = self._channels.get(inputs[0], 0)
        return name

    def weight(self, name: str, *dims: int) -> str:
        """An initializer of this shape."""
        self._weights.append(TensorProto(name=name, dims=dims, data_type=self._dtype))
        return name

    def constant(self, values: Sequence[int] | Sequence[float] | int | float) -> str:
        """An initializer of these integers (a shape, axes, splits) or floats (scales, a power)."""
        name = self._next("shape")
        listed = values if isinstance(values, Sequence) else [values]
        dims = [len(values)] if isinstance(values, Sequence) else []
        is_whole = all(isinstance(each, int) for each in listed)
        dtype = TensorProto.INT64 if is_whole else self._dtype
        self._weights.append(helper.make_tensor(name, dtype, dims, listed))
        return name

    def proto(self, *outputs: str) -> onnx.ModelProto:
        """The model with these outputs; with none named, those that no operator reads."""
        if not outputs:
            read = {name for node in self._nodes for name in node.input}
            outputs = tuple(n.output[0] for n in self._nodes if n.output[0] not in read)
        infos = [helper.make_tensor_value_info(name, self._dtype, None) for name in outputs]
        graph = helper.make_graph(self._nodes, "net", self._inputs, infos, self._weights)
        opsets = [helper.make_opsetid("", 17), helper.make_opsetid("custom", 1)]
        # of a version that older runtimes read too
        return helper.make_model(graph, opset_imports=opsets, ir_version=10)

    def model(self, *outputs: str) -> Model:
        """The graph of `proto`."""
        return read_model(self.proto(*outputs))

    def _next(self, stem: str) -> str:
        return f"{stem}_{len(self._nodes)}_{len(self._weights)}"
