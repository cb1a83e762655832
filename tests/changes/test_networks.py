"""Networks that differ in all, told in a few lines."""

from __future__ import annotations

from archlint.changes import Change, changes
from archlint.graph import read_model
from tests.linter.versions import file_of


def _between(base: str, head: str) -> tuple[Change, ...]:
    models = [read_model(str(file_of(each)), batch=1) for each in (base, head)]
    return changes(*models)


def test_resnet_50_is_resnet_18_with_more_convs() -> None:
    assert [each.text for each in _between("resnet18", "resnet50")] == [
        "21 Conv added: layer1.*.conv3, layer2.*.conv1, layer3.*.conv1, ... (2.98 GFLOPs in all)",
        "8 Conv: kernel 3x3 became 1x1",
        "12 Conv, 12 Relu, 4 Add added in 4 places: layer3.*, layer2.2 (1.75 GFLOPs in all)",
        "layer2.0, 2 Conv: 128 to 512 channels out",
        "layer3.0, 2 Conv: 256 to 1024 channels out",
        "layer4.0, 2 Conv: 512 to 2048 channels out",
        "4 Add, 4 Relu added in 4 places: layer1.1, layer2.1, layer3.1, ... (3.01 MFLOPs in all)",
        "16 Relu added: layer1.*.relu, layer2.*.relu, layer3.*.relu, ... (2.03 MFLOPs in all)",
    ]


def test_mobilenet_v2_has_other_blocks_than_v1() -> None:
    assert [each.text for each in _between("mobilenet_v1", "mobilenet_v2")] == [
        "blocks.* removed in 12 places: each a block of 2 Conv, 2 Relu (1.06 GFLOPs in all)",
        "blocks.* added in 10 places: each a block of 3 Conv, 2 Relu6, 1 Add (315 MFLOPs in all)",
        "blocks.* added in 6 places: each a block of 3 Conv, 2 Relu6 (212 MFLOPs in all)",
        "blocks.0.project.0: 64 to 16 channels out",
        "head.0 added: Conv 1x1, 320 to 1280 channels (40.1 MFLOPs)",
        "Relu became Relu6 in 3 places",
    ]


def test_repvgg_loses_its_branches_when_deployed() -> None:
    assert [each.text for each in _between("repvgg_a0_train", "repvgg_a0_deploy")] == [
        "stages.*.*.pointwise removed in 22 places: each Conv 1x1 (302 MFLOPs in all)",
        "removed in 39 places of stages.*.*: each Add (2.66 MFLOPs in all)",
        "stages.*.*.identity removed in 17 places: each BatchNormalization (1.73 MFLOPs in all)",
    ]


def test_what_touches_most_comes_first() -> None:
    flops = [each.flops for each in _between("vgg16", "resnet18")]
    assert flops == sorted(flops, reverse=True)
