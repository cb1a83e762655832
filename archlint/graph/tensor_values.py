"""The values of tensors that a file holds."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod

import numpy as np
import onnx
from onnx import numpy_helper

from archlint.graph.evaluate import MOST_ELEMENTS, Array

__all__ = ["array_of"]


def array_of(tensor: onnx.TensorProto) -> Array | None:
    """The elements of a small tensor that still has them; a file beside the model is not read."""
    dims = tuple(tensor.dims)
    count = prod(dims)
    if not 0 <= count <= MOST_ELEMENTS or tensor.data_location == onnx.TensorProto.EXTERNAL:
        return None
    if tensor.data_type == onnx.TensorProto.STRING:
        return None
    dtype = _NUMPY.get(tensor.data_type)
    try:
        if dtype is None or not tensor.HasField("raw_data"):
            return np.asarray(numpy_helper.to_array(tensor))
        data = tensor.raw_data
        if len(data) != count * dtype.itemsize or min(dims, default=0) < 0:
            return None
        return np.frombuffer(data, dtype).reshape(dims)
    except (KeyError, RuntimeError, TypeError, ValueError):  # also of more dims than numpy's 64
        return None


_NUMPY: Mapping[int, np.dtype[np.generic]] = {
    onnx.TensorProto.FLOAT: np.dtype("<f4"),
    onnx.TensorProto.DOUBLE: np.dtype("<f8"),
    onnx.TensorProto.FLOAT16: np.dtype("<f2"),
    onnx.TensorProto.INT32: np.dtype("<i4"),
    onnx.TensorProto.INT64: np.dtype("<i8"),
    onnx.TensorProto.BOOL: np.dtype("?"),
}
