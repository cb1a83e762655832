"""Operators and tensors: what the graph is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import prod
from types import MappingProxyType

from archlint.graph.origin import Origin

__all__ = ["NO_TENSOR", "Attribute", "Operator", "Tensor"]

Attribute = int | float | str | tuple[int, ...] | tuple[float, ...] | tuple[str, ...] | None

_NO_ATTRIBUTES: Mapping[str, Attribute] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Tensor:
    """A value between operators, or a weight.

    `shape` is None where shape inference stopped; dims are then unknown as a whole, for a
    cost needs all of them.  `dtype` is the ONNX name in lower case ("float", "int64"), ""
    where unknown.  `constant` marks initializers and what only depends on them; `values` are
    the elements of a small one (shapes, axes, scalars), flattened.  `quantised` marks a constant
    behind a DequantizeLinear; its dtype is the one in which it is stored ("int8").
    """

    name: str
    shape: tuple[int, ...] | None
    dtype: str
    constant: bool = False
    values: tuple[float, ...] | None = None
    quantised: bool = False
    elements: int | None = field(init=False, repr=False, compare=False)
    """How many elements, or None without a shape."""

    def __post_init__(self) -> None:
        # asked for many times more often than made
        object.__setattr__(self, "elements", None if self.shape is None else prod(self.shape))

    @property
    def bytes(self) -> int | None:
        """How many bytes, or None without a shape; an unknown dtype counts 4 bytes."""
        elements = self.elements
        return None if elements is None else elements * _BITS.get(self.dtype, 32) // 8


_BITS: Mapping[str, int] = {
    "float": 32, "double": 64, "float16": 16, "bfloat16": 16,
    "int8": 8, "uint8": 8, "int16": 16, "uint16": 16, "int32": 32, "uint32": 32,
    "int64": 64, "uint64": 64, "bool": 8, "complex64": 64, "complex128": 128,
    "int2": 2, "uint2": 2, "int4": 4, "uint4": 4, "float8e4m3fn": 8, "float8e4m3fnuz": 8,
    "float8e5m2": 8, "float8e5m2fnuz": 8,
}  # fmt: skip


NO_TENSOR = Tensor("", None, "")
"""What stands for a tensor that is not there."""


@dataclass(frozen=True, slots=True)
class Operator:
    """One ONNX node with what its cost depends on.

    `index` is its place in topological order and its key in the networkx graph.  `flops`
    counts a multiply-add as 2; `mac` is the memory access cost in bytes: activations read
    and written, and weights.  Both are None without shapes.  `weight` is the constant
    operand of a conv or product, `module` the dotted module path ("layer1.0.conv2") or "".
    `malformed` says what is wrong with an operator that no runtime could run, else "".
    `repeats` is how often it runs in one run of the model; `flops` and `mac` are of one time.
    `origin` is what the exporter says of its source, None unless the reader was asked for it.
    """

    index: int
    name: str
    op_type: str
    domain: str
    inputs: tuple[Tensor | None, ...]
    outputs: tuple[Tensor, ...]
    attributes: Mapping[str, Attribute] = field(default_factory=lambda: _NO_ATTRIBUTES)
    module: str = ""
    module_class: str = ""
    weight: Tensor | None = None
    flops: int | None = None
    mac: int | None = None
    malformed: str = ""
    repeats: int = 1
    origin: Origin | None = None
    activations: tuple[Tensor, ...] = field(init=False, repr=False, compare=False)
    """The inputs that are computed at run time."""

    def __post_init__(self) -> None:
        computed = tuple([each for each in self.inputs if each is not None and not each.constant])
        object.__setattr__(self, "activations", computed)

    @property
    def output(self) -> Tensor:
        """The first output; one without a shape where a malformed operator has none."""
        return self.outputs[0] if self.outputs else NO_TENSOR

    @property
    def groups(self) -> int:
        """A convolution's `group` attribute, 1 for everything else."""
        value = self.attributes.get("group", 1)
        return value if isinstance(value, int) else 1
