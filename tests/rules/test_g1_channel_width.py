from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from archlint.cost.kernels.kernel import Kernel, parse_chain
from archlint.cost.kernels.kind import Kind
from archlint.cost.pricer import Pricer
from archlint.cost.pricing.price import Basis
from archlint.results.findings import Severity
from archlint.rule import Limit
from archlint.rules.g1_channel_width.rule import ChannelWidth, Evidence, mac_over_bound
from archlint.settings.options import OptionValue
from archlint.testing import Checked, Net, check
from tests.cost.inverted import residual, stage
from tests.cost.paper_targets import ARM_PRICER, GPU, GPU_PRICER

PRODUCTS_TOO = Pricer(
    replace(
        GPU,
        families=tuple(
            replace(family, kinds=(*family.kinds, Kind.PRODUCT), borrows=())
            if family.name == "conv"
            else family
            for family in GPU.families
        ),
    )
)
"""As if the tables measured matrix products."""


def checked(
    net: Net,
    *outputs: str,
    pricer: Pricer = GPU_PRICER,
    options: Mapping[str, OptionValue] = MappingProxyType({}),
) -> Checked:
    return check(ChannelWidth, net.proto(*outputs), target=pricer, options=options)


def bottleneck() -> tuple[Net, str]:
    """A block of ResNet-50, 256 > 64 > 64 > 256, and its last tensor."""
    net = Net()
    x = net.conv(net.input(8, 3, 56, 56), 256, name="stem")
    y = net.op("Relu", net.conv(x, 64, name="reduce"))
    y = net.op("Relu", net.conv(y, 64, 3, name="spatial"))
    return net, net.op("Relu", net.op("Add", x, net.conv(y, 256, name="restore")))


def test_what_aligned_widths_gain_alone_is_not_claimed() -> None:
    def said(outer: int, inner: int) -> Checked:
        net = Net()
        x = net.conv(net.input(1, 64, 28, 28), outer, name="stem")
        y = net.conv(net.op("Relu", net.conv(x, inner, name="reduce")), outer, name="restore")
        net.op("GlobalAveragePool", net.conv(net.op("Add", x, y), 64, name="head"))
        return check(ChannelWidth, net, target="epyc-genoa-ort-fp32-1t")

    assert said(174, 12).reason("reduce") == (
        "aligned widths alone gain most of what others would: see A1"
    )
    assert said(176, 16).reason("reduce") != said(174, 12).reason("reduce")


def test_what_the_nearest_aligned_widths_gain_is_not_claimed() -> None:
    """128 channels have 0.97 of the FLOPs of 130."""
    net = Net()
    x = net.conv(net.input(1, 3, 56, 56), 64, 3, name="stem")
    for block in range(2):
        y = net.op("Relu", net.conv(net.op("Relu", x), 130, name=f"{block}.reduce"))
        y = net.op("Relu", net.conv(y, 130, 3, name=f"{block}.spatial"))
        x = net.op("Add", x, net.conv(y, 64, name=f"{block}.restore"))
    net.op("GlobalAveragePool", net.op("Relu", net.conv(x, 64, name="head")))
    said = check(ChannelWidth, net, target="epyc-genoa-ort-fp32-1t")
    assert said.reason("0.reduce") == (
        "aligned widths alone gain most of what others would: see A1"
    )


def test_an_inverted_bottleneck_is_a_place() -> None:
    net, last = stage(64)
    said = checked(net, last)
    place = said.place
    assert said.names(place) == [
        "blocks.0.expand",
        "blocks.0.project",
        "blocks.1.expand",
        "blocks.1.project",
    ]
    assert place.module == "blocks.0.expand"
    assert str(place.decision) == "width blocks.*.expand"
    assert place.comparison.slowdown > 1.1
    assert place.comparison.low > 1.0
    assert place.comparison.basis is Basis.MODELLED
    assert place.limit is None
    assert place.summary == "64:384 channels: memory access 1.42 times what equal widths need"
    assert place.now == ("1x1 conv 64 > 384, 3x3 depthwise, 1x1 conv 384 > 64 in 2 blocks on 28x28")


