"""What small cases of public reports' kind cost on the CPU that they were measured on."""

from __future__ import annotations

from pathlib import Path

import pytest

from archlint.cost.lowering.lower import lower
from archlint.cost.pricer import Pricer
from archlint.cost.pricing.price import Price
from archlint.cost.target import load_target
from archlint.cost.target_files import SHIPPED, files_of
from archlint.graph.reader import read_model

ROOT = Path(__file__).parents[2]
PRICER = Pricer(load_target(files_of(SHIPPED / "epyc-genoa-ort-fp32-1t")))


def price(path: Path) -> Price:
    lowered = lower(read_model(str(path)), PRICER.target.lowering)
    assert not lowered.unpriced
    found = PRICER.total([placed.kernel for placed in lowered.kernels])
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("name", "measured_ms"),
    [
        ("act_softplus", 56.1), ("act_mish", 59.5), ("act_elu", 10.2), ("instance_norm", 56.3),
        ("qkv_gathers", 3.80), ("patch_merging", 1.34), ("dilated", 7.43), ("rows_4096", 21.4),
    ],
)  # fmt: skip
def test_a_case_is_within_a_tenth_of_what_it_takes(name: str, measured_ms: float) -> None:
    found = price(ROOT / "tests" / "cases" / f"{name}.onnx")
    assert found.seconds == pytest.approx(measured_ms / 1e3, rel=0.1)


@pytest.mark.parametrize(("name", "measured_ms"), [("small_kernels", 0.196), ("gelu_by_pow", 1.83)])
def test_cases_of_short_kernels_are_within_a_sixth(name: str, measured_ms: float) -> None:
    found = price(ROOT / "tests" / "cases" / f"{name}.onnx")
    assert found.seconds == pytest.approx(measured_ms / 1e3, rel=0.167)


def test_a_usual_network_takes_what_it_took_on_the_day_of_the_cases() -> None:
    found = price(ROOT / "examples" / "onnx" / "resnet18.onnx")
    assert found.seconds == pytest.approx(36.6e-3, rel=0.1)
