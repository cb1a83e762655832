from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields
from itertools import combinations, pairwise
from math import prod
from pathlib import Path

import networkx as nx
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper

from archlint.cost.kernels.kernel import Kernel
from archlint.cost.kernels.kind import Kind
from archlint.graph import Model, read_model
from archlint.graph.widths import find_widths
from archlint.linter.check_rule import PricedPlace, price_place
from archlint.linter.view import price_model
from archlint.rule import Choice, Nature, Silence, View
from archlint.rules.g3_fragmentation.antichain import width_of
from archlint.rules.g3_fragmentation.dominators import OUTSIDE, Dominators
from archlint.rules.g3_fragmentation.folding import find_linear_blocks
from archlint.rules.g3_fragmentation.regions import LARGEST, find_regions
from archlint.rules.g3_fragmentation.rule import Evidence, Fragmentation
from archlint.testing import Net
from tests.cost.paper_targets import GPU_PRICER

MODELS = Path(__file__).resolve().parents[1] / "models"
EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "onnx"

# Regions of three and more side by side.  HRNet's fusions of one stage read the same branches
# and are one; its first fusion of a stage holds the branches themselves.
REGIONS = {
    "ptcv_nasnet_4a1056.dynamo": 16,
    "timm_hrnet_w18_small.ts": 4,
    "timm_mixnet_s.ts": 8,
    "tv_googlenet.dynamo": 9,
    "nasnet_a_small": 10,
}
LINEAR_BLOCKS = {"timm_repvgg_a0.dynamo": 22, "repvgg_a0_train": 22}

each_model = pytest.mark.parametrize(
    "path", sorted([*MODELS.glob("*.onnx"), *EXAMPLES.glob("*.onnx")]), ids=lambda path: path.stem
)


def view_of(model: Model, **options: int) -> View:
    return price_model(model, GPU_PRICER, find_widths(model)).for_rule(Fragmentation, options)


def said(view: View) -> list[PricedPlace | Silence]:
    found = Fragmentation().check(view)
    return [each if isinstance(each, Silence) else price_place(view, each) for each in found]


def places(view: View) -> list[PricedPlace]:
    return [each for each in said(view) if isinstance(each, PricedPlace)]


def reasons(view: View) -> list[str]:
    return [each.reason for each in said(view) if isinstance(each, Silence)]


def branches(net: Net, x: str, count: int, name: str = "block") -> list[str]:
    """Branches of a 1x1 and a 3x3 conv with ReLUs."""
    ends = []
    for number in range(count):
        y = net.op("Relu", net.conv(x, 32, name=f"{name}.{number}.reduce"))
        ends.append(net.op("Relu", net.conv(y, 48, 3, name=f"{name}.{number}.spatial")))
    return ends


def pool(net: Net, x: str) -> str:
    return net.op("MaxPool", x, kernel_shape=[3, 3], pads=[1] * 4, strides=[1, 1])


def start(channels: int = 64) -> tuple[Net, str]:
    net = Net()
    stem = net.conv(net.input(1, 3, 28, 28), channels, 3, name="stem")
    return net, net.op("Relu", stem)


@each_model
def test_regions_of_real_networks(path: Path) -> None:
    wide = [r for r in find_regions(read_model(str(path))) if r.width is not None and r.width >= 3]
    assert len(wide) == REGIONS.get(path.stem, 0)


@each_model
def test_every_undeployed_repvgg_block_is_exact_and_nothing_else(path: Path) -> None:
    exact = [
        place
        for place in places(view_of(read_model(str(path), batch=1)))
        if place.nature is Nature.EXACT and "linear" in place.summary
    ]
    assert len(exact) == LINEAR_BLOCKS.get(path.stem, 0)


def seconds_of(view: View, choice: Choice) -> float:
    return view.pricer.seconds(choice.kernels) or 0.0


