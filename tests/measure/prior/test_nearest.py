from __future__ import annotations

from dataclasses import replace

import pytest

from archlint.cost.target import Target, Transfer
from archlint.measure.backend import Provenance
from archlint.measure.prior.nearest import nearest
from tests.measure.prior.carrying import base_target

HERE = Provenance("AMD EPYC (family 25, model 17)", "ONNX Runtime 1.33.1", {}, "float", 1, 512, 1)


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Target:
    made = base_target(tmp_path_factory.mktemp("targets"))
    return replace(made, runtime="ONNX Runtime 1.32.0", device="AMD EPYC (family 25, model 1)")


def test_the_nearest_is_first(target: Target) -> None:
    others = [
        replace(target, name="another runtime", runtime="PyTorch 2.9 eager", device=HERE.device),
        replace(target, name="two threads", threads="2"),
        replace(target, name="another maker", device="Intel Xeon (family 6, model 85)"),
        replace(target, name="another family", device="AMD EPYC (family 23, model 49)"),
        replace(target, name="another model"),
        replace(target, name="the same", device=HERE.device),
    ]
    assert [each.name for each in nearest(others, HERE)] == [
        "the same", "another model", "another family", "another maker", "two threads",
        "another runtime",
    ]  # fmt: skip


def test_what_cannot_be_carried_over_is_left_out(target: Target) -> None:
    others = [
        replace(target, dtype="int8"),
        replace(target, threads=""),
        replace(target, unfinished=True),
        replace(target, transfer=Transfer("base", "a CPU", 1.0, 1.0, 1.0, 0.0, 40)),
    ]
    assert nearest(others, HERE) == []
