from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archlint.cost.kernels.kernel import Kernel
from archlint.cost.kernels.kind import Kind
from archlint.cost.lowering.lower import Lowered, lower
from archlint.cost.pricer import Pricer
from archlint.cost.redesign.fastest import fastest
from archlint.cost.redesign.redesign import Block, Candidate, find_block
from archlint.graph import Model
from archlint.graph.widths import Widths, find_widths
from archlint.testing import Net
from tests.cost.inverted import residual, stage
from tests.cost.lowering.test_lower_blocked import ORT
from tests.cost.paper_targets import GPU, GPU_PRICER

STEP = 8


def parts_of(net: Net, *outputs: str) -> tuple[Model, Lowered, Widths]:
    model = net.model(*outputs)
    return model, lower(model, GPU.lowering), find_widths(model)


def block_of(net: Net, *outputs: str, outer: str = "stem", inner: str = "expand") -> Block | str:
    """The block of the group of one tensor and those of all convs named `inner`."""
    model, lowered, widths = parts_of(net, *outputs)
    inners = [widths.group[op.output.name] for op in model.operators if op.name.endswith(inner)]
    return find_block(model, lowered, widths, widths.group[outer], inners, lowering=GPU.lowering)


def found(block: Block | str) -> Block:
    assert isinstance(block, Block), block
    return block


def flops(kernels: tuple[Kernel, ...]) -> int:
    return sum(kernel.flops for kernel in kernels)


def candidates(block: Block, step: int = STEP) -> tuple[list[Candidate], ...]:
    """Those that keep the outer width, and those that fall."""
    return tuple([block.candidate(*each) for each in widths] for widths in block.widths(step))


def everything(block: Block, step: int = STEP) -> list[Candidate]:
    return [candidate for each in candidates(block, step) for candidate in each]


@settings(max_examples=20)
@given(
    width=st.integers(2, 16).map(lambda n: 8 * n),
    ratio=st.integers(2, 6),
    size=st.sampled_from([7, 14, 28, 56]),
    step=st.sampled_from([4, 8, 16]),
)
def test_every_alternative_has_widths_in_steps_and_the_flops_of_now(
    width: int, ratio: int, size: int, step: int
) -> None:
    net, last = stage(width, ratio=ratio, size=size)
    block = found(block_of(net, last))
    now = flops(block.kernels)
    assert (block.outer, block.inner) == (width, ratio * width)
    for candidate in everything(block, step):
        assert candidate.outer % step == 0 or candidate.outer == width
        assert candidate.inner % step == 0 or candidate.inner == ratio * width
        assert (candidate.outer, candidate.inner) != (width, ratio * width)
        assert 1.00 <= flops(candidate.kernels) / now <= 1.03
        assert width / 2 <= candidate.outer <= 2 * width
        assert ratio * width / 4 <= candidate.inner <= 4 * ratio * width


def test_there_are_alternatives_those_that_keep_the_outer_width_apart() -> None:
    net, last = stage(64)
    block = found(block_of(net, last))
    keeping, falling = candidates(block)
    assert keeping
    assert falling
    assert all(candidate.outer >= 48 for candidate in keeping)
    assert all(candidate.outer < 48 for candidate in falling)
    assert not any(block.falls(candidate) for candidate in keeping)
    assert all(block.falls(candidate) for candidate in falling)


@settings(max_examples=20)
@given(width=st.integers(2, 16).map(lambda n: 8 * n), ratio=st.integers(2, 6))
def test_at_the_widths_of_now_the_block_is_that_of_now(width: int, ratio: int) -> None:
    net, last = stage(width, ratio=ratio)
    block = found(block_of(net, last))
    assert block.at(width, ratio * width) == block.kernels


def test_the_alternative_is_the_network_built_at_its_widths() -> None:
    net, last = stage(64)
    block = found(block_of(net, last))
    for candidate in everything(block)[:5]:
        again = Net()
        x = again.conv(again.input(8, 3, 28, 28), candidate.outer, 3, name="stem")
        for number in range(2):
            x = residual(again, x, candidate.inner, candidate.outer, f"blocks.{number}")
        rebuilt = found(block_of(again, again.op("GlobalAveragePool", again.conv(x, 3 * 64))))
        assert candidate.kernels == rebuilt.kernels


