from __future__ import annotations

from archlint.cost.kernels.kernel import Kernel
from archlint.cost.lowering.lower import lower
from archlint.cost.redesign.equal_time import as_long, at_equal_time
from archlint.cost.redesign.fastest import fastest
from archlint.cost.redesign.redesign import Block, find_block
from archlint.graph.widths import find_widths
from archlint.testing import Net
from tests.cost.inverted import residual, stage
from tests.cost.paper_targets import GPU, GPU_PRICER


def block_of(net: Net, *outputs: str) -> Block:
    model = net.model(*outputs)
    widths = find_widths(model)
    inners = [widths.group[op.output.name] for op in model.operators if "expand" in op.name]
    block = find_block(
        model, lower(model, GPU.lowering), widths, widths.group["stem"], inners,
        lowering=GPU.lowering,
    )  # fmt: skip
    assert isinstance(block, Block)
    return block


def seconds(kernels: tuple[Kernel, ...]) -> float:
    return GPU_PRICER.seconds(kernels) or 0.0


def test_the_time_of_now_buys_a_wider_block_in_the_proportions_of_the_alternative() -> None:
    net, last = stage(64)
    block = block_of(net, last)
    best = fastest(block, GPU_PRICER)
    assert best is not None
    wider = at_equal_time(block, best, GPU_PRICER)
    assert wider is not None
    assert seconds(best.kernels) < seconds(wider.kernels) <= seconds(block.kernels)
    assert wider.flops >= 1.1 * best.flops
    assert abs(wider.outer / wider.inner - best.outer / best.inner) < 0.05


def test_where_the_alternative_keeps_the_outer_width_so_does_the_wider_one() -> None:
    net, last = stage(64)
    block = block_of(net, last)
    narrow = block.candidate(64, 192)
    wider = at_equal_time(block, narrow, GPU_PRICER)
    assert wider is not None
    assert wider.outer == 64
    assert wider.inner > 192


def test_an_alternative_as_slow_as_now_buys_nothing() -> None:
    net, last = stage(64)
    block = block_of(net, last)
    assert at_equal_time(block, block.candidate(64, 384), GPU_PRICER) is None


def test_a_width_that_makes_room_for_the_wider_one_does_not_vanish() -> None:
    # the branch beside the stage in the Concat takes up what the stage changes
    net = Net()
    image = net.input(8, 3, 28, 28)
    branch = net.conv(image, 32, 3, name="branch")
    x = residual(net, net.conv(image, 64, 3, name="stem"), 384, 64, "blocks.0")
    block = block_of(net, net.op("GlobalAveragePool", net.conv(net.concat(x, branch), 128)))
    wider = at_equal_time(block, block.candidate(48, 96), GPU_PRICER)
    assert wider is not None
    assert wider.outer < 96
    assert all(min(kernel.c_in, kernel.c_out) > 0 for kernel in wider.kernels)


def test_nothing_fits_where_the_first_takes_longer() -> None:
    net, last = stage(64)
    block = block_of(net, last)
    widths = [384, 512]
    assert as_long(GPU_PRICER, block.at(64, 192), widths, lambda inner: block.at(64, inner)) is None
