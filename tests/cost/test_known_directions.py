"""What other publications found of whole networks, on the targets that are inferred from timm's.

Accel-NASBench: squeeze-and-excitation costs x1.16 to 1.18 on big GPUs.  RegNet and others: at
equal FLOPs ResNeXt runs 1.2 to 1.5 times slower than ResNet.
"""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest

from archlint.cost.kernels.kernel import Kernel, parse_term
from archlint.cost.pricer import Pricer
from tests.cost.paper_targets import load

FACTS = Path(__file__).parents[2] / "benchmarks/facts/published"
TARGETS = {
    "rtx3090-torch2.4-amp": "kernels",
    "rtx4090-torch2.9-amp": "kernels",
    "rtx5090-torch2.9-amp": "kernels",
    "rtx4090-torch2.9-compiled-amp": "kernels-compiled",
    "rtx5090-torch2.9-compiled-amp": "kernels-compiled",
    "rtx3090-torch1.12-amp-training": "kernels-training",
}


@cache
def files(name: str) -> Mapping[tuple[str, int], str]:
    with gzip.open(FACTS / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        found = map(json.loads, lines)
        return {(each["network"], each["image"]): each["kernels"] for each in found}


def slowdown(target: str, network: str, other: str) -> float:
    """How many times longer the other network takes, at a batch of 256."""

    def kernels(name: str) -> Mapping[Kernel, int]:
        parts = map(parse_term, files(TARGETS[target])[name, 224].split("; "))
        return Counter({k._replace(batch=k.batch * 128): n for n, k in parts})

    found = Pricer(load(target)).compare(kernels(other), kernels(network))
    assert found is not None
    return found.slowdown


@pytest.mark.parametrize("target", TARGETS)
def test_squeeze_and_excitation_costs_a_tenth_to_a_third(target: str) -> None:
    assert 1.08 < slowdown(target, "resnet50", "seresnet50") < 1.32


@pytest.mark.parametrize("target", TARGETS)
def test_groups_cost_at_equal_flops(target: str) -> None:
    assert 1.15 < slowdown(target, "resnet50", "resnext50_32x4d") < 1.55
