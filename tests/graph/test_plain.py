from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper

from archlint.errors import ModelError
from archlint.graph import Model, Operator, read_model
from archlint.graph.plain.rewrite import in_plain_onnx
from tests.graph.making import model, value, weight

MICROSOFT, BLOCKED = "com.microsoft", "com.microsoft.nchwc"


def plain(
    node: onnx.NodeProto,
    inputs: Sequence[onnx.ValueInfoProto],
    weights: Sequence[onnx.TensorProto] = (),
    opset: int = 17,
) -> Model:
    return read_model(model([node], inputs, weights=weights, opset=opset))


def types(found: Model) -> list[str]:
    return [op.op_type for op in found.operators]


def last(found: Model) -> Operator:
    return found.operators[-1]


@pytest.mark.parametrize("opset", [10, 17])
def test_a_fused_conv_is_a_conv_an_add_and_its_activation(opset: int) -> None:
    node = helper.make_node(
        "FusedConv", ["x", "w", "b", "z"], ["y"], name="c", domain=MICROSOFT, strides=[2, 2],
        activation="Clip", activation_params=[0.0, 6.0],
    )  # fmt: skip
    weights = [weight("w", 8, 3, 1, 1), weight("b", 8)]
    found = plain(node, [value("x", [1, 3, 8, 8]), value("z", [1, 8, 4, 4])], weights, opset)
    assert [(op.name, op.op_type) for op in found.operators] == [
        ("c", "Conv"), ("c:Add", "Add"), ("c:Clip", "Clip"),
    ]  # fmt: skip
    assert last(found).output.name == "y"
    assert last(found).output.shape == (1, 8, 4, 4)


def test_parts_are_of_the_module_of_the_node_that_they_stand_for() -> None:
    node = helper.make_node(
        "FusedConv", ["x", "w"], ["y"], name="/layer1/conv1/Conv_fused", domain=MICROSOFT,
        activation="Relu",
    )  # fmt: skip
    found = plain(node, [value("x", [1, 3, 8, 8])], [weight("w", 8, 3, 1, 1)])
    assert [op.module for op in found.operators] == ["layer1.conv1", "layer1.conv1"]


def test_a_gemm_keeps_its_attributes() -> None:
    node = helper.make_node(
        "FusedGemm", ["x", "w"], ["y"], domain=MICROSOFT, transB=1, activation="LeakyRelu",
        activation_alpha=0.1,
    )  # fmt: skip
    found = plain(node, [value("x", [2, 3])], [weight("w", 5, 3)])
    assert types(found) == ["Gemm", "LeakyRelu"]
    assert found.operators[0].attributes["transB"] == 1
    assert last(found).attributes["alpha"] == pytest.approx(0.1)
    assert last(found).output.shape == (2, 5)


@pytest.mark.parametrize("opset", [11, 17, 20])
def test_a_skip_normalisation_adds_first(opset: int) -> None:
    node = helper.make_node(
        "SkipLayerNormalization", ["x", "s", "g", "b", "bias"], ["y", "", "", "sum"],
        domain=MICROSOFT,
    )  # fmt: skip
    weights = [weight(each, 16) for each in ("g", "b", "bias")]
    found = plain(node, [value("x", [1, 4, 16]), value("s", [1, 4, 16])], weights, opset)
    assert types(found) == ["Add", "Add", "LayerNormalization"]
    assert found.operators[1].output.name == "sum"
    assert last(found).output.shape == (1, 4, 16)


@pytest.mark.parametrize("opset", [11, 17, 20])
def test_attention_that_projects_is_a_product_and_attention(opset: int) -> None:
    node = helper.make_node(
        "Attention", ["x", "w", "b"], ["y"], name="a", domain=MICROSOFT, num_heads=4
    )
    weights = [weight("w", 32, 96), weight("b", 96)]
    found = plain(node, [value("x", [2, 10, 32])], weights, opset)
    assert types(found) == ["MatMul", "Add", "Split", "MultiHeadAttention"]
    assert last(found).output.shape == (2, 10, 32)
    assert last(found).flops == 2 * 4 * 10 * 10 * (4 * 8 + 5)


