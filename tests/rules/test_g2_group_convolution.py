from __future__ import annotations

from dataclasses import replace

import pytest

from archlint.cost.kernels.kind import Kind
from archlint.cost.pricer import Pricer
from archlint.rule import Place, Silence
from archlint.rules.g2_group_convolution.rule import Evidence, GroupConvolution
from archlint.testing import Checked, Net, check
from tests.cost.inverted import stage
from tests.cost.paper_targets import GPU, GPU_PRICER

NO_GROUPS = Pricer(
    replace(
        GPU,
        families=tuple(
            replace(family, kinds=(Kind.CONV,), borrows=(*family.borrows, Kind.GROUP_CONV))
            if family.name == "conv"
            else family
            for family in GPU.families
        ),
    )
)
"""As if no table measured group convs."""


def unit(
    net: Net, x: str, outer: int, inner: int, groups: int, name: str, *, spatial: int = 0
) -> str:
    """A unit of ShuffleNet; with `spatial` one of ResNeXt, whose 3x3 conv has the groups."""
    y = net.op("Relu", net.norm(net.conv(x, inner, groups=groups, name=f"{name}.first")))
    if spatial:
        y = net.op("Relu", net.norm(net.conv(y, inner, 3, groups=spatial, name=f"{name}.spatial")))
    else:
        y = net.shuffle(y, (8, inner, 28, 28), groups) if groups > 1 else y
        y = net.norm(net.depthwise(y, name=f"{name}.depthwise"))
    y = net.norm(net.conv(y, outer, groups=groups, name=f"{name}.second"))
    return net.op("Relu", net.op("Add", x, y, name=f"{name}.add"))


def shufflenet(groups: int = 3, *, outer: int = 240, blocks: int = 2) -> tuple[Net, str]:
    net = Net()
    x = net.conv(net.input(8, 3, 28, 28), outer, 3, name="stem")
    for block in range(blocks):
        x = unit(net, x, outer, 60, groups, f"blocks.{block}")
    return net, net.op("GlobalAveragePool", net.conv(x, 512, name="head"))


def checked(net: Net, *outputs: str, pricer: Pricer = GPU_PRICER) -> Checked:
    return check(GroupConvolution, net.proto(*outputs), target=pricer)


def test_the_group_convs_of_a_shufflenet_stage_are_one_place() -> None:
    net, last = shufflenet()
    said = checked(net, last)
    place = said.place
    assert said.said == (place,)
    assert said.names(place) == [
        "blocks.0.first",
        "blocks.0.second",
        "blocks.1.first",
        "blocks.1.second",
    ]
    assert place.module == "blocks.0.first"
    assert str(place.decision) == "groups blocks.*.first"
    assert place.comparison.slowdown > 1.1
    assert place.comparison.low > 1.0
    assert place.limit is None


def test_the_channels_per_group_are_shown() -> None:
    net, last = shufflenet()
    place = checked(net, last).place
    evidence = place.evidence
    assert isinstance(evidence, Evidence)
    assert place.summary == "3 groups of 80 in and 20 out channels in a 1x1 conv"
    assert evidence.groups == 3
    assert evidence.channels_per_group == (80, 20)
    assert (evidence.window, evidence.map, evidence.batch) == ((1, 1), (28, 28), 8)
    assert evidence.convs == 4
    assert (evidence.outer[0], evidence.inner[0]) == (240, 60)


def test_the_alternative_is_dense_at_the_flops_of_now() -> None:
    net, last = shufflenet()
    said = checked(net, last)
    place = said.place
    evidence = place.evidence
    assert isinstance(evidence, Evidence)
    now = said.view.kernels(place.kernels)
    assert Kind.GROUP_CONV in {kernel.kind for kernel in now}
    assert Kind.GROUP_CONV not in {kernel.kind for kernel in place.instead_kernels}
    ratio = sum(k.flops for k in place.instead_kernels) / sum(k.flops for k in now)
    assert 1.0 <= ratio <= 1.03
    assert place.now == (
        "1x1 conv 240 > 60 (3 groups), 3x3 depthwise, 1x1 conv 60 > 240 (3 groups) on 28x28"
    )
    outer, inner = evidence.outer[1], evidence.inner[1]
    assert place.instead == (
        f"1x1 conv {outer} > {inner}, 3x3 depthwise, 1x1 conv {inner} > {outer}"
    )


