"""The same network in every form that tools give it: the same convs, and equal FLOPs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

import onnx
import pytest
from onnx import version_converter

from archlint.graph import Model, read_model
from tests.forms.making import FORMS, network

pytest.importorskip("onnxruntime", reason="makes most forms")
pytest.importorskip("onnxslim", reason="makes one form")

SMALL = ("mobilenet_v2", "shufflenet_v1_g3", "shufflenet_v2", "resnet18", "vit_s16")
"""Quantisers run the network to calibrate, and take their time with larger ones."""

ALL = tuple(sorted(each.stem for each in Path(__file__).parents[2].glob("examples/onnx/*.onnx")))
QUICK = ("functions", "inlined", "opset 11", *(name for name in FORMS if name.startswith("saved")))
CONVERTED = ("mobilenet_v2", "shufflenet_v1_g3", "vit_s16")
QUICKEST = ("mobilenet_v2", "shufflenet_v1_g3")
CASES = [
    pytest.param(name, form, marks=() if name in QUICKEST else pytest.mark.slow)
    for name in ALL
    for form in FORMS
    if form in QUICK
    or (name in SMALL and not form.startswith("opset"))
    or (name in CONVERTED and form.startswith("opset"))
]
BLOCK = 16
CONVS = frozenset({"Conv", "ConvInteger"})
SCALES = (0, (1, 1), 0, (1, 1))


@pytest.fixture(scope="module")
def file_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    return cache(partial(network, folder=tmp_path_factory.mktemp("networks")))


def convs(model: Model, block: int = 1) -> Counter[tuple[object, ...]]:
    """Weight shape, groups and strides of each conv, its channels as whole blocks."""
    found: Counter[tuple[object, ...]] = Counter()
    for op in model.operators:
        if op.op_type in CONVS:
            weight = op.inputs[1]
            assert weight is not None
            assert weight.shape is not None
            c_out, c_in, *window = weight.shape
            groups, wide = op.groups, -(-c_out // block) * block
            if groups > 1:
                # what is padded are channels of the whole, not of a group
                c_in, groups = (c_in, groups) if block == 1 else (0, 0)
            elif block > 1:
                c_in = -(-c_in // block) * block
            strides = op.attributes.get("strides") or (1,) * len(window)
            found[wide, c_in, tuple(window), groups, strides] += 1
    return found


def summed(model: Model) -> int:
    """FLOPs of convs and products alone."""
    kinds = (*CONVS, "Gemm", "MatMul", "MatMulInteger", "MatMulNBits", "FusedMatMul")
    return sum(op.flops or 0 for op in model.operators if op.op_type in kinds)


@pytest.mark.parametrize(("name", "form"), CASES)
def test_every_form_has_the_convs_and_flops_of_the_network(
    name: str, form: str, file_of: Callable[[str], Path], tmp_path: Path
) -> None:
    file = file_of(name)
    own = read_model(str(file))
    try:
        proto = FORMS[form](file, tmp_path)
    except (version_converter.ConvertError, RuntimeError) as refusal:
        if not form.startswith("opset"):
            raise
        pytest.skip(f"onnx cannot convert it: {str(refusal)[:80]}")
    onnx.save(proto, str(tmp_path / "form.onnx"))
    found = read_model(str(tmp_path / "form.onnx"))
    block = BLOCK if form == "saved at the highest level" else 1
    more = convs(found, block) - convs(own, block)
    if form == "saved at the highest level":
        # there a normalisation becomes a depthwise 1x1 conv
        more = Counter({key: count for key, count in more.items() if key[1:] != SCALES})
    assert not more
    assert not convs(own, block) - convs(found, block)
    assert not [op.name for op in found.operators if op.output.shape is None]
    if block == 1:
        assert summed(found) == pytest.approx(summed(own), rel=0.01)
        # dynamic quantisation scales every result by operators of its own, the static one leaves
        # out a Clip to the range that its integers have
        if not {"dynamic", "static", "quantised"} & set(form.replace(",", "").split()):
            assert found.flops == pytest.approx(own.flops, rel=0.01)
