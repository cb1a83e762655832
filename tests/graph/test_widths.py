from __future__ import annotations

import pytest
from onnx import helper

from archlint.graph import Model, read_model
from archlint.graph.widths import Join, Widths, find_widths
from archlint.testing import Net
from tests.graph.making import PATHS, ints, value
from tests.graph.making import model as onnx_model


def widths_of(net: Net, *outputs: str) -> tuple[Model, Widths]:
    model = net.model(*outputs)
    return model, find_widths(model)


def why(widths: Widths, tensor: str) -> str:
    return widths.pinned.get(widths.group[tensor], "")


def names(model: Model, operators: tuple[int, ...]) -> list[str]:
    return [model.operators[index].name for index in operators]


def test_a_stage_of_residual_blocks_has_one_width() -> None:
    net = Net()
    stem = net.conv(net.input(1, 3, 8, 8), 16, 3, name="stem")
    inner, outer, x = [], [stem], stem
    for block in range(2):
        y = net.op("Relu", net.conv(x, 64, name=f"blocks.{block}.expand"))
        inner.append(y)
        y = net.conv(y, 16, name=f"blocks.{block}.project")
        x = net.op("Add", x, y)
        outer += [y, x]
    head = net.conv(x, 32, name="head")
    model, widths = widths_of(net, head)
    (stage,) = {widths.group[name] for name in outer}
    assert widths.width[stage] == 16
    assert stage not in widths.pinned
    # each expansion is a choice of its own
    assert len({stage, *(widths.group[name] for name in inner)}) == 3
    assert [widths.width[widths.group[name]] for name in inner] == [64, 64]
    assert names(model, widths.writers[stage]) == [
        "stem", "blocks.0.project", outer[2], "blocks.1.project", outer[4],
    ]  # fmt: skip
    assert names(model, widths.readers[stage]) == [
        "blocks.0.expand", outer[2], "blocks.1.expand", outer[4], "head",
    ]  # fmt: skip


def test_what_works_on_each_channel_keeps_the_width() -> None:
    net = Net()
    first = net.conv(net.input(1, 3, 8, 8), 16)
    x = net.op("Relu", net.norm(first))
    x = net.op("MaxPool", x, kernel_shape=[2, 2], strides=[2, 2])
    last = net.depthwise(x)
    _, widths = widths_of(net, net.conv(last, 8))
    assert widths.group[first] == widths.group[last]
    assert widths.width[widths.group[last]] == 16


def test_a_conv_chooses_its_output_width() -> None:
    net = Net()
    x = net.conv(net.input(1, 3, 8, 8), 16)
    dense, grouped = net.conv(x, 16), net.conv(x, 16, groups=4)
    _, widths = widths_of(net, net.conv(dense, 8), net.conv(grouped, 8))
    assert len({widths.group[name] for name in (x, dense, grouped)}) == 3


def test_the_width_of_a_concat_is_the_sum_of_its_inputs() -> None:
    net = Net()
    x = net.input(1, 3, 8, 8)
    one, other = net.conv(x, 16), net.conv(x, 8)
    both = net.concat(one, other)
    _, widths = widths_of(net, net.conv(both, 8))
    group = widths.group
    assert widths.joins_of[group[both]] == (Join(group[both], (group[one], group[other])),)
    assert len({group[name] for name in (one, other, both)}) == 3
    assert widths.width[group[both]] == 24


def test_a_concat_of_maps_keeps_the_width() -> None:
    net = Net()
    x = net.input(1, 3, 8, 8)
    one, other = net.conv(x, 16), net.conv(x, 16)
    both = net.op("Concat", one, other, axis=2)
    _, widths = widths_of(net, net.conv(both, 8))
    assert widths.joins_of == {}
    assert widths.group[one] == widths.group[other] == widths.group[both]


def test_a_channel_shuffle_keeps_the_width() -> None:
    net = Net()
    x = net.conv(net.input(1, 3, 8, 8), 24)
    mixed = net.shuffle(x, (1, 24, 8, 8), 3)
    model, widths = widths_of(net, net.conv(mixed, 8))
    assert widths.group[x] == widths.group[mixed]
    assert widths.group[x] not in widths.pinned
    assert [model.operators[index].op_type for index in sorted(widths.shuffles)] == [
        "Reshape",
        "Transpose",
        "Reshape",
    ]


def test_another_reshape_of_channels_pins_them() -> None:
    net = Net()
    x = net.conv(net.input(1, 3, 8, 8), 24, name="conv")
    split = net.op("Reshape", x, net.constant([1, 6, 4, 8, 8]), name="split")
    _, widths = widths_of(net, net.op("ReduceMean", split, axes=[2], keepdims=0))
    assert why(widths, x) == "Reshape split ties it to another width"


def test_a_flatten_of_a_map_pins_the_width() -> None:
    net = Net()
    x = net.conv(net.input(1, 3, 7, 7), 8, name="conv")
    _, widths = widths_of(net, net.dense(net.op("Flatten", x, name="flat"), 392, 10))
    assert why(widths, x) == "Flatten flat ties it to another width"


def test_a_flatten_of_one_position_keeps_the_width() -> None:
    net = Net()
    x = net.conv(net.input(1, 3, 7, 7), 8)
    flat = net.op("Flatten", net.op("GlobalAveragePool", x))
    _, widths = widths_of(net, net.dense(flat, 8, 10))
    assert widths.group[flat] == widths.group[x]
    assert not why(widths, x)


