"""The types of outputs of operators of opset 1 to 5, for which ONNX has no shape functions.

As ONNX's operator specification has them (Operators and Changelog, versions 1 to 6).  Where a
later version differs by its attributes alone, its own function is asked with these in the later
form.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import floor

import numpy as np
import numpy.typing as npt
import onnx
from onnx import defs, helper

from archlint.graph.shapes import DTYPE_NUMBERS, TensorType

__all__ = ["as_later", "like_first_input"]

Array = npt.NDArray[np.generic]
Attributes = Mapping[str, onnx.AttributeProto]

_LIKE_FIRST = frozenset(
    """
Abs Add BatchNormalization Ceil Clip Div Dropout Elu Exp Floor GroupNormalization HardSigmoid
InstanceNormalization LeakyRelu Log Max Mean Min Mul Neg PRelu Reciprocal Relu Selu Sigmoid Sqrt
Sub Sum Tanh
""".split()
)
"""Before opset 7 an operand is at most broadcast to the first input, never the other way.

Of GroupNormalization ONNX has but the definition, whose Reshapes lose the sizes.
"""


def like_first_input(op_type: str, opset: int) -> bool:
    """Whether an operator of this opset gives what is like its first input, and ONNX cannot say."""
    return op_type in _LIKE_FIRST and _is_unknown(op_type, opset)


def as_later(
    node: onnx.NodeProto, opset: int, types: Mapping[str, TensorType]
) -> tuple[onnx.NodeProto, int, dict[str, Array]] | None:
    """The node in a later opset's form, that opset, and values of inputs that it has beside.

    None where the node's own opset says its types, or where there is no such form.
    """
    later = _LATER.get(node.op_type)
    if later is None or not _is_unknown(node.op_type, opset):
        return None
    copy = onnx.NodeProto(op_type=node.op_type, input=node.input, output=node.output)
    values = later[1](copy, {each.name: each for each in node.attribute}, types)
    return None if values is None else (copy, later[0], values)


def _is_unknown(op_type: str, opset: int) -> bool:
    try:
        return not defs.get_schema(op_type, opset, "").has_type_and_shape_inference_function
    except defs.SchemaError:
        return False


def _put(node: onnx.NodeProto, attributes: Attributes, names: str) -> None:
    node.attribute.extend(attributes[name] for name in names.split() if name in attributes)


def _cast(
    node: onnx.NodeProto, attributes: Attributes, _: Mapping[str, TensorType]
) -> dict[str, Array] | None:
    """`to` was the name of a type."""
    to = attributes["to"].s.decode("utf-8", "replace") if "to" in attributes else ""
    wanted = DTYPE_NUMBERS.get(to.lower())
    if wanted is None:
        return None
    node.attribute.append(helper.make_attribute("to", wanted))
    return {}


def _concat(
    node: onnx.NodeProto, attributes: Attributes, _: Mapping[str, TensorType]
) -> dict[str, Array]:
    """`axis` was 1 unless given."""
    axis = attributes["axis"].i if "axis" in attributes else 1
    node.attribute.append(helper.make_attribute("axis", axis))
    return {}


def _gemm(
    node: onnx.NodeProto, attributes: Attributes, _: Mapping[str, TensorType]
) -> dict[str, Array]:
    _put(node, attributes, "alpha beta transA transB")
    return {}


def _pool(
    node: onnx.NodeProto, attributes: Attributes, _: Mapping[str, TensorType]
) -> dict[str, Array]:
    _put(node, attributes, "auto_pad kernel_shape pads strides")
    return {}


def _as_it_is(_: onnx.NodeProto, __: Attributes, ___: Mapping[str, TensorType]) -> dict[str, Array]:
    return {}


def _pad(
    node: onnx.NodeProto, attributes: Attributes, _: Mapping[str, TensorType]
) -> dict[str, Array]:
    """`pads` was called `paddings`."""
    if "paddings" in attributes:
        node.attribute.append(helper.make_attribute("pads", list(attributes["paddings"].ints)))
    return {}


def _reshape(
    node: onnx.NodeProto, attributes: Attributes, _: Mapping[str, TensorType]
) -> dict[str, Array]:
    """The shape was an attribute."""
    name = f"{node.output[0]}/shape"
    shape = list(attributes["shape"].ints) if "shape" in attributes else []
    node.input.append(name)
    return {name: np.asarray(shape, np.int64)}


def _split(
    node: onnx.NodeProto, attributes: Attributes, _: Mapping[str, TensorType]
) -> dict[str, Array] | None:
    """Not of sizes that come as a second input: opset 2 has no such form."""
    if len(node.input) > 1:
        return None
    _put(node, attributes, "axis split")
    return {}


def _upsample(
    node: onnx.NodeProto, attributes: Attributes, types: Mapping[str, TensorType]
) -> dict[str, Array] | None:
    """Two scales, of height and width, and images only; the later form is ONNX 7's."""
    known = types.get(node.input[0])
    if known is None or known.shape is None or len(known.shape) != 4:
        return None
    scales = [1.0, 1.0]
    for name in ("height_scale", "width_scale"):
        if name not in attributes:
            return None
        scales.append(attributes[name].f)
    if any(floor(scale) < 1 for scale in scales):
        return None
    node.attribute.append(helper.make_attribute("scales", scales))
    return {}


def _recurrent(
    node: onnx.NodeProto, attributes: Attributes, _: Mapping[str, TensorType]
) -> dict[str, Array]:
    _put(node, attributes, "direction hidden_size")
    return {}


_Later = Callable[[onnx.NodeProto, Attributes, Mapping[str, TensorType]], "dict[str, Array] | None"]
_LATER: Mapping[str, tuple[int, _Later]] = {
    "Cast": (6, _cast),
    "Concat": (4, _concat),
    "GRU": (7, _recurrent),
    "Gemm": (7, _gemm),
    "GlobalLpPool": (2, _as_it_is),
    "LpPool": (2, _pool),
    "Pad": (2, _pad),
    "Reshape": (5, _reshape),
    "Split": (2, _split),
    "Upsample": (7, _upsample),
}
"""The opset whose form is asked, and what makes it."""
