"""Whole networks as they are and as findings of A1, G3 and R1 advise, both run on this machine.

Run from the repository, with PyTorch, timm, torchvision, transformers and ONNX Runtime, on a device
with a measured target: `python benchmarks/before_after.py [TARGET] [--page docs/before-after.md]`.
Both networks are built of the library's own parts with random weights and exported; pairs of fresh
sessions with one thread run in turns.  Where an edit is exact, both have the same weights.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import onnxruntime
import timm
import torch
from fix import compared, exported
from timm.models import EfficientNet
from timm.models._efficientnet_builder import decode_arch_def
from timm.models.ghostnet import GhostNet
from timm.models.hrnet import HighResolutionNet, cfg_cls
from torch import Tensor, nn
from torch.nn import functional
from torchvision.models import densenet121
from transformers import SegformerConfig, SegformerForSemanticSegmentation

import archlint

TARGET = "epyc-genoa-ort-fp32-1t"

Pair = tuple[nn.Module, nn.Module]


@dataclass(frozen=True, slots=True)
class Case:
    """A network, what is advised, and how both are made; `exact` if the outputs are the same."""

    network: str
    rule: str
    edit: str
    make: Callable[[], Pair]
    size: int = 224
    exact: bool = False


def uneven(module: nn.Module) -> nn.Module:
    """The module in eval mode, with statistics of its norms that change something."""
    for name, value in module.state_dict().items():
        if name.endswith("running_var"):
            value.uniform_(0.5, 2.0)
        elif name.endswith("running_mean"):
            value.normal_(0.0, 0.1)
    return module.eval()


def hrnet(widths: Sequence[int]) -> nn.Module:
    """HRNet-W18 with other widths of its four branches."""
    cfg = deepcopy(cfg_cls["hrnet_w18"])
    for stage in ("stage2", "stage3", "stage4"):
        cfg[stage]["num_channels"] = tuple(widths[: cfg[stage]["num_branches"]])
    return HighResolutionNet(cfg)


MIXNET = (
    ("ds_r1_k3_s1_e1_c16",),
    ("ir_r1_k3_a1.1_p1.1_s2_e6_c24", "ir_r1_k3_a1.1_p1.1_s1_e3_c24"),
    ("ir_r1_k3.5.7_s2_e6_c40_se0.5_nsw", "ir_r3_k3.5_a1.1_p1.1_s1_e6_c40_se0.5_nsw"),
    ("ir_r1_k3.5.7_p1.1_s2_e6_c80_se0.25_nsw", "ir_r2_k3.5_p1.1_s1_e6_c80_se0.25_nsw"),
    ("ir_r1_k3.5.7_a1.1_p1.1_s1_e6_c120_se0.5_nsw", "ir_r2_{0}_a1.1_p1.1_s1_{1}_c120_se0.5_nsw"),
    ("ir_r1_k3.5.7.9.11_s2_e6_c200_se0.5_nsw", "ir_r2_k3.5.7.9_p1.1_s1_e6_c200_se0.5_nsw"),
)
"""MixNet-S (Tan and Le, 2019) but for the kernels and the expansion of two blocks of four."""


def mixnet(kernels: str, expansion: str) -> nn.Module:
    """MixNet-S: `mixnet("k3.5.7.9", "e3")`; there 120 channels are expanded to 360, in four 90."""
    stages = [[block.format(kernels, expansion) for block in stage] for stage in MIXNET]
    return EfficientNet(decode_arch_def(stages), num_features=1536, stem_size=16)


def ghostnet(expansions: Mapping[int, int], widths: Mapping[int, int]) -> nn.Module:
    """GhostNet 1.0x with these expanded widths and output widths in the place of others."""
    model = timm.create_model("ghostnet_100")
    cfgs = [
        [[k, expansions.get(e, e), widths.get(c, c), se, s] for k, e, c, se, s in stage]
        for stage in model.cfgs
    ]
    return GhostNet(cfgs)


def densenet() -> Pair:
    """DenseNet-121, and the same with the pool of its transitions before their 1x1 convs."""
    before = uneven(densenet121())
    after = deepcopy(before)
    for number in (1, 2, 3):
        transition = getattr(after.features, f"transition{number}")
        parts = transition.norm, transition.relu, transition.pool, transition.conv
        setattr(after.features, f"transition{number}", nn.Sequential(*parts))
    return before, after


class Segmenter(nn.Module):
    """SegFormer-B0 with the decoder as it is, or with its 1x1 conv before the upsampling."""

    def __init__(self, model: nn.Module, *, early: bool) -> None:
        super().__init__()
        self.model, self.early = model, early

    def forward(self, image: Tensor) -> Tensor:
        """The logits of an image, batch x 3 x height x width, at a quarter of its sizes."""
        if not self.early:
            return self.model(image).logits
        encoded = self.model.segformer(image, output_hidden_states=True).hidden_states
        head = self.model.decode_head
        # the concat is from the last stage to the first
        weights = reversed(head.linear_fuse.weight.chunk(len(encoded), dim=1))
        total: Tensor | None = None
        for state, project, weight in zip(encoded, head.linear_projections, weights, strict=True):
            rows = project(state).transpose(1, 2)
            map_ = rows.reshape(rows.shape[0], -1, *state.shape[2:])
            mixed = functional.interpolate(
                functional.conv2d(map_, weight), size=encoded[0].shape[2:], mode="bilinear"
            )
            total = mixed if total is None else total + mixed
        return head.classifier(head.activation(head.batch_norm(total)))


def segformer() -> Pair:
    """SegFormer-B0 with 150 classes, twice with the same weights."""
    model = uneven(SegformerForSemanticSegmentation(SegformerConfig(num_labels=150)))
    return Segmenter(model, early=False), Segmenter(model, early=True)


CASES = (
    Case(
        "DenseNet-121", "R1", "transitions: the average pool before the 1x1 conv", densenet,
        exact=True,
    ),
    Case(
        "SegFormer-B0, 512x512", "R1", "decoder: the 1x1 conv before the upsampling, then Adds",
        segformer, size=512, exact=True,
    ),
    Case(
        "HRNet-W18", "A1", "widths 18, 36, 72, 144 to 16, 32, 64, 128",
        lambda: (hrnet((18, 36, 72, 144)), hrnet((16, 32, 64, 128))),
    ),
    Case(
        "HRNet-W18", "A1", "widths 18, 36, 72, 144 to 32, 48, 80, 144",
        lambda: (hrnet((18, 36, 72, 144)), hrnet((32, 48, 80, 144))),
    ),
    Case(
        "MixNet-S", "A1", "four branches of 90 channels to 96, in two blocks",
        lambda: (mixnet("k3.5.7.9", "e3"), mixnet("k3.5.7.9", "e3.2")),
    ),
    Case(
        "MixNet-S", "G3", "the same two blocks with one 9x9 conv of 360 channels",
        lambda: (mixnet("k3.5.7.9", "e3"), mixnet("k9", "e3")),
    ),
    Case(
        "GhostNet 1.0x", "A1", "primary convs of 24, 36, 20 channels to 16, 32, 16",
        lambda: (ghostnet({}, {}), ghostnet({48: 32, 72: 64}, {40: 32})),
    ),
)  # fmt: skip


def run(case: Case, target: str, sessions: int, rounds: int, folder: Path) -> str:
    """One row of the table."""
    torch.manual_seed(0)
    before, after = (each.eval() for each in case.make())
    image = torch.randn(1, 3, case.size, case.size)
    apart = ""
    if case.exact:
        with torch.no_grad():
            one, other = before(image).numpy(), after(image).numpy()
        apart = f"{np.abs(one - other).max() / np.abs(one).max():.1e}"
    else:
        before, after = uneven(before), uneven(after)
    old = exported(before, image, folder / "before.onnx")
    new = exported(after, image, folder / "after.onnx")
    seconds, ratios = compared(old, new, image, sessions, rounds)
    told = archlint.compare(str(old), str(new), target=target, batch=1)
    ratio = statistics.median(1 / each for each in ratios)
    inside = "yes" if told.low <= ratio <= told.high else "no"
    flops = told.b.flops / told.a.flops - 1
    return (
        f"| {case.network} | {case.rule} | {case.edit} | {flops:+.0%} "
        f"| {told.a.seconds * 1e3:.1f} to {told.b.seconds * 1e3:.1f} ms "
        f"| {seconds * 1e3:.1f} to {seconds / ratio * 1e3:.1f} ms "
        f"| {told.ratio:.2f} ({told.low:.2f} to {told.high:.2f}) "
        f"| {ratio:.2f} | {inside} | {apart} |"
    )


def page(rows: Sequence[str], target: str, sessions: int) -> str:
    """A page of Markdown with these rows."""
    device = archlint.targets(target)[0].device
    return "\n".join((
        "# Whole networks, before and after",
        "",
        f"Written by `python benchmarks/before_after.py {target} --page`, {date.today()}, on"
        f" {device}, ONNX Runtime {onnxruntime.__version__}, one thread: networks as their library"
        " has them, and as findings advise, both with random weights,"
        f" {sessions} pairs of fresh sessions in turns. What is predicted is the whole network.",
        "",
        *HEAD,
        *rows,
        "",
        "Where a number stands in the last column the edit is exact: it is the largest difference"
        " of the outputs, over the largest output. The others are designs of other widths: train"
        " them and check their accuracy.",
        "",
    ))  # fmt: skip


HEAD = (
    "| network | rule | edit | FLOPs | predicted | measured | predicted ratio | measured ratio "
    "| in band | outputs differ by |",
    "|---|---|---|---|---|---|---|---|---|---|",
)


def main() -> None:
    """Build, export, run, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", nargs="?", default=TARGET)
    parser.add_argument("--sessions", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--page", type=Path)
    options = parser.parse_args()
    print(*HEAD, sep="\n")
    rows = []
    for case in CASES:
        with tempfile.TemporaryDirectory() as name:
            rows.append(run(case, options.target, options.sessions, options.rounds, Path(name)))
        print(rows[-1], flush=True)
    if options.page is not None:
        options.page.write_text(page(rows, options.target, options.sessions), encoding="utf-8")


if __name__ == "__main__":
    main()