def test_squeeze_excite_has_the_width_of_what_it_scales() -> None:
    net = Net()
    x = net.conv(net.input(1, 3, 7, 7), 32)
    squeezed = net.conv(net.op("GlobalAveragePool", x), 8)
    gate = net.op("Sigmoid", net.conv(squeezed, 32))
    scaled = net.op("Mul", x, gate)
    _, widths = widths_of(net, net.conv(scaled, 16))
    assert widths.group[x] == widths.group[gate] == widths.group[scaled]
    assert widths.group[squeezed] != widths.group[x]


def test_a_scalar_ties_nothing() -> None:
    net = Net()
    x = net.conv(net.input(1, 3, 7, 7), 32)
    scaled = net.op("Mul", x, net.input(1, 1, 1, 1, name="scale"))
    _, widths = widths_of(net, net.conv(scaled, 16))
    assert widths.group[scaled] == widths.group[x]
    assert not why(widths, x)


def test_inputs_and_outputs_of_the_model_have_given_widths() -> None:
    net = Net()
    x = net.input(1, 3, 8, 8)
    y = net.conv(x, 16)
    last = net.op("Relu", y)
    _, widths = widths_of(net, last)
    assert why(widths, x) == "it is an input of the model"
    assert why(widths, y) == why(widths, last) == "it is an output of the model"


def test_products_of_computed_tensors_pin_them() -> None:
    net = Net()
    x = net.input(1, 16, 32)
    query, key = net.dense(x, 32, 48, name="query"), net.dense(x, 32, 48, name="key")
    scores = net.op("MatMul", query, net.op("Transpose", key, perm=[0, 2, 1]), name="scores")
    _, widths = widths_of(net, net.op("Softmax", scores))
    for tensor in (query, key, scores):
        assert why(widths, tensor) == "scores multiplies it with a computed tensor"


def test_the_width_of_a_product_is_its_last_dim() -> None:
    net = Net()
    x = net.input(2, 16, 32)
    inner = net.op("Relu", net.dense(x, 32, 128))
    outer = net.op("Add", x, net.dense(inner, 128, 32))
    _, widths = widths_of(net, net.dense(outer, 32, 10))
    assert widths.width[widths.group[inner]] == 128
    assert widths.group[outer] == widths.group[x]
    assert not why(widths, inner)


def test_the_channels_stay_with_their_axis_through_a_transpose() -> None:
    net = Net()
    x = net.conv(net.input(1, 3, 4, 4), 24)
    last = net.op("Transpose", x, perm=[0, 2, 3, 1])
    y = net.dense(last, 24, 8)
    _, widths = widths_of(net, net.op("Relu", y))
    assert widths.group[last] == widths.group[x]
    assert widths.width[widths.group[y]] == 8


def test_the_parts_of_a_split_and_the_whole_are_pinned() -> None:
    net = Net()
    x = net.conv(net.input(1, 3, 4, 4), 24, name="conv")
    part = net.op("Slice", x, *(net.constant([n]) for n in (0, 12, 1)), name="half")
    _, widths = widths_of(net, net.conv(net.op("Relu", part), 8))
    assert why(widths, x) == why(widths, part) == "Slice half ties it to another width"


def test_a_fused_product_chooses_its_width_as_a_plain_one_does() -> None:
    net = Net()
    x = net.dense(net.input(1, 4, 24), 24, 24, name="first")
    weight = net.weight("second.weight", 24, 24)
    y = net.op("FusedMatMul", x, weight, domain="com.microsoft", alpha=0.5)
    _, widths = widths_of(net, net.op("Relu", y))
    assert widths.group[x] != widths.group[y]
    assert not why(widths, x)


@pytest.mark.parametrize(
    ("shape", "size"),
    [([1, 56, 16], 16), ([56, 16], 16), ([1, 7, 8, 16], 16), ([1, 896], None), ([112, 8], None)],
)
def test_a_reshape_that_leaves_the_channels_whole_keeps_their_width(
    shape: list[int], size: int | None
) -> None:
    # windows of a Swin: channels last, rows folded and unfolded
    nodes = [
        helper.make_node("Reshape", ["x", "four"], ["image"], "image"),
        helper.make_node("Relu", ["image"], ["active"], "active"),
        helper.make_node("Reshape", ["active", "shape"], ["y"], "folded"),
    ]
    weights = [ints("four", 1, 8, 7, 16), ints("shape", *shape)]
    proto = onnx_model(nodes, [value("x", [1, 56, 16])], weights=weights)
    found = find_widths(read_model(proto))
    group = found.group["y"]
    if size is None:
        assert group in found.pinned
    else:
        assert found.width[group] == size


def test_every_group_has_a_width_or_a_reason() -> None:
    for path in PATHS:
        found = find_widths(read_model(str(path)))
        assert set(found.group.values()) <= {*found.width, *found.pinned}


def test_parts_of_a_split_are_pinned_but_not_fixed() -> None:
    net = Net()
    x = net.conv(net.input(1, 3, 8, 8), 36, name="whole")
    one, other = net.split(x, 16, 20, name="split")
    net.conv(net.concat(net.op("Relu", one), other), 8, name="head")
    _, widths = widths_of(net)
    assert why(widths, one) == "Split split ties it to another width"
    groups = [widths.group[each] for each in (x, one, other)]
    assert widths.fixed.isdisjoint(groups)
    assert widths.splits_of[groups[0]] == (Join(groups[0], tuple(groups[1:])),)


def test_a_split_of_what_is_an_input_fixes_nothing_but_the_input() -> None:
    net = Net()
    one, other = net.split(net.input(1, 36, 8, 8), 16, 20)
    net.conv(net.concat(one, other), 8, name="head")
    _, widths = widths_of(net)
    assert widths.group["x"] in widths.fixed
    assert widths.group[one] not in widths.fixed
