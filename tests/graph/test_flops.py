from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import helper

from archlint.graph import Operator, read_model
from archlint.graph.flops import cost_of
from archlint.graph.operator import Attribute, Tensor
from tests.graph.making import MODELS, ints, model, value, weight

Shape = tuple[int, ...]


def _tensor(name: str, shape: Shape | None, *, constant: bool = False) -> Tensor:
    return Tensor(name, shape, "float", constant)


def _cost(
    op_type: str,
    inputs: list[Shape | None],
    output: Shape | None,
    domain: str = "",
    **attributes: Any,
) -> tuple[int | None, int | None]:
    tensors = [_tensor(f"i{number}", shape) for number, shape in enumerate(inputs)]
    known: dict[str, Attribute] = attributes
    return cost_of(op_type, domain, tensors, [_tensor("o", output)], known)


@pytest.mark.parametrize(
    ("op_type", "inputs", "output", "attributes", "flops", "mac"),
    [
        ("Conv", [(2, 8, 9), (4, 8, 3)], (2, 4, 7), {}, 2 * 2 * 4 * 7 * 8 * 3, 4 * (144 + 96 + 56)),
        ("Conv", [(1, 8, 5, 5), (6, 4, 3, 3)], (1, 6, 5, 5), {"group": 2}, 2 * 150 * 36, 2264),
        ("Conv", [(1, 2, 4, 4, 4), (3, 2, 2, 2, 2)], (1, 3, 3, 3, 3), {}, 2 * 81 * 16, 1028),
        ("ConvTranspose", [(1, 8, 5, 5), (8, 3, 2, 2)], (1, 6, 10, 10), {}, 2 * 200 * 12, 3584),
        ("Gemm", [(4, 5), (5, 6), (6,)], (4, 6), {}, 2 * 4 * 5 * 6, 4 * (20 + 30 + 6 + 24)),
        ("Gemm", [(5, 4), (6, 5)], (4, 6), {"transA": 1, "transB": 1}, 240, 4 * (20 + 30 + 24)),
        ("MatMul", [(2, 3, 4, 5), (2, 3, 5, 6)], (2, 3, 4, 6), {}, 1440, 4 * (120 + 180 + 144)),
        ("MatMul", [(5,), (5, 6)], (6,), {}, 60, 4 * (5 + 30 + 6)),
        ("Einsum", [(2, 3, 4), (2, 5, 4)], (2, 3, 5), {"equation": "bqd,bkd->bqk"}, 240, 376),
        ("Einsum", [(2, 3, 4), (5, 4)], (2, 3, 5), {"equation": "...d,kd->...k"}, 240, 296),
        ("Einsum", [(2, 1, 4), (3, 4)], (2, 3), {"equation": "...d,...d->..."}, 48, 104),
        ("Einsum", [(3, 4), (5, 4)], (3, 5), {"equation": "qd,kd"}, 120, 188),
        ("MaxPool", [(1, 2, 4, 4)], (1, 2, 2, 2), {"kernel_shape": (3, 3)}, 72, 160),
        ("GlobalAveragePool", [(1, 2, 4, 4)], (1, 2, 1, 1), {}, 32, 136),
        ("ReduceMean", [(2, 8), (1,)], (2, 1), {}, 16, 72),
        ("Softmax", [(2, 8)], (2, 8), {}, 80, 128),
        ("BatchNormalization", [(1, 4, 2, 2), (4,), (4,), (4,), (4,)], (1, 4, 2, 2), {}, 32, 192),
        ("LayerNormalization", [(2, 8), (8,), (8,)], (2, 8), {}, 112, 192),
        ("Relu", [(2, 8)], (2, 8), {}, 16, 128),
        ("Sigmoid", [(2, 8)], (2, 8), {}, 64, 128),
        ("Add", [(2, 8), (8,)], (2, 8), {}, 16, 160),
        ("Sum", [(2, 8), (2, 8), (2, 8)], (2, 8), {}, 32, 256),
        ("Clip", [(2, 8), (), ()], (2, 8), {}, 32, 128),
        ("Resize", [(1, 1, 4, 4)], (1, 1, 8, 8), {"mode": "nearest"}, 0, 320),
        ("Resize", [(1, 1, 4, 4)], (1, 1, 8, 8), {"mode": "linear"}, 512, 320),
        ("Resize", [(1, 1, 4, 4)], (1, 1, 8, 8), {"mode": "cubic"}, 2048, 320),
        ("Concat", [(1, 2), (1, 3)], (1, 5), {}, 0, 40),
        ("Transpose", [(2, 8)], (8, 2), {}, 0, 128),
        ("Slice", [(100, 8), (1,), (1,)], (2, 8), {}, 0, 128),
        ("Gather", [(30000, 8), (2,)], (2, 8), {}, 0, 136),
        ("Reshape", [(2, 8), (1,)], (16,), {}, 0, 0),
        ("Flatten", [(2, 8)], (2, 8), {}, 0, 0),
        ("OneHot", [(2, 8), (), (2,)], (2, 8, 5), {}, 0, 4 * (16 + 80)),
        ("CumSum", [(2, 8), ()], (2, 8), {}, 16, 128),
        ("CumProd", [(2, 8), ()], (2, 8), {}, 16, 128),
        ("CastLike", [(2, 8), (1000,)], (2, 8), {}, 0, 128),
        ("Shrink", [(2, 8)], (2, 8), {}, 48, 128),
        ("Acosh", [(2, 8)], (2, 8), {}, 16, 128),
        ("LSTM", [(5, 2, 3), (1, 16, 3), (1, 16, 4)], (5, 1, 2, 4), {}, 2 * 10 * 4 * 4 * 7, 728),
        (
            "Attention",
            [(2, 6, 32), (2, 10, 32), (2, 10, 32)],
            (2, 6, 32),
            {"q_num_heads": 4, "kv_num_heads": 4},
            2 * 4 * 6 * 10 * (4 * 8 + 5),
            4 * (384 + 640 + 640 + 384),
        ),
    ],
)  # fmt: skip
def test_each_formula(
    op_type: str,
    inputs: list[Shape | None],
    output: Shape,
    attributes: dict[str, Any],
    flops: int,
    mac: int,
) -> None:
    assert _cost(op_type, inputs, output, **attributes) == (flops, mac)


