"""What other publications found of whole networks, on shipped targets.

Accel-NASBench: squeeze-and-excitation costs x1.16 to 1.18 on big GPUs.  RegNet and others: at
equal FLOPs ResNeXt runs 1.2 to 1.5 times slower than ResNet, and activations rank the time on GPUs
better than FLOPs, not that on CPUs.  HELP: blocks with 2 groups and a shuffle take 1.2 times as
long as dense ones on a Titan RTX and a Xeon (PyTorch), 1.0 to 1.1 on a Pixel 3 and a Pi 4.
"""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from math import prod
from pathlib import Path
from statistics import median

import numpy as np
import pytest

from archlint.cost.kernels.kernel import Kernel, parse_term
from archlint.cost.kernels.kind import Kind
from archlint.cost.lowering.lower import lower
from archlint.cost.pricer import Pricer
from archlint.graph.model import Model
from archlint.graph.reader import read_model
from archlint.testing import Net
from tests.cost.paper_targets import load

ROOT = Path(__file__).parents[2]
FACTS = ROOT / "benchmarks/facts/published"
GPUS = (
    "rtx3090-torch2.4-amp", "rtx4090-torch2.9-amp", "rtx5090-torch2.9-amp",
    "rtxpro6000maxq-torch2.9-amp", "mi210-torch-fp16",
)  # fmt: skip
CPUS = (
    "epyc-milan-ort-fp32-1t", "epyc-genoa-ort-fp32-1t", "i77700k-ncnn-fp32-1t", "pi4-ncnn-fp32-1t",
    "rk3399-ncnn-fp32-1t",
)  # fmt: skip
BOARDS = ("pi4-ncnn-fp32-1t", "pi3-ncnn-fp32-1t", "snapdragon821-ncnn-fp32-1t")
MULTIPLIED = frozenset({Kind.CONV, Kind.GROUP_CONV, Kind.DEPTHWISE, Kind.PRODUCT})
BATCH = 256
TARGETS = {
    **dict.fromkeys(GPUS, "kernels"),
    "rtx4090-torch2.9-compiled-amp": "kernels-compiled",
    "rtx5090-torch2.9-compiled-amp": "kernels-compiled",
    "rtx3090-torch1.12-amp-training": "kernels-training",
}


@cache
def files(name: str) -> Mapping[tuple[str, int], str]:
    with gzip.open(FACTS / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        found = map(json.loads, lines)
        return {(each["network"], each["image"]): each["kernels"] for each in found}


def at_batch(text: str) -> Counter[Kernel]:
    """The kernels of a line of the facts, which are at a batch of 2."""
    kernels = Counter[Kernel]()
    for count, kernel in map(parse_term, text.split("; ")):
        kernels[kernel._replace(batch=kernel.batch * BATCH // 2)] += count
    return kernels


def lowered(model: Model, target: str) -> Counter[Kernel]:
    """What a target runs of a model."""
    kernels = Counter[Kernel]()
    for each in lower(model, load(target).lowering).kernels:
        kernels[each.kernel] += each.repeats
    return kernels


def slowdown(target: str, network: str, other: str) -> float:
    """How many times longer the other network takes."""
    kernels = files(TARGETS[target])
    found = Pricer(load(target)).compare(
        at_batch(kernels[other, 224]), at_batch(kernels[network, 224])
    )
    assert found is not None
    return found.slowdown


@pytest.mark.parametrize("target", TARGETS)
def test_squeeze_and_excitation_costs_a_tenth_to_a_third(target: str) -> None:
    assert 1.08 < slowdown(target, "resnet50", "seresnet50") < 1.32


@pytest.mark.parametrize("target", TARGETS)
def test_groups_cost_at_equal_flops(target: str) -> None:
    assert 1.15 < slowdown(target, "resnet50", "resnext50_32x4d") < 1.55


def ranked(target: str, networks: Sequence[Mapping[Kernel, int]]) -> tuple[float, float]:
    """How activations, and how FLOPs, order these networks as their times do (Spearman)."""
    pricer = Pricer(load(target))
    seconds, activations, flops = [], [], []
    for kernels in networks:
        priced = {kernel: n for kernel, n in kernels.items() if pricer.covers(kernel)}
        seconds.append(pricer.seconds(priced) or 0.0)
        written = {k: prod(k.out_map) * k.c_out * k.batch for k in kernels if k.kind in MULTIPLIED}
        activations.append(sum(kernels[kernel] * each for kernel, each in written.items()))
        flops.append(sum(n * kernel.flops for kernel, n in kernels.items()))
    order, *others = (np.argsort(np.argsort(each)) for each in (seconds, activations, flops))
    of_activations, of_flops = (float(np.corrcoef(order, each)[0, 1]) for each in others)
    return of_activations, of_flops


@pytest.mark.parametrize("target", GPUS)
def test_on_gpus_activations_rank_the_time_better_than_flops(target: str) -> None:
    texts = [text for (_, image), text in sorted(files("kernels").items()) if image == 224]
    activations, flops = ranked(target, list(map(at_batch, texts[::4])))
    assert flops < activations > 0.9


@pytest.mark.parametrize("target", CPUS)
def test_on_cpus_flops_rank_the_time_better_than_activations(target: str) -> None:
    models = map(read_model, map(str, sorted(ROOT.glob("examples/onnx/*.onnx"))))
    activations, flops = ranked(target, [lowered(each, target) for each in models])
    assert activations < flops > 0.8


def block(groups: int, channels: int, side: int, batch: int) -> Model:
    """A 1x1 conv, a depthwise 3x3, a 1x1 conv and a shortcut; with groups, a shuffle."""
    net = Net()
    x = net.input(batch, channels, side, side)

    def as_wide(tensor: str) -> str:
        net._channels[tensor] = channels
        return tensor

    y = as_wide(net.op("Relu", net.conv(x, channels, groups=groups)))
    if groups > 1:
        halves = net.constant([batch, groups, channels // groups, side, side])
        turned = net.op("Transpose", net.op("Reshape", y, halves), perm=[0, 2, 1, 3, 4])
        y = as_wide(net.op("Reshape", turned, net.constant([batch, channels, side, side])))
    y = as_wide(net.op("Relu", net.conv(y, channels, kernel=3, groups=channels)))
    return net.model(net.op("Add", x, net.conv(y, channels, groups=groups)))


def cost_of_two_groups(target: str) -> float:
    """Against dense convs, over the widths and maps of a mobile network."""
    pricer, batch = Pricer(load(target)), 1 if target not in GPUS else BATCH
    ratios = []
    for channels, side in ((32, 56), (64, 28), (112, 14), (184, 7)):
        grouped, dense = (
            pricer.total(lowered(block(groups, channels, side, batch), target)) for groups in (2, 1)
        )
        assert grouped is not None
        assert dense is not None
        ratios.append(grouped.seconds / dense.seconds)
    return median(ratios)


@pytest.mark.parametrize("target", GPUS)
def test_two_groups_and_a_shuffle_cost_more_than_dense_convs_on_gpus(target: str) -> None:
    assert 1.1 < cost_of_two_groups(target) < 1.8


def test_two_groups_and_a_shuffle_cost_as_much_as_dense_convs_in_pytorch_on_a_server() -> None:
    assert 0.95 < cost_of_two_groups("epyc-milan-torch-fp32-1t") < 1.25


@pytest.mark.parametrize("target", BOARDS)
def test_two_groups_and_a_shuffle_cost_no_more_than_dense_convs_on_boards(target: str) -> None:
    assert cost_of_two_groups(target) < 1.1
