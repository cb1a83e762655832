"""What PyTorch runs on a GPU: where it copies, casts, and has one kernel for several operators."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
import tomli

from archlint.cost.lowering.lower import lower
from archlint.cost.lowering.passes.torch_strides import viewed
from archlint.cost.lowering.runtime_rules import RuntimeRules
from archlint.cost.target_files import SHIPPED
from archlint.testing import Net

BARE: Mapping[str, Any] = {"fold": ["Add"], "fuse": [], "fuse_into": [], "passes": "torch gpu"}
HALF = ["Attention", "Conv", "MatMul"]
RULES = RuntimeRules.parse(BARE)
AUTOCAST = RuntimeRules.parse({**BARE, "autocast": {"half": HALF, "single": ["Softmax"]}})


def texts(net: Net, output: str, rules: RuntimeRules = RULES) -> list[str]:
    return [each.kernel.text for each in lower(net.model(output), rules).kernels]


@pytest.mark.parametrize("seed", range(200))
def test_a_view_is_one_just_where_numpy_can_make_one(seed: int) -> None:
    random = np.random.default_rng(seed)
    shape = tuple(int(each) for each in random.choice([1, 2, 3, 4, 6], 4))
    turned = np.zeros(shape, np.int8).transpose(random.permutation(4))
    factors = [f for each in turned.shape for f in ((each,) if each < 4 else (2, each // 2))]
    joined = int(random.integers(1, len(factors)))
    wanted = (int(np.prod(factors[:joined])), *factors[joined:])
    found = viewed(turned.shape, turned.strides, wanted)
    made = turned.reshape(wanted)
    if not np.may_share_memory(made, turned):
        assert found is None
    else:
        sizes = zip(wanted, found or (), made.strides, strict=True)
        assert all(own == strides for size, own, strides in sizes if size > 1)


def test_heads_are_copied_where_a_product_cannot_read_them() -> None:
    net = Net()
    x = net.input(2, 8, 3, 4)
    turned = net.op("Transpose", x, perm=[0, 2, 1, 3])
    keys = net.op("Transpose", turned, perm=[0, 1, 3, 2])
    assert texts(net, net.op("MatMul", turned, keys)) == [
        "Transpose 8 @3x4 b2 (perm 0-2-1-3)",
        "Transpose 8 @3x4 b2 (perm 0-2-3-1)",
        "MatMul 4>8 @8 b6 run-time",
    ]


def conv_behind_a_permutation(rules: RuntimeRules) -> list[str]:
    net = Net()
    x = net.op("Relu", net.input(2, 8, 4, 4))
    rows = net.op("Softmax", net.op("Transpose", x, perm=[0, 2, 3, 1]))
    maps = net.op("Transpose", rows, perm=[0, 3, 1, 2])
    net._channels[maps] = 8
    return texts(net, net.conv(maps, 16), rules)


def test_a_conv_behind_a_permutation_runs_channels_last() -> None:
    found = conv_behind_a_permutation(RULES)
    assert found[-1] == "Conv 8>16 k1x1 @4x4 b2 (channels last)"
    assert found[1] == "Transpose 8 @4x4 b2 (perm 0-2-3-1)"


def test_a_conv_that_runs_channels_first_alone_copies_what_lies_otherwise() -> None:
    found = conv_behind_a_permutation(RuntimeRules.parse({**BARE, "channels_first": True}))
    assert found[-2:] == ["Transpose 4 @4x8 b2 (perm 0-3-1-2)", "Conv 8>16 k1x1 @4x4 b2"]


def test_channels_last_convs_run_so_whatever_comes() -> None:
    last = RuntimeRules.parse({**BARE, "channels_last": True})
    net = Net()
    net.input(2, 8, 4, 4)
    conv = net.conv("x", 16)
    assert texts(net, conv, last) == ["Conv 8>16 k1x1 @4x4 b2 (channels last)"]
    mixed = net.op("Reshape", conv, net.constant([2, 32, 2, 4]))
    net._channels[mixed] = 32
    assert texts(net, net.conv(mixed, 8), last)[1:] == [
        "Transpose 4 @4x16 b2 (perm 0-3-1-2)", "Transpose 32 @2x4 b2 (perm 0-2-3-1)",
        "Conv 32>8 k1x1 @2x4 b2 (channels last)",
    ]  # fmt: skip


def test_element_wise_kernels_write_as_they_read() -> None:
    net = Net()
    turned = net.op("Transpose", net.input(2, 8, 4, 4), perm=[0, 2, 3, 1])
    back = net.op("Transpose", net.op("Relu", turned), perm=[0, 3, 1, 2])
    assert texts(net, net.op("Softmax", back)) == ["Relu 4 @4x8 b2", "Softmax 8 @4x4 b2"]


def test_what_lies_across_is_copied_before_a_sum() -> None:
    net = Net()
    x = net.input(2, 8, 4)
    turned = net.op("Transpose", net.input(2, 4, 8, name="other"), perm=[0, 2, 1])
    assert texts(net, net.op("Add", x, turned))[0] == "Transpose 8 @4 b2 (perm 0-2-1)"


def test_a_conv_adds_its_bias_in_a_kernel_of_its_own() -> None:
    net = Net()
    x = net.input(2, 8, 4, 4)
    y = net.op("Conv", x, net.weight("w.weight", 16, 8, 1, 1), net.weight("w.bias", 16), name="w")
    assert texts(net, y) == ["Conv 8>16 k1x1 @4x4 b2", "Add 16 @4x4 b2 n1"]


def scaled(net: Net, x: str) -> str:
    return net.op("Mul", x, net.weight(f"half of {x}"))


def attention(*, scales_keys: bool) -> tuple[Net, str]:
    net = Net()
    query, key, value = (net.input(2, 3, 8, 4, name=name) for name in "qkv")
    turned = net.op("Transpose", key, perm=[0, 1, 3, 2])
    scores = net.op("MatMul", scaled(net, query), scaled(net, turned) if scales_keys else turned)
    return net, net.op("MatMul", net.op("Softmax", scores), value)


def test_attention_that_is_called_is_one_kernel() -> None:
    assert texts(*attention(scales_keys=True)) == ["Attention 4 @8 b6"]


def test_attention_that_is_written_out_is_not() -> None:
    found = texts(*attention(scales_keys=False))
    assert [each.split()[0] for each in found] == ["Mul", "MatMul", "Softmax", "MatMul"]


def test_autocast_casts_what_runs_in_half_and_in_single_precision() -> None:
    net = Net()
    net.input(2, 8, 4, 4)
    softmax = net.op("Softmax", net.op("Relu", net.conv("x", 8)))
    assert texts(net, softmax, AUTOCAST) == [
        "Cast 8 @4x4 b2 3B", "Conv 8>8 k1x1 @4x4 b2 2B", "Relu 8 @4x4 b2 2B", "Cast 8 @4x4 b2 3B",
        "Softmax 8 @4x4 b2",
    ]  # fmt: skip


def test_a_constant_of_single_precision_widens_what_it_is_multiplied_with() -> None:
    net = Net()
    net.input(2, 8, 4, 4)
    conv = net.conv("x", 8)
    wide = net.op("Mul", conv, net.weight("gamma", 8, 1, 1))
    assert texts(net, wide, AUTOCAST)[-1] == "Mul 8 @4x4 b2 n1 (by channel)"
    assert texts(net, scaled(net, conv), AUTOCAST)[-1] == "Mul 8 @4x4 b2 n1 2B (scalar)"


def test_a_group_norm_that_was_written_out_is_one_kernel() -> None:
    net = Net()
    x = net.input(2, 8, 4, 4)
    groups = net.op("Reshape", x, net.constant([2, 4, -1]))
    normed = net.op("InstanceNormalization", groups, net.weight("one", 4), net.weight("zero", 4))
    maps = net.op("Reshape", normed, net.constant([2, 8, 4, 4]))
    wide = net.op("Mul", maps, net.weight("gamma", 8, 1, 1))
    summed = net.op("Add", wide, net.weight("beta", 8, 1, 1))
    assert texts(net, summed) == ["GroupNormalization 8 g4 @4x4 b2"]


def test_the_shipped_targets_of_gpus_run_a_norm_in_half_precision() -> None:
    for folder in SHIPPED.glob("*-amp"):
        data = tomli.loads((folder / "target.toml").read_text(encoding="utf-8"))
        rules = RuntimeRules.parse(data["lowering"])
        net = Net()
        x = net.op("MatMul", net.input(2, 8, 4), net.weight("w.weight", 4, 4))
        normed = net.op("LayerNormalization", x, net.weight("s", 4), net.weight("b", 4))
        assert texts(net, normed, rules)[-1] == "LayerNormalization 4 @8 b2 2B"