def test_microsoft_s_attention_projects_as_well() -> None:
    inputs: list[Shape | None] = [(2, 6, 32), (32, 96), (96,)]
    flops, _ = _cost("Attention", inputs, (2, 6, 32), "com.microsoft", num_heads=4)
    assert flops == 2 * 2 * 6 * 32 * 96 + 2 * 4 * 6 * 6 * (4 * 8 + 5)


def test_a_tensor_that_is_read_twice_counts_once() -> None:
    x = _tensor("x", (2, 8))
    assert cost_of("Mul", "", [x, x], [_tensor("y", (2, 8))], {}) == (16, 128)


def test_half_precision_halves_the_bytes() -> None:
    x, y = Tensor("x", (2, 8), "float16"), Tensor("y", (2, 8), "float16")
    assert cost_of("Relu", "", [x], [y], {}) == (16, 64)


def test_what_is_not_known_has_no_cost() -> None:
    assert _cost("Relu", [None], None) == (None, None)
    assert _cost("Add", [(2, 8), None], (2, 8)) == (None, None)
    assert _cost("Relu", [(2, 8)], (2, 8), "vendor") == (None, None)
    assert _cost("NoSuchOperator", [(2, 8)], (2, 8)) == (None, None)
    assert _cost("Einsum", [(2, 8)], (2, 8), equation="ijk->ijk") == (None, None)


