from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest

from archlint.graph import read_model
from archlint.source.export.operators_once import operators_once

pytest.importorskip("torch", reason="exporting needs torch")
pytest.importorskip("onnxscript", reason="torch's exporter needs onnxscript")

REGISTRY = "torch.onnx._internal.exporter._registration"


@pytest.mark.filterwarnings("ignore::FutureWarning")  # torch's of its own tree specs
def test_translations_are_collected_for_the_first_module_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import torch

    from archlint.source.export.build import Built
    from archlint.source.export.to_onnx import to_onnx

    library: Any = import_module(REGISTRY).onnxscript_apis
    original, calls = library.get_torchlib_ops, list[object]()

    def counted() -> Any:
        calls.append(original)
        return original()

    monkeypatch.setattr(library, "get_torchlib_ops", counted)
    built = Built(torch.nn.Conv2d(3, 8, 1).eval(), (torch.zeros(1, 3, 8, 8),), {}, None, ())
    first, second = (read_model(to_onnx(built)) for _ in range(2))
    assert len(calls) == 1
    assert [each.op_type for each in first.operators] == ["Conv"]
    assert [each.op_type for each in second.operators] == ["Conv"]
    assert library.get_torchlib_ops is counted


def test_a_torch_that_keeps_them_elsewhere_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(f"{REGISTRY}.onnxscript_apis")
    with operators_once():
        assert not hasattr(import_module(REGISTRY), "onnxscript_apis")
