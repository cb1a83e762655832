from __future__ import annotations

import pytest

from archlint.source.rewrites import Unfixable, swap_layers
from tests.source.rewrites.places import edited, location, reading

CONV, POOL = "nn.Conv2d(8, 4, 1)", "nn.AvgPool2d(2)"
SEQUENTIAL = f"""\
class Transition(nn.Sequential):
    def __init__(self):
        super().__init__()
        self.act = nn.ReLU()
        self.conv = {CONV}  # halves
        self.pool = {POOL}
"""
ADDED = f"""\
class Transition(nn.Sequential):
    def __init__(self):
        super().__init__()
        self.add_module("conv", {CONV})
        self.add_module("pool", {POOL})
"""
NAMED = f"""\
class Transition(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = {CONV}
        self.pool = {POOL}

    def forward(self, x):
        return self.pool(self.conv(x.relu()))
"""
STEPS = NAMED.replace(
    "return self.pool(self.conv(x.relu()))",
    "y = self.conv(x)\n        y = self.pool(y)\n        return y",
)


def swapped(text: str) -> str:
    places = [location(text, CONV), location(text, POOL)]
    return edited(text, swap_layers(places, reading(text)))


@pytest.mark.parametrize(("text", "now", "instead"), [
    (SEQUENTIAL, f"self.conv = {CONV}  # halves\n        self.pool = {POOL}\n",
     f"self.pool = {POOL}  # halves\n        self.conv = {CONV}\n"),
    (ADDED, f'("conv", {CONV})\n        self.add_module("pool", {POOL})',
     f'("pool", {POOL})\n        self.add_module("conv", {CONV})'),
    (NAMED, "self.pool(self.conv(x.relu()))", "self.conv(self.pool(x.relu()))"),
    (STEPS, "y = self.conv(x)\n        y = self.pool(y)",
     "y = self.pool(x)\n        y = self.conv(y)"),
])  # fmt: skip
def test_the_layers_run_in_the_other_order_and_keep_their_names(
    text: str, now: str, instead: str
) -> None:
    assert swapped(text) == text.replace(now, instead) != text


def test_places_of_one_class_are_one_edit() -> None:
    places = [location(NAMED, CONV), location(NAMED, POOL)] * 3
    edit = swap_layers(places, reading(NAMED))
    assert edit.what == "Transition.conv and Transition.pool change places"
    assert len(edit.splices) == 2


POSITIONAL = f"""\
class Transition(nn.Sequential):
    def __init__(self):
        super().__init__({CONV}, {POOL})
"""


@pytest.mark.parametrize(("text", "why"), [
    (POSITIONAL,
     "nets.py:3 gives the layer no name of its own"),
    (SEQUENTIAL.replace("self.pool", "self.norm = nn.BatchNorm2d(4)\n        self.pool"),
     "Transition does not make its layers one after the other"),
    (SEQUENTIAL.replace("nn.Sequential", "Base"), "Transition does not call its layers by name"),
    (NAMED.replace("x.relu()", "self.pool(x)"),
     "Transition does not call each of conv, pool once"),
    (NAMED.replace("self.pool(self.conv(x.relu()))", "run(self.pool, self.conv(x))"),
     "Transition hands on a layer instead of calling it"),
    (NAMED.replace("self.pool(self.conv(x.relu()))", "self.conv(x)")
     + "\n    def down(self, x):\n        return self.pool(x)\n",
     "Transition does not hand conv's result to pool at once"),
    (NAMED.replace("self.conv(x.relu())", "self.norm(self.conv(x))"),
     "Transition does not hand conv's result to pool at once"),
    (STEPS.replace("y = self.pool", "y = self.norm(y)\n        y = self.pool"),
     "Transition does not hand conv's result to pool at once"),
])  # fmt: skip
def test_what_is_written_otherwise_is_left(text: str, why: str) -> None:
    with pytest.raises(Unfixable, match=f"^{why}$"):
        swapped(text)
