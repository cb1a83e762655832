"""QONNX's quantisers, as the pair of ONNX operators that QONNX itself converts them to.

Of Pappalardo et al., QONNX: Representing Arbitrary-Precision Quantized Neural Networks,
arXiv 2206.07527.  Brevitas exports them.
"""

from __future__ import annotations

from collections.abc import Mapping

import onnx

from archlint.graph.plain.parts import Parts, Rewrite

__all__ = ["QONNX", "QONNX_DOMAINS"]

QONNX_DOMAINS = ("qonnx.custom_op.general", "finn.custom_op.general", "onnx.brevitas")

_WIDTHS = (2, 4, 8, 16, 32)
_BIPOLAR = 1  # bits


def _quant(parts: Parts) -> bool:
    """Quant: x, scale, zero point and bits, which have to be known."""
    bits = parts.scalar(3)
    return bits is not None and _pair(parts, bits, signed=bool(parts.integer("signed", 1)))


def _bipolar(parts: Parts) -> bool:
    """BipolarQuant: x and scale."""
    return _pair(parts, _BIPOLAR, signed=True)


def _pair(parts: Parts, bits: float, *, signed: bool) -> bool:
    """Quantise and dequantise, in the narrowest integers of ONNX that hold so many bits."""
    names = [f"INT{width}" if signed else f"UINT{width}" for width in _WIDTHS if 0 < bits <= width]
    known = [onnx.TensorProto.DataType.Value(each) for each in names if each in _TYPES]
    if not known:
        return False
    scale = parts.input(1)
    zero = parts.zero(known[0])
    made = parts.add("QuantizeLinear", [parts.input(0), scale, zero])
    parts.add("DequantizeLinear", [made, scale, zero], [parts.output()])
    return True


_TYPES = frozenset(onnx.TensorProto.DataType.keys())  # older versions of onnx lack INT2

QONNX: Mapping[str, Rewrite] = {"BipolarQuant": _bipolar, "IntQuant": _quant, "Quant": _quant}
