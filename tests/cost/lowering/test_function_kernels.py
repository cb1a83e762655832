"""Whole functions as kernels: what each carries that its time depends on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from onnx import TensorProto, helper

from archlint.cost.kernels.kernel import Kernel, parse_term
from archlint.cost.kernels.kind import Kind
from archlint.cost.lowering.lower import lower
from archlint.cost.pricer import Pricer
from archlint.cost.pricing.variety import sort_of, variety_of
from archlint.cost.target import load_target
from archlint.cost.target_files import SHIPPED, list_targets
from archlint.graph import read_model
from archlint.graph.operator import Operator
from archlint.measure.onnxruntime.nodes import can_make
from archlint.testing import Net
from tests.cost.paper_targets import GPU

CPU = load_target(list_targets(SHIPPED)["epyc-milan-ort-fp32-1t"])
INDEX = "index"
"""The name of an input of whole numbers."""

QUERY, KEY, MASK = (2, 4, 10, 8), (2, 4, 12, 8), (2, 4, 10, 12)


def kernel_of(op: str, *inputs: str, net: Net, **attributes: Any) -> Kernel:
    proto = net.proto(net.op(op, *inputs, **attributes))
    proto.opset_import[0].version = 21  # the first with GroupNormalization as it is today
    for given in proto.graph.input:
        if given.name == INDEX:
            given.type.tensor_type.elem_type = TensorProto.INT64
    lowered = lower(read_model(proto), GPU.lowering)
    (placed,) = lowered.kernels
    return placed.kernel


def normalised(op: str, *shape: int, **attributes: Any) -> str:
    net = Net()
    given = [net.input(*shape)]
    if op != "LRN":
        given += [net.weight("s", shape[1]), net.weight("b", shape[1])]
    return kernel_of(op, *given, net=net, **attributes).text


def recurrent(op: str, gates: int, **attributes: Any) -> Kernel:
    net = Net()
    directions = 2 if attributes else 1
    x = net.input(50, 2, 40)
    weights = [
        net.weight("w", directions, gates * 64, 40),
        net.weight("r", directions, gates * 64, 64),
    ]
    return kernel_of(op, x, *weights, net=net, hidden_size=64, **attributes)


def contracted(equation: str, *shapes: tuple[int, ...]) -> str:
    net = Net()
    names = [net.input(*shape, name=f"x{at}") for at, shape in enumerate(shapes)]
    return kernel_of("Einsum", *names, net=net, equation=equation).text


def test_a_normalisation_of_maps_has_its_channels_first_at_any_rank() -> None:
    assert (
        normalised("InstanceNormalization", 2, 64, 56, 56) == "InstanceNormalization 64 @56x56 b2"
    )
    assert normalised("InstanceNormalization", 1, 32, 4096) == "InstanceNormalization 32 @4096"


def test_a_group_normalisation_has_its_groups_and_a_local_one_its_window() -> None:
    text = normalised("GroupNormalization", 1, 64, 56, 56, num_groups=32)
    assert text == "GroupNormalization 64 g32 @56x56"
    assert normalised("LRN", 1, 64, 56, 56, size=5) == "LRN 64 k5 @56x56"


@pytest.mark.parametrize(("op", "gates"), [("LSTM", 4), ("GRU", 3), ("RNN", 1)])
def test_a_recurrence_multiplies_its_weights_at_every_step(op: str, gates: int) -> None:
    kernel = recurrent(op, gates)
    assert kernel.text == f"{op} 40>64 @50 b2"
    assert kernel.weight_bytes == 4 * gates * 64 * (40 + 64)
    assert kernel.flops == 2 * 50 * 2 * gates * 64 * (40 + 64)
    both = recurrent(op, gates, direction="bidirectional")
    assert both.text == f"{op} 40>64 @50 b2 (both ways)"
    assert both.flops == 2 * kernel.flops


@pytest.mark.parametrize(
    ("equation", "shapes", "text"),
    [
        ("bhid,bhjd->bhij", (QUERY, KEY), "8>12 @10 b8 run-time (abcd,abed>abce)"),
        ("bhij, bhjd -> bhid", (MASK, KEY), "12>8 @10 b8 run-time (abcd,abde>abce)"),
        ("bqc,bchw->bqhw", ((1, 20, 16), (1, 16, 7, 9)), "16>63 @20 run-time (abc,acde>abde)"),
        ("...id,...jd->...ij", (QUERY, KEY), "8>12 @10 b8 run-time (abcd,abed>abce)"),
        ("ij,jk", ((4, 5), (5, 6)), "5>6 @4 run-time (ab,bc>ac)"),
    ],
)  # fmt: skip
def test_a_contraction_is_a_product_by_its_equation(
    equation: str, shapes: tuple[tuple[int, ...], ...], text: str
) -> None:
    assert contracted(equation, *shapes) == f"Einsum {text}"


@pytest.mark.parametrize("equation", ["ij,jk->i", "ij,jk,kl->il"])
def test_an_equation_of_another_form_has_no_kernel(equation: str) -> None:
    net = Net()
    names = [net.input(4, 5, name="a"), net.input(5, 6, name="b")]
    lowered = lower(net.model(net.op("Einsum", *names, equation=equation)), GPU.lowering)
    assert not lowered.kernels
    assert lowered.unpriced == (0,)


def test_sampling_says_how_it_interpolates() -> None:
    net = Net()
    names = [net.input(1, 8, 20, 20), net.input(1, 30, 30, 2, name="grid")]
    kernel = kernel_of("GridSample", *names, net=net, mode="bilinear", padding_mode="border")
    assert kernel.text == "GridSample 8 @20x20>30x30 (linear border)"


@pytest.mark.parametrize(
    "text",
    [
        "InstanceNormalization 64 @56x56", "GroupNormalization 64 g32 @56x56", "LRN 64 k5 @56x56",
        "GRU 40>64 @50 b2 (both ways)", "LSTM 64 @50", "GridSample 8 @20x20>30x30 (linear)",
        "Einsum 8>12 @10 b8 run-time (abcd,abed>abce)", "Einsum 8 @10 (ab,bc>ac)",
        "CumSum 64 @50 (row)", "RMSNormalization 64 @50", "Attention 64 @197 b12",
        "Attention 64>32 @77>197 b12 (causal rows)", "GroupQueryAttention 128 g4 @64>1 b8 (rotary)",
        "RotaryEmbedding 768 g12 @128", "TopK 8400>300", "RoiAlign 256 k2x2 @50x50>100x7x7",
        "GatherElements 1 @8400>300", "ScatterND 64 @16>1024", "DepthToSpace 64>16 @28x28>56x56",
        "MatMulNBits 768>768 @128 (4 bits in int8)", "DynamicQuantizeMatMul 768>768",
        "ConvInteger 64>64 k3x3 g64 @28x28", "ArgMax 21>4096 @64x64>1 8B (axes 1)",
        "DeformConv 64>64 k3x3 g4 @28x28", "MatMulBnb4 768>768 @128 (4 bits)",
        "DynamicQuantizeLSTM 40>64 @50 b2 (both ways)", "MaxRoiPool 256 @50x50>100x7x7",
        "CumProd 64 @50 (row)", "Xor 64 @28x28 1B", "ReduceMin 64 @50>1 (row)",
    ],
)  # fmt: skip
def test_each_reads_back_as_it_is_written_and_can_be_measured(text: str) -> None:
    kernel = parse_term(text)[1]
    assert can_make(kernel)
    again = parse_term(kernel.text)[1]
    assert again == kernel
    assert sort_of(kernel.text) in (kernel.kind.value, kernel.op, "copy")


@pytest.mark.parametrize(
    ("text", "variety"),
    [
        ("LRN 64 k5 @56x56", "normalisation LRN"), ("Attention 64 @197", "attention Attention"),
        ("TopK 8400>300", "function TopK"), ("Einsum 8 @10 (ab,bc>ac)", "contraction"),
        ("MatMulNBits 768>768 (4 bits)", "matrix product MatMulNBits"),
        ("MatMulNBits 768>768 @128 (8 bits)", "matrix product MatMulNBits"),
        ("ConvInteger 64>64 k3x3 g64 @28x28", "conv ConvInteger"),
        ("DeformConv 64>64 k3x3 @28x28", "conv DeformConv"),
        ("Resize 3 @240x240>224x224 (cubic)", "resize cubic"),
        ("ScatterND 64 @16>1024", "indexed"), ("Tile 64 @28x28>56x56", "copy"),
    ],
)  # fmt: skip
def test_what_is_like_no_other_has_a_fit_of_its_own(text: str, variety: str) -> None:
    assert variety_of(parse_term(text)[1]) == variety


def test_each_recurrence_has_a_fit_of_its_own() -> None:
    kernel = Kernel(Kind.RECURRENCE, "GRU", 8, 8, (4,), (4,))
    assert variety_of(kernel) == "recurrence GRU"
    assert variety_of(kernel._replace(op="LSTM")) == "recurrence LSTM"


@pytest.mark.parametrize(("axis", "path"), [(3, "row"), (1, "axes 1")])
def test_a_scan_is_a_kernel_by_the_axis_that_it_runs_along(axis: int, path: str) -> None:
    net = Net()
    summed = net.op("CumSum", net.input(1, 8, 4, 4), net.constant([axis]))
    (placed,) = lower(net.model(summed), CPU.lowering).kernels
    assert placed.kernel.text == f"CumSum 8 @4x4 ({path})"


@pytest.mark.parametrize(
    ("shapes", "attributes", "text"),
    [
        ([(2, 4, 10, 8), (2, 2, 12, 8), (2, 2, 12, 16)], {}, "8>16 g2 @12>10 b8"),
        ([(2, 10, 32), (2, 12, 32), (2, 12, 32)], {"q_num_heads": 4, "kv_num_heads": 4},
         "8 @12>10 b8 (rows)"),
        ([(1, 4, 10, 8)] * 3, {"is_causal": 1}, "8 @10 b4 (causal)"),
    ],
)  # fmt: skip
def test_attention_is_one_kernel_by_heads_rows_and_keys(
    shapes: list[tuple[int, ...]], attributes: dict[str, Any], text: str
) -> None:
    net = Net()
    names = [net.input(*shape, name=f"x{at}") for at, shape in enumerate(shapes)]
    proto = net.proto(net.op("Attention", *names, **attributes))
    proto.opset_import[0].version = 23
    (placed,) = lower(read_model(proto), GPU.lowering).kernels
    assert placed.kernel.text == f"Attention {text}"
    batch, heads, rows = placed.kernel.batch, placed.kernel.groups, placed.kernel.out_map[0]
    assert placed.kernel.flops == read_model(proto).operators[0].flops
    assert (batch % heads, rows) == (0, 10)


def test_attention_without_rows_costs_what_its_steps_cost() -> None:
    pricer = Pricer(CPU)
    whole = pricer.price(parse_term("Attention 64 @128 b12 /8MB")[1])
    parts = [
        "MatMul 64>128 @128 b12 run-time /8MB", "Softmax 12 @128x128 /8MB",
        "MatMul 128>64 @128 b12 run-time /8MB",
    ]  # fmt: skip
    steps = pricer.total([parse_term(each)[1] for each in parts])
    assert whole is not None
    assert whole == steps


@pytest.mark.parametrize(
    ("op", "shapes", "attributes", "text"),
    [
        ("GatherElements", [(2, 50, 8), (2, 7, 8)], {"axis": 1}, "8 @50>7 b2"),
        ("ScatterElements", [(2, 50), (2, 7), (2, 7)], {"axis": -1}, "1 @7>50 b2"),
        ("GatherND", [(6, 5, 8), (3, 4, 2)], {}, "8 @30>12"),
        ("ScatterND", [(60, 8), (4, 1), (4, 8)], {}, "8 @4>60"),
    ],
)  # fmt: skip
def test_what_an_index_picks_is_told_by_both_sizes(
    op: str, shapes: list[tuple[int, ...]], attributes: dict[str, Any], text: str
) -> None:
    net = Net()
    given = zip(("x", INDEX, "updates"), shapes, strict=False)
    names = [net.input(*shape, name=name) for name, shape in given]
    assert kernel_of(op, *names, net=net, **attributes).text == f"{op} {text}"


def test_the_greatest_of_each_row_are_told_by_how_many_of_how_many() -> None:
    net = Net()
    proto = net.proto(net.op("TopK", net.input(1, 8, 8400), net.constant([300])))
    proto.graph.node[0].output.append("places")
    (placed,) = lower(read_model(proto), CPU.lowering).kernels
    assert placed.kernel.text == "TopK 8400>300 @8"


def test_regions_are_told_by_their_number_and_samples() -> None:
    net = Net()
    names = [net.input(1, 16, 50, 60), net.input(100, 4, name="boxes"), net.constant([0] * 100)]
    kernel = kernel_of(
        "RoiAlign", *names, net=net, output_height=7, output_width=7, sampling_ratio=2
    )
    assert kernel.text == "RoiAlign 16 k2x2 @50x60>100x7x7"


def test_the_greatest_of_regions_are_told_by_their_number_alone() -> None:
    net = Net()
    names = [net.input(1, 16, 50, 60), net.input(100, 5, name="rois")]
    kernel = kernel_of("MaxRoiPool", *names, net=net, pooled_shape=[7, 7])
    assert kernel.text == "MaxRoiPool 16 @50x60>100x7x7"


def test_a_deformed_conv_is_a_conv_with_a_fit_of_its_own() -> None:
    net = Net()
    names = [net.input(1, 16, 14, 14), net.weight("w", 32, 16, 3, 3)]
    names.append(net.input(1, 18, 12, 12, name="offset"))
    kernel = kernel_of("DeformConv", *names, net=net)
    assert kernel.text == "DeformConv 16>32 k3x3 @14x14>12x12"
    assert kernel.flops == 2 * 32 * 12 * 12 * 16 * 9


def of_microsoft(
    op: str, data: tuple[int, ...], weights: Mapping[str, tuple[int, ...]], **attributes: Any
) -> tuple[Operator, Kernel]:
    """The operator and its kernel; the weights are in bytes."""
    node = helper.make_node(
        op, ["x", *weights], ["y"], domain="com.microsoft", **attributes
    )  # fmt: skip
    made = helper.make_graph(
        [node], "net",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, data)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [TensorProto(name=name, dims=dims, data_type=TensorProto.UINT8)
         for name, dims in weights.items()],
    )  # fmt: skip
    opsets = [helper.make_opsetid("", 18), helper.make_opsetid("com.microsoft", 1)]
    model = read_model(helper.make_model(made, opset_imports=opsets, ir_version=9))
    (placed,) = lower(model, CPU.lowering).kernels
    return model.operators[0], placed.kernel


def test_a_product_of_packed_floats_is_told_by_the_sizes_that_it_names() -> None:
    weights = {"w": (32 * 6 // 2,), "s": (3,)}
    op, kernel = of_microsoft("MatMulBnb4", (1, 5, 32), weights, K=32, N=6, block_size=64)
    assert op.output.shape == (1, 5, 6)
    assert kernel.title == "MatMulBnb4 32>6 @5 (4 bits)"
    assert kernel.weight_bytes == 32 * 6 // 2
    assert op.flops == kernel.flops == 2 * 5 * 32 * 6


def test_a_quantised_lstm_is_one_whose_weights_are_bytes() -> None:
    weights = {"w": (2, 40, 256), "r": (2, 64, 256)}
    attributes = {"hidden_size": 64, "direction": "bidirectional"}
    op, kernel = of_microsoft("DynamicQuantizeLSTM", (50, 3, 40), weights, **attributes)
    assert op.output.shape == (50, 2, 3, 64)
    assert kernel.title == "DynamicQuantizeLSTM 40>64 @50 b3 (both ways)"
    assert kernel.weight_bytes == 2 * 256 * (40 + 64)
    assert op.flops == kernel.flops


def test_a_slope_by_channel_is_what_rows_of_a_prelu_have() -> None:
    net = Net()
    sloped = net.op("PRelu", net.input(1, 8, 4, 4), net.weight("slope", 8, 1, 1))
    (placed,) = lower(net.model(sloped), CPU.lowering).kernels
    assert placed.kernel.text == "PRelu 8 @4x4"
