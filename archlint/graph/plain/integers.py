"""Operators on integers with a scale, as what they compute between de- and requantisation."""

from __future__ import annotations

from collections.abc import Mapping

from onnx import TensorProto, helper

from archlint.graph.plain.parts import (
    CONV,
    ON_INTEGERS,
    POOL,
    TO_FIRST,
    TO_LAST,
    Parts,
    Rewrite,
)

__all__ = ["OF_MICROSOFT", "OF_ONNX"]


def _float(parts: Parts, index: int, axis: int = 1, *, first: bool = False) -> str:
    """The input at `index`, whose scale and zero point follow it, in float.

    `first` brings its channels to the front before: what moves elements moves bytes.
    """
    source, *scale = (parts.input(each) for each in range(index, index + 3))
    if first:
        source = parts.add("Transpose", [source], attributes={"perm": TO_FIRST})
    return parts.add("DequantizeLinear", [source, *scale], attributes={"axis": axis})


def _quantised(parts: Parts, source: str, index: int, *, last: bool = False) -> None:
    """Make the node's output with the scale and zero point at `index`; `last` as `first`."""
    inputs = [source, parts.input(index), parts.input(index + 1)]
    made = parts.add("QuantizeLinear", inputs, [] if last else [parts.output()])
    if last:
        parts.add("Transpose", [made], [parts.output()], attributes={"perm": TO_LAST})


def _conv(parts: Parts) -> bool:
    last = bool(parts.integer("channels_last"))
    data, weight = _float(parts, 0, first=last), _float(parts, 3, axis=0)
    found = parts.add("Conv", [data, weight, parts.input(8)], keep=CONV)
    _quantised(parts, found, 6, last=last)
    return True


def _matmul(parts: Parts) -> bool:
    _quantised(parts, parts.add("MatMul", [_float(parts, 0), _float(parts, 3)]), 6)
    return True


def _gemm(parts: Parts) -> bool:
    keep = ("alpha", "transA", "transB")
    inputs = [_float(parts, 0), _float(parts, 3), parts.input(6)]
    if parts.input(7):
        _quantised(parts, parts.add("Gemm", inputs, keep=keep), 7)
    else:
        parts.add("Gemm", inputs, [parts.output()], keep=keep)
    return True


def _binary(op_type: str) -> Rewrite:
    def rewrite(parts: Parts) -> bool:
        _quantised(parts, parts.add(op_type, [_float(parts, 0), _float(parts, 3)]), 6)
        return True

    return rewrite


def _unary(op_type: str, *keep: str) -> Rewrite:
    """One input; with channels_last, the channels come last."""

    def rewrite(parts: Parts) -> bool:
        last = bool(parts.integer("channels_last"))
        found = parts.add(op_type, [_float(parts, 0, first=last)], keep=keep)
        _quantised(parts, found, 3, last=last)
        return True

    return rewrite


def _pool_of_integers(parts: Parts) -> bool:
    """The greatest integer stands for the greatest number: no scale, and channels last."""
    data = parts.add("Transpose", [parts.input(0)], attributes={"perm": TO_FIRST})
    found = parts.add("MaxPool", [data], keep=POOL)
    parts.add("Transpose", [found], [parts.output()], attributes={"perm": TO_LAST})
    return True


def _concat(parts: Parts) -> bool:
    """Scale and zero point of the result come first, then three inputs for each tensor."""
    sources = [_float(parts, index) for index in range(2, len(parts.node.input), 3)]
    _quantised(parts, parts.add("Concat", sources, keep=("axis",)), 0)
    return True


def _renamed(op_type: str) -> Rewrite:
    """ONNX Runtime's twin of an operator, which takes integers of 4 and 16 bits earlier."""

    def rewrite(parts: Parts) -> bool:
        inputs = [parts.input(index) for index in range(3)]
        parts.add(op_type, inputs, [parts.output()], keep=("axis", "block_size"))
        return True

    return rewrite


def _dynamic_product(parts: Parts) -> bool:
    """DynamicQuantizeMatMul: A, B, the scale of B, its zero point, a bias."""
    data, scale, zero = (f"{parts.output()}/{each}" for each in ("quantised", "scale", "zero"))
    parts.add("DynamicQuantizeLinear", [parts.input(0)], [data, scale, zero])
    found = parts.add("MatMulInteger", [data, parts.input(1), zero, parts.input(3)])
    _scaled(parts, found, [scale, parts.input(2)], parts.input(4))
    return True


def _product_to_float(parts: Parts) -> bool:
    """MatMulIntegerToFloat: A, B, their scales, their zero points, a bias."""
    if parts.scalar(2) is None:
        found = parts.add("MatMulInteger", [parts.input(at) for at in (0, 1, 4, 5)])
        _scaled(parts, found, [parts.input(2), parts.input(3)], parts.input(6))
        return True
    sources = [
        parts.add("DequantizeLinear", [parts.input(index) for index in (own, own + 2, own + 4)])
        for own in (0, 1)
    ]
    bias = parts.input(6)
    found = parts.add("MatMul", sources, [] if bias else [parts.output()])
    if bias:
        parts.add("Add", [found, bias], [parts.output()])
    return True


def _scaled(parts: Parts, product: str, scales: list[str], bias: str) -> None:
    """What dynamic quantisation writes behind a product of integers."""
    found = parts.add("Cast", [product], attributes={"to": TensorProto.FLOAT})
    both = parts.add("Mul", scales)
    found = parts.add("Mul", [found, both], [] if bias else [parts.output()])
    if bias:
        parts.add("Add", [found, bias], [parts.output()])


def _on_integers(rewrite: Rewrite) -> Rewrite:
    def marked(parts: Parts) -> bool:
        found = rewrite(parts)
        for node in parts.nodes:
            node.attribute.append(helper.make_attribute(ON_INTEGERS, 1))
        return found

    return marked


_OF_INTEGERS: Mapping[str, Rewrite] = {
    "MatMulIntegerToFloat": _product_to_float,
    "NhwcMaxPool": _pool_of_integers,
    "QGemm": _gemm,
    "QLinearAdd": _binary("Add"),
    "QLinearAveragePool": _unary("AveragePool", *POOL),
    "QLinearConcat": _concat,
    "QLinearConv": _conv,
    "QLinearGlobalAveragePool": _unary("GlobalAveragePool"),
    "QLinearLeakyRelu": _unary("LeakyRelu", "alpha"),
    "QLinearMatMul": _matmul,
    "QLinearMul": _binary("Mul"),
    "QLinearReduceMean": _unary("ReduceMean", "axes", "keepdims"),
    "QLinearSigmoid": _unary("Sigmoid"),
    "QLinearSoftmax": _unary("Softmax", "axis"),
}

OF_ONNX: Mapping[str, Rewrite] = {
    name: _on_integers(_OF_INTEGERS[name]) for name in ("QLinearConv", "QLinearMatMul")
}

OF_MICROSOFT: Mapping[str, Rewrite] = {
    **{name: _on_integers(each) for name, each in _OF_INTEGERS.items()},
    "DequantizeLinear": _renamed("DequantizeLinear"),
    "DynamicQuantizeMatMul": _dynamic_product,
    "QuantizeLinear": _renamed("QuantizeLinear"),
}
