"""The passes of a runtime that is called operator by operator, each alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from archlint.cost.lowering.lower import lower
from archlint.cost.lowering.pass_list import Pass
from archlint.cost.lowering.passes.eager import fold_into_weights, fuse_epilogues
from archlint.cost.lowering.passes.views import launch_views
from archlint.testing import Net
from tests.cost.lowering.passes.steps import after
from tests.cost.paper_targets import GPU

RULES = GPU.lowering


def normed() -> tuple[Net, str]:
    net = Net()
    conv = net.conv(net.input(1, 8, 4, 4), 8)
    return net, net.op("Relu", net.norm(conv))


def viewed() -> tuple[Net, str]:
    """A conv, seen as a row, an activation of it."""
    net = Net()
    flat = net.op("Flatten", net.op("Identity", net.conv(net.input(1, 8, 4, 4), 8)))
    return net, net.op("Relu", flat)


def test_folding_leaves_the_activation_where_it_is() -> None:
    assert after(fold_into_weights, *normed(), rules=RULES) == ["Conv", "Relu"]


def test_fusing_stops_at_what_did_not_fold() -> None:
    assert after(fuse_epilogues, *normed(), rules=RULES) == ["Conv", "BatchNormalization +Relu"]


def test_fusing_goes_across_views_and_leaves_them() -> None:
    assert after(fuse_epilogues, *viewed(), rules=RULES) == ["Conv +Relu", "Identity", "Flatten"]


@pytest.mark.parametrize("each", [fold_into_weights, fuse_epilogues])
def test_a_runtime_that_folds_and_fuses_nothing_runs_all(each: Pass) -> None:
    nothing = replace(RULES, fold=frozenset(), fuse=frozenset())
    assert after(each, *normed(), rules=nothing) == ["Conv", "BatchNormalization", "Relu"]


def test_of_the_views_only_those_that_are_calls_are_launched() -> None:
    launched = replace(RULES, views=True)
    assert after(launch_views, *viewed(), rules=launched) == ["Conv", "Flatten", "Relu"]
    assert after(launch_views, *viewed(), rules=RULES) == ["Conv", "Relu"]


def test_nothing_becomes_part_of_what_nobody_can_run() -> None:
    net = Net()
    malformed = net.op("Conv", net.input(1, 8, 4, 4), net.weight("w", 8, 3, 1, 1))
    relu = net.op("Relu", malformed)
    lowered = lower(net.model(relu), RULES)
    assert [each.kernel.op for each in lowered.kernels] == ["Relu"]
    assert lowered.unpriced == (0,)
