from __future__ import annotations

import pytest

from archlint.cost.pricer import Pricer
from archlint.linter.activations import live_bytes
from archlint.testing import Net
from tests.linter.fake_rules import priced
from tests.linter.test_view import CPU

MAP = 4 * 28 * 28  # bytes of a channel


def test_what_is_read_later_is_held_until_then() -> None:
    net = Net()
    x = net.conv(net.input(1, 8, 28, 28), 16, name="stem")
    inner = net.conv(x, 64, name="wide")
    inner = net.conv(inner, 16, name="narrow")
    net.op("Add", inner, x)
    held = live_bytes(priced(net).view)
    # input and output; with the residual beside: 16 + 64, 16 + 64 + 16, and the addition
    assert held == tuple(MAP * each for each in (8 + 16, 16 + 64, 16 + 64 + 16, 3 * 16))


@pytest.mark.parametrize("view", ["Flatten", "Reshape"])
def test_a_view_holds_nothing_of_its_own(view: str) -> None:
    net = Net()
    x = net.conv(net.input(1, 8, 28, 28), 16, name="conv")
    shape = (net.constant([1, 16 * 28 * 28]),) if view == "Reshape" else ()
    net.op(view, x, *shape)
    assert live_bytes(priced(net).view) == (MAP * 24, MAP * 16)


def test_what_a_kernel_fuses_is_never_held() -> None:
    net = Net()
    x = net.conv(net.input(1, 16, 28, 28), 32, name="conv")
    net.conv(net.op("Relu", x), 16, name="next")
    assert live_bytes(priced(net, pricer=Pricer(CPU)).view) == (MAP * 48, MAP * 48, MAP * 48)
