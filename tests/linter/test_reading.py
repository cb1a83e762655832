from __future__ import annotations

from dataclasses import replace

import pytest
from onnx import TensorProto

from archlint.cost.target import Target
from archlint.errors import DtypeError
from archlint.graph.model import Model
from archlint.linter.reading import Readings, remarks_on
from archlint.testing import Net
from tests.cost.lowering.passes.steps import ORT_INT8
from tests.cost.paper_targets import ARM, GPU


def readings(dtype: int = TensorProto.FLOAT16, *, as_stored: bool = False) -> Readings:
    net = Net(dtype)
    return Readings(net.model(net.conv(net.input(1, 8, 14, 14), 16)), as_stored)


def on(dtype: str) -> Target:
    return replace(GPU, name=f"gpu-{dtype}", dtype=dtype)


@pytest.mark.parametrize("dtype", [TensorProto.FLOAT16, TensorProto.DOUBLE, TensorProto.BFLOAT16])
def test_a_file_of_another_dtype_is_read_in_fp32(dtype: int) -> None:
    read = readings(dtype).on(GPU)
    assert read.stored == TensorProto.DataType.Name(dtype).lower()
    assert read.model.operators[0].output.dtype == "float"


@pytest.mark.parametrize(
    ("dtype", "name"), [(TensorProto.FLOAT16, "float16"), (TensorProto.DOUBLE, "double")]
)
def test_as_stored_another_dtype_is_refused(dtype: int, name: str) -> None:
    with pytest.raises(DtypeError) as caught:
        readings(dtype, as_stored=True).on(GPU)
    assert str(caught.value) == f"gtx1080ti-cudnn7-fp32 prices float, not {name}"
    assert caught.value.dtype == name


@pytest.mark.parametrize(
    ("file", "target"),
    [
        (TensorProto.FLOAT, "float"),
        (TensorProto.FLOAT, "tf32"),
        (TensorProto.FLOAT16, "float16"),
        (TensorProto.BFLOAT16, "bfloat16"),
    ],
)
def test_the_file_s_own_dtype_is_no_other_one(file: int, target: str) -> None:
    read = readings(file, as_stored=True).on(on(target))
    assert read.stored == ""
    assert read.model.operators[0].output.dtype == "float"


def test_a_file_in_fp32_is_read_on_a_target_of_half_precision() -> None:
    assert readings(TensorProto.FLOAT).on(on("float16")).stored == "float"


def test_a_file_in_fp32_is_none_for_integers() -> None:
    with pytest.raises(DtypeError):
        readings(TensorProto.FLOAT).on(on("int8"))


def test_targets_share_what_they_read() -> None:
    one = readings()
    assert one.on(GPU).model is one.on(ARM).model


def test_the_file_s_dtype_is_told_once_for_all_targets() -> None:
    assert remarks_on([(GPU, "float16"), (ARM, "float16")]) == (
        "the file is float16: priced as the same network in fp32 (--as-stored refuses it)",
    )
    assert remarks_on([(GPU, ""), (ARM, "")]) == ()


def test_targets_that_read_differently_are_named() -> None:
    assert remarks_on([(GPU, ""), (ARM, "int8")]) == (
        "snapdragon810-neon-fp32: the file is int8: priced as the same network in fp32 "
        "(--as-stored refuses it)",
    )


def test_a_target_with_rows_of_signed_data_has_no_remark_on_them() -> None:
    signed = Readings(model_of_signed_data(), as_stored=True)
    target = replace(on("int8"), lowering=ORT_INT8)
    assert signed.on(target).stored == ""
    assert ORT_INT8.quantised is not None
    untold = replace(ORT_INT8.quantised, unsigned=frozenset())
    with pytest.raises(DtypeError):
        signed.on(replace(target, lowering=replace(ORT_INT8, quantised=untold)))


def model_of_signed_data() -> Model:
    net = Net()
    net._weights.append(TensorProto(name="zero", data_type=TensorProto.INT8))
    net._weights.append(TensorProto(name="w", dims=(16, 8, 1, 1), data_type=TensorProto.INT8))
    scale = net.weight("scale")
    data = net.op("QuantizeLinear", net.input(1, 8, 14, 14), scale, "zero")
    x = net.op("DequantizeLinear", data, scale, "zero")
    return net.model(net.op("Conv", x, net.op("DequantizeLinear", "w", scale)))
