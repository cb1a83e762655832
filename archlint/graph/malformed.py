"""What is wrong with an operator that no runtime could run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from math import prod

from archlint.graph.equation import equation_fault
from archlint.graph.operator import Attribute, Tensor
from archlint.graph.operator_facts import Work
from archlint.graph.operator_table import operators_that
from archlint.graph.schema import least_inputs, most_inputs

__all__ = ["fault_of", "reshape_fault"]

_MOST_SHOWN = 16  # dims; a file may have thousands
_CAPTURING = operators_that(Work.CONTROL)
"""What reads the outer tensors of its subgraphs as well."""

Inputs = Sequence[Tensor | None]
Attributes = Mapping[str, Attribute]

_REQUIRED: Mapping[str, int] = {
    "Add": 2, "BatchNormalization": 5, "Conv": 2, "ConvTranspose": 2, "Div": 2, "Gather": 2,
    "Gemm": 2, "LayerNormalization": 2, "MatMul": 2, "Mul": 2, "PRelu": 2, "Pow": 2, "Reshape": 1,
    "Sub": 2, "Where": 3,
    "AveragePool": 1, "Clip": 1, "Flatten": 1, "GlobalAveragePool": 1, "MaxPool": 1, "Relu": 1,
    "Sigmoid": 1, "Softmax": 1, "Tanh": 1, "Transpose": 1,
}  # fmt: skip


def fault_of(op_type: str, opset: int, inputs: Inputs, attributes: Attributes, outputs: int) -> str:
    """The first fault of an operator of the ONNX domain, in a few words, or "".

    `outputs` is how many it has.
    """
    least = least_inputs(op_type, opset)
    if len(inputs) < least:
        return _missing(len(inputs), least)
    if len(inputs) > most_inputs(op_type, opset) and op_type not in _CAPTURING:
        return f"{len(inputs)} inputs, where ONNX has {most_inputs(op_type, opset)} at the most"
    told = attributes.get("num_outputs", outputs) if op_type == "Split" else outputs
    if told != outputs:
        return f"num_outputs {told} for {outputs} output{'s' * (outputs != 1)}"
    if op_type == "Einsum":
        return equation_fault(str(attributes.get("equation", "")))
    required = _REQUIRED.get(op_type)
    if required is None:
        return ""
    if len(inputs) < required or None in inputs[:required]:
        present = sum(each is not None for each in inputs[:required])
        return _missing(present, required)
    check = _CHECKS.get(op_type)
    return check(inputs, attributes) if check else ""


def _missing(present: int, required: int) -> str:
    return f"{present} of {required} required input{'s' * (required > 1)}"


def reshape_fault(inputs: Inputs, attributes: Attributes) -> str:
    """Why a Reshape to a constant shape cannot take its input, or ""."""
    data = inputs[0].shape if inputs and inputs[0] else None
    target: Sequence[float] | None = None
    if len(inputs) > 1 and inputs[1] is not None:
        target = inputs[1].values
    elif isinstance(attributes.get("shape"), tuple):
        target = _ints(attributes.get("shape"))
    if data is None or target is None:
        return ""
    zero_copies = not attributes.get("allowzero")
    dims = [
        data[axis] if dim == 0 and zero_copies and axis < len(data) else int(dim)
        for axis, dim in enumerate(target)
    ]
    known = prod(dim for dim in dims if dim != -1)
    count = prod(data)
    open_dims = dims.count(-1)
    fits = count == known if not open_dims else known == 0 or count % known == 0
    if open_dims < 2 and fits:
        return ""
    return f"reshapes {_shape(data)} to {_shape(int(dim) for dim in target)}"


def _conv_fault(inputs: Inputs, attributes: Attributes) -> str:
    data, weight = _shapes(inputs)
    groups = attributes.get("group", 1)
    if not isinstance(groups, int) or groups < 1:
        return f"group is {groups}"
    if weight is None:
        return ""
    if len(weight) < 3:
        return f"its weight has {len(weight)} dims"
    kernel = _ints(attributes.get("kernel_shape"))
    if kernel and kernel != weight[2:]:
        return f"kernel_shape is {_shape(kernel)}, but its weight is {_shape(weight)}"
    if any(dim < 1 for dim in weight):
        return f"its weight is {_shape(weight)}"
    if any(stride < 1 for stride in _ints(attributes.get("strides"))):
        return f"strides are {_shape(_ints(attributes.get('strides')))}"
    if weight[0] % groups:
        return f"{weight[0]} output channels in {groups} groups"
    if data is None:
        return ""
    if len(data) != len(weight):
        return f"its input has {len(data)} dims, its weight {len(weight)}"
    if data[1] != weight[1] * groups:
        return f"{data[1]} input channels, but its weight takes {weight[1] * groups}"
    return ""


def _conv_transpose_fault(inputs: Inputs, attributes: Attributes) -> str:
    data, weight = _shapes(inputs)
    groups = attributes.get("group", 1)
    if not isinstance(groups, int) or groups < 1:
        return f"group is {groups}"
    if weight is None:
        return ""
    if len(weight) < 3:
        return f"its weight has {len(weight)} dims"
    if weight[0] % groups:
        return f"{weight[0]} input channels in {groups} groups"
    if data is not None and (len(data) != len(weight) or data[1] != weight[0]):
        return f"its input is {_shape(data)}, its weight {_shape(weight)}"
    return ""


def _gemm_fault(inputs: Inputs, attributes: Attributes) -> str:
    a, b = _shapes(inputs)
    if a is None or b is None:
        return ""
    if len(a) != 2 or len(b) != 2:
        return f"its operands have {len(a)} and {len(b)} dims"
    summed = a[0 if attributes.get("transA") else 1], b[1 if attributes.get("transB") else 0]
    return "" if summed[0] == summed[1] else f"sums over {summed[0]} and {summed[1]}"


def _matmul_fault(inputs: Inputs, _: Attributes) -> str:
    a, b = _shapes(inputs)
    if a is None or b is None:
        return ""
    if not a or not b:
        return "an operand is a scalar"
    summed = a[-1], b[-2] if len(b) > 1 else b[0]
    if summed[0] != summed[1]:
        return f"sums over {summed[0]} and {summed[1]}"
    return _broadcast_fault(a[:-2], b[:-2])


def _transpose_fault(inputs: Inputs, attributes: Attributes) -> str:
    data = inputs[0].shape if inputs[0] is not None else None
    order = attributes.get("perm")
    if data is None or order is None or sorted(_ints(order)) == list(range(len(data))):
        return ""
    return f"permutes {len(data)} dims by {_ints(order)}"


def _elementwise_fault(inputs: Inputs, attributes: Attributes) -> str:
    a, b = _shapes(inputs)
    if a is None or b is None or attributes.get("broadcast"):
        return ""
    return _broadcast_fault(a, b)


def _broadcast_fault(a: tuple[int, ...], b: tuple[int, ...]) -> str:
    for one, other in zip(reversed(a), reversed(b), strict=False):
        if one != other and 1 not in (one, other):
            return f"{_shape(a)} and {_shape(b)} do not broadcast"
    return ""


def _shapes(inputs: Inputs) -> tuple[tuple[int, ...] | None, tuple[int, ...] | None]:
    first, second = inputs[0], inputs[1]
    return first.shape if first else None, second.shape if second else None


def _ints(value: Attribute) -> tuple[int, ...]:
    return tuple(int(each) for each in value) if isinstance(value, tuple) else ()


def _shape(dims: Iterable[int]) -> str:
    first = [str(dim) for dim in islice(dims, _MOST_SHOWN + 1)]
    if len(first) > _MOST_SHOWN:
        first[-1] = "..."
    return "x".join(first) or "a scalar"


_CHECKS: Mapping[str, Callable[[Inputs, Attributes], str]] = {
    "Add": _elementwise_fault,
    "Conv": _conv_fault,
    "ConvTranspose": _conv_transpose_fault,
    "Div": _elementwise_fault,
    "Gemm": _gemm_fault,
    "MatMul": _matmul_fault,
    "Mul": _elementwise_fault,
    "Reshape": reshape_fault,
    "Sub": _elementwise_fault,
    "Transpose": _transpose_fault,
}
