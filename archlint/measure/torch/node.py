"""An ONNX node with the tensors that it reads, as the makers of torch's functions see it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import onnx
import torch
from onnx import helper, numpy_helper

__all__ = ["Bound", "Node", "to_torch"]


@dataclass(frozen=True, slots=True)
class Bound:
    """A function of some of the node's inputs; the others it holds as Python values."""

    run: Callable[..., Any]
    reads: tuple[int, ...] = (0,)


class Node:
    """One node: its attributes, and examples of its inputs (None where one is left out)."""

    def __init__(
        self,
        proto: onnx.NodeProto,
        inputs: Sequence[torch.Tensor | None],
        constant: Sequence[bool],
        opset: int,
        packed: Callable[[torch.Tensor], torch.Tensor],
        dtype: torch.dtype,
    ) -> None:
        self.op: str = proto.op_type
        self.opset: int = opset
        self.packed: Callable[[torch.Tensor], torch.Tensor] = packed
        self.dtype: torch.dtype = dtype
        self.outputs: int = len(proto.output)
        self.inputs: Sequence[torch.Tensor | None] = inputs
        self.constant: Sequence[bool] = constant
        self._attributes = {each.name: each for each in proto.attribute}

    def __getitem__(self, at: int) -> torch.Tensor:
        """The input at this place, which has to be there."""
        tensor = self.get(at)
        if tensor is None:
            raise ValueError(f"{self.op}: no input {at}")
        return tensor

    def get(self, at: int) -> torch.Tensor | None:
        """The input at this place, or None."""
        return self.inputs[at] if at < len(self.inputs) else None

    def attribute(self, name: str, default: Any = None) -> Any:
        """An attribute's value; strings are text."""
        if name not in self._attributes:
            return default
        value = helper.get_attribute_value(self._attributes[name])
        return value.decode() if isinstance(value, bytes) else value

    def ints(self, at: int, name: str) -> list[int] | None:
        """Whole numbers that newer opsets have as an input and older ones as an attribute."""
        tensor = self.get(at)
        if tensor is not None:
            return [int(each) for each in tensor.flatten().tolist()]
        value = self.attribute(name)
        return None if value is None else [int(each) for each in value]

    def number(self, at: int, name: str) -> float | None:
        """One number that is an input or an attribute."""
        tensor = self.get(at)
        value = self.attribute(name) if tensor is None else tensor.item()
        return None if value is None else float(value)

    def present(self) -> tuple[int, ...]:
        """The places of the inputs that are there."""
        return tuple(at for at, each in enumerate(self.inputs) if each is not None)


def to_torch(tensor: onnx.TensorProto, device: str, dtype: torch.dtype) -> torch.Tensor:
    """An ONNX tensor on the device; 32-bit floats in the target's dtype."""
    array = numpy_helper.to_array(tensor)
    if tensor.data_type in (onnx.TensorProto.BFLOAT16, onnx.TensorProto.FLOAT16):
        array = array.astype("float32")
    made = torch.from_numpy(array.copy()).to(device)
    return made.to(dtype) if made.dtype == torch.float32 else made