def test_so_is_attention_of_integers() -> None:
    node = helper.make_node(
        "QAttention", ["x", "w", "b", "xs", "ws", "", "xz", "wz"], ["y"], domain=MICROSOFT,
        num_heads=4,
    )  # fmt: skip
    byte = onnx.TensorProto.UINT8
    weights = [weight("w", 32, 96, dtype=byte), weight("b", 96), weight("xs"), weight("ws"),
               weight("xz", dtype=byte), weight("wz", dtype=byte)]  # fmt: skip
    found = plain(node, [value("x", [2, 10, 32], byte)], weights)
    assert types(found)[-4:] == ["MatMul", "Add", "Split", "MultiHeadAttention"]
    assert last(found).output.shape == (2, 10, 32)


def test_attention_with_a_cache_stays_as_it_is() -> None:
    node = helper.make_node(
        "Attention", ["x", "w", "b", "", "past"], ["y", "present"], domain=MICROSOFT, num_heads=4
    )
    inputs = [value("x", [2, 10, 32]), value("past", [2, 2, 4, 5, 8])]
    found = plain(node, inputs, [weight("w", 32, 96), weight("b", 96)])
    assert types(found) == ["Attention"]
    assert last(found).output.shape == (2, 10, 32)


def test_attention_of_three_products_stays_one() -> None:
    node = helper.make_node(
        "MultiHeadAttention", ["q", "k", "v", "b", "mask"], ["y"], domain=MICROSOFT, num_heads=4
    )
    inputs = [value("q", [2, 10, 32]), value("k", [2, 7, 32]), value("v", [2, 7, 64])]
    inputs.append(value("mask", [2], onnx.TensorProto.INT32))
    found = plain(node, inputs, [weight("b", 128)])
    assert types(found) == ["MultiHeadAttention"]
    assert last(found).output.shape == (2, 10, 64)
    assert last(found).flops == 2 * 4 * 10 * 7 * (2 * 8 + 2 * 16 + 5)


def test_a_cache_of_keys_makes_them_more() -> None:
    node = helper.make_node(
        "GroupQueryAttention", ["q", "k", "v", "pk", "pv", "n", "t"], ["y", "nk", "nv"],
        domain=MICROSOFT, num_heads=4, kv_num_heads=2,
    )  # fmt: skip
    inputs = [value("q", [2, 1, 32]), value("k", [2, 1, 16]), value("v", [2, 1, 16]),
              value("pk", [2, 2, 9, 8]), value("pv", [2, 2, 9, 8]),
              value("n", [2], onnx.TensorProto.INT32), value("t", [], onnx.TensorProto.INT32),
    ]  # fmt: skip
    (found,) = plain(node, inputs).operators
    assert [each.shape for each in found.outputs] == [(2, 1, 32), (2, 2, 10, 8), (2, 2, 10, 8)]
    assert found.flops == 2 * 4 * 1 * 10 * (4 * 8 + 5)


@pytest.mark.parametrize("dtype", [onnx.TensorProto.FLOAT, onnx.TensorProto.FLOAT16])
def test_parts_compute_in_the_type_of_the_weights(dtype: int) -> None:
    nodes = [
        helper.make_node("Attention", ["x", "w", "b"], ["a"], domain=MICROSOFT, num_heads=4),
        helper.make_node("QuickGelu", ["a"], ["g"], domain=MICROSOFT),
        helper.make_node(
            "FusedGemm", ["rows", "v"], ["y"], domain=MICROSOFT, activation="Clip",
            activation_params=[0.0, 6.0],
        ),
    ]  # fmt: skip
    weights = [weight(name, *dims, dtype=dtype)
               for name, dims in (("w", (32, 96)), ("b", (96,)), ("v", (32, 8)))]  # fmt: skip
    inputs = [value("x", [2, 10, 32], dtype), value("rows", [2, 32], dtype)]
    found = read_model(model(nodes, inputs, weights=weights, opset=17))
    name = onnx.TensorProto.DataType.Name(dtype).lower()
    assert {op.output.dtype for op in found.operators} == {name}
    assert all(op.output.shape is not None for op in found.operators)


