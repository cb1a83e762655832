from __future__ import annotations

from collections.abc import Sequence

import onnx
import pytest
from onnx import TensorProto, helper

from archlint.graph import Model, read_model
from archlint.graph.in_float import in_float
from tests.graph.making import model, scalar, value, weight

FLOAT, HALF, BRAIN = TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.BFLOAT16
INT8, UINT8, INT32 = TensorProto.INT8, TensorProto.UINT8, TensorProto.INT32
X = value("x", [1, 8, 4, 4])
node = helper.make_node


def seen(
    nodes: Sequence[onnx.NodeProto],
    weights: Sequence[onnx.TensorProto] = (),
    x: onnx.ValueInfoProto = X,
) -> Model:
    return in_float(read_model(model(nodes, [x], weights=[*weights, scalar("s", 0.1)])))


def running(found: Model) -> list[str]:
    return [op.op_type for op in found.operators if op.index not in found.passed_by]


def dtypes(found: Model) -> set[str]:
    run = [op for op in found.operators if op.index not in found.passed_by]
    return {t.dtype for op in run for t in (*op.inputs, *op.outputs) if t is not None}


def zero(name: str, dtype: int, number: int = 0) -> onnx.TensorProto:
    return helper.make_tensor(name, dtype, [], [number])


@pytest.mark.parametrize("dtype", [HALF, BRAIN, TensorProto.DOUBLE])
def test_real_numbers_are_in_fp32(dtype: int) -> None:
    nodes = [node("Conv", ["x", "w"], ["c"]), node("Relu", ["c"], ["y"])]
    x = value("x", [1, 8, 4, 4], dtype)
    found = seen(nodes, [weight("w", 4, 8, 1, 1, dtype=dtype)], x)
    twin = read_model(model(nodes, [X], weights=[weight("w", 4, 8, 1, 1)]))
    assert found.operators == twin.operators
    assert [each.dtype for each in found.inputs] == ["float"]


def test_casts_between_real_numbers_are_passed_by_and_others_stay() -> None:
    nodes = [
        node("Cast", ["x"], ["h"], to=HALF),
        node("Relu", ["h"], ["r"]),
        node("Cast", ["r"], ["f"], to=FLOAT),
        node("Cast", ["f"], ["i"], to=INT32),
    ]
    found = seen(nodes)
    assert running(found) == ["Relu", "Cast"]
    assert found.operators[1].inputs[0] == read_model(model(nodes, [X])).operators[0].inputs[0]
    assert list(found.graph.edges()) == [(1, 3)]


def test_an_output_behind_a_cast_is_what_the_cast_reads() -> None:
    found = seen([node("Relu", ["x"], ["r"]), node("Cast", ["r"], ["y"], to=HALF)])
    assert found.outputs == ("r",)


def test_integers_that_stand_for_no_real_numbers_stay() -> None:
    found = seen([node("Cast", ["x"], ["i"], to=UINT8), node("Reshape", ["i", "to"], ["y"])],
                 [helper.make_tensor("to", TensorProto.INT64, [1], [-1])])  # fmt: skip
    assert [op.output.dtype for op in found.operators] == ["uint8", "uint8"]


def test_a_pair_of_quantisation_is_passed_by_with_its_weights() -> None:
    nodes = [
        node("QuantizeLinear", ["x", "s", "z"], ["q"]),
        node("MaxPool", ["q"], ["m"], kernel_shape=[2, 2]),
        node("DequantizeLinear", ["m", "s", "z"], ["d"]),
        node("DequantizeLinear", ["w", "s"], ["dw"]),
        node("Conv", ["d", "dw"], ["y"]),
    ]
    found = seen(nodes, [weight("w", 4, 8, 1, 1, dtype=INT8), zero("z", UINT8)])
    assert running(found) == ["MaxPool", "Conv"]
    assert dtypes(found) == {"float"}
    assert not any(t.quantised for op in found.operators for t in op.inputs if t is not None)


@pytest.mark.parametrize(
    ("dtype", "number", "scale", "expected"),
    [
        (UINT8, 0, 0.1, ["Conv", "Relu"]),
        (INT8, -128, 0.1, ["Conv", "Relu"]),
        (UINT8, 0, 6 / 255, ["Conv", "Clip"]),
        (UINT8, 128, 0.1, ["Conv"]),
        (INT8, 0, 0.1, ["Conv"]),
    ],
)
def test_a_quantisation_that_cuts_off_below_zero_is_the_relu_that_it_took_in(
    dtype: int, number: int, scale: float, expected: list[str]
) -> None:
    nodes = [
        node("Conv", ["x", "w"], ["c"]),
        node("QuantizeLinear", ["c", "own", "z"], ["q"]),
        node("DequantizeLinear", ["q", "own", "z"], ["y"]),
    ]
    given = [weight("w", 4, 8, 1, 1), zero("z", dtype, number), scalar("own", scale)]
    assert running(seen(nodes, given)) == expected


