"""Blocks of MobileNetV2 on one stage, as the tests of widths and rules need them."""

from __future__ import annotations

from archlint.testing import Net


def stage(
    width: int, *, ratio: int = 6, size: int = 28, blocks: int = 2, batch: int = 8
) -> tuple[Net, str]:
    """Stem, residual blocks `width > ratio * width > width`, and a head that reads the stage."""
    net = Net()
    x = net.conv(net.input(batch, 3, size, size), width, 3, name="stem")
    for block in range(blocks):
        x = residual(net, x, ratio * width, width, f"blocks.{block}")
    return net, net.op("GlobalAveragePool", net.conv(x, 3 * width, name="head"), name="pool")


def residual(net: Net, x: str, inner: int, outer: int, name: str) -> str:
    y = net.op("Clip", net.norm(net.conv(x, inner, name=f"{name}.expand")))
    y = net.op("Clip", net.norm(net.depthwise(y, name=f"{name}.depthwise")))
    y = net.norm(net.conv(y, outer, name=f"{name}.project"))
    return net.op("Add", x, y, name=f"{name}.add")