def test_the_alternative_is_nearer_to_balance_and_is_what_it_says() -> None:
    net, last = stage(64)
    place = checked(net, last).place
    evidence = place.evidence
    assert isinstance(evidence, Evidence)
    assert (evidence.c_in, evidence.c_out, evidence.map, evidence.batch) == (64, 384, (28, 28), 8)
    assert (evidence.outer[0], evidence.inner[0], evidence.blocks) == (64, 384, 2)
    outer, inner = evidence.outer[1], evidence.inner[1]
    assert max(outer, inner) / min(outer, inner) < 6
    assert evidence.pair_slowdown > 1.0
    assert place.instead == (
        f"1x1 conv {outer} > {inner}, 3x3 depthwise, 1x1 conv {inner} > {outer}"
    )


def test_now_are_all_kernels_that_the_widths_touch() -> None:
    net, last = stage(64)
    said = checked(net, last)
    place = said.place
    now = [kernel.text for kernel in said.view.kernels(place.kernels)]
    assert now == [
        "Conv 3>64 k3x3 @28x28 b8",
        *2
        * [
            "Conv 64>384 k1x1 @28x28 b8 +Clip",
            "Conv 384>384 k3x3 g384 @28x28 b8 +Clip",
            "Conv 384>64 k1x1 @28x28 b8",
            "Add 64 @28x28 b8",
        ],
        "Conv 64>192 k1x1 @28x28 b8",
    ]
    assert len(place.instead_kernels) == len(now)
    flops = sum(kernel.flops for kernel in said.view.kernels(place.kernels))
    assert 1.0 <= sum(kernel.flops for kernel in place.instead_kernels) / flops <= 1.03


def test_each_ratio_on_a_stage_is_a_place_of_its_own() -> None:
    net = Net()
    x = net.conv(net.input(8, 3, 28, 28), 64, 3, name="stem")
    x = residual(net, x, 384, 64, "blocks.0")
    x = residual(net, x, 192, 64, "blocks.1")
    said = checked(net, net.conv(x, 96))
    heads = {said.names(place)[0] for place in said.places}
    silent = {name for each in said.silences for name in said.names(each)}
    assert "blocks.0.expand" in heads
    assert {"blocks.0.expand", "blocks.1.expand"} <= heads | silent


def test_without_module_names_the_kernel_stands_for_the_decision() -> None:
    net = Net()
    x = net.conv(net.input(8, 3, 28, 28), 64, 3, name="stem")
    y = net.op("Conv", x, net.weight("w0", 384, 64, 1, 1), name="expand")
    y = net.op("Conv", y, net.weight("w1", 64, 384, 1, 1), name="project")
    last = net.op("GlobalAveragePool", net.op("Add", x, y))
    place = checked(net, net.op("Conv", last, net.weight("w2", 8, 64, 1, 1))).place
    assert (place.module, str(place.decision)) == ("expand", "width Conv")


def test_a_bottleneck_is_judged_with_the_conv_between_its_widths() -> None:
    # equal widths would make the pair faster and the 3x3 between it dearer
    net, last = bottleneck()
    said = checked(net, net.conv(last, 128))
    place = said.place
    evidence = place.evidence
    assert isinstance(evidence, Evidence)
    assert evidence.inner[1] <= 80 < 200 < evidence.outer[1] + evidence.inner[1]
    spatial = [kernel for kernel in place.instead_kernels if kernel.window == (3, 3)]
    assert [(k.c_in, k.c_out) for k in spatial] == [(evidence.inner[1], evidence.inner[1])]


