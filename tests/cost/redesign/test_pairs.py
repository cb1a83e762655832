from __future__ import annotations

from archlint.cost.lowering.lower import lower
from archlint.cost.redesign.pairs import Pair, find_pair
from archlint.graph.widths import find_widths
from archlint.testing import Net
from tests.cost.inverted import stage
from tests.cost.paper_targets import GPU


def pair_at(net: Net, first: str, *outputs: str) -> list[str] | str:
    """The names of the pair's operators, or why there is none."""
    model = net.model(*outputs)
    (op,) = [each for each in model.operators if each.name == first]
    widths = find_widths(model)
    pair = find_pair(model, lower(model, GPU.lowering), widths, op)
    if isinstance(pair, str):
        return pair
    assert pair.first == op.index
    assert pair.inner[0] == widths.group[op.output.name]
    return [model.operators[index].name for index in pair.operators]


def test_an_expansion_and_its_projection_are_a_pair() -> None:
    net, last = stage(64)
    assert pair_at(net, "blocks.0.expand", last) == ["blocks.0.expand", "blocks.0.project"]


def test_convs_that_keep_the_inner_width_are_in_the_pair() -> None:
    net = Net()
    x = net.conv(net.input(1, 3, 8, 8), 256, name="stem")
    y = net.op("Relu", net.conv(x, 64, name="reduce"))
    y = net.op("Relu", net.conv(y, 64, 3, name="spatial"))
    y = net.conv(y, 256, name="restore")
    last = net.op("Add", x, y)
    names = ["reduce", "spatial", "restore"]
    assert pair_at(net, "reduce", last) == names


def test_both_inner_widths_of_a_bottleneck_are_named() -> None:
    net = Net()
    x = net.conv(net.input(1, 3, 8, 8), 256, name="stem")
    y = net.conv(net.conv(net.conv(x, 64), 64, 3), 256)
    model = net.model(net.op("Add", x, y))
    widths = find_widths(model)
    pair = find_pair(model, lower(model, GPU.lowering), widths, model.operators[1])
    assert isinstance(pair, Pair)
    assert pair.inner == tuple(widths.group[model.operators[n].output.name] for n in (1, 2))


def test_squeeze_excite_between_does_not_end_a_pair() -> None:
    net = Net()
    x = net.conv(net.input(1, 3, 8, 8), 16, name="stem")
    y = net.conv(x, 64, name="expand")
    gate = net.op("GlobalAveragePool", y)
    gate = net.op("Sigmoid", net.conv(net.conv(gate, 16, name="squeeze"), 64, name="excite"))
    y = net.conv(net.op("Mul", y, gate), 16, name="project")
    assert pair_at(net, "expand", net.op("Add", x, y)) == ["expand", "project"]


def test_two_readers_are_no_pair() -> None:
    net = Net()
    x = net.conv(net.conv(net.input(1, 3, 8, 8), 16, name="stem"), 64, name="expand")
    one, other = net.conv(x, 16), net.conv(x, 16)
    assert pair_at(net, "expand", one, other) == "no second conv of a pair reads it"


def test_no_reader_is_no_pair() -> None:
    net = Net()
    x = net.conv(net.conv(net.input(1, 3, 8, 8), 16, name="stem"), 64, name="expand")
    pool = net.op("GlobalAveragePool", x)
    assert pair_at(net, "expand", pool) == "no second conv of a pair reads it"


def test_growing_twice_is_no_pair() -> None:
    net = Net()
    x = net.conv(net.conv(net.input(1, 3, 8, 8), 16, name="stem"), 64, name="expand")
    last = net.conv(x, 128, name="more")
    assert pair_at(net, "expand", last) == "no second conv leads back to the outer width"


def test_a_chain_of_one_width_that_comes_back_to_itself_is_no_pair() -> None:
    net = Net()
    x = net.conv(net.input(1, 3, 8, 8), 64, name="expand")
    last = net.op("Add", x, net.conv(x, 64, 3, name="keep"))
    assert pair_at(net, "expand", last) == "its width runs through the whole stage"


def test_a_projection_is_no_pair_with_the_expansion_before_it() -> None:
    # a stage of one block: its outer width is read by nothing but the block itself
    net = Net()
    x = net.conv(net.input(1, 3, 8, 8), 16, name="stem")
    y = net.conv(net.conv(x, 64, name="expand"), 16, name="project")
    last = net.op("GlobalAveragePool", net.op("Add", x, y))
    assert pair_at(net, "expand", last) == ["expand", "project"]
    assert pair_at(net, "project", last) == "its width runs through the whole stage"