@pytest.mark.parametrize("opset", [11, 17])
@pytest.mark.parametrize(("mask", "counts"), [("m", ["ReduceSum"]), ("", [])])
def test_a_sum_of_embeddings_counts_the_words_that_a_mask_leaves(
    mask: str, counts: list[str], opset: int
) -> None:
    nodes = [
        helper.make_node(
            "EmbedLayerNormalization", ["ids", "", "w", "p", "", "g", "b", mask], ["e", "count"],
            domain=MICROSOFT,
        ),
        helper.make_node("Attention", ["e", "qkv", "bias", "count"], ["y"], domain=MICROSOFT,
                         num_heads=4),
    ]  # fmt: skip
    inputs = [value(each, [2, 9], onnx.TensorProto.INT32) for each in ("ids", "m")]
    weights = [weight("w", 100, 16), weight("p", 32, 16), weight("g", 16), weight("b", 16),
               weight("qkv", 16, 48), weight("bias", 48)]  # fmt: skip
    found = read_model(model(nodes, inputs, weights=weights, opset=opset))
    sums = [op for op in found.operators if op.op_type == "ReduceSum"]
    assert [op.op_type for op in sums] == counts
    assert all(op.output.shape == (2,) for op in sums)
    assert last(found).output.shape == (2, 9, 16)


def test_a_sum_of_embeddings_takes_its_positions_from_the_length() -> None:
    node = helper.make_node(
        "EmbedLayerNormalization", ["ids", "kinds", "w", "p", "k", "g", "b"], ["y", ""],
        domain=MICROSOFT,
    )  # fmt: skip
    ids = [value(each, [2, 9], onnx.TensorProto.INT32) for each in ("ids", "kinds")]
    weights = [weight("w", 100, 16), weight("p", 32, 16), weight("k", 2, 16), weight("g", 16),
               weight("b", 16)]  # fmt: skip
    found = plain(node, ids, weights)
    assert types(found) == ["Gather", "Add", "Gather", "Add", "LayerNormalization"]
    assert last(found).output.shape == (2, 9, 16)


def test_blocked_tensors_lose_what_only_fills_a_block() -> None:
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["c"], name="c", domain=BLOCKED, activation="Relu"),
        helper.make_node("ReorderOutput", ["c"], ["y"], domain=BLOCKED, channels=24),
    ]
    found = read_model(model(nodes, [value("x", [1, 3, 8, 8])], weights=[weight("w", 32, 3, 1, 1)]))
    assert types(found) == ["Conv", "Relu", "Slice"]
    assert last(found).output.shape == (1, 24, 8, 8)


def quantisation(name: str) -> list[onnx.TensorProto]:
    scale = numpy_helper.from_array(np.float32(0.1), f"{name}s")
    return [scale, numpy_helper.from_array(np.int8(0), f"{name}z")]


@pytest.mark.parametrize("domain", ["", MICROSOFT])
def test_a_conv_on_integers_is_one_between_de_and_requantisation(domain: str) -> None:
    node = helper.make_node(
        "QLinearConv", ["x", "xs", "xz", "w", "ws", "wz", "ys", "yz"], ["y"], name="c",
        domain=domain,
    )  # fmt: skip
    if domain:
        node.attribute.append(helper.make_attribute("channels_last", 1))
    weights = [weight("w", 8, 4, 1, 1, dtype=onnx.TensorProto.INT8)]
    weights += [each for name in "xwy" for each in quantisation(name)]
    shape = [1, 6, 6, 4] if domain else [1, 4, 6, 6]
    found = plain(node, [value("x", shape, onnx.TensorProto.INT8)], weights)
    around = ["Transpose"] if domain else []
    assert types(found) == [*around, "DequantizeLinear", "Conv", "QuantizeLinear", *around]
    assert last(found).output.shape == ((1, 6, 6, 8) if domain else (1, 8, 6, 6))
    (conv,) = (op for op in found.operators if op.op_type == "Conv")
    assert conv.weight is not None
    assert (conv.weight.dtype, conv.weight.quantised) == ("int8", True)


