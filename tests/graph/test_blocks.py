from __future__ import annotations

import pytest

from archlint.graph.blocks import Blocks

RESNET = ["conv1", *(f"layer{n}.{m}.conv{k}" for n in (1, 2) for m in (0, 1) for k in (1, 2)), "fc"]
MOBILENET = [
    "features.0.0",
    *(f"features.{n}.conv.{k}" for n in (1, 2, 3) for k in ("0.0", "1.0", "2")),
    "features.4.0",
    "classifier.1",
]
BERT = [
    "embeddings.word",
    *(
        f"encoder.layer.{n}.{k}"
        for n in (0, 1)
        for k in ("attention.self.query", "attention.self.key", "intermediate.dense")
    ),
    "pooler.dense",
]
SWIN = [
    "patch_embed.proj",
    *(
        f"layers.{n}.blocks.{m}.{k}"
        for n in (0, 1)
        for m in (0, 1)
        for k in ("attn.qkv", "mlp.fc1")
    ),
    "layers.1.downsample.reduction",
]
GOOGLENET = [
    *(f"inception{n}.branch{k}" for n in ("3a", "3b") for k in ("1.conv", "2.0.conv", "2.1.conv")),
    *(f"inception{n}.branch3.conv" for n in ("3a", "3b")),
]
VGG = [f"features.{n}" for n in (0, 2, 5)]


@pytest.mark.parametrize(
    ("weighted", "module", "block"),
    [
        (RESNET, "layer1.0.conv2", "layer1.0"),
        (RESNET, "layer1.0.relu", "layer1.0"),
        (RESNET, "conv1", "conv1"),
        (RESNET, "", ""),
        (MOBILENET, "features.2.conv.0.0", "features.2"),
        (MOBILENET, "features.0.0", "features.0"),
        (MOBILENET, "classifier.1", "classifier"),
        (BERT, "encoder.layer.1.attention.self.query", "encoder.layer.1"),
        (BERT, "embeddings.LayerNorm", "embeddings"),
        (SWIN, "layers.0.blocks.1.attn.qkv", "layers.0.blocks.1"),
        (SWIN, "layers.1.downsample.reduction", "layers.1.downsample"),
        (GOOGLENET, "inception3a.branch2.0.conv", "inception3a"),
        (GOOGLENET, "inception3a.branch1.conv", "inception3a"),
        (VGG, "features.2", "features.2"),
    ],
)
def test_a_block_is_the_deepest_scope_that_repeats(
    weighted: list[str], module: str, block: str
) -> None:
    assert Blocks(weighted).of(module) == block


def test_layers_that_are_named_twice_are_one() -> None:
    blocks = Blocks(["a.0.conv", "a.0.conv", "a.1.conv", "a.1.conv"])
    assert blocks.of("a.0.conv") == "a.0.conv"
