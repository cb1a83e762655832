"""One edit of a network, told in one line or a handful."""

from __future__ import annotations

from tests.changes.making import Net, texts

NAMES = [f"layers.{number}" for number in range(8)]


def _net(size: int = 32) -> Net:
    return Net(size=size).conv("stem", 16, 3, stride=2).of(NAMES).linear("head", 10)


def _with(**edit: int) -> Net:
    """All blocks edited."""
    net = Net().conv("stem", 16, 3, stride=2)
    for name in NAMES:
        net.block(name, **edit)
    return net.linear("head", 10)


def test_the_same_network_has_no_changes() -> None:
    assert texts(_net().model(), _net().model()) == []


def test_a_larger_image_is_told_and_not_the_maps_it_makes() -> None:
    assert texts(_net().model(), _net(48).model()) == [
        "the input image is 1x3x48x48, was 1x3x32x32"
    ]


def test_an_added_block_shifts_the_others_and_is_all_there_is() -> None:
    head = Net().conv("stem", 16, 3, stride=2).of([*NAMES, "layers.8"]).linear("head", 10)
    assert texts(_net().model(), head.model()) == [
        "layers.8 added: a block of 3 Conv, 2 Relu6, 1 Add (1.41 MFLOPs)"
    ]


def test_two_removed_blocks_are_one_line() -> None:
    head = Net().conv("stem", 16, 3, stride=2).of(NAMES[:6]).linear("head", 10)
    assert texts(_net().model(), head.model()) == [
        "layers.6 and layers.7 removed: each a block of 3 Conv, 2 Relu6, 1 Add (2.83 MFLOPs in all)"
    ]


def test_one_width_leaves_out_what_reads_it() -> None:
    head = Net().conv("stem", 16, 3, stride=2).of(NAMES[:3]).block("layers.3", 96)
    assert texts(_net().model(), head.of(NAMES[4:]).linear("head", 10).model()) == [
        "layers.3.expand: 64 to 96 channels out"
    ]


def test_the_width_of_all_blocks_is_one_line() -> None:
    assert texts(_net().model(), _with(width=96).model()) == [
        "layers.*.expand, 8 Conv: 64 to 96 channels out"
    ]


def test_many_widths_are_one_line_with_the_largest() -> None:
    base, head = Net(), Net()
    for number in range(6):
        base.conv(f"layers.{number}", 16 * (number + 1), 3).node("Relu", f"layers.{number}.act")
        head.conv(f"layers.{number}", 24 * (number + 1), 3).node("Relu", f"layers.{number}.act")
    assert texts(base.model(), head.model()) == [
        "layers.*, 6 Conv: 1.5 times the channels out, 96 to 144, 80 to 120, 64 to 96, 48 to 72,"
        " ..."
    ]


def test_wider_and_narrower_are_two_lines() -> None:
    base = Net().conv("a", 16, 3).conv("b", 32, 3).conv("c", 8)
    head = Net().conv("a", 24, 3).conv("b", 16, 3).conv("c", 8)
    assert texts(base.model(), head.model()) == [
        "b: 32 to 16 channels out",
        "a: 16 to 24 channels out",
    ]


def test_kernels_groups_strides_dilations_and_padding_are_told() -> None:
    base = Net().conv("a", 16, 3).node("Relu", "act").conv("b", 16, 3)
    edits = [
        Net().conv("a", 16, 5).node("Relu", "act").conv("b", 16, 3),
        Net().conv("a", 16, 3).node("Relu", "act").conv("b", 16, 3, groups=4),
        Net().conv("a", 16, 3).node("Relu", "act").conv("b", 16, 3, groups=16),
        Net().conv("a", 16, 3).node("Relu", "act").conv("b", 16, 3, stride=2),
        Net().conv("a", 16, 3).node("Relu", "act").conv("b", 16, 3, dilation=2),
        Net().conv("a", 16, 3).node("Relu", "act").conv("b", 16, 3, padding=0),
    ]
    assert [texts(base.model(), each.model()) for each in edits] == [
        ["a: kernel 3x3 became 5x5"],
        ["b: 1 group became 4 groups"],
        ["b: 1 group became depthwise"],
        ["b: stride 1 became 2"],
        ["b: dilation 1 became 2"],
        ["b: padding 2 became 0"],
    ]


