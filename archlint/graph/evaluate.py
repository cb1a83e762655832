"""Arithmetic on shapes: the small constant tensors from which exporters compute sizes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import onnx

__all__ = ["MOST_ELEMENTS", "evaluate"]

MOST_ELEMENTS = 128

Array = npt.NDArray[np.generic]
Attributes = Mapping[str, onnx.AttributeProto]
_Function = Callable[[Sequence[Array], Attributes], Array]

_CASTS: Mapping[int, type[np.generic]] = {
    onnx.TensorProto.FLOAT: np.float32,
    onnx.TensorProto.DOUBLE: np.float64,
    onnx.TensorProto.INT32: np.int32,
    onnx.TensorProto.INT64: np.int64,
    onnx.TensorProto.BOOL: np.bool_,
}


def evaluate(node: onnx.NodeProto, inputs: Sequence[Array]) -> Array | None:
    """The first output of a node on small arrays, None where it is not one of these operators.

    Faults of the node (an index out of range, a division by zero) give None as well.
    """
    function = _FUNCTIONS.get(node.op_type)
    if function is None or not inputs:
        return None
    try:
        with np.errstate(all="raise"):
            result = np.asarray(function(inputs, {each.name: each for each in node.attribute}))
    except (ArithmeticError, IndexError, KeyError, TypeError, ValueError):
        return None
    return result if result.size <= MOST_ELEMENTS else None


def _cast(inputs: Sequence[Array], attributes: Attributes) -> Array:
    return inputs[0].astype(_CASTS[attributes["to"].i])


def _gather(inputs: Sequence[Array], attributes: Attributes) -> Array:
    return np.take(inputs[0], inputs[1].astype(np.int64), axis=_axis(attributes))


def _concat(inputs: Sequence[Array], attributes: Attributes) -> Array:
    return np.concatenate(inputs, axis=_axis(attributes))


def _slice(inputs: Sequence[Array], attributes: Attributes) -> Array:
    data = inputs[0]
    if len(inputs) > 1:
        starts, ends = _ints(inputs[1]), _ints(inputs[2])
        axes: Sequence[int] = _ints(inputs[3]) if len(inputs) > 3 else range(len(starts))
        steps = _ints(inputs[4]) if len(inputs) > 4 else [1] * len(starts)
    else:
        starts, ends = list(attributes["starts"].ints), list(attributes["ends"].ints)
        axes = list(attributes["axes"].ints) if "axes" in attributes else range(len(starts))
        steps = [1] * len(starts)
    index = [slice(None)] * data.ndim
    for start, end, axis, step in zip(starts, ends, axes, steps, strict=True):
        last = None if step < 0 and end < -data.shape[axis] else end
        index[axis] = slice(start, last, step)
    return data[tuple(index)]


def _squeeze(inputs: Sequence[Array], attributes: Attributes) -> Array:
    axes = _axes(inputs, attributes)
    return np.squeeze(inputs[0], axis=None if axes is None else tuple(axes))


def _unsqueeze(inputs: Sequence[Array], attributes: Attributes) -> Array:
    axes = _axes(inputs, attributes)
    return inputs[0] if axes is None else np.expand_dims(inputs[0], tuple(axes))


def _reshape(inputs: Sequence[Array], _: Attributes) -> Array:
    return inputs[0].reshape(_ints(inputs[1]))


def _transpose(inputs: Sequence[Array], attributes: Attributes) -> Array:
    perm = list(attributes["perm"].ints) if "perm" in attributes else None
    return np.transpose(inputs[0], perm)


def _expand(inputs: Sequence[Array], _: Attributes) -> Array:
    return inputs[0] * np.ones(_few(inputs[1]), inputs[0].dtype)


def _constant_of_shape(inputs: Sequence[Array], attributes: Attributes) -> Array:
    shape = _few(inputs[0])
    if "value" not in attributes:
        return np.zeros(shape, np.float32)
    return np.full(shape, onnx.numpy_helper.to_array(attributes["value"].t).ravel()[0])


def _range(inputs: Sequence[Array], _: Attributes) -> Array:
    start, limit, delta = (each.ravel()[0].item() for each in inputs)
    if abs((limit - start) / delta) > MOST_ELEMENTS:
        raise ValueError("a long range")
    return np.asarray(np.arange(start, limit, delta), inputs[0].dtype)


def _divide(inputs: Sequence[Array], _: Attributes) -> Array:
    a, b = inputs
    quotient = np.asarray(np.true_divide(a, b))
    return np.trunc(quotient).astype(a.dtype) if np.issubdtype(a.dtype, np.integer) else quotient


def _modulo(inputs: Sequence[Array], attributes: Attributes) -> Array:
    truncates = "fmod" in attributes and attributes["fmod"].i
    return np.asarray((np.fmod if truncates else np.mod)(*inputs))


def _reduce(function: Callable[..., Array]) -> _Function:
    def reduce(inputs: Sequence[Array], attributes: Attributes) -> Array:
        axes = _axes(inputs, attributes)
        keeps = attributes["keepdims"].i if "keepdims" in attributes else 1
        return function(inputs[0], axis=None if axes is None else tuple(axes), keepdims=bool(keeps))

    return reduce


def _plain(function: Callable[..., Array]) -> _Function:
    def call(inputs: Sequence[Array], _: Attributes) -> Array:
        return function(*inputs)

    return call


def _axis(attributes: Attributes) -> int:
    return attributes["axis"].i if "axis" in attributes else 0


def _axes(inputs: Sequence[Array], attributes: Attributes) -> list[int] | None:
    """Axes are an input from opset 13 on, an attribute before."""
    if len(inputs) > 1:
        return _ints(inputs[1])
    return list(attributes["axes"].ints) if "axes" in attributes else None


def _ints(array: Array) -> list[int]:
    return [int(each) for each in array.ravel().tolist()]


def _few(shape: Array) -> list[int]:
    dims = _ints(shape)
    if np.prod(dims, dtype=np.float64) > MOST_ELEMENTS:
        raise ValueError("a large shape")
    return dims


_FUNCTIONS: Mapping[str, _Function] = {
    "Abs": _plain(np.abs),
    "Add": _plain(np.add),
    "And": _plain(np.logical_and),
    "Cast": _cast,
    "Ceil": _plain(np.ceil),
    "Concat": _concat,
    "ConstantOfShape": _constant_of_shape,
    "Div": _divide,
    "Equal": _plain(np.equal),
    "Expand": _expand,
    "Floor": _plain(np.floor),
    "Gather": _gather,
    "Greater": _plain(np.greater),
    "GreaterOrEqual": _plain(np.greater_equal),
    "Identity": _plain(np.asarray),
    "Less": _plain(np.less),
    "LessOrEqual": _plain(np.less_equal),
    "Max": _plain(np.maximum),
    "Min": _plain(np.minimum),
    "Mod": _modulo,
    "Mul": _plain(np.multiply),
    "Neg": _plain(np.negative),
    "Not": _plain(np.logical_not),
    "Or": _plain(np.logical_or),
    "Range": _range,
    "ReduceMax": _reduce(np.max),
    "ReduceMin": _reduce(np.min),
    "ReduceProd": _reduce(np.prod),
    "ReduceSum": _reduce(np.sum),
    "Reshape": _reshape,
    "Slice": _slice,
    "Sqrt": _plain(np.sqrt),
    "Squeeze": _squeeze,
    "Sub": _plain(np.subtract),
    "Transpose": _transpose,
    "Unsqueeze": _unsqueeze,
    "Where": _plain(np.where),
}