def test_a_pool_of_integers_has_its_channels_last() -> None:
    node = helper.make_node(
        "NhwcMaxPool", ["x"], ["y"], domain=MICROSOFT, kernel_shape=[3, 3], strides=[2, 2]
    )
    found = plain(node, [value("x", [1, 7, 7, 4], onnx.TensorProto.UINT8)], [])
    assert types(found) == ["Transpose", "MaxPool", "Transpose"]
    assert last(found).output.shape == (1, 3, 3, 4)


@pytest.mark.parametrize("bias", ["", "b"])
def test_a_product_of_integers_to_float_is_one_of_what_they_stand_for(bias: str) -> None:
    node = helper.make_node(
        "MatMulIntegerToFloat", ["x", "w", "xs", "ws", "xz", "wz", bias], ["y"], domain=MICROSOFT
    )
    weights = [weight("w", 8, 6, dtype=onnx.TensorProto.INT8), weight("b", 6)]
    weights += [each for name in "xw" for each in quantisation(name)]
    found = plain(node, [value("x", [2, 5, 8], onnx.TensorProto.UINT8)], weights)
    assert types(found) == ["DequantizeLinear", "MatMul", *(["Add"] if bias else [])]
    assert last(found).output.shape == (2, 5, 6)
    product = found.operators[1]
    assert product.weight is not None
    assert (product.weight.dtype, product.flops) == ("int8", 2 * 8 * 2 * 5 * 6)


def test_a_concat_of_integers_has_the_scale_of_its_result_first() -> None:
    node = helper.make_node(
        "QLinearConcat", ["ys", "yz", "a", "as", "az", "b", "bs", "bz"], ["y"], axis=1,
        domain=MICROSOFT,
    )  # fmt: skip
    weights = [each for name in "yab" for each in quantisation(name)]
    inputs = [value(each, [1, 4, 6, 6], onnx.TensorProto.INT8) for each in "ab"]
    found = plain(node, inputs, weights)
    assert types(found) == ["DequantizeLinear", "DequantizeLinear", "Concat", "QuantizeLinear"]
    assert last(found).output.shape == (1, 8, 6, 6)


def test_a_model_of_onnx_alone_is_not_copied() -> None:
    proto = model([helper.make_node("Relu", ["x"], ["y"])], [value("x", [1])])
    assert in_plain_onnx("m", proto) is proto


@pytest.mark.parametrize(
    ("word", "domain"),
    [(b"nameless", ""), (b"nameless", MICROSOFT), (b"attribute", ""), (b"FusedConv", "")],
)
def test_a_name_that_is_no_text_is_one_clear_line(word: bytes, domain: str) -> None:
    node = helper.make_node(
        "FusedConv", ["x", "w"], ["y"], name="nameless", domain=domain, attribute=1
    )
    proto = model([node], [value("x", [1, 3, 8, 8])], weights=[weight("w", 8, 3, 1, 1)])
    damaged = onnx.ModelProto()
    damaged.ParseFromString(proto.SerializeToString().replace(word, word[:-2] + b"\xff\xfe"))
    with pytest.raises(ModelError, match="a name in it is not UTF-8 text"):
        read_model(damaged)


@pytest.mark.parametrize("bits", [onnx.TensorProto.UINT16, onnx.TensorProto.INT4])
def test_integers_that_onnx_had_later_have_shapes(bits: int) -> None:
    nodes = [
        helper.make_node("QuantizeLinear", ["x", "s", "z"], ["q"], domain=MICROSOFT),
        helper.make_node("DequantizeLinear", ["q", "s", "z"], ["d"], domain=MICROSOFT),
        helper.make_node("DequantizeLinear", ["w", "s", "z"], ["dw"], domain=MICROSOFT, axis=0),
        helper.make_node("Conv", ["d", "dw"], ["y"]),
    ]
    zero = helper.make_tensor("z", bits, [], [0])
    weights = [quantisation("")[0], zero, weight("w", 8, 3, 1, 1, dtype=bits)]
    found = read_model(model(nodes, [value("x", [1, 3, 6, 6])], weights=weights, opset=17))
    assert types(found) == ["QuantizeLinear", "DequantizeLinear", "Conv"]
    assert [op.output.shape for op in found.operators] == [(1, 3, 6, 6)] * 2 + [(1, 8, 6, 6)]
    assert last(found).weight is not None
    assert last(found).flops == 2 * 3 * 8 * 36
