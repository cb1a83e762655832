from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from archlint.cost.lowering.pass_lists import pass_list_of
from archlint.cost.lowering.passes.fusion import expand, fold_into_convs, fuse_activations
from archlint.cost.lowering.runtime_rules import Passes, RuntimeRules

BARE: dict[str, Any] = {"fold": [], "fuse": [], "fuse_into": []}
FUSIONS: dict[str, Any] = {"removed": [], "forms": {}, "expanded": {}, "products": [], "sums": []}


def test_every_name_has_a_list() -> None:
    assert all(pass_list_of(each).passes for each in Passes)


@pytest.mark.parametrize("name", Passes)
def test_no_runtime_applies_a_pass_twice_running(name: Passes) -> None:
    passes = pass_list_of(name).passes
    assert all(one is not other for one, other in pairwise(passes))


def test_onnx_runtime_folds_before_it_expands_before_it_fuses() -> None:
    passes = pass_list_of(Passes.ONNX_RUNTIME).passes
    places = [passes.index(each) for each in (fold_into_convs, expand, fuse_activations)]
    assert places == sorted(places)


def test_a_file_that_names_no_passes_has_those_that_its_sections_are_for() -> None:
    assert RuntimeRules.parse(BARE).passes is Passes.EAGER
    assert RuntimeRules.parse({**BARE, "fusions": FUSIONS}).passes is Passes.ONNX_RUNTIME


def test_a_file_names_its_passes() -> None:
    assert RuntimeRules.parse({**BARE, "passes": "onnxruntime"}).passes is Passes.ONNX_RUNTIME
    with pytest.raises(ValueError, match="tensorrt"):
        RuntimeRules.parse({**BARE, "passes": "tensorrt"})