def test_what_is_behind_a_relu_needs_no_other() -> None:
    nodes = [
        node("Conv", ["x", "w"], ["c"]),
        node("Relu", ["c"], ["r"]),
        node("QuantizeLinear", ["r", "s", "z"], ["q"]),
        node("DequantizeLinear", ["q", "s", "z"], ["y"]),
    ]
    assert running(seen(nodes, [weight("w", 4, 8, 1, 1), zero("z", UINT8)])) == ["Conv", "Relu"]


def dynamic(op_type: str, weights: onnx.TensorProto, bias: onnx.TensorProto) -> Model:
    nodes = [
        node("DynamicQuantizeLinear", ["x"], ["q", "qs", "qz"]),
        node("Mul", ["qs", "s"], ["both"]),
        node(op_type, ["q", "w", "qz"], ["i"]),
        node("Cast", ["i"], ["f"], to=FLOAT),
        node("Mul", ["f", "both"], ["p"]),
        node("Add", ["p", "b"], ["y"]),
    ]
    matrix = value("x", [2, 8] if op_type == "MatMulInteger" else [1, 8, 4, 4])
    return seen(nodes, [weights, bias], matrix)


def test_a_conv_on_integers_of_each_run_is_a_conv_with_its_bias() -> None:
    found = dynamic("ConvInteger", weight("w", 4, 8, 1, 1, dtype=INT8), weight("b", 1, 4, 1, 1))
    twin = read_model(model([node("Conv", ["x", "v", "b"], ["y"])], [X],
                            weights=[weight("v", 4, 8, 1, 1), weight("b", 4)]))  # fmt: skip
    assert running(found) == ["Conv"]
    conv = found.operators[2]
    assert conv.flops == twin.operators[0].flops
    assert conv.mac == twin.operators[0].mac
    assert conv.weight is not None
    assert (conv.weight.dtype, conv.weight.shape) == ("float", (4, 8, 1, 1))
    assert found.outputs == ("i",)


def test_a_product_of_integers_of_each_run_is_a_gemm() -> None:
    found = dynamic("MatMulInteger", weight("w", 8, 6, dtype=INT8), weight("b", 6))
    assert running(found) == ["Gemm"]
    assert found.operators[2].flops == 2 * 2 * 8 * 6


def test_an_add_of_something_else_stays_an_add() -> None:
    found = dynamic("MatMulInteger", weight("w", 8, 6, dtype=INT8), weight("b", 2, 6))
    assert running(found) == ["MatMul", "Add"]


@pytest.mark.parametrize(
    ("op_type", "shape", "more"),
    [("MatMulInteger", (8, 6), ["b"]), ("ConvInteger", (4, 8), [])],
)
def test_what_no_runtime_could_run_stays_what_it_is(
    op_type: str, shape: tuple[int, ...], more: Sequence[str]
) -> None:
    nodes = [
        node("DynamicQuantizeLinear", ["x"], ["q", "qs", "qz"]),
        node(op_type, ["q", "w", "qz"], ["i"]),
        node("Add", ["i", "b", *more], ["y"]),
    ]
    matrix = value("x", [2, 8])
    found = seen(nodes, [weight("w", *shape, dtype=INT8), weight("b", 6)], matrix)
    assert running(found)[-1] == "Add"


@pytest.mark.parametrize("op_type", ["QuantizeLinear", "ConvInteger"])
def test_what_lacks_an_input_stays_what_it_is(op_type: str) -> None:
    cut = helper.make_node(op_type, ["c"], ["y"], domain="com.microsoft")
    net = [node("Conv", ["x", "w"], ["c"]), cut]
    found = seen(net, [weight("w", 4, 3, 1, 1)], value("x", [1, 3, 8, 8]))
    assert running(found) == ["Conv", op_type]


def test_packed_weights_are_a_matrix() -> None:
    packed = node(
        "MatMulNBits", ["x", "w", "s"], ["y"], domain="com.microsoft", K=32, N=6, bits=4,
        block_size=32,
    )  # fmt: skip
    found = seen([packed], [weight("w", 6, 1, 16, dtype=UINT8)], value("x", [1, 5, 32]))
    (product,) = found.operators
    assert (product.op_type, product.domain) == ("MatMul", "")
    assert product.weight is not None
    assert product.weight is product.inputs[1]
    assert (product.weight.shape, product.weight.dtype) == ((32, 6), "float")
    assert product.flops == 2 * 5 * 32 * 6
    assert found.parameters == 32 * 6 + 1  # with the scale