@given(
    batch=st.integers(1, 3),
    width=st.integers(1, 4),
    groups=st.integers(1, 4),
    kernel=st.sampled_from([1, 3]),
    stride=st.integers(1, 2),
    side=st.integers(3, 9),
)
def test_a_conv_costs_what_counting_its_loops_gives(
    batch: int, width: int, groups: int, kernel: int, stride: int, side: int
) -> None:
    channels, out = width * groups, 2 * groups
    proto = model(
        [
            helper.make_node(
                "Conv", ["x", "w"], ["y"], group=groups, strides=[stride] * 2, auto_pad="SAME_UPPER"
            )
        ],
        [value("x", [batch, channels, side, side])],
        weights=[weight("w", out, width, kernel, kernel)],
    )
    conv = read_model(proto).operators[0]
    outer = -(-side // stride)
    adds = sum(width * kernel * kernel for _ in range(batch * out * outer * outer))
    assert conv.output.shape == (batch, out, outer, outer)
    assert conv.flops == 2 * adds


def test_slices_and_pads_do_not_count_their_parameters() -> None:
    proto = model(
        [helper.make_node("Slice", ["x", "a", "b"], ["y"])],
        [value("x", [10, 4])],
        weights=[ints("a", 0), ints("b", 2)],
    )
    assert read_model(proto).operators[0].mac == 2 * 2 * 4 * 4


def _by_weight(operators: tuple[Operator, ...]) -> int:
    return sum(op.flops or 0 for op in operators if op.weight is not None)


@pytest.mark.parametrize(
    ("file", "operators", "flops", "products", "mac", "parameters"),
    [
        ("hf_bert_base.dynamo", 440, 2_734_682_624, 2_717_908_992, 384_598_248, 108_438_531),
        ("ptcv_nasnet_4a1056.dynamo", 711, 1_150_579_963, 1_136_469_716, 219_554_360, 5_253_901),
        ("ptcv_shufflenet_g3_w1.dynamo", 153, 280_479_120, 274_921_344, 80_401_568, 1_841_248),
        ("smp_unet_resnet18.dynamo", 76, 10_825_433_088, 10_815_012_864, 254_792_576, 14_316_768),
        ("timm_convnext_atto.dynamo", 132, 1_114_376_960, 1_094_664_960, 99_397_792, 3_677_880),
        ("timm_hrnet_w18_small.ts", 225, 3_210_282_816, 3_203_016_704, 166_600_064, 13_165_504),
        ("timm_mixnet_s.ts", 363, 507_712_246, 478_346_720, 266_343_552, 4_104_794),
        ("timm_repvgg_a0.dynamo", 125, 3_031_409_152, 3_025_162_240, 119_273_376, 9_099_648),
        ("tv_densenet121.ts", 372, 5_707_648_768, 5_668_323_328, 421_487_936, 7_928_936),
        ("tv_efficientnet_b0.dynamo", 239, 807_340_812, 771_629_504, 229_038_768, 5_236_192),
        ("tv_googlenet.dynamo", 139, 3_012_582_128, 2_996_752_384, 111_075_392, 6_610_344),
        ("tv_mobilenet_v2.dynamo", 100, 614_039_232, 601_548_544, 119_363_232, 3_469_762),
        ("tv_mobilenet_v3_large.ts", 140, 444_732_672, 433_179_520, 100_673_824, 5_457_176),
        ("tv_resnet50.dynamo", 122, 8_195_403_264, 8_178_368_512, 336_659_008, 25_503_912),
        ("tv_resnext50_32x4d.dynamo", 122, 8_481_281_024, 8_460_959_744, 387_070_528, 24_960_680),
        ("tv_shufflenet_v2_x1_0.dynamo", 173, 292_031_568, 289_815_984, 56_989_376, 2_262_424),
        ("var_mobilenet_v2_dynbatchhw.ts", 100, 614_039_232, 601_548_544, 119_435_456, 3_475_078),
        ("var_resnet18_opset7.ts", 69, 3_638_006_272, 3_628_146_688, 116_950_592, 11_681_832),
    ],
)  # fmt: skip
def test_the_cost_of_known_networks(
    file: str, operators: int, flops: int, products: int, mac: int, parameters: int
) -> None:
    """Products are twice the multiply-adds that the papers give: ResNet-50 has 4.09 G."""
    found = read_model(str(MODELS / f"{file}.onnx"))
    assert len(found.operators) == operators
    assert found.flops == flops
    assert _by_weight(found.operators) == products
    assert found.mac == mac
    assert found.parameters == parameters
    assert found.weight_bytes == 4 * parameters
