"""What is folded computes the same: modules before and after the edit, with equal weights."""

from __future__ import annotations

from typing import Any

import pytest

from archlint.source.rewrites import fold_branches
from tests.source.rewrites.places import edited, location, reading

torch = pytest.importorskip("torch", reason="runs modules before and after an edit")

NETS = """\
import torch
from torch import nn


def conv_bn(channels, out, size, stride=1, groups=1, bias=False):
    conv = nn.Conv2d(channels, out, size, stride, size // 2, groups=groups, bias=bias)
    return nn.Sequential(conv, nn.BatchNorm2d(out))


class Other(nn.BatchNorm2d):
    def forward(self, x):
        return super().forward(x).abs()


class Net(nn.Module):
    def __init__(self, LAYERS):
        super().__init__()
        self.dense = DENSE
        self.point = POINT
        self.identity = IDENTITY

    def forward(self, x):
        out = self.dense(x) + self.point(x)
        if self.identity is not None:
            out = out + self.identity(x)
        return torch.relu(out)
"""
FOLDED = {
    "RepVGG": ("conv_bn(8, 8, 3)", "conv_bn(8, 8, 1)", "nn.BatchNorm2d(8)"),
    "stride": ("conv_bn(8, 12, 3, 2)", "conv_bn(8, 12, 1, 2)", "None"),
    "groups": ("conv_bn(8, 8, 3, 1, 2)", "conv_bn(8, 8, 1, 1, 2)", "nn.Identity()"),
    "depthwise": ("conv_bn(8, 8, 5, 1, 8)", "conv_bn(8, 8, 3, 1, 8)", "nn.BatchNorm2d(8)"),
    "bias": ("conv_bn(8, 8, 3, bias=True)", "nn.Conv2d(8, 8, 1)", "nn.Identity()"),
    "no bias": ("nn.Conv2d(8, 8, 3, 1, 1, bias=False)", "nn.Identity()", "None"),
    "not affine": ("conv_bn(8, 8, 3)", "nn.BatchNorm2d(8, affine=False)", "None"),
    "no pad": ("nn.Conv2d(8, 8, 3)", "nn.Conv2d(8, 8, 3)", "nn.Conv2d(8, 8, 5, 1, 1)"),
    "rectangles": (
        "nn.Conv2d(8, 8, 3, 1, 1)",
        "nn.Conv2d(8, 8, (1, 3), 1, (0, 1))",
        "nn.Conv2d(8, 8, (3, 1), 1, (1, 0))",
    ),
}
ONE_BY_ONE = {
    "other class": ("conv_bn(8, 8, 3)", "Other(8)", "None"),
    "dilation": ("conv_bn(8, 8, 3)", "nn.Conv2d(8, 8, 3, 1, 2, 2)", "None"),
    "padding": ("conv_bn(8, 8, 3)", 'nn.Conv2d(8, 8, 3, 1, "same")', "None"),
    "reflected": ("conv_bn(8, 8, 3)", 'nn.Conv2d(8, 8, 3, 1, 1, padding_mode="reflect")', "None"),
    "groups that differ": ("conv_bn(8, 8, 3)", "conv_bn(8, 8, 1, 1, 2)", "None"),
    "two convs": (
        "conv_bn(8, 8, 3)",
        "nn.Sequential(nn.Conv2d(8, 8, 1), nn.Conv2d(8, 8, 1))",
        "None",
    ),
    "norm before": (
        "conv_bn(8, 8, 3)",
        "nn.Sequential(nn.BatchNorm2d(8), nn.Conv2d(8, 8, 1))",
        "None",
    ),
    "no statistics": ("conv_bn(8, 8, 3)", "nn.BatchNorm2d(8, track_running_stats=False)", "None"),
    "no conv": ("nn.BatchNorm2d(8)", "nn.Identity()", "None"),
}


def both(layers: tuple[str, str, str]) -> tuple[Any, Any, dict[str, Any]]:
    """The module before and after, of equal weights and uneven statistics, and its names."""
    dense, point, identity = layers
    text = NETS.replace(", LAYERS", "").replace("DENSE", dense).replace("POINT", point)
    text = text.replace("IDENTITY", identity)
    new = edited(text, fold_branches([location(text, "out + self.identity(x)")], reading(text)))
    old_names: dict[str, Any] = {}
    new_names: dict[str, Any] = {}
    exec(text, old_names)
    exec(new, new_names)
    torch.manual_seed(0)
    old, folded = old_names["Net"](), new_names["Net"]()
    for name, value in old.state_dict().items():
        if value.is_floating_point():
            value.uniform_(0.5, 2.0) if name.endswith("var") else value.normal_()
    folded.load_state_dict(old.state_dict())
    return old, folded, new_names


def image() -> Any:
    return torch.randn(2, 8, 9, 7, generator=torch.Generator().manual_seed(1))


def assert_equal_outputs(one: Any, other: Any) -> None:
    x = image().double()
    with torch.no_grad():
        torch.testing.assert_close(one.double()(x), other.double()(x), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("layers", FOLDED.values(), ids=FOLDED)
def test_one_conv_computes_the_same_in_eval_mode(
    layers: tuple[str, str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    old, folded, _ = both(layers)
    assert_equal_outputs(old.eval(), folded.eval())
    runs: list[object] = []
    conv2d = torch.nn.functional.conv2d

    def counted(*args: object) -> object:
        runs.append(args)
        return conv2d(*args)

    monkeypatch.setattr(torch.nn.functional, "conv2d", counted)
    folded(image().double())
    assert len(runs) == 1


@pytest.mark.parametrize("layers", ONE_BY_ONE.values(), ids=ONE_BY_ONE)
def test_what_does_not_fold_runs_as_before(layers: tuple[str, str, str]) -> None:
    old, folded, _ = both(layers)
    assert_equal_outputs(old.eval(), folded.eval())


def test_a_norm_that_still_trains_does_so() -> None:
    old, folded, _ = both(FOLDED["RepVGG"])
    for each in (old, folded):
        each.eval()
        each.identity.train()
    assert_equal_outputs(old, folded)
    assert old.identity.num_batches_tracked == folded.identity.num_batches_tracked == 1


@pytest.mark.parametrize("layers", FOLDED.values(), ids=FOLDED)
def test_training_and_the_state_are_as_before(layers: tuple[str, str, str]) -> None:
    old, folded, _ = both(layers)
    assert list(folded.state_dict()) == list(old.state_dict())
    assert torch.equal(old(image()), folded(image()))
    for name, value in old.state_dict().items():
        assert torch.equal(value, folded.state_dict()[name]), name


def test_gradients_in_eval_mode_are_the_same() -> None:
    old, folded, _ = both(FOLDED["RepVGG"])
    for each in (old, folded):
        each.double().eval()(image().double()).square().sum().backward()
    for (name, one), other in zip(old.named_parameters(), folded.parameters(), strict=True):
        torch.testing.assert_close(one.grad, other.grad, rtol=1e-9, atol=1e-6, msg=name)
