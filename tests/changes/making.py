"""Small networks that differ in what a test says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import onnx
from onnx import helper

from archlint.changes import changes
from archlint.graph import Model, read_model
from tests.graph.making import ints, scalar, value, weight

__all__ = ["Net", "texts"]


def texts(base: Model, head: Model) -> list[str]:
    """The lines about two models."""
    return [each.text for each in changes(base, head)]


class Net:
    """A network, written layer by layer; each layer reads what the last one made."""

    def __init__(self, channels: int = 3, size: int = 32) -> None:
        self._nodes: list[onnx.NodeProto] = []
        self._weights: list[onnx.TensorProto] = []
        self._image = value("image", [1, channels, size, size])
        self.channels, self.last = channels, "image"

    def conv(
        self,
        name: str,
        out: int,
        kernel: int = 1,
        *,
        stride: int = 1,
        groups: int = 1,
        dilation: int = 1,
        padding: int | None = None,
    ) -> Net:
        """A conv of a module; maps keep their size where stride is 1."""
        dims = (out, self.channels // groups, kernel, kernel)
        stored = f"{name}.weight" if name else f"weight_{len(self._nodes)}"
        self._weights.append(weight(stored, *dims))
        side = dilation * (kernel // 2) if padding is None else padding
        self.node(
            "Conv", name, stored, strides=[stride] * 2, group=groups,
            pads=[side] * 4, dilations=[dilation] * 2, kernel_shape=[kernel] * 2,
        )  # fmt: skip
        self.channels = out
        return self

    def linear(self, name: str, out: int) -> Net:
        """A product with a weight over the channels of pooled maps."""
        self._weights.append(weight(f"{name}.weight", self.channels, out))
        self.node("Flatten", f"{name}.flatten").node("MatMul", name, f"{name}.weight")
        self.channels = out
        return self

    def node(self, op_type: str, name: str, *inputs: str, **attributes: Any) -> Net:
        """An operator of a module that reads the last one and `inputs`."""
        made = f"{name.replace('.', '_')}_{len(self._nodes)}"
        path = "/".join(["", *name.split("."), op_type]) if name else ""
        self._nodes.append(
            helper.make_node(op_type, [self.last, *inputs], [made], name=path, **attributes)
        )
        self.last = made
        return self

    def cut(self, channels: int) -> Net:
        """The first channels only."""
        self._weights += [ints("from", 0), ints("to", channels), ints("axes", 1)]
        self.channels = channels
        return self.node("Slice", "cut", "from", "to", "axes")

    def normalised(self, name: str) -> Net:
        """A batch-norm."""
        names = [f"{name}.{each}" for each in ("weight", "bias", "running_mean", "running_var")]
        self._weights += [weight(each, self.channels) for each in names]
        return self.node("BatchNormalization", name, *names)

    def relu6(self, name: str) -> Net:
        """A Clip from 0 to 6."""
        if not any(each.name == "zero" for each in self._weights):
            self._weights += [scalar("zero", 0.0), scalar("six", 6.0)]
        return self.node("Clip", name, "zero", "six")

    def block(self, name: str, width: int | None = None, **conv: int) -> Net:
        """Widen, convolve each channel by itself, narrow, and add what came in."""
        start, channels = self.last, self.channels
        wide = width or channels * 4
        self.conv(f"{name}.expand", wide).relu6(f"{name}.act1")
        self.conv(f"{name}.depthwise", wide, 3, groups=wide, **conv).relu6(f"{name}.act2")
        self.conv(f"{name}.project", channels)
        return self.node("Add", f"{name}.add", start)

    def model(self) -> Model:
        """The network, read."""
        output = value(self.last, None)
        graph = helper.make_graph(
            self._nodes, "net", [self._image], [output], initializer=self._weights
        )
        opset = [helper.make_opsetid("", 17)]
        return read_model(helper.make_model(graph, opset_imports=opset))

    def of(self, names: Sequence[str]) -> Net:
        """Several blocks."""
        for name in names:
            self.block(name)
        return self
