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


def dilated_convs(net: Net) -> Iterator[str]:
    for channels, groups in ((16, 1), (18, 1), (16, 16), (32, 2)):
        x = net.input(1, channels, 12, 12, name=f"x{channels}.{groups}")
        weight = net.weight(f"w{channels}.{groups}", channels, channels // groups, 3, 3)
        y = net.op("Conv", x, weight, group=groups, dilations=[6, 6], pads=[6] * 4)
        yield net.op("Relu", y)


def depthwise_multiplier(net: Net) -> Iterator[str]:
    x = net.input(1, 16, 8, 8)
    weight = net.weight("w", 32, 1, 3, 3)
    yield net.op("Relu", net.op("Conv", x, weight, group=16, pads=[1] * 4))


def sum_of_plain_conv1d(net: Net) -> Iterator[str]:
    x = net.input(1, 16, 8)
    yield net.op("Add", net.op("Conv", x, net.weight("w", 16, 16, 1), net.weight("b", 16)), x)


def gelu_by_tanh(net: Net, how: str, *, halved: bool = True) -> str:
    """x/2 (1 + Tanh(sqrt(2/pi) (x + 0.044715 x^3))), its cube by Pow or by products."""
    x = net.op("MatMul", net.input(2, 5, 16), net.weight("w", 16, 16))
    a, c, one = scalar(net, "a", 0.044715), scalar(net, "c", 0.7978845608), scalar(net, "one", 1)
    if how == "factored":
        inner = net.op("Add", net.op("Mul", net.op("Mul", x, a), x), one)
        inner = net.op("Mul", inner, net.op("Mul", x, c))
    else:
        cube = net.op("Pow", x, scalar(net, "three", 3))
        if how == "products":
            cube = net.op("Mul", net.op("Mul", x, x), x)
        inner = net.op("Mul", net.op("Add", x, net.op("Mul", cube, a)), c)
    gate, half = net.op("Add", net.op("Tanh", inner), one), scalar(net, "half", 0.5)
    if halved:
        return net.op("Mul", net.op("Mul", x, half), gate)
    return net.op("Mul", net.op("Mul", x, gate), half)


def gelus_by_pow(net: Net) -> Iterator[str]:
    yield net.op("Neg", gelu_by_tanh(net, "pow"))


def gelu_by_pow_as_output(net: Net) -> Iterator[str]:
    yield gelu_by_tanh(net, "pow")


def gelu_by_pow_halved_last(net: Net) -> Iterator[str]:
    yield net.op("Neg", gelu_by_tanh(net, "pow", halved=False))


def gelu_by_products(net: Net) -> Iterator[str]:
    yield net.op("Neg", gelu_by_tanh(net, "products"))


def gelu_factored(net: Net) -> Iterator[str]:
    yield net.op("Neg", gelu_by_tanh(net, "factored"))


def index(net: Net, value: int, *dims: int) -> str:
    name = net._next("index")
    net._weights.append(helper.make_tensor(name, TensorProto.INT64, dims, [value]))
    return name


def gathers_of_all(net: Net) -> Iterator[str]:
    x = net.op("Relu", net.input(4, 3, 5, 8))
    for at in (-1, 0, 1):
        yield net.op("Relu", net.op("Gather", x, index(net, at), axis=1))


def gathers_of_rank_one(net: Net) -> Iterator[str]:
    x = net.op("Relu", net.input(3, 4, 5, 8))
    yield net.op("Neg", x)
    for at in range(3):
        yield net.op("Relu", net.op("Gather", x, index(net, at, 1), axis=0))


def gathers_of_some(net: Net) -> Iterator[str]:
    x = net.op("Relu", net.input(3, 4, 5, 8))
    for at in (0, 2):
        yield net.op("Relu", net.op("Gather", x, index(net, at), axis=0))


def gathers_of_heads(net: Net) -> Iterator[str]:
    x = net.op("Transpose", net.op("Relu", net.input(2, 10, 3, 4, 16)), perm=[2, 0, 3, 1, 4])
    q, k, v = (net.op("Gather", x, index(net, at), axis=0) for at in range(3))
    scores = net.op("MatMul", q, net.op("Transpose", k, perm=[0, 1, 3, 2]))
    yield net.op("MatMul", net.op("Softmax", scores, axis=-1), v)


def reshapes_in_a_row(net: Net) -> Iterator[str]:
    x = net.op("Relu", net.input(2, 5, 16))
    y = net.op("Reshape", x, net.constant([10, 16]))
    yield net.op("Relu", net.op("Unsqueeze", y, net.constant([0])))
    biased_x = net.op("Add", net.op("MatMul", x, net.weight("w", 16, 24)), net.weight("b", 24))
    yield net.op("Relu", net.op("Reshape", biased_x, net.constant([2, 5, 3, 8])))
    kept = net.op("Reshape", x, net.constant([5, 32]), allowzero=1)
    yield net.op("Relu", net.op("Reshape", kept, net.constant([4, 40])))


def _small(build: Build) -> onnx.ModelProto:
    net = Net()
    outputs = list(build(net))
    return _runnable(net.proto(*outputs))


_BUILDS: tuple[Build, ...] = (
    gate_by_channel, sum_of_three, twice_the_same, norm_behind_relu, plain_sum,
    plain_sum_without_bias, factor_by_channel, to_nhwc, from_nhwc_twice,
    pools_of_odd_widths, concat_of_channels_and_rows, padded_conv, bias_of_rows,
    attention_scores, skip, dilated_convs, depthwise_multiplier, sum_of_plain_conv1d,
    gelus_by_pow, gelu_by_pow_as_output, gelu_by_pow_halved_last, gelu_by_products, gelu_factored,
    gathers_of_all, gathers_of_rank_one, gathers_of_some, gathers_of_heads, reshapes_in_a_row,
)  # fmt: skip


def residual_blocks(net: Net) -> Iterator[str]:
    x = net.op("Relu", net.conv(net.input(1, 3, 16, 16), 16, 3, stride=2))
    y = net.op("Relu", net.op("Add", net.conv(net.op("Relu", net.conv(x, 16, 3)), 16, 3), x))
    yield net.op("Relu", net.op("Add", net.conv(y, 32, 3, stride=2), net.conv(y, 32, stride=2)))


def resized_sum(net: Net) -> Iterator[str]:
    x = net.conv(net.input(1, 3, 16, 16), 16, 3)
    small = net.op("MaxPool", x, kernel_shape=[2, 2], strides=[2, 2])
    scales = net._next("scales")
    net._weights.append(helper.make_tensor(scales, TensorProto.FLOAT, [4], [1, 1, 2, 2]))
    how = {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
    up = net.op("Resize", net.conv(small, 16), "", scales, **how)
    yield net.op("Relu", net.op("Add", net.conv(x, 16), up))


def _opened(build: Build) -> onnx.ModelProto:
    """The same with height and width left open."""
    proto = _small(build)
    for each in (*proto.graph.input, *proto.graph.output):
        for axis, dim in enumerate(each.type.tensor_type.shape.dim):
            if axis > 1:
                dim.dim_param = f"{each.name} {axis}"
    return proto


_ON_MAPS: tuple[Build, ...] = (
    sum_of_three, plain_sum, plain_sum_without_bias, gate_by_channel, residual_blocks, resized_sum,
)  # fmt: skip

Case = Callable[[], onnx.ModelProto]

_FUSED_OTHERWISE = (
    "conv1d_tanh_8", "dilated", "gelu_by_pow", "open_map_group_convs", "patch_merging",
    "qkv_gathers",
)  # fmt: skip

MODELS: Mapping[str, Case] = {
    file.stem: partial(onnx.load, file, load_external_data=False)
    for file in [
        *sorted([*ROOT.glob("tests/models/*.onnx"), *ROOT.glob("examples/onnx/*.onnx")]),
        *(ROOT / "tests" / "cases" / f"{name}.onnx" for name in _FUSED_OTHERWISE),
    ]
}
NETS: Mapping[str, Case] = {
    **{
        f"{act} {kind} {tail}": partial(_activated, act, kind, tail)
        for act in ACTIVATIONS
        for kind in KINDS
        for tail in TAILS
    },
    **{build.__name__: partial(_small, build) for build in _BUILDS},
    **{f"{build.__name__} on open maps": partial(_opened, build) for build in _ON_MAPS},
}
LIVE: Mapping[str, Case] = {build.__name__: partial(_small, build) for build in MOVED}
"""Nets compared with the runtime at hand alone; no graphs of other CPUs are kept of them."""
