from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from archlint.cli import run
from archlint.graph import Model, read_model
from archlint.location import Certainty, Location
from archlint.source.export import ModelSpec, export
from archlint.source.export.located import locate
from archlint.source.static import locate_statically

pytest.importorskip("torch", reason="exporting needs torch")
pytest.importorskip("onnxscript", reason="torch's exporter needs onnxscript")

FILE = Path(__file__).with_name("hooked.py")
SPEC = ModelSpec.parse(f"{os.path.relpath(FILE)}:Net", ["1x4x8x8"])
HOOKS = {
    "inline": "# inline",
    "calling": "# a function called in a hook",
    "decorated": "# decorated",
    "partial": "# partial",
    "callable": "# callable",
    "method": "# method",
    "before": "# before",
    "own": "# a function called in a hook",
}


def line_of(comment: str) -> int:
    lines = FILE.read_text(encoding="utf-8").splitlines()
    (found,) = [number for number, line in enumerate(lines, 1) if line.endswith(comment)]
    return found


@pytest.fixture(scope="module")
def found() -> tuple[Model, Mapping[int, Location]]:
    exported = export(SPEC, timeout=120)
    model = read_model(exported.proto, origins=True)
    return model, locate(model, exported)


def lines(found: tuple[Model, Mapping[int, Location]], op_type: str) -> dict[str, list[int]]:
    """The lines of the operators of a type, by module."""
    model, locations = found
    told: dict[str, list[int]] = {}
    for op in model.operators:
        if op.op_type == op_type:
            assert locations[op.index].certainty is Certainty.EXACT
            told.setdefault(op.module, []).append(locations[op.index].span.line)
    return told


def test_what_a_hook_computes_is_at_the_hook_s_line(
    found: tuple[Model, Mapping[int, Location]],
) -> None:
    products = lines(found, "Mul")
    assert {path: products[path] for path in HOOKS} == {
        path: [line_of(comment)] for path, comment in HOOKS.items()
    }
    (inline,) = [op for op in found[0].operators if (op.module, op.op_type) == ("inline", "Mul")]
    span = found[1][inline.index].span
    # the conv that has the hook is the call above it
    assert [call.span.line for call in found[1][inline.index].chain] == [
        line_of("# layer"),
        span.line,
    ]


def test_the_layer_itself_and_what_its_weights_are_made_of_stay_at_its_constructor(
    found: tuple[Model, Mapping[int, Location]],
) -> None:
    convs = lines(found, "Conv")
    assert len(convs) == 10
    assert {each for told in convs.values() for each in told} == {line_of("# layer")}


def test_a_module_that_a_hook_calls_is_at_its_constructor(
    found: tuple[Model, Mapping[int, Location]],
) -> None:
    assert lines(found, "Mul")["hook.act"] == [line_of("# in a hook")]


def test_the_forward_of_a_module_with_a_hook_keeps_its_line(
    found: tuple[Model, Mapping[int, Location]],
) -> None:
    assert lines(found, "Sigmoid")["own"] == [line_of("# forward"), line_of(HOOKS["own"])]


@pytest.mark.filterwarnings("ignore::FutureWarning")  # torch's of its own tree specs
@pytest.mark.parametrize("by_tracing", [False, True])
def test_a_file_of_either_exporter_tells_the_hooks_without_running_any(
    by_tracing: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    from archlint.source.export.build import Built
    from archlint.source.export.to_onnx import to_onnx, to_onnx_by_tracing

    monkeypatch.syspath_prepend(str(FILE.parent))
    sys.modules.pop("hooked", None)
    from hooked import Net  # type: ignore[import-not-found]

    built = Built(Net().eval(), (torch.ones(1, 4, 8, 8),), {}, None, ())
    model = read_model((to_onnx_by_tracing if by_tracing else to_onnx)(built), origins=True)
    locations = locate_statically(model, [FILE.parent], {})
    products = [locations[op.index].span for op in model.operators if op.op_type == "Mul"]
    told = [each.line for each in products if each.path.endswith("hooked.py")]
    assert set(told) >= {line_of(comment) for comment in HOOKS.values()}


def test_an_ignore_at_the_hook_is_heeded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    text = """\
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(*[nn.Conv2d(64, 64, 1) for _ in range(4)])
        for layer in self.body:
            layer.register_forward_hook(lambda module, args, output: nn.functional.silu(output))

    def forward(self, x):
        return self.body(x)
"""
    asked = ["nets.py:Net", "--input", "1x64x56x56", "--select", "G4", "--format", "concise"]
    asked += ["--target", "epyc-milan-ort-fp32-1t", "--fail-on", "never", "--notes"]
    (tmp_path / "nets.py").write_text(text, encoding="utf-8")
    assert run(asked) == 0
    told = capsys.readouterr().out
    assert told.startswith("nets.py:9:")
    assert "SiLU" in told
    ignoring = text.replace("silu(output))", "silu(output))  # archlint: ignore[G4] meant so")
    (tmp_path / "nets.py").write_text(ignoring, encoding="utf-8")
    assert run(asked) == 0
    told = capsys.readouterr().out
    assert "SiLU" not in told
    assert "unused" not in told