def test_parallel_branches_are_a_place() -> None:
    net, x = start()
    y = net.concat(*branches(net, x, 3), net.conv(pool(net, x), 16, name="block.3.pool"))
    (place,) = places(view := view_of(net.model(y)))
    assert place.module == "block"
    assert str(place.decision) == "fragments block"
    assert place.summary == "8 fragments, 4 wide, in one block"
    assert place.now == ("9 kernels, 4 wide: 1x1 conv 64 > 32, 3x3 conv 32 > 48, 1x1 conv 64 > 16")
    assert place.instead == (
        "4 kernels, 1 wide, 32 channels inside:"
        " 1x1 conv 64 > 32, 1x1 conv 32 > 32, 3x3 conv 32 > 160"
    )
    (wider,) = place.choices
    assert wider.at_equal_time
    assert (
        place.comparison.instead.seconds < seconds_of(view, wider) <= place.comparison.now.seconds
    )
    assert place.evidence == Evidence(fragments=8, width=4, levels=2, inputs=1)
    assert [kernel.text for kernel in place.instead_kernels] == [
        "MaxPool 64 k3x3 @28x28",
        "Conv 64>32 k1x1 @28x28 +Relu",
        "Conv 32>32 k1x1 @28x28 +Relu",
        "Conv 32>160 k3x3 @28x28 +Relu",
    ]
    assert place.comparison.slowdown > 1.1
    assert place.nature is Nature.REDESIGN
    assert len(view.kernels(place.kernels)) == 9


@pytest.mark.parametrize("name", ["tv_googlenet.dynamo", "ptcv_nasnet_4a1056.dynamo"])
def test_a_chain_is_a_network_of_equal_flops(name: str) -> None:
    view = view_of(read_model(str(MODELS / f"{name}.onnx")))
    found = places(view)
    assert len(found) == REGIONS[name]
    for place in found:
        chain = [kernel for kernel in place.instead_kernels if _is_fragment(kernel)]
        now = [kernel for kernel in view.kernels(place.kernels) if _is_fragment(kernel)]
        ratio = sum(k.flops for k in chain) / sum(k.flops for k in now)
        assert 1.00 <= ratio <= 1.03
        result = view.model.operators[place.operators[0]].output.shape
        assert result is not None
        assert (chain[-1].c_out, chain[-1].out_map) == (result[1], result[2:])
        for before, after in pairwise(chain):
            assert (before.c_out, before.out_map) == (after.c_in, after.in_map)
        inner = [kernel.c_out for kernel in chain[:-1] if kernel.kind is Kind.CONV]
        assert all(width % 8 == 0 for width in inner)


def _is_fragment(kernel: Kernel) -> bool:
    return kernel.kind in (Kind.CONV, Kind.DEPTHWISE, Kind.POOL)


def test_branches_of_one_conv_become_two_in_series() -> None:
    net, x = start()
    ends = [net.op("Relu", net.conv(x, 64, 3)) for _ in range(4)]
    y = net.op("Sum", *ends)
    (place,) = places(view_of(net.model(y)))
    assert [kernel.text for kernel in place.instead_kernels] == [
        "Conv 64>128 k3x3 @28x28 +Relu",
        "Conv 128>64 k3x3 @28x28 +Relu",
    ]


def test_a_shortcut_around_the_branches_stays() -> None:
    net, x = start(144)
    y = net.op("Add", net.concat(*branches(net, x, 3)), x)
    (place,) = places(view_of(net.model(net.op("Relu", y))))
    assert [kernel.text for kernel in place.instead_kernels][-1] == "Add 144 @28x28 +Relu"


def test_a_shortcut_that_is_added_first_stays() -> None:
    net, x = start()
    first, *others = (net.op("Relu", net.conv(x, 64, 3)) for _ in range(4))
    y = added(net, [net.op("Add", x, first), *others])
    (place,) = places(view_of(net.model(y)))
    assert [kernel.text for kernel in place.instead_kernels] == [
        "Conv 64>128 k3x3 @28x28 +Relu",
        "Conv 128>64 k3x3 @28x28 +Relu",
        "Add 64 @28x28 +Relu",
    ]


def test_the_channels_of_a_tensor_that_is_concatenated_are_kept() -> None:
    net, x = start(144)
    y = net.concat(x, *branches(net, x, 3))
    (place,) = places(view_of(net.model(y)))
    convs = [kernel for kernel in place.instead_kernels if kernel.kind is Kind.CONV]
    assert (convs[0].c_in, convs[-1].c_out) == (144, 144)
    assert place.instead_kernels[-1].text == "Concat 144>288 @28x28 n2"


def test_two_branches_are_too_few() -> None:
    net, x = start()
    assert said(view_of(net.model(net.concat(*branches(net, x, 2))))) == []


def test_branches_below_the_option_are_silent() -> None:
    net, x = start()
    model = net.model(net.concat(*branches(net, x, 3)))
    assert reasons(view_of(model, **{"min-width": 4})) == ["its branches are 3 wide"]


