"""The passes of ONNX Runtime over a quantised model, each alone."""

from __future__ import annotations

from dataclasses import replace

from onnx import TensorProto

from archlint.cost.lowering.passes.channels_last import put_channels_last
from archlint.cost.lowering.passes.quantised import quantise
from archlint.testing import Net
from tests.cost.lowering.passes.steps import ORT, ORT_INT8, after


class QuantisedNet(Net):
    """A net of operators between DequantizeLinear and QuantizeLinear."""

    def quantised(self, x: str) -> str:
        return self.op("QuantizeLinear", x, self.weight(self._next("scale")))

    def signed(self, x: str) -> str:
        zero = self._next("zero")
        self._weights.append(TensorProto(name=zero, data_type=TensorProto.INT8))
        return self.op("QuantizeLinear", x, self.weight(self._next("scale")), zero)

    def read(self, x: str) -> str:
        return self.op("DequantizeLinear", x, self.weight(self._next("scale")))

    def product(self, data: str, channels: int) -> str:
        """A 1x1 conv of dequantised data that keeps the channels."""
        name = self._next("int8")
        dims = (channels, channels, 1, 1)
        self._weights.append(TensorProto(name=name, dims=dims, data_type=TensorProto.INT8))
        return self.op("Conv", data, self.read(name))

    def point(self, x: str, channels: int) -> str:
        return self.quantised(self.product(self.read(x), channels))


def pooled() -> tuple[QuantisedNet, str]:
    net = QuantisedNet()
    x = net.quantised(net.input(1, 16, 8, 8))
    return net, net.quantised(net.op("MaxPool", net.read(x), kernel_shape=[2, 2]))


def behind_the_pool(op_type: str) -> tuple[QuantisedNet, str]:
    net, x = pooled()
    return net, net.quantised(net.op(op_type, net.read(x)))


def test_what_stands_between_the_two_runs_in_int8() -> None:
    assert after(quantise, *pooled(), rules=ORT_INT8) == ["QuantizeLinear", "QLinearMaxPool"]


def test_what_clips_to_the_range_of_the_quantisation_is_gone() -> None:
    steps = after(quantise, *behind_the_pool("Relu"), rules=ORT_INT8)
    assert steps[-2:] == ["DequantizeLinear", "QuantizeLinear"]


def test_what_has_no_kernel_in_int8_stays_between_them() -> None:
    steps = after(quantise, *behind_the_pool("Elu"), rules=ORT_INT8)
    assert steps[-3:] == ["DequantizeLinear", "Elu", "QuantizeLinear"]


def test_without_data_nothing_runs_in_int8() -> None:
    steps = ["QuantizeLinear", "DequantizeLinear", "MaxPool", "QuantizeLinear"]
    assert after(quantise, *pooled(), rules=ORT) == steps


def test_without_a_conv_in_int8_nothing_is_transposed() -> None:
    steps = after(put_channels_last, *pooled(), rules=ORT_INT8, before=(quantise,))
    assert steps == ["QuantizeLinear", "QLinearMaxPool"]


def test_a_conv_in_int8_has_its_channels_last_and_so_has_the_pool_behind_it() -> None:
    net = QuantisedNet()
    x = net.point(net.quantised(net.input(1, 16, 8, 8)), 16)
    pool = net.quantised(net.op("MaxPool", net.read(x), kernel_shape=[2, 2]))
    last = net.point(pool, 16)
    assert after(put_channels_last, net, last, rules=ORT_INT8, before=(quantise,)) == [
        "QuantizeLinear", "Transpose", "QLinearConv (nhwc)", "QLinearMaxPool (nhwc)",
        "QLinearConv (nhwc)", "Transpose",
    ]  # fmt: skip


def test_signed_data_that_one_operator_reads_lose_their_sign() -> None:
    net = QuantisedNet()
    x = net.read(net.signed(net.input(1, 16, 8, 8)))
    steps = after(quantise, net, net.quantised(net.product(x, 16)), rules=ORT_INT8)
    assert steps == ["QuantizeLinear", "QLinearConv"]


def test_a_conv_that_reads_other_bytes_than_it_writes_runs_in_float() -> None:
    net = QuantisedNet()
    x = net.read(net.signed(net.input(1, 16, 8, 8)))
    # what the model gives keeps its sign
    steps = after(quantise, net, net.signed(net.product(x, 16)), rules=ORT_INT8)
    assert steps == [
        "QuantizeLinear", "DequantizeLinear", "DequantizeLinear", "Conv", "QuantizeLinear",
    ]  # fmt: skip


def test_signed_data_that_two_read_are_dequantised_for_each() -> None:
    net = QuantisedNet()
    x = net.read(net.signed(net.input(1, 16, 8, 8)))
    ends = [net.quantised(net.product(x, 16)) for _ in range(2)]
    steps = after(quantise, net, *ends, rules=ORT_INT8)
    conv = ["DequantizeLinear", "Conv", "QuantizeLinear"]
    assert sorted(steps) == sorted(["QuantizeLinear", *["DequantizeLinear"] * 2, *conv, *conv])


def test_a_target_that_does_not_tell_takes_all_data_for_unsigned() -> None:
    net = QuantisedNet()
    x = net.read(net.signed(net.input(1, 16, 8, 8)))
    assert ORT_INT8.quantised is not None
    rules = replace(ORT_INT8, quantised=replace(ORT_INT8.quantised, unsigned=frozenset()))
    steps = after(quantise, net, net.signed(net.product(x, 16)), rules=rules)
    assert steps == ["QuantizeLinear", "QLinearConv"]
