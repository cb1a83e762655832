from __future__ import annotations

import pytest

from archlint.linter.shares import block_shares, kind_shares
from archlint.testing import Net
from tests.linter.fake_rules import convs, priced


def two_blocks() -> Net:
    net = Net()
    x = net.conv(net.input(1, 64, 28, 28), 64, name="stem")
    for number in range(2):
        inner = net.conv(x, 64, 3, name=f"blocks.{number}.conv1")
        x = net.op("Add", net.conv(inner, 64, name=f"blocks.{number}.conv2"), x)
    return net


def test_shares_of_kinds_are_of_all_kernels() -> None:
    on = priced(two_blocks())
    kinds = {each.kind: each for each in kind_shares(on.view, on.times)}
    assert set(kinds) == {"conv", "element-wise"}
    for share in ("share", "flops_share", "mac_share"):
        assert sum(getattr(each, share) for each in kinds.values()) == pytest.approx(1.0)
    kernels = [placed.kernel for placed in on.view.lowered.kernels]
    assert sum(each.flops for each in kinds.values()) == sum(each.flops for each in kernels)
    assert sum(each.mac for each in kinds.values()) == sum(each.mac for each in kernels)
    assert kinds["conv"].flops == 2 * 28 * 28 * 64 * 64 * (1 + 2 * (9 + 1))
    # two maps read and one written, twice
    assert kinds["element-wise"].mac == 2 * 3 * 4 * 64 * 28 * 28


def test_blocks_with_the_same_kernels_are_told_together() -> None:
    on = priced(two_blocks())
    blocks = block_shares(on.view, on.times)
    assert [each.modules for each in blocks] == [("blocks.0", "blocks.1"), ("stem",)]
    assert blocks[0].flops_share == pytest.approx(20 / 21, rel=0.01)
    assert blocks[0].time > blocks[1].time


def test_blocks_of_other_widths_stand_for_themselves() -> None:
    net = Net()
    x = net.input(1, 32, 28, 28)
    for number, width in enumerate((32, 64)):
        x = net.conv(x, width, 3, name=f"blocks.{number}.conv1")
        x = net.conv(x, width, 3, name=f"blocks.{number}.conv2")
    on = priced(net)
    assert [each.modules for each in block_shares(on.view, on.times)] == [
        ("blocks.1",),
        ("blocks.0",),
    ]


def test_a_report_has_both() -> None:
    report = priced(convs(), "blocks.3.conv").report(0.0, 0, (), is_default=True)
    assert [each.kind for each in report.kinds] == ["conv"]
    # layers alone are no blocks: each stands for itself, and all are alike
    assert [len(each.modules) for each in report.blocks] == [4]