@pytest.mark.parametrize("length", [4, 40, LARGEST + 8])
def test_a_chain_never_triggers(length: int) -> None:
    net, x = start(8)
    skips = [x]
    for _ in range(length):
        skips.append(net.conv(skips[-1], 8, 3))
    view = view_of(net.model(net.concat(*skips)))
    assert places(view) == []
    assert reasons(view) == (
        ["its branches are 1 wide"]
        if length < LARGEST
        else [f"{length} fragments are too many, or too far apart, for a block"]
    )


def test_a_chain_through_other_blocks_is_still_a_chain() -> None:
    net, x = start(64)
    skips = []
    for number in range(4):
        x = net.conv(x, 64, 3, name=f"between.{number}")
        skips.append(x)
        x = net.concat(*branches(net, x, 3, f"blocks.{number}"))
    regions = find_regions(net.model(net.concat(*skips, net.conv(x, 64))))
    assert [region.width for region in regions] == [3, 3, 3, 3, 1]


def test_squeeze_excite_does_not_count() -> None:
    net, x = start(64)
    ends = branches(net, x, 2)
    squeezed = net.op("GlobalAveragePool", x)
    gates = [net.conv(net.op("Relu", net.conv(squeezed, 8)), 48) for _ in range(2)]
    gated = [net.op("Mul", end, gate) for end, gate in zip(ends, gates, strict=True)]
    (region,) = find_regions(net.model(net.concat(x, *gated)))
    assert (len(region.fragments), region.width) == (4, 2)


def test_joins_of_the_same_branches_are_one_region() -> None:
    net, x = start(32)
    inputs = [x, net.conv(x, 32, 3), net.conv(x, 32, 3)]
    inputs = [net.op("Relu", each) for each in inputs]
    first = [net.op("Sum", *(net.conv(each, 32, 3) for each in inputs)) for _ in range(3)]
    model = net.model(*first)
    regions = find_regions(model)
    assert [(len(region.roots), region.width) for region in regions] == [(1, 3), (2, 6)]
    assert "several joins read the same branches: none can become one chain" in reasons(
        view_of(model)
    )


def test_an_operator_without_a_price_silences_its_block() -> None:
    net, x = start()
    first, *others = branches(net, x, 3)
    y = net.concat(net.op("NoSuchOperator", first, domain="custom"), *others)
    assert places(view_of(net.model(y))) == []


def test_maps_of_different_sizes_do_not_become_one() -> None:
    net, x = start(32)
    ends = []
    for stride in (2, 4, 8):
        y = net.conv(x, 32, 3, stride=stride)
        ends.append(net.op("Resize", y, "", "", net.constant([1, 32, 28, 28])))
    view = view_of(net.model(net.op("Sum", *ends)))
    assert reasons(view) == ["its branches run on maps of different sizes, 14x14, 7x7, 4x4"]


def repvgg(
    net: Net, x: str, *, stride: int = 1, identity: bool = True, groups: tuple[int, int] = (1, 1)
) -> list[str]:
    ends = [
        net.norm(net.conv(x, 64, 3, stride=stride, groups=groups[0])),
        net.norm(net.conv(x, 64, 1, stride=stride, groups=groups[1])),
    ]
    return [*ends, net.norm(x)] if identity else ends


def added(net: Net, ends: Sequence[str]) -> str:
    total = ends[0]
    for end in ends[1:]:
        total = net.op("Add", total, end)
    return net.op("Relu", total)


@pytest.mark.parametrize(
    ("stride", "identity", "kernels"),
    [(1, True, "5 kernels, 3 branches"), (2, False, "3 kernels, 2 branches")],
)
def test_linear_branches_fold_into_the_largest_conv(
    stride: int, identity: bool, kernels: str
) -> None:
    net, x = start()
    y = added(net, repvgg(net, x, stride=stride, identity=identity))
    (place,) = said(view_of(net.model(y)))
    assert isinstance(place, PricedPlace)
    assert place.nature is Nature.EXACT
    assert place.now == kernels
    assert place.instead == "1 3x3 conv"
    sizes = "@28x28" if stride == 1 else "s2x2 @28x28>14x14"
    assert [kernel.text for kernel in place.instead_kernels] == [f"Conv 64>64 k3x3 {sizes} +Relu"]


