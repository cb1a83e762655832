"""Each rewrite is run by ONNX Runtime beside what it rewrites; each condition has a near-miss."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

import archlint
from archlint.graph.rewritten_file import rewritten_file
from archlint.linter.check_rule import PricedPlace
from archlint.measure.onnxruntime.backend import OnnxRuntime
from archlint.measure.random_weights import with_random_weights
from archlint.plugin import Nature, Rewrite, Severity, View
from archlint.rules.r1_redundant_work.before_upsampling import find_convs_behind_upsampling
from archlint.rules.r1_redundant_work.candidate import Candidate
from archlint.rules.r1_redundant_work.rule import RedundantWork
from archlint.testing import Checked, Net, check

TARGET = "epyc-milan-ort-fp32-1t"


def checked(net: Net) -> Checked:
    return check(RedundantWork, net, target=TARGET)


def rewritten(net: Net, opset: int = 17) -> PricedPlace:
    """The only place, whose rewrite gives the same outputs, computed by ONNX Runtime."""
    said = check(RedundantWork, at_opset(net, opset), target=TARGET)
    place = said.place
    assert place.rewrite is not None
    assert_same(at_opset(net, opset), said.view, place.rewrite)
    return place


def at_opset(net: Net, opset: int) -> onnx.ModelProto:
    proto = net.proto()
    proto.opset_import[0].version = opset
    return proto


def assert_same(proto: onnx.ModelProto, view: View, rewrite: Rewrite) -> None:
    runtime, now = OnnxRuntime(1), with_random_weights(proto, seed=3)
    instead = rewritten_file(view.model, now, rewrite)
    for one, two in zip(runtime.outputs(now), runtime.outputs(instead), strict=True):
        assert one.shape == two.shape
        assert np.abs(one - two).max() <= 1e-5 * np.abs(one).max()


def conv(net: Net, x: str, c_in: int, c_out: int, *, bias: bool = False, **more: Any) -> str:
    """A 1x1 conv called "conv"."""
    groups = more.get("group", 1)
    weights = [net.weight("conv.weight", c_out, c_in // groups, 1, 1)]
    if bias:
        weights.append(net.weight("conv.bias", c_out))
    return net.op("Conv", x, *weights, name="conv", **more)


EXAMPLES = Path(__file__).parents[2] / "examples" / "onnx"


@pytest.mark.parametrize("name", ["resnet50", "vgg16", "vit_s16"])
@pytest.mark.parametrize("target", [
    "epyc-genoa-ort-fp32-1t", TARGET, "epyc-milan-ort-fp32-2t", "epyc-milan-torch-fp32-1t",
])  # fmt: skip
def test_plain_networks_do_no_redundant_work(name: str, target: str) -> None:
    assert check(RedundantWork, str(EXAMPLES / f"{name}.onnx"), target=target).findings == ()


# a conv before an average pool


def before_pool(pool: str = "AveragePool", *, bias: bool = False, **attributes: Any) -> Net:
    net = Net()
    if pool == "AveragePool":
        attributes = {"kernel_shape": [2, 2], "strides": [2, 2], **attributes}
    net.op(pool, conv(net, net.input(1, 64, 28, 28), 64, 32, bias=bias), name="pool", **attributes)
    return net


@pytest.mark.parametrize("net", [
    before_pool(),
    before_pool(bias=True),
    before_pool(bias=True, count_include_pad=1),
    before_pool(bias=True, pads=[1, 1, 1, 1], kernel_shape=[3, 3]),
    before_pool(pads=[1, 1, 1, 1], kernel_shape=[3, 3], count_include_pad=1),
    before_pool(bias=True, kernel_shape=[3, 3], ceil_mode=1),
    before_pool("GlobalAveragePool", bias=True),
    before_pool("ReduceMean", bias=True, axes=[-1, 2]),
])  # fmt: skip
def test_a_conv_and_an_average_pool_change_places(net: Net) -> None:
    place = rewritten(net)
    assert place.summary.startswith("a 1x1 conv runs before the ")
    assert [kernel.in_map for kernel in place.instead_kernels if kernel.op == "Conv"] != [(28, 28)]


def test_a_bias_that_padding_dilutes_stays() -> None:
    for more in ({"pads": [1, 1, 1, 1]}, {"ceil_mode": 1}, {"auto_pad": "SAME_UPPER"}):
        net = before_pool(bias=True, kernel_shape=[3, 3], count_include_pad=1, **more)
        assert checked(net).reason("conv") == (
            "its bias would count less at the borders: the pool's padding is in the mean"
        )


def test_a_pool_that_keeps_the_map_saves_nothing() -> None:
    net = before_pool(kernel_shape=[3, 3], strides=[1, 1], pads=[1, 1, 1, 1])
    assert checked(net).reason("conv") == "the pool makes the map no smaller"


@pytest.mark.parametrize("net", [
    before_pool("ReduceMean", axes=[1, 2, 3]),
    before_pool("ReduceMean", axes=[2, 3], keepdims=0),
    before_pool("MaxPool", kernel_shape=[2, 2], strides=[2, 2]),
])  # fmt: skip
def test_what_is_no_mean_of_places_is_left(net: Net) -> None:
    assert checked(net).said == ()


def test_a_conv_that_is_read_elsewhere_has_to_run_where_it_is() -> None:
    net = before_pool()
    net.op("Relu", "conv")
    assert checked(net).said == ()


def test_an_activation_between_forbids_it() -> None:
    net = Net()
    y = net.op("Relu", conv(net, net.input(1, 64, 28, 28), 64, 32))
    net.op("AveragePool", y, kernel_shape=[2, 2], strides=[2, 2])
    assert checked(net).said == ()


def test_a_conv_that_runs_once_is_not_put_into_a_loop() -> None:
    net = onnx.parser.parse_model(
        """
        <ir_version: 8, opset_import: ["": 17]>
        net (float[1, 64, 56, 56] x, float[1, 32, 1, 1] start) => (float[1, 32, 1, 1] y)
        <float[32, 64, 1, 1] w = {}, int64 trips = {10}, bool go = {1}> {
            map = Conv(x, w)
            y = Loop(trips, go, start) <body = body (int64 trip, bool on, float[1, 32, 1, 1] sum)
                => (bool again, float[1, 32, 1, 1] next) {
                    mean = GlobalAveragePool(map)
                    next = Add(sum, mean)
                    again = Identity(on)
                }>
        }""".replace("w = {}", f"w = {{{', '.join(['0.5'] * 2048)}}}")
    )
    said = check(RedundantWork, net, target=TARGET)
    (silence,) = said.silences
    assert silence.reason == "one of its operators is in a loop, another is not"
    assert not said.places


def test_a_conv_of_larger_windows_mixes_places_itself() -> None:
    net = Net()
    y = net.conv(net.input(1, 64, 28, 28), 32, 3)
    net.op("AveragePool", y, kernel_shape=[2, 2], strides=[2, 2])
    assert checked(net).said == ()


# a conv behind upsampled maps


def by_scales(net: Net, x: str, times: int, **attributes: Any) -> str:
    scales = net.constant([1.0, 1.0, float(times), float(times)])
    return net.op("Resize", x, "", scales, **{"mode": "linear", **attributes})


def by_sizes(net: Net, x: str, times: int) -> str:
    return net.op(
        "Resize", x, "", "", net.constant([1, 32, 7 * times * 2, 7 * times * 2]), mode="nearest"
    )


@pytest.mark.parametrize("mode", ["nearest", "linear"])
@pytest.mark.parametrize("place", ["half_pixel", "align_corners", "asymmetric"])
def test_the_conv_of_one_upsampled_map_moves_before_it(mode: str, place: str) -> None:
    net = Net()
    y = by_scales(net, net.input(1, 32, 14, 14), 2, mode=mode, coordinate_transformation_mode=place)
    conv(net, y, 32, 48, bias=True)
    found = rewritten(net)
    assert found.instead == "convs on 14x14, then upsampled"
    assert found.now == "conv 32>48 on 28x28"


def test_so_does_it_where_the_resizing_is_cubic() -> None:
    net = Net()
    conv(net, by_scales(net, net.input(1, 32, 14, 14), 2, mode="cubic"), 32, 48, bias=True)
    view = checked(net).view
    (found,) = find_convs_behind_upsampling(view)
    assert isinstance(found, Candidate)
    assert_same(net.proto(), view, found.rewrite)


def test_a_size_that_names_the_channels_is_mended() -> None:
    net = Net()
    y = by_sizes(net, net.input(1, 32, 14, 14), 2)
    conv(net, y, 32, 48, bias=True)
    rewritten(net)


_REFUSED = pytest.mark.skipif(
    tuple(map(int, version("onnxruntime").split(".")[:2])) < (1, 24),
    reason="ONNX Runtime 1.23 runs no Resize of axes that are counted from the end",
)


@pytest.mark.parametrize("axes", [(1, 2, 3), pytest.param((-3, -2, -1), marks=_REFUSED), (2, 3)])
def test_so_is_it_where_only_some_axes_have_a_size(axes: tuple[int, ...]) -> None:
    net = Net()
    sizes = [28 if axis in (2, 3, -1, -2) else 32 for axis in axes]
    x = net.input(1, 32, 14, 14)
    up = net.op("Resize", x, "", "", net.constant(sizes), mode="nearest", axes=axes)
    conv(net, up, 32, 48, bias=True)
    rewritten(net, opset=18)


def test_a_resizing_that_mixes_channels_is_not_linear_in_each() -> None:
    net = Net()
    scales = net.constant([1.0, 1.03, 2.0, 2.0])  # 32 channels remain 32, others than they were
    conv(net, net.op("Resize", net.input(1, 32, 14, 14), "", scales, mode="nearest"), 32, 48)
    assert checked(net).said == ()


def head(*times: int, bias: bool = False, c_out: int = 64, **more: Any) -> Net:
    """A conv of a Concat of maps that are upsampled so many times."""
    net = Net()
    maps = []
    for number, each in enumerate(times):
        x = net.input(1, 32, 32 // each, 32 // each, name=f"x{number}")
        maps.append(by_scales(net, x, each) if each > 1 else x)
    conv(net, net.op("Concat", *maps, axis=1, name="join"), 32 * len(times), c_out, bias=bias,
         **more)  # fmt: skip
    return net


@pytest.mark.parametrize("times", [(8, 4, 2, 1), (1, 2), (2, 4), (1, 8, 1)])
@pytest.mark.parametrize("bias", [False, True])
def test_the_conv_of_a_concat_is_a_sum_of_convs(times: tuple[int, ...], bias: bool) -> None:
    place = rewritten(head(*times, bias=bias))
    upsampled = sum(each > 1 for each in times)
    assert place.summary.startswith("a 1x1 conv runs behind ")
    convs = [each for each in place.instead_kernels if each.op == "Conv"]
    assert len(convs) == upsampled + (upsampled < len(times))


def test_before_opset_10_slices_have_attributes() -> None:
    net = Net()
    scales = net.constant([1.0, 1.0, 2.0, 2.0])
    up = net.op("Upsample", net.input(1, 32, 16, 16), scales, mode="nearest")
    conv(net, net.op("Concat", up, net.input(1, 32, 32, 32, name="y"), axis=1), 64, 64, bias=True)
    rewritten(net, opset=9)


def test_a_group_conv_mixes_no_branches() -> None:
    said = checked(head(2, 1, group=2))
    assert said.reason("conv") == "a group conv does not mix the inputs of the Concat"


def test_a_concat_that_is_read_elsewhere_is_made_anyway() -> None:
    net = head(2, 1)
    net.op("Relu", "join")
    assert checked(net).reason("conv") == "the Concat before it is read elsewhere too"


def test_an_upsampled_map_that_is_read_elsewhere_is_a_map_like_others() -> None:
    net = Net()
    up = by_scales(net, net.input(1, 32, 16, 16), 2)
    net.op("Relu", up)
    conv(net, net.op("Concat", up, net.input(1, 32, 32, 32, name="y"), axis=1), 64, 64)
    assert checked(net).said == ()


def test_a_crop_with_a_fill_is_not_linear() -> None:
    net = Net()
    roi = net.constant([0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0])
    y = net.op("Resize", net.input(1, 32, 14, 14), roi, net.constant([1.0, 1.0, 2.0, 2.0]),
               mode="linear", coordinate_transformation_mode="tf_crop_and_resize")  # fmt: skip
    conv(net, y, 32, 48)
    assert checked(net).said == ()


# products of one input


def projections(*widths: int, bias: bool = False) -> Net:
    net = Net()
    x = net.input(1, 196, 384)
    for number, width in enumerate(widths):
        y = net.dense(x, 384, width, name=f"fc{number}")
        if bias:
            y = net.op("Add", y, net.weight(f"fc{number}.bias", width))
        net.op("Relu", y)
    return net


@pytest.mark.parametrize("bias", [False, True])
def test_products_of_one_input_are_one_product(bias: bool) -> None:
    place = rewritten(projections(384, 384, 128, bias=bias))
    assert place.now == "products of 384>384, 384, 128"
    assert place.instead == "one product of 384>896, then a Split"
    assert place.limit is not None
    assert place.limit.severity is Severity.NOTE


def test_before_opset_13_a_split_has_attributes() -> None:
    rewritten(projections(384, 128), opset=11)


def test_products_of_two_inputs_are_two() -> None:
    net = Net()
    for name in ("x", "y"):
        net.dense(net.input(1, 196, 384, name=name), 384, 384)
    assert checked(net).said == ()


# rows that nobody reads


def logits(*, bias: bool = False) -> tuple[Net, str]:
    net = Net()
    y = net.dense(net.input(1, 64, 128), 128, 1000, name="head")
    return net, net.op("Add", y, net.weight("head.bias", 1000)) if bias else y


@pytest.mark.parametrize("bias", [False, True])
def test_the_last_row_is_taken_first(bias: bool) -> None:
    net, y = logits(bias=bias)
    net.op("Slice", y, *(net.constant([each]) for each in (-1, 2**31 - 1, 1)))
    place = rewritten(net)
    assert place.summary == "64 rows are multiplied, 1 used"


def test_a_row_taken_by_an_index_is_taken_first() -> None:
    net, y = logits()
    net.op("Gather", y, net.constant(-1), axis=1)
    assert rewritten(net).summary == "64 rows are multiplied, 1 used"


def test_rows_of_several_matrices_are_left() -> None:
    net = Net()
    y = net.op("MatMul", net.input(4, 64, 128), net.weight("head.weight", 4, 128, 1000))
    net.op("Slice", y, *(net.constant([each]) for each in (0, 1, 0)))
    assert checked(net).said == ()


def test_columns_are_taken_behind_the_product() -> None:
    net, y = logits()
    net.op("Slice", y, *(net.constant([each]) for each in (0, 10, 2)))
    assert checked(net).said == ()


def test_logits_of_all_positions_are_an_upper_bound() -> None:
    net = Net()
    net.dense(net.input(1, 64, 128), 128, 30000, name="head")
    place = checked(net).place
    assert (place.nature, place.rewrite) == (Nature.UPPER_BOUND, None)
    assert place.summary == "the logits of all 64 positions are computed"
    assert place.comparison.slowdown > 2


@pytest.mark.parametrize(("rows", "columns"), [(1, 30000), (64, 1000)])
def test_one_position_or_few_columns_are_no_logits_of_all(rows: int, columns: int) -> None:
    net = Net()
    net.dense(net.input(1, rows, 128), 128, columns)
    assert checked(net).said == ()


# sums of stacks


def stack(count: int, *, axis: int, keepdims: int) -> Net:
    net = Net()
    parts = []
    for number in range(count):
        x = net.input(1, 64, 28, 28, name=f"x{number}")
        parts.append(net.op("Unsqueeze", net.op("Relu", x), net.constant([1])))
    joined = net.op("Concat", *parts, axis=1)
    net.op("ReduceSum", joined, net.constant([axis]), keepdims=keepdims, name="sum")
    return net


@pytest.mark.parametrize("count", [2, 3])
@pytest.mark.parametrize("keepdims", [0, 1])
def test_a_sum_over_a_stack_is_an_add(count: int, keepdims: int) -> None:
    place = rewritten(stack(count, axis=1, keepdims=keepdims))
    assert place.instead == ("Add" if count == 2 else "2 Adds")


def test_a_sum_over_another_axis_is_none() -> None:
    assert checked(stack(2, axis=2, keepdims=0)).said == ()


# powers


def power(value: float) -> Net:
    net = Net()
    x = net.op("Tanh", net.input(1, 64, 28, 28))
    net.op("Pow", x, net.constant(value), name="power")
    return net


@pytest.mark.parametrize(("value", "instead"), [(2.0, "Mul"), (3.0, "Mul and Mul")])
def test_a_power_is_a_product(value: float, instead: str) -> None:
    assert rewritten(power(value)).instead == instead


def test_other_powers_are_powers() -> None:
    assert checked(power(2.5)).reason("power") == "a power of 2.5 has no shorter form"


# batch-norms that are left


EAGER = "epyc-milan-torch-fp32-1t"


def with_norm(layer: str = "Conv", *, bias: bool = False, **attributes: Any) -> Net:
    net = Net()
    sizes = (64, 32) if layer in ("ConvTranspose", "Gemm") else (32, 64)
    if attributes.get("transB"):
        sizes = sizes[::-1]
    net_input = net.input(8, 64) if layer == "Gemm" else net.input(1, 64, 14, 14)
    window = () if layer == "Gemm" else (3, 3)
    weights = [net.weight("layer.weight", *sizes, *window)]
    if bias:
        weights.append(net.weight("layer.bias", 32))
    x = net.op(layer, net_input, *weights, name="layer", **attributes)
    norm = [net.weight(f"norm.{name}", 32) for name in ("weight", "bias", "mean", "variance")]
    net.op("BatchNormalization", x, *norm, name="norm", epsilon=1e-3)
    return net


@pytest.mark.parametrize("layer", ["Conv", "ConvTranspose", "Gemm"])
@pytest.mark.parametrize("bias", [False, True])
def test_a_norm_behind_a_layer_is_folded_where_the_runtime_does_not(layer: str, bias: bool) -> None:
    net = with_norm(layer, bias=bias)
    said = check(RedundantWork, net, target=EAGER)
    place = said.place
    assert place.nature is Nature.EXACT
    assert [each.op for each in place.instead_kernels] == ["MatMul" if layer == "Gemm" else layer]
    assert place.rewrite is not None
    assert_same(net.proto(), said.view, place.rewrite)


def test_so_is_one_behind_a_layer_of_transposed_weights() -> None:
    net = with_norm("Gemm", bias=True, transB=1)
    said = check(RedundantWork, net, target=EAGER)
    assert said.place.rewrite is not None
    assert_same(net.proto(), said.view, said.place.rewrite)


def test_all_norms_of_a_model_are_folded_by_one_call() -> None:
    net = Net()
    x = net.norm(net.conv(net.input(1, 64, 28, 28), 64, 3, name="one.conv"))
    net.norm(net.conv(x, 64, 3, name="two.conv"))
    one, two = check(RedundantWork, net, target=EAGER).places
    assert one.decision == two.decision


def test_onnx_runtime_folds_it_itself() -> None:
    assert checked(with_norm()).reason("norm") == "the target runs it so already"


@pytest.mark.parametrize(("net", "reason"), [
    (with_norm("ConvTranspose", group=2), "its weights are not all constant"),
    (with_norm("Gemm", alpha=0.5), "its weights are not all constant"),
])  # fmt: skip
def test_what_cannot_hold_a_norm_is_left(net: Net, reason: str) -> None:
    assert check(RedundantWork, net, target=EAGER).reason("norm") == reason


def test_a_layer_that_is_read_elsewhere_stays_as_it_is() -> None:
    net = with_norm()
    net.op("Relu", "layer")
    said = check(RedundantWork, net, target=EAGER)
    assert said.reason("norm") == "its layer is read elsewhere too"


def test_a_training_step_takes_the_moments_of_its_batch() -> None:
    net = Net()
    net.norm(net.conv(net.input(64, 64, 28, 28), 64, 3))
    (silence,) = check(RedundantWork, net, target="rtx3090-torch1.12-amp-training").silences
    assert silence.reason == "in a training step it takes the moments of its batch"


# transposes in a row


def transposed(*orders: tuple[int, ...], between: str = "") -> Net:
    net = Net()
    x = net.op("Tanh", net.input(1, 64, 28, 28))
    for number, order in enumerate(orders):
        x = net.op("Transpose", x, perm=order, name=f"transpose{number}")
        if between and number == 0:
            operands = [] if between == "Relu" else [net.constant(2.0)]
            x = net.op(between, x, *operands, name="between")
    net.op("Relu", x)
    return net


LAST, FIRST = (0, 2, 3, 1), (0, 3, 1, 2)
PAPER = "gtx1080ti-cudnn7-fp32"


@pytest.mark.parametrize(("net", "instead"), [
    (transposed(LAST, FIRST), "no kernel for it"),
    (transposed(LAST, FIRST, between="Relu"), "Relu"),
    (transposed(LAST, FIRST, between="Mul"), "Mul"),
    (transposed(LAST, LAST), "one Transpose"),
    (transposed((3, 2, 1, 0), (3, 2, 1, 0)), "no kernel for it"),
])  # fmt: skip
def test_transposes_in_a_row_are_one_or_none(net: Net, instead: str) -> None:
    said = check(RedundantWork, net, target=PAPER)
    assert said.place.instead == instead
    assert said.place.rewrite is not None
    assert_same(net.proto(), said.view, said.place.rewrite)


def test_onnx_runtime_makes_one_of_two_itself() -> None:
    assert checked(transposed(LAST, FIRST)).places == ()


def test_views_cost_nothing_to_begin_with() -> None:
    said = check(RedundantWork, transposed(LAST, FIRST), target="rtx4090-torch2.9-amp", batch=256)
    assert said.places == ()


@pytest.mark.parametrize("between", ["Softmax", "CumSum"])
def test_what_works_along_an_axis_stays_between(between: str) -> None:
    net = Net()
    x = net.op("Transpose", net.op("Tanh", net.input(1, 64, 28, 28)), perm=LAST)
    more = [net.constant(3)] if between == "CumSum" else []
    net.op("Relu", net.op("Transpose", net.op(between, x, *more), perm=FIRST))
    assert check(RedundantWork, net, target=PAPER).said == ()


def test_a_transpose_that_is_left_is_left_where_it_is() -> None:
    said = check(RedundantWork, transposed(LAST, LAST, between="Relu"), target=PAPER)
    assert said.reason("transpose1") == (
        "a Transpose is left, before what stands between or behind"
    )


@pytest.mark.parametrize("op_type", ["AveragePool", "ReduceMean", "Resize", "Foo"])
def test_what_has_no_shape_is_left(op_type: str) -> None:
    """Nothing that could be priced stands there, and no rule falls over it."""
    net = Net()
    x = net.input(1, 64, 28, 28)
    for made in (conv(net, x, 64, 32), net.op("MatMul", x, net.weight("w", 28, 8))):
        y = net.op(op_type, made)
        net.op("Pow", net.op("ReduceSum", net.op("Slice", y)), net.op("Relu", y))
    report = archlint.lint(net.proto(), targets=[TARGET], select=["R1"], allow_unknown=True)
    assert report.problems == ()
    assert report.models[0].shapeless
