"""The models and small nets whose kernels are compared with those that ONNX Runtime runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

import onnx
from onnx import TensorProto, helper

from archlint.testing import Net
from tests.measure.onnxruntime.moved import MOVED

__all__ = ["LIVE", "MODELS", "NETS"]

ROOT = Path(__file__).parents[3]


def before(net: Net, kind: str) -> str:
    """What an activation stands behind."""
    if kind == "gemm":
        return net.op("Gemm", net.input(4, 16), net.weight("w", 16, 16))
    channels = 18 if kind == "plain" else 16
    conv = net.conv(net.input(1, channels, 8, 8), channels)
    if kind == "pool":
        return net.op("MaxPool", conv, kernel_shape=[2, 2])
    if kind == "sum":
        return net.op("Add", net.conv(conv, channels), conv)
    return conv


ACTIVATIONS = """
Relu Sigmoid Tanh LeakyRelu Elu Selu Celu HardSigmoid HardSwish Gelu Mish Softplus Softsign
ThresholdedRelu Clip SiLU Erf
""".split()
KINDS = ("conv", "plain", "sum", "pool", "gemm")
TAILS = ("output", "inside")


def scalar(net: Net, name: str, value: float) -> str:
    net._weights.append(helper.make_tensor(name, TensorProto.FLOAT, [], [value]))
    return name


def activation(net: Net, name: str, x: str) -> str:
    if name == "Clip":
        return net.op("Clip", x, scalar(net, "zero", 0.0), scalar(net, "six", 6.0))
    if name == "SiLU":
        return net.op("Mul", x, net.op("Sigmoid", x))
    return net.op(name, x)


def _activated(act: str, kind: str, tail: str) -> onnx.ModelProto:
    """An activation behind one kind of operator, as the output of the net or inside it."""
    net = Net()
    last = activation(net, act, before(net, kind))
    proto = net.proto(net.op("Neg", last) if tail == "inside" else last)
    proto.opset_import[0].version = 20
    return _runnable(proto)


def _runnable(proto: onnx.ModelProto) -> onnx.ModelProto:
    """Without the opset of the operators that no runtime knows."""
    known = [each for each in proto.opset_import if not each.domain]
    del proto.opset_import[:]
    proto.opset_import.extend(known)
    return proto


Build = Callable[[Net], Iterator[str]]


def biased(net: Net, x: str, channels: int) -> str:
    weight = net.weight(f"{x}.weight", channels, channels, 1, 1)
    return net.op("Conv", x, weight, net.weight(f"{x}.bias", channels))


def gate_by_channel(net: Net) -> Iterator[str]:
    conv = net.conv(net.input(1, 16, 8, 8), 16)
    yield net.op("Mul", conv, net.op("Sigmoid", net.conv(net.op("GlobalAveragePool", conv), 16)))


def sum_of_three(net: Net) -> Iterator[str]:
    conv = net.conv(net.input(1, 16, 8, 8), 16)
    yield net.op("Sum", conv, net.conv(conv, 16), net.conv(conv, 16))


def twice_the_same(net: Net) -> Iterator[str]:
    conv = net.conv(net.input(1, 16, 8, 8), 16)
    yield net.op("Add", conv, conv)


def norm_behind_relu(net: Net) -> Iterator[str]:
    conv = net.conv(net.input(1, 16, 8, 8), 16)
    yield net.op("Relu", net.norm(net.op("Relu", conv)))


def plain_sum(net: Net) -> Iterator[str]:
    x = net.input(1, 18, 8, 8)
    yield net.op("Relu", net.op("Add", biased(net, x, 18), x))


def plain_sum_without_bias(net: Net) -> Iterator[str]:
    x = net.input(1, 18, 8, 8)
    yield net.op("Relu", net.op("Add", net.conv(x, 18), x))


def factor_by_channel(net: Net) -> Iterator[str]:
    x = net.op("Relu", net.conv(net.input(1, 20, 8, 8), 20))
    yield net.op("Relu", net.op("Mul", x, net.weight("factor", 20, 1, 1)))


def to_nhwc(net: Net) -> Iterator[str]:
    x = net.input(1, 20, 8, 8)
    yield net.op("Transpose", net.conv(x, 20), perm=[0, 2, 3, 1])
    yield net.op("Transpose", net.conv(x, 18), perm=[0, 2, 3, 1])


def from_nhwc_twice(net: Net) -> Iterator[str]:
    x = net.op("Transpose", net.input(1, 8, 8, 20), perm=[0, 3, 1, 2])
    net._channels[x] = 20
    yield net.conv(x, 20)
    yield net.conv(x, 16)


def pools_of_odd_widths(net: Net) -> Iterator[str]:
    x = net.input(1, 20, 8, 8)
    yield net.op("MaxPool", net.conv(x, 20), kernel_shape=[2, 2])
    yield net.op("GlobalAveragePool", net.conv(x, 24))


def concat_of_channels_and_rows(net: Net) -> Iterator[str]:
    x = net.input(1, 16, 8, 8)
    yield net.op("Relu", net.op("Concat", net.conv(x, 16), net.conv(x, 8), axis=1))
    yield net.op("Concat", net.conv(x, 16), net.conv(x, 16), axis=2)


def padded_conv(net: Net) -> Iterator[str]:
    x = net.op("Pad", net.input(1, 16, 8, 8), net.constant([0, 0, 1, 1, 0, 0, 1, 1]))
    net._channels[x] = 16
    yield net.conv(x, 16)


def bias_of_rows(net: Net) -> Iterator[str]:
    x = net.input(2, 5, 16)
    y = net.op("Add", net.op("MatMul", x, net.weight("w", 16, 24)), net.weight("b", 24))
    yield net.op("Add", net.op("MatMul", y, net.weight("w2", 24, 8)), net.weight("b2", 1, 8))


def attention_scores(net: Net) -> Iterator[str]:
    q, k = net.input(2, 4, 5, 8, name="q"), net.input(2, 4, 5, 8, name="k")
    product = net.op("MatMul", q, net.op("Transpose", k, perm=[0, 1, 3, 2]))
    yield net.op("Div", product, scalar(net, "eight", 8.0))


def skip(net: Net) -> Iterator[str]:
    x = net.input(2, 5, 16)
    biased_x = net.op("Add", x, net.weight("p", 16))
    total = net.op("Add", biased_x, net.op("Relu", x))
    yield net.op("LayerNormalization", total, net.weight("g", 16), net.weight("b", 16), axis=-1)


def _small(build: Build) -> onnx.ModelProto:
    net = Net()
    outputs = list(build(net))
    return _runnable(net.proto(*outputs))


_BUILDS: tuple[Build, ...] = (
    gate_by_channel, sum_of_three, twice_the_same, norm_behind_relu, plain_sum,
    plain_sum_without_bias, factor_by_channel, to_nhwc, from_nhwc_twice,
    pools_of_odd_widths, concat_of_channels_and_rows, padded_conv, bias_of_rows,
    attention_scores, skip,
)  # fmt: skip

Case = Callable[[], onnx.ModelProto]

MODELS: Mapping[str, Case] = {
    file.stem: partial(onnx.load, file, load_external_data=False)
    for file in sorted([*ROOT.glob("tests/models/*.onnx"), *ROOT.glob("examples/onnx/*.onnx")])
}
NETS: Mapping[str, Case] = {
    **{
        f"{act} {kind} {tail}": partial(_activated, act, kind, tail)
        for act in ACTIVATIONS
        for kind in KINDS
        for tail in TAILS
    },
    **{build.__name__: partial(_small, build) for build in _BUILDS},
}
LIVE: Mapping[str, Case] = {build.__name__: partial(_small, build) for build in MOVED}
"""Nets compared with the runtime at hand alone; no graphs of other CPUs are kept of them."""
