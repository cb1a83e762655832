"""The same net through both of PyTorch's exporters, with sizes fixed and left open."""

from __future__ import annotations

import importlib
import io
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest

from archlint.graph import Model, read_model
from archlint.linter import lint
from archlint.settings.options import DEFAULT_TARGET, Options
from tests.forms.test_forms import convs

torch: Any = pytest.importorskip("torch", reason="it exports")
pytest.importorskip("onnxscript", reason="the current exporter needs it")

EXAMPLES = Path(__file__).parents[2] / "examples"
NETS = ("mobilenet_v2", "shufflenet_v2", "vit_s16")


def build(name: str) -> Any:
    sys.path.insert(0, str(EXAMPLES))
    try:
        export = importlib.import_module("export")
        torch.manual_seed(0)
        net = export.EXAMPLES[name]()
        export.perturb(net)
        return net.eval()
    finally:
        sys.path.remove(str(EXAMPLES))


def exported(net: Any, folder: Path, *, dynamo: bool, open_sizes: bool, dtype: Any) -> Model:
    image = torch.zeros(2, 3, 224, 224, dtype=dtype)
    file = folder / "net.onnx"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if dynamo:
            shapes = ({0: "batch"},) if open_sizes else None
            torch.onnx.export(
                net, (image,), str(file), dynamo=True, dynamic_shapes=shapes, verbose=False
            )
        else:
            axes = {"x": {0: "batch", 2: "height", 3: "width"}} if open_sizes else None
            stream = io.BytesIO()
            torch.onnx.export(
                net, (image,), stream, dynamo=False, input_names=["x"], dynamic_axes=axes
            )
            file.write_bytes(stream.getvalue())
    return read_model(str(file), batch=2)


@pytest.mark.parametrize("name", NETS)
def test_both_exporters_give_the_same_convs_and_flops(name: str, tmp_path: Path) -> None:
    net, own = build(name), read_model(str(EXAMPLES / "onnx" / f"{name}.onnx"), batch=2)
    for dynamo in (True, False):
        for open_sizes in (True, False):
            found = exported(net, tmp_path, dynamo=dynamo, open_sizes=open_sizes, dtype=None)
            assert convs(found) == convs(own), (dynamo, open_sizes)
            assert found.flops == pytest.approx(own.flops, rel=0.01), (dynamo, open_sizes)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision_is_read_as_it_is_exported(dtype: str, tmp_path: Path) -> None:
    """The exporter writes bfloat16 into operators that ONNX's opset 20 does not give it."""
    own = read_model(str(EXAMPLES / "onnx" / "mobilenet_v2.onnx"), batch=2)
    kind = getattr(torch, dtype)
    net = build("mobilenet_v2").to(kind)
    found = exported(net, tmp_path, dynamo=True, open_sizes=True, dtype=kind)
    assert convs(found) == convs(own)
    assert found.flops == pytest.approx(own.flops, rel=0.01)
    assert {op.output.dtype for op in found.operators if op.op_type == "Conv"} == {dtype}
    (report,) = lint([str(tmp_path / "net.onnx")], Options(batch=2)).models
    assert report.error == f"{DEFAULT_TARGET} prices float, not {dtype}; no target for {dtype}"