def test_a_product_that_no_table_measures_is_silent() -> None:
    net = Net()
    x = net.input(8, 196, 384)
    x = net.dense(x, 384, 384, name="embed")
    y = net.dense(net.op("Relu", net.dense(x, 384, 1536, name="up")), 1536, 384, name="down")
    last = net.dense(net.op("Add", x, y), 384, 10, name="head")
    found = checked(net, last).reason("up")
    assert found == "no table of gtx1080ti-cudnn7-fp32 measures a matrix product"
    assert [place.operators for place in checked(net, last, pricer=PRODUCTS_TOO).places]


def test_products_of_computed_tensors_are_silent() -> None:
    net = Net()
    x = net.dense(net.input(8, 196, 384), 384, 384)
    scores = net.op("MatMul", x, net.op("Transpose", x, perm=[0, 2, 1]), name="scores")
    said = checked(net, net.op("Softmax", scores), pricer=PRODUCTS_TOO)
    assert said.reason("scores") == "its operands are computed"


def test_a_layer_on_one_position_is_silent() -> None:
    net = Net()
    x = net.conv(net.input(8, 3, 28, 28), 64, 3)
    gate = net.conv(net.op("GlobalAveragePool", x), 4, name="squeeze")
    x = net.op("Mul", x, net.op("Sigmoid", net.conv(gate, 64)))
    said = checked(net, net.conv(x, 8))
    assert said.reason("squeeze") == "it runs on one position: its weights are what it reads"


def test_the_stem_is_silent() -> None:
    net, last = stage(64)
    assert checked(net, last).reason("stem") == "the stem: its input channels are given"


def test_a_head_on_the_width_of_an_input_is_no_stem() -> None:
    net = Net()
    stream = net.input(8, 196, 384)
    stream = net.op("Add", stream, net.dense(stream, 384, 384, "project"))
    net.dense(stream, 384, 8192, "lm_head")
    said = checked(net, "lm_head", pricer=PRODUCTS_TOO)
    assert said.reason("lm_head") == "its width is that of an input of the model"
    assert said.reason("project") == "the stem: its input channels are given"


def test_the_layers_behind_an_embedding_are_no_stem() -> None:
    net = Net()
    ids = net.op("Cast", net.input(8, 384), to=7)
    # as many tokens as channels: their dims must not be taken for one width
    x = net.op("Gather", net.weight("table.weight", 30000, 384), ids, name="table")
    net.dense(x, 384, 1536, "up")
    said = checked(net, "up", pricer=PRODUCTS_TOO)
    assert said.reason("up") == "no second conv of a pair reads it"


@pytest.mark.parametrize(("ratio", "silent"), [(2, True), (3, False)])
def test_widths_up_to_one_to_two_are_silent(ratio: int, *, silent: bool) -> None:
    net, last = stage(64, ratio=ratio)
    said = checked(net, last)
    reasons = [each.reason for each in said.silences]
    assert ("64:128 is at most 1:2" in reasons) is silent
    assert bool(said.places) is not silent


def test_wide_layers_on_small_maps_are_near_their_bound() -> None:
    # the paper's bound counts the map: a 1:6 layer at 7x7 is nearly all weights
    net, last = stage(320, size=7, batch=1)
    said = checked(net, last)
    assert said.reason("blocks.0.expand") == "MAC is 1.05 times its bound at equal FLOPs"
    net, last = stage(320, size=28, batch=1)
    assert checked(net, last).places


def test_the_ratio_to_look_from_is_an_option() -> None:
    net, last = stage(320, size=7, batch=1)
    assert checked(net, last, options={"min-mac-ratio": 1.0}).places
    net, last = stage(64)
    assert not checked(net, last, options={"min-mac-ratio": 2.0}).places


def test_a_conv_without_a_second_one_is_silent() -> None:
    net, last = stage(64)
    assert checked(net, last).reason("head") == "no second conv of a pair reads it"


def test_a_width_that_is_an_output_of_the_model_is_silent() -> None:
    net, last = stage(64)
    found = checked(net, last, "blocks.1.add").reason("blocks.0.expand")
    assert found == "its width cannot change: it is an output of the model"


