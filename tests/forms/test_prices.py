"""A network in the forms of one dtype costs the same in each."""

from __future__ import annotations

from pathlib import Path

import onnx
import pytest

from archlint.linter import lint
from archlint.results.findings import ModelReport
from archlint.settings.options import Options
from tests.forms.making import FORMS, network

pytest.importorskip("onnxruntime", reason="makes the forms")

FLOAT = ("saved at the basic level", "saved at the extended level")
HIGHEST = "saved at the highest level"
"""With channels in whole blocks of the CPU at hand: 8 or 16."""
INTEGER = ("static QDQ", "static QOperator", "quantised and saved")


def predicted(model: onnx.ModelProto, target: str) -> float:
    (report,) = lint([model], Options(targets=(target,))).models
    assert report.error is None
    (priced,) = report.targets
    assert priced.coverage > 0.99
    return priced.predicted


def test_int8_on_signed_data_is_priced_as_on_unsigned_and_says_so(tmp_path: Path) -> None:
    file = network("mobilenet_v2", tmp_path)
    signed = FORMS["static QDQ, signed data"](file, tmp_path)
    target = "epyc-milan-ort-int8-1t"
    (report,) = lint([signed], Options(targets=(target,))).models
    assert report.remarks == (
        "the file is int8 with signed data: priced with uint8 data, which ONNX Runtime runs "
        "several times faster on x86 (--as-stored refuses it)",
    )
    unsigned = predicted(FORMS["static QDQ"](file, tmp_path), target)
    assert report.targets[0].predicted == pytest.approx(unsigned)
    (refused,) = lint([signed], Options(targets=(target,), as_stored=True)).models
    assert refused.error == (
        "epyc-milan-ort-int8-1t prices int8, not int8 with signed data; "
        "for int8 with signed data: epyc-genoa-ort-int8-1t"
    )


OTHERS = (
    "half", "bfloat16", "dynamic", "int8 weights", "int4 weights", "packed products",
    "packed weights",
)  # fmt: skip
STATIC = ("static QDQ", "static QDQ, signed data", "static QDQ, by channel")
OPERATORS = ("static QOperator",)
QUICK = {("vit_s16", "packed products"), ("shufflenet_v2", "half"), ("shufflenet_v2", "dynamic")}


@pytest.mark.parametrize(
    ("name", "form"),
    [
        pytest.param(name, form, marks=() if (name, form) in QUICK else pytest.mark.slow)
        for name, forms in {
            # its Relu6 goes into the quantisation, and is a Relu where the range ends below six
            "mobilenet_v2": OTHERS,
            "resnet18": (*OTHERS, *STATIC, *OPERATORS),
            "shufflenet_v2": (*OTHERS, *STATIC),
            "vit_s16": (*OTHERS, *STATIC, *OPERATORS),
        }.items()
        for form in forms
    ],
)
def test_another_dtype_is_priced_as_the_network_in_fp32(
    name: str, form: str, tmp_path: Path
) -> None:
    file = network(name, tmp_path)
    onnx.save(FORMS[form](file, tmp_path), str(tmp_path / "form.onnx"))
    options = Options(targets=("epyc-milan-ort-fp32-1t", "gtx1080ti-cudnn7-fp32"))
    own, found = lint([str(file), str(tmp_path / "form.onnx")], options).models
    assert found.error is None
    for twin, priced in zip(own.targets, found.targets, strict=True):
        assert priced.predicted == pytest.approx(twin.predicted, rel=0.01)
        assert priced.coverage == pytest.approx(twin.coverage)
    # this quantiser drops the names of modules, which fingerprints hold
    said = told if form in OPERATORS else prints
    assert said(found) == said(own)


def prints(report: ModelReport) -> list[str]:
    return [each.fingerprint for each in report.findings]


def told(report: ModelReport) -> list[str]:
    return [f"{each.code} {each.message} {each.count}" for each in report.findings]


@pytest.mark.parametrize(
    ("target", "name", "forms"),
    [
        ("epyc-milan-ort-fp32-1t", "mobilenet_v2", FLOAT),
        # of whole blocks on every CPU, with depthwise convs and with sums
        ("epyc-milan-ort-fp32-1t", "mobilenet_v1", (*FLOAT, HIGHEST)),
        ("epyc-milan-ort-fp32-1t", "resnet18", (*FLOAT, HIGHEST)),
        ("epyc-milan-ort-int8-1t", "mobilenet_v2", INTEGER),
    ],
)
def test_prices_do_not_hang_on_the_form(
    target: str, name: str, forms: tuple[str, ...], tmp_path: Path
) -> None:
    file = network(name, tmp_path)
    prices = [predicted(FORMS[form](file, tmp_path), target) for form in forms]
    if forms is not INTEGER:
        prices.append(predicted(onnx.load(str(file)), target))
    assert max(prices) <= 1.01 * min(prices)
