"""The same net through both of PyTorch's exporters, with sizes fixed and left open."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from itertools import product
from typing import Any

import onnx
import pytest

from archlint.graph import read_model
from archlint.linter import lint
from archlint.settings.options import Options
from tests.exported import EXAMPLES, exported_example
from tests.forms.test_forms import convs

pytestmark = pytest.mark.slow

NETS = ("mobilenet_v2", "shufflenet_v2", "vit_s16")

TARGET = "gtx1080ti-cudnn7-fp32"


@dataclass(frozen=True, slots=True)
class Form:
    """A way to export an example."""

    dynamo: bool
    open_sizes: bool
    dtype: str = "float32"

    def of(self, name: str) -> onnx.ModelProto:
        """The example in this form."""
        return exported_example(name, str(self), self._export)

    def _export(self, net: Any, buffer: BytesIO) -> None:
        import torch

        dtype = getattr(torch, self.dtype)
        given = net.to(dtype), (torch.zeros(2, 3, 224, 224, dtype=dtype),), buffer
        if self.dynamo:
            shapes = ({0: "batch"},) if self.open_sizes else None
            torch.onnx.export(*given, dynamo=True, dynamic_shapes=shapes, verbose=False)
        else:
            axes = {"x": {0: "batch", 2: "height", 3: "width"}} if self.open_sizes else None
            torch.onnx.export(*given, dynamo=False, input_names=["x"], dynamic_axes=axes)


@pytest.mark.parametrize("name", NETS)
def test_both_exporters_give_the_same_convs_and_flops(name: str) -> None:
    own = read_model(str(EXAMPLES / "onnx" / f"{name}.onnx"), batch=2)
    for dynamo, open_sizes in product((True, False), repeat=2):
        form = Form(dynamo, open_sizes)
        found = read_model(form.of(name), batch=2)
        assert convs(found) == convs(own), form
        assert found.flops == pytest.approx(own.flops, rel=0.01), form


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision_is_read_as_it_is_exported(dtype: str) -> None:
    """The exporter writes bfloat16 into operators that ONNX's opset 20 does not give it."""
    own = read_model(str(EXAMPLES / "onnx" / "mobilenet_v2.onnx"), batch=2)
    proto = Form(dynamo=True, open_sizes=True, dtype=dtype).of("mobilenet_v2")
    found = read_model(proto, batch=2)
    assert convs(found) == convs(own)
    assert found.flops == pytest.approx(own.flops, rel=0.01)
    assert {op.output.dtype for op in found.operators if op.op_type == "Conv"} == {dtype}
    (refused,) = lint([proto], Options(batch=2, as_stored=True, targets=(TARGET,))).models
    assert refused.error is not None
    assert refused.error.startswith(f"{TARGET} prices float, not {dtype}; ")
    half, full = lint(
        [proto, str(EXAMPLES / "onnx" / "mobilenet_v2.onnx")], Options(batch=2, targets=(TARGET,))
    ).models
    assert half.error is None
    assert half.targets[0].stored == dtype
    assert half.targets[0].predicted == pytest.approx(full.targets[0].predicted, rel=0.01)