def test_another_activation_is_one_line() -> None:
    base, head = Net(), Net()
    for name in NAMES:
        base.conv(f"{name}.conv", 16, 3).relu6(f"{name}.act")
        head.conv(f"{name}.conv", 16, 3).node("HardSwish", f"{name}.act")
    assert texts(base.model(), head.model()) == [
        "Relu6 became HardSwish in 8 places of layers.*.act"
    ]


def test_an_activation_that_is_left_out_is_told() -> None:
    base = Net().conv("a", 16, 3).node("Relu", "act").conv("b", 16, 3)
    assert texts(base.model(), Net().conv("a", 16, 3).conv("b", 16, 3).model()) == [
        "act removed: Relu (16.4 kFLOPs)"
    ]


def test_an_add_that_became_a_concat_is_told() -> None:
    base, head = Net().conv("a", 16, 3), Net().conv("a", 16, 3)
    base.conv("b", 16).node("Add", "join", "a_0").conv("c", 16)
    head.conv("b", 16).node("Concat", "join", "a_0", axis=1)
    head.channels = 32
    head.conv("c", 16)
    assert texts(base.model(), head.model()) == ["Add became Concat in join"]


def test_an_add_that_reads_another_conv_is_told() -> None:
    base, head = Net(), Net()
    for net, skip in ((base, "a_0"), (head, "b_1")):
        net.conv("a", 16, 3).conv("b", 16, 3).conv("c", 16, 3).node("Add", "join", skip)
    assert texts(base.model(), head.model()) == [
        "the Add of join reads another operator than before"
    ]


def test_fewer_channels_to_read_are_told_where_nothing_else_is() -> None:
    base = Net().conv("a", 16, 3).conv("b", 16, 3)
    head = Net().conv("a", 16, 3).cut(8).conv("b", 16, 3)
    assert texts(base.model(), head.model()) == ["b: 16 to 8 channels in"]


def test_bookkeeping_is_no_change() -> None:
    base = Net().conv("a", 16, 3).node("Relu", "act")
    head = Net().conv("a", 16, 3).node("Identity", "same").node("Relu", "act")
    head.node("Transpose", "turn", perm=[0, 2, 3, 1]).node("Transpose", "back", perm=[0, 3, 1, 2])
    assert texts(base.model(), head.model()) == []


def test_a_batch_norm_behind_a_conv_is_no_change() -> None:
    base = Net().conv("a", 16, 3).node("Relu", "act")
    head = Net().conv("a", 16, 3).normalised("norm").node("Relu", "act")
    assert texts(base.model(), head.model()) == []


def test_networks_without_names_are_told_by_what_is_before() -> None:
    base = Net().conv("", 16, 3).node("Relu", "").conv("", 16, 3)
    head = Net().conv("", 16, 3).node("Relu", "").node("Tanh", "").conv("", 16, 3)
    assert texts(base.model(), head.model()) == ["added after Relu: Tanh (16.4 kFLOPs)"]


def test_a_removed_and_an_added_block_are_not_paired() -> None:
    def net(depths: tuple[int, int, int]) -> Net:
        made, number = Net(), 0
        for stage, depth in enumerate(depths):
            made.conv(f"down.{stage}", 16 << stage, 3, stride=2)
            made.of([f"layers.{number + each}" for each in range(depth)])
            number += depth
        return made

    assert texts(net((2, 3, 3)).model(), net((3, 3, 2)).model()) == [
        "layers.2 added: a block of 3 Conv, 2 Relu6, 1 Add (1.41 MFLOPs)",
        "layers.6 removed: a block of 3 Conv, 2 Relu6, 1 Add (1.14 MFLOPs)",
    ]


def test_a_running_sum_is_a_step_of_the_network() -> None:
    plain = Net().conv("stem", 16, 3).cut(8).conv("head", 8)
    summed = Net().conv("stem", 16, 3).cut(8).node("CumSum", "sum", "axes").conv("head", 8)
    assert texts(plain.model(), summed.model()) == ["sum added: CumSum (8.19 kFLOPs)"]