def test_a_narrower_outer_width_is_no_reason_for_a_note() -> None:
    place = checked(*shufflenet(outer=480, blocks=3)).place
    evidence = place.evidence
    assert isinstance(evidence, Evidence)
    assert evidence.outer[1] < 0.75 * 480
    assert place.limit is None


def test_each_number_of_groups_is_a_choice_and_the_fastest_is_the_proposal() -> None:
    said = checked(*shufflenet(4))
    place = said.place
    alike = [each for each in place.choices if not each.at_equal_time]
    assert [each.text.partition(",")[0] for each in alike] == ["1 group", "2 groups"]
    now = sum(kernel.flops for kernel in said.view.kernels(place.kernels))
    for choice, groups in zip(alike, (1, 2), strict=True):
        assert max(k.groups for k in choice.kernels if k.kind is not Kind.DEPTHWISE) == groups
        assert 1.0 <= sum(kernel.flops for kernel in choice.kernels) / now <= 1.03
    seconds = [GPU_PRICER.seconds(each.kernels) or 0.0 for each in alike]
    assert place.instead_kernels == alike[seconds.index(min(seconds))].kernels


def test_what_the_time_of_now_would_buy_has_more_flops_and_takes_no_longer() -> None:
    said = checked(*shufflenet(4))
    place = said.place
    (wider,) = [each for each in place.choices if each.at_equal_time]
    now = said.view.kernels(place.kernels)
    assert sum(k.flops for k in wider.kernels) > 1.1 * sum(k.flops for k in place.instead_kernels)
    assert (GPU_PRICER.seconds(wider.kernels) or 0.0) <= (GPU_PRICER.seconds(now) or 0.0)


def test_the_3x3_group_conv_of_a_resnext_block_is_looked_at() -> None:
    net = Net()
    x = net.conv(net.input(8, 3, 28, 28), 256, 3, name="stem")
    x = unit(net, x, 256, 128, 1, "blocks.0", spatial=32)
    said = checked(net, net.conv(x, 64))
    (each,) = said.said
    assert said.names(each) == ["blocks.0.spatial"]
    assert isinstance(each, Place)
    assert each.summary == "32 groups of 4 channels in a 3x3 conv"


def test_more_groups_of_fewer_channels_are_slower() -> None:
    def slowdown(groups: int) -> float:
        return checked(*shufflenet(groups)).place.comparison.slowdown

    assert slowdown(2) < slowdown(3) < slowdown(4)


@pytest.mark.parametrize("kind", ["depthwise", "dense"])
def test_depthwise_and_dense_convs_are_none_of_its_business(kind: str) -> None:
    net, last = stage(64) if kind == "depthwise" else shufflenet(groups=1)
    assert checked(net, last).said == ()


def test_a_target_without_rows_of_group_convs_is_silent() -> None:
    net, last = shufflenet()
    said = checked(net, last, pricer=NO_GROUPS)
    (silence,) = said.said
    assert isinstance(silence, Silence)
    assert silence.reason == "no table of gtx1080ti-cudnn7-fp32 measures group convs"
    assert len(silence.operators) == 4


def test_a_stage_of_one_width_is_judged_as_a_whole() -> None:
    net = Net()
    x = net.conv(net.input(8, 3, 28, 28), 64, 3, name="stem")
    for number in range(3):
        x = net.op("Add", x, net.conv(x, 64, 3, groups=16, name=f"blocks.{number}.grouped"))
    said = checked(net, net.op("GlobalAveragePool", net.conv(x, 8)))
    place = said.place
    assert said.said == (place,)
    assert said.names(place) == [f"blocks.{number}.grouped" for number in range(3)]
    assert "3x3 conv 64 > 64 (16 groups)" in place.now
    evidence = place.evidence
    assert isinstance(evidence, Evidence)
    width = evidence.outer[1]
    spatial = [k for k in place.instead_kernels if k.window == (3, 3) and k.c_in > 3]
    assert [(k.c_in, k.c_out) for k in spatial] == [(width, width)] * 3


def chain(groups: int, width: int, layers: int = 4) -> tuple[Net, str]:
    """Group convs one behind the other, all of one width."""
    net = Net()
    x = net.conv(net.input(8, 3, 28, 28), width, 3, name="stem")
    for number in range(layers):
        x = net.op("Relu", net.conv(x, width, 3, groups=groups, name=f"layers.{number}"))
    return net, net.op("GlobalAveragePool", net.conv(x, 8, name="head"))


