from __future__ import annotations

import onnx
import pytest
from onnx import TensorProto, helper

from archlint.graph import read_model
from archlint.testing import Net
from tests.graph.making import MODELS, Dims, ints, model, scalar, value, weight


def _ops(proto: onnx.ModelProto, batch: int | None = None) -> list[str]:
    return [op.op_type for op in read_model(proto, batch=batch).operators]


def test_what_depends_on_weights_alone_is_no_operator() -> None:
    proto = model(
        [
            helper.make_node("Identity", ["w"], ["same"]),
            helper.make_node("Transpose", ["same"], ["turned"]),
            helper.make_node("MatMul", ["x", "turned"], ["y"]),
        ],
        [value("x", [2, 8])],
        weights=[weight("w", 4, 8)],
    )
    found = read_model(proto)
    assert [op.op_type for op in found.operators] == ["MatMul"]
    product = found.operators[0]
    assert product.weight is not None
    assert product.weight.shape == (8, 4)
    assert product.weight.constant
    assert found.parameters == 32


def test_a_quantised_weight_is_the_weight_and_its_dequantising_is_no_operator() -> None:
    proto = model(
        [
            helper.make_node("DequantizeLinear", ["fc.weight_q", "s"], ["dq"]),
            helper.make_node("MatMul", ["x", "dq"], ["y"]),
        ],
        [value("x", [2, 8])],
        weights=[weight("fc.weight_q", 8, 4, dtype=TensorProto.INT8), scalar("s", 0.1)],
    )
    product = read_model(proto).operators[0]
    assert product.module == "fc"
    assert product.weight is not None
    assert product.weight.shape == (8, 4)


def test_an_initializer_that_is_also_an_input_is_a_weight() -> None:
    proto = model(
        [helper.make_node("MatMul", ["x", "w"], ["y"])],
        [value("x", [2, 8]), value("w", [8, 4])],
        weights=[weight("w", 8, 4)],
    )
    found = read_model(proto)
    assert [each.name for each in found.inputs] == ["x"]
    assert found.operators[0].weight is not None


def test_a_product_of_two_activations_has_no_weight() -> None:
    proto = model(
        [helper.make_node("MatMul", ["x", "y"], ["z"])], [value("x", [2, 8]), value("y", [8, 2])]
    )
    assert read_model(proto).operators[0].weight is None


def _shuffle(first: Dims) -> onnx.ModelProto:
    """A channel shuffle as exporters write it for open sizes, shape arithmetic included."""
    nodes = [
        helper.make_node("Shape", ["x"], ["shape"]),
        helper.make_node("Gather", ["shape", "zero"], ["n"], axis=0),
        helper.make_node("Gather", ["shape", "one"], ["c"], axis=0),
        helper.make_node("Div", ["c", "groups"], ["each"]),
        helper.make_node("Concat", ["n", "groups", "each", "rest"], ["split"], axis=0),
        helper.make_node("Reshape", ["x", "split"], ["apart"]),
        helper.make_node("Transpose", ["apart"], ["mixed"], perm=[0, 2, 1, 3]),
        helper.make_node("Reshape", ["mixed", "shape"], ["y"]),
    ]
    weights = [ints("zero", 0), ints("one", 1), ints("groups", 3), ints("rest", -1)]
    return model(nodes, [value("x", first)], weights=weights)


def test_arithmetic_on_shapes_is_no_operator_and_its_sizes_arrive() -> None:
    found = read_model(_shuffle(["n", 12, 8, 8]), batch=2)
    assert [op.op_type for op in found.operators] == ["Reshape", "Transpose", "Reshape"]
    assert [op.output.shape for op in found.operators] == [
        (2, 3, 4, 64), (2, 4, 3, 64), (2, 12, 8, 8),
    ]  # fmt: skip


def test_the_shape_of_a_tensor_of_unknown_shape_is_computed_at_run_time() -> None:
    proto = model(
        [
            helper.make_node("Odd", ["x"], ["q"], domain="odd"),
            helper.make_node("Shape", ["q"], ["y"]),
        ],
        [value("x", [2, 8])],
    )
    assert _ops(proto) == ["Odd", "Shape"]


def test_random_numbers_are_not_constant() -> None:
    proto = model(
        [
            helper.make_node("RandomNormalLike", ["w"], ["r"]),
            helper.make_node("Add", ["x", "r"], ["y"]),
        ],
        [value("x", [4])],
        weights=[weight("w", 4)],
    )
    assert _ops(proto) == ["RandomNormalLike", "Add"]


def test_small_constants_keep_their_values() -> None:
    proto = model(
        [
            helper.make_node("Constant", [], ["low"], value_float=0.0),
            helper.make_node("Cast", ["six"], ["high"], to=TensorProto.FLOAT),
            helper.make_node("Clip", ["x", "low", "high"], ["y"]),
        ],
        [value("x", [4])],
        weights=[ints("six", 6)],
    )
    clip = read_model(proto).operators[0]
    assert [each and each.values for each in clip.inputs] == [None, (0.0,), (6.0,)]


@pytest.mark.parametrize(
    "dims", [[1] * 65, [1] * 300, [2**62, 2**62, 0]], ids=["65 dims", "300 dims", "none of 2^124"]
)
@pytest.mark.parametrize("is_raw", [True, False])
def test_a_weight_of_more_dims_than_numpy_takes_has_no_values(
    dims: list[int], is_raw: bool
) -> None:
    odd = TensorProto(name="odd", data_type=TensorProto.FLOAT, dims=dims)
    count = 0 if 0 in dims else 1
    if is_raw:
        odd.raw_data = bytes(4 * count)
    else:
        odd.float_data.extend([0.0] * count)
    proto = model([helper.make_node("Mul", ["x", "odd"], ["y"])], [value("x", [4])], weights=[odd])
    known = read_model(proto).operators[0].inputs[1]
    assert known is not None
    assert (known.shape, known.values) == (tuple(dims), None)


def test_identities_of_the_older_exporter_are_no_operators() -> None:
    for file in ("tv_densenet121.ts", "var_resnet18_opset7.ts"):
        found = read_model(str(MODELS / f"{file}.onnx"))
        assert not {"Identity", "Constant"} & {op.op_type for op in found.operators}


def test_a_flattened_weight_is_the_weight_as_a_reshaped_one_is() -> None:
    proto = model(
        [
            helper.make_node("Flatten", ["fc.weight"], ["flat"]),
            helper.make_node("MatMul", ["x", "flat"], ["y"]),
        ],
        [value("x", [2, 8])],
        weights=[weight("fc.weight", 8, 2, 2)],
    )
    assert read_model(proto).operators[0].module == "fc"


def test_no_file_beside_a_model_is_opened_for_the_value_of_an_attribute() -> None:
    value = onnx.TensorProto(name="value", data_type=onnx.TensorProto.FLOAT, dims=[1])
    value.data_location = onnx.TensorProto.EXTERNAL
    value.external_data.add(key="location", value="../../etc/passwd")
    net = Net()
    x = net.input(1, 3, 8, 8)
    filled = net.op("ConstantOfShape", net.op("Shape", x), value=value)
    operators = read_model(net.proto(net.op("Add", x, filled))).operators
    assert operators[-1].output.shape == (1, 3, 8, 8)
