"""Of which type the elements are that a kernel's node reads and writes."""

from __future__ import annotations

from archlint.cost.kernels.kernel import SIGNED, Kernel
from archlint.cost.kernels.ops import RESHAPES
from archlint.graph.operator_table import facts_of
from archlint.measure.onnxruntime.quantised import QUANTISED

__all__ = ["feeds", "type_read"]

_OF_BYTES = RESHAPES | {"Transpose", "Gather", "Expand", "Pad"}
"""What has the same node for floats and for bytes."""

_GIVES_INTEGERS = frozenset({
    "ArgMax", "ArgMin", "Cast", "ConvInteger", "DynamicQuantizeLinear", "MatMulInteger",
    "NonMaxSuppression", "NonZero", "Range",
})  # fmt: skip
"""What never writes floats."""


def feeds(writer: Kernel, reader: Kernel) -> bool:
    """Whether what one kernel writes is of the type that the other reads first."""
    if facts_of(writer.op).gives_truth or writer.op in _GIVES_INTEGERS:
        return False
    return _written(writer) == type_read(reader)


def type_read(kernel: Kernel) -> str:
    """The type of a kernel's first input."""
    if kernel.op == "QuantizeLinear":
        return "float"
    return "uint8" if kernel.op == "DequantizeLinear" else _written(kernel)


def _written(kernel: Kernel) -> str:
    """The type of what a kernel writes: one byte an element where that is no truth value."""
    if kernel.itemsize != 1 or (kernel.op not in QUANTISED and kernel.op not in _OF_BYTES):
        return "float"
    return "int8" if kernel.path.startswith(SIGNED) else "uint8"