def test_where_no_width_has_equal_flops_the_nearest_is_taken_and_the_ratio_said() -> None:
    said = checked(*chain(24, 240))
    place = said.place
    assert len(place.operators) == 4
    evidence = place.evidence
    assert isinstance(evidence, Evidence)
    now = sum(kernel.flops for kernel in said.view.kernels(place.kernels))
    ratios = {
        each.text: sum(kernel.flops for kernel in each.kernels) / now
        for each in place.choices
        if not each.at_equal_time
    }
    # 48 channels have less than nine tenths
    assert ratios["1 group, 56 channels"] == pytest.approx(1.21, abs=0.01)
    assert all(ratio >= 0.9 for ratio in ratios.values())
    ratio = sum(kernel.flops for kernel in place.instead_kernels) / now
    assert evidence.flops == ratio
    is_equal = 1.0 <= ratio <= 1.03
    assert place.instead.endswith(f", {ratio:.2f} times the FLOPs") is not is_equal


@pytest.mark.parametrize("gated", [False, True])
def test_the_blocks_of_a_regnet_stage_have_one_inner_width(*, gated: bool) -> None:
    net = Net()
    x = net.conv(net.input(8, 3, 28, 28), 96, 3, name="stem")
    for number in range(2):
        y = net.op("Relu", net.conv(x, 96, name=f"blocks.{number}.first"))
        y = net.op("Relu", net.conv(y, 96, 3, groups=24, name=f"blocks.{number}.grouped"))
        if gated:  # squeeze-excite reads the inner width too
            gate = net.conv(net.conv(net.op("GlobalAveragePool", y), 24), 96)
            y = net.op("Mul", y, net.op("Sigmoid", gate))
        x = net.op("Add", x, net.conv(y, 96, name=f"blocks.{number}.last"))
    said = checked(net, net.op("GlobalAveragePool", net.conv(x, 8)))
    place = said.place
    assert said.names(place) == ["blocks.0.grouped", "blocks.1.grouped"]
    inner = {k.c_out for k in place.instead_kernels if k.window == (3, 3)}
    assert len(inner) == 1
    assert {(k.c_in, k.c_out) for k in place.instead_kernels if k.window == (1, 1)} >= {
        (96, min(inner)),
        (min(inner), 96),
    }


def test_what_aligned_widths_in_the_same_groups_gain_is_not_claimed() -> None:
    def said(inner: int) -> Checked:
        net = Net()
        x = net.conv(net.input(1, 16, 28, 28), 96, name="stem")
        for n in range(3):
            y = net.op("Relu", net.conv(x, inner, 3, groups=3, name=f"reduce{n}"))
            x = net.op("Add", x, net.conv(y, 96, groups=3, name=f"restore{n}"))
        net.op("GlobalAveragePool", net.conv(x, 16, name="head"))
        return check(GroupConvolution, net, target="epyc-genoa-ort-fp32-1t")

    reason = "aligned widths alone gain most of what fewer groups would: see A1"
    assert said(87).reason("reduce0") == reason
    with pytest.raises(AssertionError, match="3 groups of 32 channels"):
        said(96).reason("reduce0")


def test_a_width_that_is_an_output_of_the_model_is_silent() -> None:
    net, last = shufflenet(blocks=1)
    (silence,) = checked(net, last, "blocks.0.add").said
    assert isinstance(silence, Silence)
    assert silence.reason == "its width cannot change: it is an output of the model"


def test_a_group_conv_on_the_input_of_the_model_is_silent() -> None:
    net = Net()
    x = net.conv(net.input(8, 32, 28, 28), 64, 3, groups=4, name="grouped")
    (silence,) = checked(net, net.conv(x, 8)).said
    assert isinstance(silence, Silence)
    assert silence.reason == "its width cannot change: it is an input of the model"


def test_a_block_without_a_dense_alternative_has_other_numbers_of_groups() -> None:
    # even at half the width and a quarter a dense conv has more FLOPs
    net = Net()
    x = net.conv(net.input(8, 3, 28, 28), 64, 3, name="stem")
    x = net.conv(x, 64, 3, groups=32, name="grouped")
    (each,) = checked(net, net.conv(x, 65)).said
    if isinstance(each, Place):
        assert each.choices
        assert "3x3 conv 64 > 64 (32 groups)" in each.now


