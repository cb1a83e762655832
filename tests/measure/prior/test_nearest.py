from __future__ import annotations

from dataclasses import replace

import pytest

from archlint.cost.cpu import Cpu
from archlint.cost.pricing.family import FamilySpec, Inferred
from archlint.cost.target import Target, Transfer
from archlint.measure.backend import Provenance
from archlint.measure.prior.nearest import nearest
from tests.measure.prior.carrying import base_target

CPU = Cpu("AMD", 25, 17, extensions=("avx2", "avx512f"))
HERE = Provenance("one CPU", "ONNX Runtime 1.33.1", {}, "float", 1, 512, 1, CPU)
RELATIVE = Cpu("AMD", 25, 1, extensions=("avx2",))


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Target:
    made = base_target(tmp_path_factory.mktemp("targets"))
    return replace(made, runtime="ONNX Runtime 1.32.0", device="another CPU", cpu=RELATIVE)


def test_the_nearest_is_first(target: Target) -> None:
    others = [
        replace(target, name="another runtime", runtime="PyTorch 2.9 eager", device=HERE.device),
        replace(target, name="two threads", threads="2"),
        replace(target, name="unknown", cpu=None),
        replace(target, name="another maker", cpu=Cpu("Intel", 6, 17)),
        replace(target, name="another family", cpu=Cpu("AMD", 23, 49, extensions=("avx2",))),
        replace(target, name="another model"),
        replace(target, name="as wide", cpu=replace(CPU, model=97)),
        replace(target, name="the same", device=HERE.device, cpu=CPU),
    ]
    assert [each.name for each in nearest(others, HERE)] == [
        "the same", "as wide", "another model", "another family", "another maker", "unknown",
        "two threads", "another runtime",
    ]  # fmt: skip


def test_what_a_device_is_called_tells_nothing_of_its_cpu(target: Target) -> None:
    here = replace(HERE, device="AMD EPYC (family 25, model 17)")
    others = [
        replace(target, name="called alike", device="AMD EPYC (family 25, model 1)", cpu=None),
        replace(target, name="of the family", device="a cloud's"),
    ]
    assert [each.name for each in nearest(others, here)] == ["of the family", "called alike"]


def test_what_cannot_be_carried_over_is_left_out(target: Target) -> None:
    said = Inferred((1e-6,), (0.1,), ((0.0, 0.0), (40.0, 40.0)))
    inferred = FamilySpec("conv", (), (), ("launch",), "", 0.1, 0.1, inferred=said)
    others = [
        replace(target, dtype="int8"),
        replace(target, threads=""),
        replace(target, unfinished=True),
        replace(target, transfer=Transfer("base", "a CPU", 1.0, 1.0, 1.0, 0.0, 40)),
        replace(target, rows=(), families=(inferred,)),
    ]
    assert nearest(others, HERE) == []