def test_a_plain_identity_and_a_conv_fold() -> None:
    net, x = start()
    model = net.model(added(net, [net.depthwise(x), x]))
    assert [fold.branches for fold in find_linear_blocks(model)] == [2]


def activated(net: Net, x: str) -> tuple[str, ...]:
    first, *rest = repvgg(net, x)
    return (added(net, [net.op("Relu", first), *rest]),)


def read_elsewhere(net: Net, x: str) -> tuple[str, ...]:
    ends = repvgg(net, x)
    return added(net, ends), net.op("Sigmoid", ends[1])


def a_model_output(net: Net, x: str) -> tuple[str, ...]:
    ends = repvgg(net, x)
    return added(net, ends), ends[0]


def other_groups(net: Net, x: str) -> tuple[str, ...]:
    return (added(net, repvgg(net, x, groups=(4, 1))),)


def two_forks(net: Net, x: str) -> tuple[str, ...]:
    left, right = net.op("Relu", net.conv(x, 64)), net.op("Relu", net.conv(x, 64))
    return (added(net, [net.conv(left, 64, 3), net.conv(right, 64)]),)


def shifted(net: Net, x: str) -> tuple[str, ...]:
    weight = net.weight("odd.weight", 64, 64, 1, 1)
    odd = net.op("Conv", x, weight, pads=[2, 2, -2, -2])
    return (added(net, [net.conv(x, 64, 3), odd]),)


def dilated(net: Net, x: str) -> tuple[str, ...]:
    weight = net.weight("far.weight", 64, 64, 3, 3)
    far = net.op("Conv", x, weight, pads=[2] * 4, dilations=[2, 2])
    return (added(net, [net.conv(x, 64), far]),)


def no_window_covers(net: Net, x: str) -> tuple[str, ...]:
    flat = net.op("Conv", x, net.weight("flat.weight", 64, 64, 1, 3), pads=[0, 1, 0, 1])
    tall = net.op("Conv", x, net.weight("tall.weight", 64, 64, 3, 1), pads=[1, 0, 1, 0])
    return (added(net, [flat, tall]),)


def concatenated(net: Net, x: str) -> tuple[str, ...]:
    return (net.concat(*repvgg(net, x)),)


def batch_norms_alone(net: Net, x: str) -> tuple[str, ...]:
    return (added(net, [net.norm(x), net.norm(x)]),)


@pytest.mark.parametrize(
    "build",
    [
        activated,
        read_elsewhere,
        a_model_output,
        other_groups,
        two_forks,
        shifted,
        dilated,
        no_window_covers,
        concatenated,
        batch_norms_alone,
    ],
)
def test_what_does_not_fold(build: Callable[[Net, str], tuple[str, ...]]) -> None:
    net, x = start()
    model = net.model(*build(net, x))
    assert list(find_linear_blocks(model)) == []
    assert not [place for place in places(view_of(model)) if place.nature is Nature.EXACT]


def test_an_exact_block_is_not_taken_twice() -> None:
    net, x = start()
    first = added(net, [net.conv(x, 64, k) for k in (5, 3, 1)])
    y = net.concat(first, *branches(net, x, 3))
    exact, other = places(view_of(net.model(y)))
    assert exact.nature is Nature.EXACT
    assert other.nature is Nature.REDESIGN
    assert not set(exact.operators) & set(other.operators)


def mixed(windows: Sequence[int], *, swapped: bool = False, stride: int = 1) -> onnx.ModelProto:
    """A Split, depthwise convs of these windows, and a Concat; 32 channels each."""
    count, nodes, weights = len(windows), [], []
    nodes.append(helper.make_node("Relu", ["x"], ["y"]))
    parts = [f"part{number}" for number in range(count)]
    nodes.append(helper.make_node("Split", ["y"], parts, axis=1, num_outputs=count))
    for number, window in enumerate(windows):
        name = f"dw.{number}.weight"
        weights.append(
            TensorProto(name=name, dims=[32, 1, window, window], data_type=TensorProto.FLOAT)
        )
        nodes.append(
            helper.make_node(
                "Conv", [parts[number], name], [f"end{number}"],
                group=32, pads=[window // 2] * 4, strides=[stride] * 2,
            )
        )  # fmt: skip
    ends = [f"end{number}" for number in range(count)]
    nodes.append(helper.make_node("Concat", ends[::-1] if swapped else ends, ["z"], axis=1))
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 32 * count, 28, 28])
    z = helper.make_tensor_value_info("z", TensorProto.FLOAT, None)
    graph = helper.make_graph(nodes, "mixed", [x], [z], weights)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)])