def test_a_lone_group_conv_is_looked_at_with_the_widths_beside_it() -> None:
    net = Net()
    x = net.conv(net.input(8, 3, 28, 28), 64, 3, name="stem")
    x = net.conv(x, 128, 3, groups=4, name="grouped")
    said = checked(net, net.op("GlobalAveragePool", net.conv(x, 8)))
    (each,) = said.said
    assert said.names(each) == ["grouped"]
    if isinstance(each, Place):
        kinds = [kernel.kind for kernel in said.view.kernels(each.kernels)]
        assert kinds == [Kind.CONV, Kind.GROUP_CONV, Kind.CONV]


@pytest.mark.parametrize("batch", [1, 8])
def test_without_module_names_the_kernel_stands_for_the_decision(batch: int) -> None:
    # whatever the batch, for the finding's fingerprint hangs on it
    net = Net()
    x = net.conv(net.input(batch, 3, 28, 28), 64, 3, name="stem")
    x = net.op("Conv", x, net.weight("w", 128, 16, 3, 3), name="grouped", group=4, pads=[1] * 4)
    (each,) = checked(net, net.op("Conv", x, net.weight("v", 160, 128, 1, 1))).said
    assert isinstance(each, Place)
    assert each.module == "grouped"
    assert str(each.decision) == "groups Conv 64>128 k3x3 g4 @28x28"


def resnext() -> tuple[Net, str]:
    """Two blocks of ResNeXt, and the first of the next stage, which is twice as wide inside."""
    net = Net()
    x = net.conv(net.input(8, 3, 28, 28), 256, 3, name="stem")
    for number in range(2):
        x = unit(net, x, 256, 128, 1, f"layer1.{number}", spatial=32)
    y = net.conv(x, 256, name="layer2.0.first")
    y = net.conv(y, 256, 3, groups=32, name="layer2.0.spatial")
    y = net.conv(y, 512, name="layer2.0.second")
    x = net.op("Add", y, net.conv(x, 512, name="layer2.0.down"))
    return net, net.op("GlobalAveragePool", net.conv(x, 640, name="head"))


def test_all_pairs_on_an_outer_width_have_one_proposal() -> None:
    net, last = resnext()
    said = checked(net, last)
    place = said.place
    assert {"layer1.0.spatial", "layer1.1.spatial", "layer2.0.spatial"} <= set(said.names(place))
    assert isinstance(place.evidence, Evidence)
    (outer, new_outer), (inner, new_inner) = place.evidence.outer, place.evidence.inner
    assert (outer, inner) == (256, 128)
    assert "1x1 conv 256 > 128, 3x3 conv 128 > 128 (32 groups), 1x1 conv 128 > 256" in place.now
    assert "; 1x1 conv 256 > 256, 3x3 conv 256 > 256 (32 groups)" in place.now
    assert f"1x1 conv {new_outer} > {new_inner}, " in place.instead
    assert f"; 1x1 conv {new_outer} > {2 * new_inner}, " in place.instead
    widths = {(kernel.c_in, kernel.c_out) for kernel in place.instead_kernels}
    assert {(new_outer, new_inner), (new_outer, 2 * new_inner)} <= widths


def test_an_inner_width_that_is_no_multiple_is_a_place_of_its_own() -> None:
    net = Net()
    x = net.conv(net.input(8, 3, 28, 28), 256, 3, name="stem")
    x = unit(net, x, 256, 128, 1, "blocks.0", spatial=32)
    x = unit(net, x, 256, 96, 1, "blocks.1", spatial=32)
    said = checked(net, net.op("GlobalAveragePool", net.conv(x, 512, name="head")))
    about = [set(said.names(each)) for each in said.said]
    assert not any({"blocks.0.spatial", "blocks.1.spatial"} <= names for names in about)


def test_the_stages_of_a_network_are_one_decision() -> None:
    net, last = shufflenet()
    assert checked(net, last).place.decision.where == "blocks.*.first"
    net = Net()
    x = net.conv(net.input(8, 3, 28, 28), 240, 3, name="stem")
    x = unit(net, x, 240, 60, 3, "features.stage1.unit2")
    assert checked(net, net.conv(x, 512)).place.decision.where == "features.stage*.unit*.first"
