"""A network in the forms of one dtype costs the same in each."""

from __future__ import annotations

from pathlib import Path

import onnx
import pytest

from archlint.linter import lint
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


def test_int8_on_signed_data_is_refused_for_it_is_not_what_was_measured(tmp_path: Path) -> None:
    model = FORMS["static QDQ, signed data"](network("mobilenet_v2", tmp_path), tmp_path)
    (report,) = lint([model], Options(targets=("amd-epyc-ort-int8-1t",))).models
    assert report.error == (
        "amd-epyc-ort-int8-1t prices int8, not int8 with signed data; "
        "no target for int8 with signed data: quantise its data to uint8"
    )


@pytest.mark.parametrize(
    ("target", "name", "forms"),
    [
        ("amd-epyc-ort-fp32-1t", "mobilenet_v2", FLOAT),
        # of whole blocks on every CPU, with depthwise convs and with sums
        ("amd-epyc-ort-fp32-1t", "mobilenet_v1", (*FLOAT, HIGHEST)),
        ("amd-epyc-ort-fp32-1t", "resnet18", (*FLOAT, HIGHEST)),
        ("amd-epyc-ort-int8-1t", "mobilenet_v2", INTEGER),
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