def test_mixed_depthwise_windows_fold_into_the_largest() -> None:
    (place,) = places(view_of(read_model(mixed((3, 5, 7), stride=2))))
    assert place.nature is Nature.EXACT
    assert place.summary == "3 depthwise branches that are one 7x7 conv"
    assert place.now == "5 kernels, 3 branches"
    assert [kernel.text for kernel in place.instead_kernels] == [
        "Conv 96>96 k7x7 s2x2 g96 @28x28>14x14"
    ]


def test_mixed_windows_in_another_order_do_not_fold() -> None:
    view = view_of(read_model(mixed((3, 5, 7), swapped=True)))
    assert reasons(view) == ["no aligned widths give a chain of equal FLOPs"]


class Counting(Model):
    """A model that counts the edges that are looked at."""

    seen = 0

    def before(self, index: int) -> tuple[int, ...]:
        return self._count(super().before(index))

    def after(self, index: int) -> tuple[int, ...]:
        return self._count(super().after(index))

    def _count(self, edges: tuple[int, ...]) -> tuple[int, ...]:
        type(self).seen += len(edges)
        return edges


def stacked(blocks: int) -> Model:
    net, x = start(96)
    for number in range(blocks):
        x = net.concat(*branches(net, x, 3, f"blocks.{number}"))
    return net.model(x)


def skipping_to_the_end(blocks: int) -> Model:
    net, x = start(96)
    ends = []
    for number in range(blocks):
        x = net.concat(*branches(net, x, 3, f"blocks.{number}"))
        ends.append(net.conv(x, 96, name=f"blocks.{number}.after"))
        x = ends[-1]
    return net.model(net.op("Sum", *ends))


def nested(blocks: int) -> Model:
    """The first tower's results are read in reverse by the second one's joins."""
    net, x = start(32)
    down = [x]
    for number in range(blocks):
        down.append(net.conv(down[-1], 32, name=f"down.{number}"))
    up = down[-1]
    for number, skip in enumerate(reversed(down)):
        up = net.op("Sum", net.conv(up, 32, name=f"up.{number}"), net.op("Relu", skip), x)
    return net.model(up)


@pytest.mark.parametrize("build", [stacked, skipping_to_the_end, nested])
def test_the_edges_looked_at_grow_in_proportion(build: Callable[[int], Model]) -> None:
    def seen(blocks: int) -> int:
        model, Counting.seen = build(blocks), 0
        find_regions(Counting(**{each.name: getattr(model, each.name) for each in fields(model)}))
        return Counting.seen

    assert seen(160) <= 2.1 * seen(80)


relations = st.integers(1, 9).flatmap(
    lambda size: st.lists(st.booleans(), min_size=size * size, max_size=size * size)
)


@given(relations)
@settings(max_examples=200, deadline=None)
def test_the_width_is_that_of_the_largest_antichain(bits: list[bool]) -> None:
    size = int(len(bits) ** 0.5)
    before = [0] * size
    for element in range(size):
        for earlier in range(element):
            if bits[element * size + earlier]:
                before[element] |= before[earlier] | 1 << earlier
    largest = max(
        len(chosen)
        for count in range(1, size + 1)
        for chosen in combinations(range(size), count)
        if not any(before[j] >> i & 1 for i, j in combinations(chosen, 2))
    )
    assert width_of(before) == largest


@given(relations)
@settings(max_examples=200, deadline=None)
def test_dominators_are_those_of_networkx(bits: list[bool]) -> None:
    size = int(len(bits) ** 0.5)
    graph = nx.DiGraph()
    dominators = Dominators()
    for index in range(size):
        reads = [other for other in range(index) if bits[index * size + other]] or [OUTSIDE]
        dominators.add(index, reads)
        graph.add_edges_from((other, index) for other in reads)
    expected = nx.immediate_dominators(graph, OUTSIDE)
    for index in range(size):
        assert dominators.common(graph.predecessors(index)) == expected[index]


def test_pools_of_window_one_are_no_kernels_of_a_chain() -> None:
    view = view_of(read_model(str(EXAMPLES / "nasnet_a_small.onnx"), batch=1))
    for place in places(view):
        pools = [kernel for kernel in place.instead_kernels if kernel.kind is Kind.POOL]
        assert all(prod(kernel.window) > 1 for kernel in pools)
