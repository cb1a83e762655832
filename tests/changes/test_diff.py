"""`archlint diff` says how the graph changed."""

from __future__ import annotations

from archlint.commands.diff.differ import Versions, diff
from archlint.results.model_diff import Gate
from archlint.settings.options import Options
from tests.linter.versions import VERSIONS, file_of


def test_a_model_s_diff_has_the_changes_of_its_graph() -> None:
    base, head = str(file_of("resnet18")), VERSIONS["with a block at the front"]("resnet18")
    (found,) = diff(
        [Versions("net", base, head)], Options(targets=("gtx1080ti-cudnn7-fp32",)), Gate()
    ).models
    assert found.changes == ("front added: a block of 1 Conv, 1 Relu (8.28 MFLOPs)",)


def test_a_model_that_cannot_be_read_has_none() -> None:
    (found,) = diff(
        [Versions("net", str(file_of("resnet18")), "gone.onnx")], Options(), Gate()
    ).models
    assert found.changes == ()