def test_the_least_memory_access_comes_first() -> None:
    net, last = stage(64)
    block = found(block_of(net, last))
    for each in candidates(block):
        mac = [sum(kernel.mac for kernel in candidate.kernels) for candidate in each]
        assert mac == sorted(mac)


def test_the_block_is_every_kernel_that_touches_a_changed_tensor() -> None:
    net, last = stage(64)
    model, lowered, widths = parts_of(net, last)
    changed = {widths.group["stem"]} | {
        widths.group[op.output.name] for op in model.operators if op.name.endswith("expand")
    }
    touching = {
        lowered.home[op.index]
        for op in model.operators
        for tensor in (*op.activations, *op.outputs)
        if widths.group[tensor.name] in changed
    }
    block = found(block_of(net, last))
    assert set(block.numbers) == touching
    assert block.kernels == tuple(lowered.kernels[number].kernel for number in block.numbers)
    # stem and head change on one side
    candidate = everything(block)[0]
    stem, head = candidate.kernels[0], candidate.kernels[-1]
    assert (stem.c_in, stem.c_out) == (3, candidate.outer)
    assert (head.c_in, head.c_out) == (candidate.outer, 3 * 64)
    # but what only the head's own output touches stays out
    assert "GlobalAveragePool" not in [kernel.op for kernel in block.kernels]


def test_a_depthwise_conv_in_the_block_keeps_one_channel_a_group() -> None:
    net, last = stage(64)
    for candidate in everything(found(block_of(net, last))):
        depthwise = [k for k in candidate.kernels if k.kind is Kind.DEPTHWISE]
        assert [(k.c_in, k.groups) for k in depthwise] == [(candidate.inner, candidate.inner)] * 2


def joined(*, outer: str) -> tuple[Net, str]:
    """A stage of 64 whose result is joined with 32 other channels before or after it."""
    net = Net()
    image = net.input(8, 3, 28, 28)
    branch = net.conv(image, 32, 3, name="branch")
    x = net.conv(image, 64, 3, name="stem")
    if outer == "output of a Concat":
        x = net.concat(net.conv(image, 32, name="trunk"), branch)
    x = residual(net, x, 384, 64, "blocks.0")
    if outer == "input of a Concat":
        x = net.concat(x, branch)
    return net, net.op("GlobalAveragePool", net.conv(x, 128, name="head"))


def test_another_input_of_a_concat_takes_the_change_up() -> None:
    net, last = joined(outer="input of a Concat")
    block = found(block_of(net, last))
    candidates = [each for each in everything(block) if each.outer != 64]
    assert candidates
    for candidate in candidates:
        stem, branch = candidate.kernels[1], candidate.kernels[0]
        if (stem.c_out, branch.c_out) != (candidate.outer, 96 - candidate.outer):
            stem, branch = branch, stem
        assert (stem.c_out, branch.c_out) == (candidate.outer, 96 - candidate.outer)
        (concat,) = [kernel for kernel in candidate.kernels if kernel.op == "Concat"]
        assert concat.c_out == 96


def test_an_input_of_a_concat_takes_up_what_its_output_changes() -> None:
    net, last = joined(outer="output of a Concat")
    model, lowered, widths = parts_of(net, last)
    (concat,) = [op for op in model.operators if op.op_type == "Concat"]
    inner = [widths.group["blocks.0.expand"]]
    block = found(
        find_block(
            model, lowered, widths, widths.group[concat.output.name], inner, lowering=GPU.lowering
        )
    )
    candidates = [each for each in everything(block) if each.outer != 64]
    assert candidates
    for candidate in candidates:
        branches = sorted(k.c_out for k in candidate.kernels if k.c_in == 3)
        assert branches == sorted([candidate.outer - 32])


def test_a_concat_on_an_inner_width_ties_it() -> None:
    net = Net()
    x = net.conv(net.input(8, 3, 28, 28), 64, 3, name="stem")
    inner = net.conv(x, 384, name="expand")
    both = net.concat(inner, x)
    y = net.conv(both, 64, name="project")
    last = net.conv(net.op("Add", x, y), 32)
    assert block_of(net, last) == "a Concat ties an inner width"