NO_WIDTHS = "no aligned widths nearer to balance with the block's FLOPs quicken the pair"


def test_a_block_without_alternative_is_silent() -> None:
    net, last = stage(24, size=56)
    found = checked(net, last).reason("blocks.0.expand")
    assert found == NO_WIDTHS


def test_a_pair_that_is_not_faster_itself_is_silent() -> None:
    # the block gains elsewhere: at 32 channels launches count, not widths
    net, last = stage(32, ratio=4, size=14)
    found = checked(net, last).reason("blocks.0.expand")
    assert found == NO_WIDTHS


def test_the_pair_alone_is_priced_without_the_rest_of_its_block() -> None:
    net, last = stage(64)
    said = checked(net, last)
    place = said.place
    evidence = place.evidence
    assert isinstance(evidence, Evidence)
    pair = [said.view.lowered.of(index)[0] for index in place.operators[:2]]
    outer, inner = evidence.outer[1], evidence.inner[1]
    instead = [pair[0].with_widths(outer, inner), pair[1].with_widths(inner, outer)]
    comparison = said.view.pricer.compare(pair, instead)
    assert comparison is not None
    assert evidence.pair_slowdown == pytest.approx(comparison.slowdown)


def test_a_block_that_gives_up_a_quarter_of_its_width_is_a_note() -> None:
    net, last = bottleneck()
    place = checked(net, net.conv(last, 16)).place
    evidence = place.evidence
    assert isinstance(evidence, Evidence)
    assert evidence.outer[1] < 0.75 * 256
    reason = f"the outer width falls from 256 to {evidence.outer[1]}"
    assert place.limit == Limit(Severity.NOTE, reason)


def test_verdicts_are_those_of_the_device() -> None:
    net, last = stage(64, batch=1)
    gpu, arm = (checked(net, last, pricer=pricer).places for pricer in (GPU_PRICER, ARM_PRICER))
    assert gpu[0].comparison.slowdown != arm[0].comparison.slowdown


widths = st.integers(1, 2048)


def layer(c_in: int, c_out: int, window: int, size: int, stride: int, batch: int) -> Kernel:
    text = f"Conv {c_in}>{c_out} k{window}x{window} @{size * stride}x{size * stride}>{size}x{size}"
    ((_, kernel),) = parse_chain(f"{text} b{batch}" if batch > 1 else text)
    return kernel


@given(
    c_in=widths,
    c_out=widths,
    window=st.integers(1, 7),
    size=st.integers(1, 112),
    stride=st.integers(1, 2),
    batch=st.integers(1, 8),
)
def test_mac_is_never_below_its_bound(
    c_in: int, c_out: int, window: int, size: int, stride: int, batch: int
) -> None:
    kernel = layer(c_in, c_out, window, size, stride, batch)
    mac, bound = mac_over_bound(kernel)
    assert mac == kernel.mac / kernel.itemsize
    assert mac >= bound * (1 - 1e-12)


@given(c_in=widths, c_out=widths, size=st.integers(1, 112), batch=st.integers(1, 8))
def test_mac_meets_its_bound_at_equal_widths_and_nowhere_else(
    c_in: int, c_out: int, size: int, batch: int
) -> None:
    mac, bound = mac_over_bound(layer(c_in, c_in, 1, size, 1, batch))
    assert mac == pytest.approx(bound, rel=1e-12)
    assume(c_in != c_out)
    mac, bound = mac_over_bound(layer(c_in, c_out, 1, size, 1, batch))
    assert mac > bound


@given(c_in=st.integers(1, 512), c_out=st.integers(1, 512), size=st.integers(1, 112))
def test_the_bound_is_the_paper_s(c_in: int, c_out: int, size: int) -> None:
    _, bound = mac_over_bound(layer(c_in, c_out, 1, size, 1, 1))
    hw, flops = size * size, size * size * c_in * c_out
    assert bound == pytest.approx(2 * (hw * flops) ** 0.5 + flops / hw)
