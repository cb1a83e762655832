from __future__ import annotations

import pytest

from archlint.source.rewrites import Unfixable, replace_activation
from tests.source.rewrites.places import edited, location, reading


def replaced(text: str, now: str, piece: str, *calls: str) -> str:
    edit = replace_activation(now, "Relu", [location(text, piece, *calls)], reading(text))
    return edited(text, edit)


@pytest.mark.parametrize(
    ("now", "call", "instead"),
    [
        ("HardSwish", "nn.Hardswish()", "nn.ReLU()"),
        ("HardSwish", "nn.Hardswish(inplace=True)", "nn.ReLU(inplace=True)"),
        ("HardSwish", "nn.Hardswish( True )", "nn.ReLU( True )"),
        ("SiLU", "nn.SiLU()", "nn.ReLU()"),
        ("Gelu", 'nn.GELU(approximate="tanh")', "nn.ReLU()"),
        ("LeakyRelu", "nn.LeakyReLU(0.1, inplace=True)", "nn.ReLU(inplace=True)"),
        ("LeakyRelu", "nn.LeakyReLU(0.1, True)", "nn.ReLU(inplace=True)"),
        ("Clip", "nn.ReLU6()", "nn.ReLU()"),
    ],
)
def test_a_constructor_is_replaced_and_keeps_what_the_other_one_takes(
    now: str, call: str, instead: str
) -> None:
    text = f"from torch import nn\n\nact = [ {call} ]  # kept\n"
    assert replaced(text, now, call) == f"from torch import nn\n\nact = [ {instead} ]  # kept\n"


@pytest.mark.parametrize(
    ("now", "expression", "instead"),
    [
        ("HardSwish", "F.hardswish(self.conv(x))", "F.relu(self.conv(x))"),
        ("SiLU", "F.silu(x, inplace=True)", "F.relu(x, inplace=True)"),
        ("Gelu", 'F.gelu(x, approximate="tanh")', "F.relu(x)"),
        ("LeakyRelu", "F.leaky_relu(x, 0.2)", "F.relu(x)"),
        ("Sigmoid", "x.sigmoid()", "x.relu()"),
        ("SiLU", "x * torch.sigmoid(x)", "torch.relu(x)"),
        ("SiLU", "x.sigmoid() * x", "torch.relu(x)"),
    ],
)
def test_a_function_is_replaced(now: str, expression: str, instead: str) -> None:
    head = "import torch\nimport torch.nn.functional as F\n\n\ndef forward(self, x):\n    return "
    assert replaced(f"{head}{expression}\n", now, expression) == f"{head}{instead}\n"


def test_a_class_that_is_handed_on_is_replaced_at_the_call_that_names_it() -> None:
    text = (
        "import torch.nn as nn\n"
        "def conv(act):\n    return act()\n"
        "def net():\n    return [conv(nn.ReLU6), conv(act=nn.ReLU6), conv(nn.Tanh)]\n"
    )
    assert replaced(text, "Clip", "act()", "conv(act=nn.ReLU6)") == text.replace(
        "act=nn.ReLU6", "act=nn.ReLU"
    )


def test_a_default_of_the_function_around_is_replaced() -> None:
    text = (
        "from torch import nn\n"
        "def conv(act=nn.SiLU):\n    return act()\n"
        "def net():\n    return conv()\n"
    )
    assert replaced(text, "SiLU", "act()", "conv()") == text.replace("nn.SiLU", "nn.ReLU")


def test_a_name_that_is_imported_alone_becomes_one_that_the_file_can_say() -> None:
    text = "import torch\nfrom torch.nn import SiLU\nact = SiLU()\n"
    assert replaced(text, "SiLU", "SiLU()") == text.replace("= SiLU()", "= torch.nn.ReLU()")


def test_text_before_the_call_may_be_of_any_width() -> None:
    text = 'from torch import nn\nnames, act = "\N{GREEK SMALL LETTER ALPHA}", nn.SiLU()\n'
    assert replaced(text, "SiLU", "nn.SiLU()") == text.replace("nn.SiLU", "nn.ReLU")


@pytest.mark.parametrize(
    ("now", "reason"),
    [
        ("SiLU", "no nn.SiLU and no function of that name where it is made"),
        ("Exp", "PyTorch has no one name for Exp"),
    ],
)
def test_what_is_not_there_is_said(now: str, reason: str) -> None:
    text = "from torch import nn\nact = make()\n"
    with pytest.raises(Unfixable, match=f"^{reason}$"):
        replaced(text, now, "make()")


def test_operators_that_come_from_elsewhere_are_counted() -> None:
    text = "from torch import nn\na = nn.SiLU()\nb = make()\n"
    places = [location(text, "nn.SiLU()"), location(text, "make()")]
    edit = replace_activation("SiLU", "Relu", places, reading(text))
    assert edit.what == (
        "ReLU for SiLU at 1 place of the source (1 of 2 operators come from elsewhere)"
    )
