"""The OpenVINO backend: what it makes, what it finds of it in the executed graph, what it times."""

from __future__ import annotations

import pytest

from archlint.cost.kernels.kernel import Kernel, parse_term
from archlint.cost.kernels.ops import REORDERS
from archlint.errors import MeasureError, UsageError
from archlint.measure.plan.medley import Medley

pytest.importorskip("openvino", reason="openvino is not installed (pip install archlint[openvino])")
from archlint.measure.backends import Settings, make_backend
from archlint.measure.openvino.backend import OpenVino
from archlint.measure.openvino.executed import Executed, executed_graph, members_of
from archlint.measure.openvino.model import model_of

KERNELS = {
    "Conv 16>16 k3x3 @8x8 +Relu": ["Convolution"],
    "Conv 16>16 k1x1 @8x8 +Add +Relu": ["Convolution"],
    "Conv 16>16 k3x3 g16 @8x8 +HardSwish": ["Convolution"],
    "Conv 16>16 k1x1 @8x8 (nchwc)": ["Convolution"],
    "MatMul 16>16 @8 +Gelu": ["FullyConnected"],
    "MaxPool 16 k2x2 s2x2 @8x8>4x4": ["Pooling"],
    "GlobalAveragePool 16 @8x8>1": ["Reduce"],
    "Relu 16 @8x8": ["Subgraph"],
    "Add 16 @8x8": ["Subgraph"],
    "SiLU 16 @8": ["Subgraph"],
    "Concat 8>16 @8x8 n2": ["Concatenation"],
    "Slice 16 @8x8": ["StridedSlice"],
    "Resize 16 @8x8>16x16": ["Interpolate"],
    "LayerNormalization 16 @8": ["MVN", "Subgraph"],
    "Softmax 16 @8": ["Softmax"],
    "ReorderInput 16 @8x8": ["Reorder"],
    "ReorderOutput 16 @8x8": ["Reorder"],
}
"""Kernels, and the nodes that OpenVINO runs for each: not those that feed them."""


def kernel(text: str) -> Kernel:
    return parse_term(text)[1]


@pytest.fixture(scope="module")
def backend() -> OpenVino:
    return OpenVino(threads=1)


def test_a_kernel_is_what_runs_between_what_feeds_and_what_reads_it(backend: OpenVino) -> None:
    kernels = tuple(map(kernel, KERNELS))
    model, places = model_of(Medley(kernels, seed=0))
    graph = executed_graph(backend._compiled(model.SerializeToString()))
    known = frozenset(node.name for node in model.graph.node)

    def runs(node: Executed) -> bool:
        return node.type not in ("Reshape", "Transpose")

    found = {
        each.text: sorted(
            graph[name].type
            for name in members_of(named, known, graph, reorder=each.op in REORDERS)
            if runs(graph[name])
        )
        for each, named in zip(kernels, places, strict=True)
    }
    assert found == KERNELS


def test_convs_read_and_leave_their_channels_last(backend: OpenVino) -> None:
    kernels = tuple(map(kernel, ("Conv 16>16 k3x3 @8x8", "Relu 16 @8x8", "MaxPool 16 k2x2 @8x8")))
    model, places = model_of(Medley(kernels, seed=0))
    graph = executed_graph(backend._compiled(model.SerializeToString()))
    known = frozenset(node.name for node in model.graph.node)
    for named in places:
        (name, *_) = members_of(named, known, graph, reorder=False)
        assert graph[name].layout == "acdb"


def test_each_kernel_of_a_medley_takes_time(backend: OpenVino) -> None:
    timing = backend.time(Medley(tuple(map(kernel, KERNELS)), seed=0, footprint=4_000_000))
    assert len(timing.kernels) == len(KERNELS)
    assert all(seconds > 0 for seconds in timing.kernels)
    assert timing.run > 0


def test_what_openvino_does_not_convert_is_refused(backend: OpenVino) -> None:
    with pytest.raises(MeasureError, match=r"^OpenVINO: "):
        backend._compiled(b"no model")


@pytest.mark.parametrize(
    "text", ["Attention 16 @8", "Reshape 16 @8x8", "Conv 16>16 k1x1 @8x8 1B", "Range 16"]
)
def test_what_has_no_nodes_is_not_tried(text: str, backend: OpenVino) -> None:
    assert not backend.runs(kernel(text))


def test_other_dtypes_are_refused() -> None:
    with pytest.raises(UsageError, match='measures dtype "float", not "int8"'):
        make_backend(Settings("openvino", "cpu", "int8"))


def test_no_gpu_is_measured() -> None:
    with pytest.raises(UsageError, match="--backend openvino measures CPUs"):
        make_backend(Settings("openvino", "cuda"))