def test_a_concat_of_a_tensor_with_itself_ties_it() -> None:
    net = Net()
    x = net.conv(net.input(8, 3, 28, 28), 64, 3, name="stem")
    x = residual(net, x, 384, 64, "blocks.0")
    last = net.conv(net.concat(x, x), 32)
    assert block_of(net, last) == "a Concat ties its width"


def test_a_concat_with_an_input_of_the_model_alone_ties_it() -> None:
    net = Net()
    image = net.input(8, 3, 28, 28)
    x = net.conv(image, 64, 3, name="stem")
    x = residual(net, x, 384, 64, "blocks.0")
    last = net.conv(net.concat(x, image), 32)
    assert block_of(net, last) == "a Concat ties its width"


def test_two_concats_with_the_same_other_input_tie_a_width() -> None:
    net = Net()
    image = net.input(8, 3, 28, 28)
    branch = net.conv(image, 32, name="branch")
    x = residual(net, net.conv(image, 64, 3, name="stem"), 384, 64, "blocks.0")
    one, other = net.concat(x, branch), net.concat(branch, x)
    assert block_of(net, net.conv(one, 8), net.conv(other, 8)) == "several Concats tie its width"


def test_a_concat_behind_the_one_that_follows_ties_a_width() -> None:
    net = Net()
    image = net.input(8, 3, 28, 28)
    branch = net.conv(image, 32, name="branch")
    x = residual(net, net.conv(image, 64, 3, name="stem"), 384, 64, "blocks.0")
    one, other = net.concat(x, branch), net.concat(branch, net.conv(image, 16))
    assert block_of(net, net.conv(one, 8), net.conv(other, 8)) == "several Concats tie its width"


def test_a_given_width_gives_its_reason() -> None:
    net, last = stage(64)
    assert block_of(net, "blocks.1.add", last) == "it is an output of the model"
    net = Net()
    x = net.input(8, 64, 28, 28)
    last = net.conv(residual(net, x, 384, 64, "blocks.0"), 8)
    assert block_of(net, last, outer=x) == "it is an input of the model"
    net, last = stage(64)
    assert block_of(net, "blocks.1.depthwise", last) == "it is an output of the model"


def test_a_width_whose_flops_nothing_else_meets_has_no_alternative() -> None:
    net, last = stage(8, ratio=2, size=7)
    block = found(block_of(net, last))
    assert everything(block, step=64) == []
    assert fastest(block, Pricer(replace(GPU, width_step=64))) is None


def test_the_fastest_is_hardly_slower_than_any_other_that_keeps_the_outer_width() -> None:
    net, last = stage(64)
    block = found(block_of(net, last))
    best = fastest(block, GPU_PRICER)
    assert best is not None
    comparison = GPU_PRICER.compare(block.kernels, best.kernels)
    assert comparison is not None
    assert comparison.low > 1.0
    assert not block.falls(best)
    for other in candidates(block)[0][:8]:
        assert comparison.instead.seconds <= 1.03 * (GPU_PRICER.seconds(other.kernels) or 0.0)


def test_of_what_is_as_fast_the_nearest_to_the_outer_width_is_kept() -> None:
    net, last = stage(64)
    block = found(block_of(net, last))
    best = fastest(block, GPU_PRICER)
    assert best is not None
    alike = [
        each
        for each in candidates(block)[0][:8]
        if (GPU_PRICER.seconds(each.kernels) or 0.0) <= (GPU_PRICER.seconds(best.kernels) or 0.0)
    ]
    assert abs(best.outer - 64) <= min(abs(each.outer - 64) for each in alike)


def test_only_what_is_accepted_is_taken() -> None:
    net, last = stage(64)
    block = found(block_of(net, last))
    best = fastest(block, GPU_PRICER, lambda each: each.outer == 72)
    assert best is not None
    assert best.outer == 72
    assert fastest(block, GPU_PRICER, lambda each: each.outer == 65) is None


def test_a_falling_outer_width_is_taken_where_no_other_one_is_surely_faster() -> None:
    net, last = stage(64)
    block = found(block_of(net, last))
    best = fastest(block, GPU_PRICER, block.falls)
    assert best is not None
    assert block.falls(best)


