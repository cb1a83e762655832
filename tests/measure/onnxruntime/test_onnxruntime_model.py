from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from onnx import numpy_helper

from archlint.cost.kernels.kernel import Kernel, parse_chain
from archlint.measure.onnxruntime.model import has_ballast, model_of, opset_of
from archlint.measure.plan.medley import Medley

BLOCK = 8


def kernels(*texts: str) -> tuple[Kernel, ...]:
    return tuple(kernel for text in texts for _, kernel in parse_chain(text))


CHAIN = kernels(
    "Conv 16>32 k3x3 @14x14 (nchwc)",
    "Relu 32 @14x14",
    "Split 32 @14x14",
    "Concat 16>32 @14x14 n2",
    "Transpose 2 @16x14x14 (perm 0-2-1-3-4)",
    "MatMul 32>64 @8",
    "Softmax 64 @8",
)


@pytest.mark.parametrize("linked", [False, True])
def test_every_tensor_has_a_reader_so_that_the_runtime_frees_it(linked: bool) -> None:
    model, _ = model_of(Medley(CHAIN, 1, linked=linked), BLOCK)
    read = {name for node in model.graph.node for name in node.input}
    large = [
        name
        for node in model.graph.node
        if node.op_type not in ("Shape", "Identity")
        for name in node.output
    ]
    assert len(large) > 10
    assert set(large) <= read


@pytest.mark.parametrize("linked", [False, True])
@pytest.mark.parametrize("most", [0, 5_000_000])
def test_the_kernels_nodes_are_in_their_order(linked: bool, most: int) -> None:
    medley = Medley(CHAIN, 1, most, linked=linked)
    assert has_ballast(medley) is (most > 0)
    model, nodes = model_of(medley, BLOCK)
    ops = [[model.graph.node[at].op_type for at in each] for each in nodes]
    # a product with constant weights is a Gemm
    assert ops == [["Gemm" if kernel.op == "MatMul" else kernel.op] for kernel in CHAIN]
    weights = sum(len(each.raw_data) for each in model.graph.initializer)
    assert weights == pytest.approx(max(most - 600_000, 40_000), abs=600_000)


def test_linked_a_kernel_reads_what_the_one_before_it_wrote() -> None:
    pair = kernels("Relu 32 @14x14", "Sigmoid 32 @14x14")
    for linked, producers in ((False, 2), (True, 1)):
        model, _ = model_of(Medley(pair, 1, linked=linked), BLOCK)
        count = Counter(node.op_type for node in model.graph.node)
        assert count["Expand"] == producers


@pytest.mark.parametrize("writer", ["Greater 32 @14x14", "IsNaN 32 @14x14", "Cast 32 @14x14 1B"])
def test_truth_values_feed_no_kernel_of_floats(writer: str) -> None:
    model, _ = model_of(Medley(kernels(writer, "Relu 32 @14x14"), 1, linked=True), BLOCK)
    relu = next(node for node in model.graph.node if node.op_type == "Relu")
    source = next(node for node in model.graph.node if relu.input[0] in node.output)
    assert source.op_type == "Expand"


@pytest.mark.parametrize(("op", "least"), [("PRelu", 1 << 16), ("Relu", 56)])
def test_what_branches_by_values_reads_some_that_differ_all_over(op: str, least: int) -> None:
    model, ((at,),) = model_of(Medley(kernels(f"{op} 64 @56x56"), 1), BLOCK)
    nodes, weights = model.graph.node, {each.name: each for each in model.graph.initializer}
    (producer,) = (each for each in nodes if each.output[0] == nodes[at].input[0])
    values = numpy_helper.to_array(weights[producer.input[0]])
    assert producer.op_type == "Expand"
    assert len(np.unique(values)) >= least * 0.9


def test_a_session_is_of_the_first_version_that_has_its_operators() -> None:
    assert opset_of("Relu") == opset_of()
    assert opset_of("Relu", "DeformConv") == 19
    assert opset_of("DeformConv", "Attention") == 23
