from __future__ import annotations

import os
from pathlib import Path

import pytest

import archlint
from archlint.cli import run
from archlint.graph import Model, read_model
from archlint.linter.source import SourceModel
from archlint.location import Certainty
from archlint.results.findings import ModelReport
from archlint.settings.options import Options
from archlint.source.export import ModelSpec, export
from archlint.source.export.located import locate

pytest.importorskip("torch", reason="exporting needs torch")
pytest.importorskip("onnxscript", reason="torch's exporter needs onnxscript")

FOLDS, KEEPS = "epyc-milan-ort-fp32-1t", "epyc-milan-torch-fp32-1t"
RESNET = Path(__file__).resolve().parents[3] / "examples" / "nets" / "resnet.py"
SPEC = ModelSpec.parse(f"{os.path.relpath(RESNET)}:resnet18", ["1x3x64x64"])


def norms(model: Model) -> list[str]:
    return [op.module for op in model.operators if op.op_type == "BatchNormalization"]


def lint(*targets: str) -> ModelReport:
    from archlint.linter import lint as run_lint

    (model,) = run_lint([SourceModel(SPEC)], Options(targets=targets)).models
    assert model.error is None
    return model


def predicted(model: ModelReport, target: str) -> float:
    return next(each.predicted for each in model.targets if each.target == target)


def test_batch_norms_that_are_kept_are_at_their_constructors() -> None:
    exported = export(SPEC, keep_norms=True)
    model = read_model(exported.proto, origins=True)
    found = locate(model, exported)
    kept = [op for op in model.operators if op.op_type == "BatchNormalization"]
    assert len(kept) == 20
    assert {"bn1", "layer1.0.bn1", "layer4.1.bn2"} <= {op.module for op in kept}
    assert {found[op.index].certainty for op in kept} == {Certainty.EXACT}
    assert all("BatchNorm2d(" in found[op.index].span.text for op in kept)
    assert norms(read_model(export(SPEC).proto)) == []


def test_a_target_that_folds_none_prices_each_and_the_others_see_what_they_saw() -> None:
    folded, kept, both = lint(FOLDS), lint(KEEPS), lint(FOLDS, KEEPS)
    kinds = {each.kind: each.count for each in kept.targets[0].kinds}
    assert (kinds["normalisation"], kinds["conv"]) == (20, 20)
    assert predicted(both, FOLDS) == predicted(folded, FOLDS)
    assert predicted(both, KEEPS) == predicted(kept, KEEPS)
    of_folding = next(each for each in both.targets if each.target == FOLDS)
    assert of_folding.kinds == folded.targets[0].kinds
    assert (of_folding.coverage, folded.targets[0].coverage) == (1.0, 1.0)
    assert kept.operators == folded.operators + 20


@pytest.mark.filterwarnings("ignore::FutureWarning")  # torch's of its own tree specs
@pytest.mark.parametrize("by_tracing", [False, True])
@pytest.mark.parametrize("channels", [2, 300])
def test_neither_exporter_folds_what_is_to_be_kept(channels: int, by_tracing: bool) -> None:
    """However small: the weights of a few channels are known while the graph is optimised."""
    import torch

    from archlint.source.export.build import Built
    from archlint.source.export.to_onnx import to_onnx, to_onnx_by_tracing

    conv, norm = torch.nn.Conv2d(3, channels, 1), torch.nn.BatchNorm2d(channels)
    net = torch.nn.Sequential(conv, norm, torch.nn.ReLU(), torch.nn.Dropout()).eval()
    built = Built(net, (torch.zeros(1, 3, 8, 8),), {}, None, ())
    to = to_onnx_by_tracing if by_tracing else to_onnx
    kept = read_model(to(built, keep_norms=True))
    assert [op.op_type for op in kept.operators] == ["Conv", "BatchNormalization", "Relu"]
    assert norms(kept) == ["1"]
    assert [op.op_type for op in read_model(to(built)).operators] == ["Conv", "Relu"]


def test_a_module_of_this_process_is_priced_with_its_batch_norms() -> None:
    import torch

    net = torch.nn.Sequential(torch.nn.Conv2d(3, 64, 3), torch.nn.BatchNorm2d(64))
    counts = [
        archlint.lint(net, (1, 3, 58, 58), targets=[each]).models[0].operators
        for each in (FOLDS, KEEPS)
    ]
    assert counts == [1, 2]


def test_folding_by_hand_is_told_once_and_is_exact(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "nets.py").write_text(
        "from torch import nn\n"
        "def net():\n"
        "    layers = []\n"
        "    for _ in range(3):\n"
        "        layers += [nn.Conv2d(64, 64, 1, bias=False), nn.BatchNorm2d(64), nn.ReLU()]\n"
        "    return nn.Sequential(*layers)\n",
        encoding="utf-8",
    )
    asked = ["nets.py:net", "--input", "1x64x56x56", "--select", "R1", "--fail-on", "never"]
    assert run([*asked, "--target", KEEPS]) == 0
    told = capsys.readouterr().out
    assert told.count("BatchNormalization that the runtime does not fold into its layer") == 1
    assert "[exact]" in told
    assert "nets.py:5:54: *" in told
    assert "3 places" in told
    assert run([*asked, "--target", FOLDS]) == 0
    assert "BatchNormalization" not in capsys.readouterr().out