def shuffled(*, dense: bool) -> Block:
    """A block of ShuffleNet whose 1x1 group convs become dense, or do not."""
    net = Net()
    x = net.conv(net.input(8, 3, 28, 28), 240, 3, name="stem")
    y = net.conv(x, 60, groups=3, name="first")
    y = net.depthwise(net.shuffle(y, (8, 60, 28, 28), 3))
    x = net.op("Add", x, net.conv(y, 240, groups=3, name="second"))
    model, lowered, widths = parts_of(net, net.conv(x, 64))
    by_name = {op.name: op.index for op in model.operators}
    return found(
        find_block(
            model, lowered, widths, widths.group["stem"], [widths.group["first"]],
            lowering=GPU.lowering,
            grouped=frozenset({by_name["first"], by_name["second"]}) if dense else frozenset(),
        )
    )  # fmt: skip


@pytest.mark.parametrize("dense", [True, False])
def test_group_convs_stay_or_become_dense_at_the_flops_of_now(*, dense: bool) -> None:
    block = shuffled(dense=dense)
    candidates = everything(block)
    assert candidates
    for candidate in candidates:
        kinds = {kernel.kind for kernel in candidate.kernels}
        assert (Kind.GROUP_CONV in kinds) is not dense
        assert 1.00 <= flops(candidate.kernels) / flops(block.kernels) <= 1.03


def test_groups_divide_the_widths_of_every_alternative() -> None:
    for candidate in everything(shuffled(dense=False)):
        assert candidate.outer % 3 == candidate.inner % 3 == 0


def test_a_shuffle_goes_with_the_groups_that_it_mixes() -> None:
    block = shuffled(dense=True)
    assert "Transpose" in [kernel.op for kernel in block.kernels]
    for candidate in everything(block):
        assert "Transpose" not in [kernel.op for kernel in candidate.kernels]


def test_the_reorders_around_a_plain_group_conv_go_where_it_becomes_dense() -> None:
    net = Net()
    x = net.conv(net.input(1, 3, 8, 8), 64, 3, name="stem")
    x = net.conv(x, 64, name="first")
    x = net.conv(x, 64, 3, groups=16, name="grouped")
    net.conv(net.conv(x, 128, name="last"), 8, name="head")
    model = net.model("head")
    lowered, widths = lower(model, ORT), find_widths(model)
    inner = [widths.group["first"], widths.group["grouped"]]
    (index,) = [op.index for op in model.operators if op.name == "grouped"]
    block = found(
        find_block(
            model, lowered, widths, widths.group["stem"], inner,
            lowering=ORT, grouped=frozenset([index]),
        )
    )  # fmt: skip
    assert [kernel.op for kernel in block.kernels].count("ReorderOutput") == 1
    assert [kernel.op for kernel in block.kernels].count("ReorderInput") == 1
    made = block.at(64, 32)
    assert [kernel.text for kernel in made] == [
        "Conv 3>64 k3x3 @8x8 (nchwc-stem)",
        "Conv 64>32 k1x1 @8x8 (nchwc)",
        "Conv 32>32 k3x3 @8x8 (nchwc)",
        "Conv 32>128 k1x1 @8x8 (nchwc)",
    ]


def test_a_conv_that_stands_among_plain_kernels_brings_reorders_where_it_becomes_dense() -> None:
    net = Net()
    x = net.op("Elu", net.input(1, 18, 8, 8))
    x = net.conv(x, 64, groups=2, name="stem")
    x = net.op("Elu", net.conv(x, 64, 3, groups=16, name="grouped"))
    net.conv(x, 18, groups=2, name="head")
    model = net.model("head")
    lowered, widths = lower(model, ORT), find_widths(model)
    assert not any(placed.kernel.op.startswith("Reorder") for placed in lowered.kernels)
    (index,) = [op.index for op in model.operators if op.name == "grouped"]
    block = found(
        find_block(
            model, lowered, widths, widths.group["stem"], [widths.group["grouped"]],
            lowering=ORT, grouped=frozenset([index]),
        )
    )  # fmt: skip
    assert [kernel.op for kernel in block.at(64, 64)].count("ReorderInput") == 1
    assert [kernel.op for kernel in block.at(64, 64)].count("ReorderOutput") == 1
