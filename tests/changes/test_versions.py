"""The same network in another version of its file, and with one block more."""

from __future__ import annotations

import pytest

from archlint.changes import changes
from archlint.graph import read_model
from tests.graph.making import MODELS
from tests.linter.versions import CASES, NETWORKS, VERSIONS, file_of

SAME = [each for each in CASES if each != "with a block at the front"]


@pytest.mark.parametrize("version", SAME)
@pytest.mark.parametrize("name", NETWORKS)
def test_another_version_of_the_file_has_no_changes(name: str, version: str) -> None:
    base = read_model(str(file_of(name)), batch=1)
    assert changes(base, read_model(VERSIONS[version](name), batch=1)) == ()


@pytest.mark.parametrize("name", NETWORKS)
def test_a_block_at_the_front_is_one_added_block(name: str) -> None:
    base = read_model(str(file_of(name)), batch=1)
    head = read_model(VERSIONS["with a block at the front"](name), batch=1)
    there, back = changes(base, head), changes(head, base)
    block = "a block of 1 Conv, 1 Relu (8.28 MFLOPs)"
    assert [each.text for each in there] == [f"front added: {block}"]
    assert [each.text for each in back] == [f"front removed: {block}"]


@pytest.mark.parametrize(
    ("library", "example"),
    [
        ("tv_mobilenet_v2.dynamo", "mobilenet_v2"),
        ("var_mobilenet_v2_dynbatchhw.ts", "mobilenet_v2"),
        ("tv_resnet50.dynamo", "resnet50"),
        ("var_resnet18_opset7.ts", "resnet18"),
        ("tv_shufflenet_v2_x1_0.dynamo", "shufflenet_v2"),
        ("ptcv_shufflenet_g3_w1.dynamo", "shufflenet_v1_g3"),
        ("timm_repvgg_a0.dynamo", "repvgg_a0_train"),
    ],
)
def test_another_library_s_network_of_the_same_paper_has_no_changes(
    library: str, example: str
) -> None:
    theirs = read_model(str(MODELS / f"{library}.onnx"), batch=1)
    ours = read_model(str(file_of(example)), batch=1)
    assert (changes(theirs, ours), changes(ours, theirs)) == ((), ())
