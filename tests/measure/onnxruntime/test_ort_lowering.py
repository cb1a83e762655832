"""Lowering gives the kernels that ONNX Runtime runs: its own optimised graphs are the judge."""

from __future__ import annotations

import platform
from collections import Counter
from dataclasses import replace
from pathlib import Path

import onnx
import pytest
import tomli

from archlint.cost.lowering.lower import lower
from archlint.cost.lowering.runtime_rules import RuntimeRules
from archlint.graph.reader import read_model

pytest.importorskip(
    "onnxruntime", reason="onnxruntime is not installed (pip install archlint[ort])"
)
from archlint.measure.onnxruntime import backend
from archlint.measure.onnxruntime.lowering import DTYPES, lowering
from tests.forms.making import narrow
from tests.measure.onnxruntime.cases import LIVE, MODELS, NETS
from tests.measure.onnxruntime.ort_graph import (
    Signature,
    block_here,
    optimised,
    signatures_of_graph,
    signatures_of_kernels,
)
from tests.measure.onnxruntime.stored import BLOCKS, read

ORT = RuntimeRules.parse(tomli.loads(lowering("float"))["lowering"])
CASES = {**MODELS, **NETS}
STORED = {block: read(block) for block in BLOCKS}
UNLIKE = {(1, "dilated"), (1, "dilated_convs")}
"""On ARM dense dilated convs run with their channels last, which no target was measured for."""


def as_products(found: Counter[Signature]) -> Counter[Signature]:
    """What was stored, with powers as products: they are of 2 and 3 in these networks."""
    return Counter(("Mul", *each[1:]) if each[0] == "Pow" else each for each in found.elements())


def lowered(proto: onnx.ModelProto, block: int) -> Counter[Signature]:
    layout = replace(ORT.blocked, block=block) if block > 1 and ORT.blocked else None
    return signatures_of_kernels(lower(read_model(proto), replace(ORT, blocked=layout)), block)


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> int:
    return block_here(tmp_path_factory.mktemp("block"))


def test_the_block_is_the_runtime_s_own(here: int) -> None:
    assert backend.OnnxRuntime(threads=1).block == here


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    ("machine", "bits", "block"), [("aarch64", 128, 1), ("x86_64", 256, 8), ("AMD64", 512, 16)]
)
def test_a_target_that_is_measured_has_the_blocks_of_its_cpu(
    machine: str, bits: int, block: int, dtype: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platform, "machine", lambda: machine)
    monkeypatch.setattr(backend, "simd_bits", lambda: bits)
    measured = backend.OnnxRuntime(threads=1, dtype=dtype)
    found = RuntimeRules.parse(tomli.loads(measured.lowering())["lowering"])
    shipped = RuntimeRules.parse(tomli.loads(lowering(dtype))["lowering"])
    assert found.whole_rotation
    assert found == replace(
        shipped, blocked=found.blocked, rotation=found.rotation, whole_rotation=True
    )
    assert (found.blocked.block if found.blocked else 1) == block


@pytest.mark.parametrize("name", CASES)
def test_kernels_are_those_of_the_runtime_on_every_kind_of_cpu(name: str) -> None:
    proto = CASES[name]()
    for block, stored in STORED.items():
        ours, theirs = lowered(proto, block), as_products(stored[name])
        if (block, name) in UNLIKE:
            assert ours != theirs
        else:
            assert (block, ours - theirs, theirs - ours) == (block, {}, {})


@pytest.mark.parametrize(
    "name", [*NETS, *LIVE, *(pytest.param(each, marks=pytest.mark.slow) for each in MODELS)]
)
def test_kernels_are_those_of_the_runtime_here(name: str, here: int, tmp_path: Path) -> None:
    proto = {**CASES, **LIVE}[name]()
    narrow(proto)
    theirs = signatures_of_graph(optimised(proto, tmp_path), here)
    ours = lowered(proto, here)
    assert (ours - theirs, theirs - ours) == ({}, {})
