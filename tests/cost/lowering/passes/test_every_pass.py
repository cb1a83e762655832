"""What every pass of every runtime owes the next one."""

from __future__ import annotations

from pathlib import Path

import pytest

from archlint.cost.lowering.pass_graph_of_model import pass_graph_of_model
from archlint.cost.lowering.pass_lists import pass_list_of
from archlint.cost.lowering.runtime_rules import RuntimeRules
from archlint.graph import read_model
from tests.cost.lowering.passes.steps import ORT, faults
from tests.cost.paper_targets import GPU, load

ONNX = Path(__file__).parents[4] / "examples/onnx"


@pytest.mark.parametrize("name", ["nasnet_a_small", "resnet18", "shufflenet_v2", "vit_s16"])
@pytest.mark.parametrize(
    "lowering",
    [
        ORT,
        GPU.lowering,
        load("rtx4090-torch2.9-amp").lowering,
        load("rtx4090-torch2.9-compiled-amp").lowering,
        load("rtx3090-torch1.12-amp-training").lowering,
    ],
    ids=["ort", "eager", "torch gpu", "compiled", "training"],
)
def test_after_each_pass_all_steps_know_who_makes_and_reads_their_tensors(
    name: str, lowering: RuntimeRules
) -> None:
    graph = pass_graph_of_model(read_model(str(ONNX / f"{name}.onnx")), lowering)
    assert faults(graph) == []
    for each in pass_list_of(lowering.passes).passes:
        each(graph, lowering)
        assert (each, faults(graph)) == (each, [])
