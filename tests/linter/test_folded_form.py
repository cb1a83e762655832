from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from archlint.graph.model import Model
from archlint.linter import lint
from archlint.linter.folded_form import folded_form
from archlint.settings.options import Options
from archlint.testing import Net
from tests.cost.paper_targets import GPU

EXAMPLES = Path(__file__).parents[2] / "examples" / "onnx"
KEEPS = replace(GPU, name="eager", lowering=replace(GPU.lowering, fold=frozenset()))
TEXT = (
    "the file is likely the folded form: its convs hold the batch-norms that the runtime runs as "
    "kernels of their own; lint the source for their price"
)


def model(weight: str = "onnx::Conv_7", bias: str = "onnx::Conv_8", *, norm: bool = False) -> Model:
    net = Net()
    x = net.input(1, 8, 14, 14)
    biases = [net.weight(bias, 8)] if bias else []
    y = net.op("Conv", x, net.weight(weight, 8, 8, 1, 1), *biases)
    return net.model(net.norm(y) if norm else y)


def test_a_file_of_convs_with_biases_and_no_batch_norm_is_told_to_be_folded() -> None:
    assert folded_form(model(), [KEEPS]) == (TEXT,)
    assert folded_form(model("a.conv.weight", "a.conv.weight_bias"), [KEEPS]) == (TEXT,)


def test_targets_that_fold_are_not_told() -> None:
    assert folded_form(model(), [GPU]) == ()
    assert folded_form(model(), [GPU, KEEPS]) == (f"eager: {TEXT}",)


def test_a_bias_of_the_conv_s_own_is_no_batch_norm() -> None:
    assert folded_form(model("a.conv.weight", "a.conv.bias"), [KEEPS]) == ()
    assert folded_form(model(bias=""), [KEEPS]) == ()


def test_a_file_with_batch_norms_is_not_folded() -> None:
    assert folded_form(model(norm=True), [KEEPS]) == ()


def test_the_report_has_it_once() -> None:
    asked = Options(targets=("epyc-milan-torch-fp32-1t",))
    files = [str(EXAMPLES / f"{name}.onnx") for name in ("resnet18", "vgg16", "vit_s16")]
    reports = lint(files, asked).models
    assert [each.remarks for each in reports] == [(TEXT,), (), ()]
